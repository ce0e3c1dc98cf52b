-- Looking back: what had been received about something by a day, and what had been shown to somebody by then. Of what
-- was recorded since, nothing is read: so the same question has the same answer for ever, for whoever may see as much.

-- Whether so many records may be a person's to read that they are not gone through one by one. Not granted.
CREATE FUNCTION register.reads_many(p_person uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT count(*) > 2000 FROM (
        SELECT r.id FROM facts.record r WHERE r.owner = ANY (p_person || ARRAY(
            SELECT e.person FROM facts.employment e
            WHERE e.until IS NULL AND e.unit IN (SELECT register.remit_units(p_person)))) LIMIT 2001) AS held);
END $$;

-- When a letter or call that was put in late is said to have reached the office, as a JSON text; null where nothing
-- is said. Inside a text every quotation mark has a backslash before it, so no words can look like the field.
CREATE FUNCTION register.said_reached(p_body text) RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN nullif(substring(p_body FROM '[{,]"reached":("(?:[^"\\]|\\.)*")'), '""');
END $$;

-- Of one record, what was received that holds all the words: recorded before `p_known`, and before `p_until` unless it
-- is said when it reached the office. A file that is flagged now is not read. What a record holds is gone through: by
-- the index of words, all that other records hold would be.
CREATE FUNCTION register.received(p_record uuid, p_said tsquery, p_until timestamptz, p_known timestamptz)
RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
        WITH told AS MATERIALIZED (
            SELECT i.entry, i.sought, i.body FROM words.item i WHERE i.stream = p_record AND i.kind IN ('filed', 'added')
            UNION ALL SELECT w.entry, w.sought, NULL FROM words.file w WHERE w.stream = p_record AND w.body IS NOT NULL
        ) SELECT t.entry FROM told t JOIN facts.item f ON f.entry = t.entry
        WHERE t.sought @@ p_said AND f.at < p_known
          AND (f.at < p_until OR register.said_reached(t.body) IS NOT NULL);
END $$;

-- The oldest records, behind a place, in which something that was received holds all these words: of those that I may
-- read now, no others. Whoever reads few has them gone through one by one, as in a search; else a rare word is found by
-- the index, and a common one by walking from the oldest.
CREATE FUNCTION machinery.look_back(
    p_words text, p_until timestamptz, p_known timestamptz, p_after timestamptz, p_last uuid, p_limit integer)
RETURNS TABLE (record uuid, filed_at timestamptz, entries uuid[]) LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    me    uuid := machinery.me();
    said  tsquery := register.asked_for(p_words);
    since timestamptz := coalesce(p_after, '-infinity');
    last  uuid := coalesce(p_last, '00000000-0000-0000-0000-000000000000');
    mine  uuid[];
    hits  uuid[];
    place record;
    left_ integer := least(p_limit, 26);
BEGIN
    IF me IS NULL OR register.holds(me, 'administrator') OR numnode(said) = 0 THEN
        RETURN;
    ELSIF NOT register.reads_many(me) THEN
        mine := ARRAY(SELECT machinery.my_records());
        WITH own AS MATERIALIZED (
            SELECT i.stream, i.sought FROM words.item i WHERE i.stream = ANY (mine)
            UNION ALL SELECT f.stream, f.sought FROM words.file f WHERE f.stream = ANY (mine)
        ) SELECT coalesce(array_agg(DISTINCT o.stream), '{}') INTO hits FROM own o WHERE o.sought @@ said;
    ELSE
        WITH few AS MATERIALIZED (SELECT i.stream FROM words.item i WHERE i.sought @@ said LIMIT 10001)
            SELECT coalesce(array_agg(DISTINCT s.stream), '{}') INTO hits FROM few s HAVING count(*) <= 10000;
        IF hits IS NOT NULL THEN
            hits := hits || ARRAY(SELECT DISTINCT f.stream FROM words.file f WHERE f.body IS NOT NULL AND f.sought @@ said);
        END IF;
    END IF;
    FOR place IN EXECUTE format(
        'SELECT r.id, r.filed_at FROM facts.record r WHERE (r.filed_at, r.id) > ($1, $2) AND r.filed_at < $3 %s
         ORDER BY r.filed_at, r.id', CASE WHEN hits IS NOT NULL THEN 'AND r.id = ANY ($4)' END)
        USING since, last, p_known, hits
    LOOP
        EXIT WHEN left_ <= 0;
        entries := ARRAY(SELECT register.received(place.id, said, p_until, p_known) ORDER BY 1);
        IF cardinality(entries) > 0 AND machinery.may_see(place.id) THEN
            record := place.id;
            filed_at := place.filed_at;
            left_ := left_ - 1;
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;

-- The entries of these records that were there before an instant, for the folds: each with its header, and of its facts
-- those that a reader of these records sees. Behind a committed look back, mine, not older than five minutes, at
-- records that I may still see. `reached`: what was said of when it reached the office.
CREATE FUNCTION machinery.looked_back(p_records uuid[], p_known timestamptz)
RETURNS TABLE (header bytea, told jsonb, reached text) LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    mine  bytea := machinery.my_session();
    asked uuid[] := ARRAY(
        SELECT l.id FROM (
            SELECT DISTINCT unnest(t.records) AS id FROM machinery.ticket t
            WHERE t.session = mine AND t.purpose = 'lookback'
              AND t.asked_at > clock_timestamp() - interval '5 minutes'
              AND pg_xact_status(t.asked_in) = 'committed') AS l
        WHERE l.id = ANY (p_records) AND machinery.may_see(l.id));
BEGIN
    RETURN QUERY
        SELECT e.header, register.told_of(e.facts, asked), register.said_reached(w.body)
        FROM (SELECT i.entry FROM facts.item i WHERE i.record = ANY (asked) AND i.at < p_known
              UNION SELECT k.entry FROM facts.look k
                    WHERE k.records && asked AND k.purpose IN ('own queue', 'print') AND k.at < p_known
              UNION SELECT p.entry FROM facts.passed p WHERE p.records && asked AND p.at < p_known) AS o
        JOIN register.entry e ON e.id = o.entry
        LEFT JOIN register.leaf l ON l.entry = e.id
        LEFT JOIN register.pending n ON n.entry = e.id
        LEFT JOIN words.item w ON w.entry = e.id AND w.kind = 'filed'
        WHERE NOT register.tells_of_another(e.facts)
        ORDER BY l.seq NULLS LAST, n.n;
END $$;

-- Whether an entry says that its record is a copy of one that I may not see. Not granted.
CREATE FUNCTION register.tells_of_another(p_facts bytea) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE other uuid := (convert_from(p_facts, 'UTF8')::jsonb->>'copy_of')::uuid;
BEGIN
    RETURN other IS NOT NULL AND NOT machinery.may_see(other);
END $$;

-- Of an entry's facts those that the folds of one record read, about these records alone. Not granted.
CREATE FUNCTION register.told_of(p_facts bytea, p_records uuid[]) RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    shown constant text[] := ARRAY['v', 'reference', 'channel', 'danger', 'owner', 'spooled_at', 'actor', 'purpose',
        'giver', 'taker', 'state', 'offer', 'wall', 'person', 'unit', 'ground', 'alleged_from', 'alleged_until',
        'outcome', 'reason', 'sorting', 'concerned', 'decision', 'part', 'trust', 'size', 'sha256', 'part_of',
        'news_to', 'file', 'flag', 'days', 'told', 'route', 'how', 'told_at', 'referral', 'what', 'link', 'young',
        'challenge', 'telling', 'repeat', 'until', 'second', 'seconded'];
    listed constant text[] := ARRAY['records', 'early', 'owners'];
BEGIN
    RETURN (SELECT jsonb_object_agg(f.key, CASE WHEN f.key = ANY (shown) THEN f.value ELSE
                coalesce((SELECT jsonb_agg(one.said ORDER BY one.n)
                          FROM jsonb_array_elements_text(f.value) WITH ORDINALITY AS one(said, n)
                          WHERE left(one.said, 36)::uuid = ANY (p_records)), '[]') END)
            FROM jsonb_each(convert_from(p_facts, 'UTF8')::jsonb) AS f
            WHERE f.key = ANY (shown) OR (f.key = ANY (listed) AND jsonb_typeof(f.value) = 'array'));
END $$;

-- The newest head that was signed before an instant. It says nothing of any record: heads are public.
CREATE FUNCTION machinery.head_by(p_at timestamptz) RETURNS TABLE (size bigint, root text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT c.size, encode(c.root, 'hex') FROM register.checkpoint c
        WHERE c.signed_at < p_at AND machinery.me() IS NOT NULL ORDER BY c.signed_at DESC, c.size DESC LIMIT 1;
END $$;

-- Of these records those that somebody may know of: screened, and not kept from them; in the order of their ids.
CREATE FUNCTION register.known_of(p_records uuid[], p_hidden uuid[]) RETURNS uuid[] LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT DISTINCT r.id FROM unnest(p_records) AS r(id)
                 WHERE r.id <> ALL (p_hidden) AND EXISTS (SELECT FROM words.screened s WHERE s.record = r.id) ORDER BY r.id);
END $$;

-- Who answered for a record from its receipt on, as its first entry says.
CREATE FUNCTION register.first_owner(p_record uuid) RETURNS uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT (convert_from(e.facts, 'UTF8')::jsonb->>'owner')::uuid FROM register.entry e
            WHERE e.stream = p_record AND e.version = 1);
END $$;

-- All that came before one person, and that they did, before an instant and behind a place, of records that are not
-- hidden: the first of each kind of thing, as many as a page holds. Its Python twin is lookback/view.py. Not granted.
CREATE FUNCTION register.known_to(
    p_person uuid, p_hidden uuid[], p_until timestamptz, p_after timestamptz, p_last uuid, p_limit integer)
RETURNS TABLE (at timestamptz, entry uuid, person uuid, what text, detail text, records uuid[])
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
        (SELECT l.at, l.entry, p_person, 'looked', l.purpose, v.records FROM facts.look l
         CROSS JOIN LATERAL (SELECT register.known_of(l.records, p_hidden) AS records) AS v
         WHERE l.person = p_person AND (l.at, l.entry) > (p_after, p_last) AND l.at < p_until
           AND cardinality(v.records) > 0 ORDER BY l.at, l.entry FETCH FIRST p_limit ROWS WITH TIES);
    RETURN QUERY
        (SELECT i.at, i.entry, p_person, i.kind, coalesce(d.decision, ''), v.records FROM facts.item i
         LEFT JOIN facts.decision d ON d.entry = i.entry
         CROSS JOIN LATERAL (SELECT register.known_of(ARRAY[i.record], p_hidden) AS records) AS v
         WHERE i.actor = p_person AND (i.at, i.entry) > (p_after, p_last) AND i.at < p_until
           AND cardinality(v.records) > 0 ORDER BY i.at, i.entry FETCH FIRST p_limit ROWS WITH TIES);
    RETURN QUERY
        (SELECT c.at, c.entry, p_person, 'told', c.days::text, v.records FROM facts.chase c
         CROSS JOIN LATERAL (SELECT register.known_of(ARRAY[c.record], p_hidden) AS records) AS v
         WHERE c.told @> ARRAY[p_person] AND (c.at, c.entry) > (p_after, p_last) AND c.at < p_until
           AND cardinality(v.records) > 0 ORDER BY c.at, c.entry FETCH FIRST p_limit ROWS WITH TIES);
    RETURN QUERY
        (SELECT c.at, c.entry, p_person, 'rung', '', v.records FROM facts.call_out c
         CROSS JOIN LATERAL (SELECT register.known_of(ARRAY[c.record], p_hidden) AS records) AS v
         WHERE c.person = p_person AND (c.at, c.entry) > (p_after, p_last) AND c.at < p_until
           AND cardinality(v.records) > 0 ORDER BY c.at, c.entry FETCH FIRST p_limit ROWS WITH TIES);
    RETURN QUERY
        (SELECT o.at, o.entry, p_person, 'offered', '', v.records FROM facts.offer o
         CROSS JOIN LATERAL (SELECT register.known_of(ARRAY[o.record], p_hidden) AS records) AS v
         WHERE o.taker = p_person AND (o.at, o.entry) > (p_after, p_last) AND o.at < p_until
           AND cardinality(v.records) > 0 ORDER BY o.at, o.entry FETCH FIRST p_limit ROWS WITH TIES);
    RETURN QUERY
        (SELECT p.at, p.entry, p_person, w.what, '', v.records
         FROM (SELECT m.entry FROM facts.passed m WHERE m.givers @> ARRAY[p_person]
               UNION SELECT m.entry FROM facts.passed m WHERE m.takers @> ARRAY[p_person]) AS theirs
         JOIN facts.passed p ON p.entry = theirs.entry
         CROSS JOIN LATERAL (VALUES ('lost', p.givers), ('given', p.takers)) AS w(what, people)
         CROSS JOIN LATERAL (SELECT register.known_of(ARRAY(
             SELECT u.record FROM unnest(p.records, w.people) AS u(record, whose) WHERE u.whose = p_person),
             p_hidden) AS records) AS v
         WHERE (p.at, p.entry) > (p_after, p_last) AND p.at < p_until AND cardinality(v.records) > 0
         ORDER BY p.at, p.entry FETCH FIRST p_limit ROWS WITH TIES);
    -- From receipt on: of what they answer for still, walked in order, and of what they gave up or lost.
    RETURN QUERY
        SELECT i.at, i.entry, p_person, 'answers', '', ARRAY[i.record]
        FROM ((SELECT r.id FROM facts.record r
               WHERE r.owner = p_person AND r.filed_at >= p_after AND r.filed_at < p_until
                 AND register.first_owner(r.id) = p_person AND cardinality(register.known_of(ARRAY[r.id], p_hidden)) > 0
               ORDER BY r.filed_at FETCH FIRST (p_limit + 1) ROWS WITH TIES)
              UNION
              SELECT gone.id FROM (
                  SELECT unnest(m.records) AS id FROM facts.passed m WHERE m.givers @> ARRAY[p_person]
                  UNION SELECT o.record FROM facts.offer o WHERE o.giver = p_person AND o.state = 'accepted') AS gone
              WHERE register.first_owner(gone.id) = p_person
                AND cardinality(register.known_of(ARRAY[gone.id], p_hidden)) > 0
             ) AS began
        JOIN facts.item i ON i.record = began.id AND i.version = 1
        WHERE (i.at, i.entry) > (p_after, p_last) AND i.at < p_until;
END $$;

-- For an overseer: what came before these people, and what they did, oldest first, behind a place; of one entry all or
-- nothing. Facts and references, no words. Nobody reviews their own: of oneself there is nothing here.
CREATE FUNCTION machinery.known_to(
    p_people uuid[], p_until timestamptz, p_after timestamptz, p_last uuid, p_limit integer)
RETURNS TABLE (at timestamptz, entry uuid, person uuid, what text, detail text, records uuid[], refs text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me     uuid := machinery.me();
    hidden uuid[];
BEGIN
    IF me IS NULL OR NOT register.holds(me, 'overseer')
       OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    hidden := ARRAY(SELECT register.hidden_from(me));
    RETURN QUERY
        SELECT k.*, ARRAY(SELECT r.reference FROM unnest(k.records) WITH ORDINALITY AS u(id, n)
                          JOIN facts.record r ON r.id = u.id ORDER BY u.n)
        FROM unnest(p_people) AS p(id) CROSS JOIN LATERAL register.known_to(
            p.id, hidden, p_until, coalesce(p_after, '-infinity'),
            coalesce(p_last, '00000000-0000-0000-0000-000000000000'), least(p_limit, 200)) AS k
        WHERE p.id <> me ORDER BY k.at, k.entry FETCH FIRST least(p_limit, 200) ROWS WITH TIES;
END $$;

GRANT EXECUTE ON FUNCTION machinery.known_to(uuid[], timestamptz, timestamptz, uuid, integer) TO heed_office;
GRANT EXECUTE ON FUNCTION machinery.look_back(text, timestamptz, timestamptz, timestamptz, uuid, integer),
    machinery.looked_back(uuid[], timestamptz), machinery.head_by(timestamptz) TO heed_office;
