-- Sorting what came in, and what is written down beside it: facts that `decide` and `apply` (append.sql) hand over.

-- Whether somebody opened a record since the newest thing that was said in it: nothing is judged unread.
CREATE FUNCTION register.has_read(p_person uuid, p_record uuid, p_purposes text[]) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM facts.look k JOIN facts.record r ON r.id = p_record
                   WHERE k.person = p_person AND k.records @> ARRAY[p_record] AND k.purpose = ANY (p_purposes)
                     AND k.at >= r.said_at AND NOT k.early @> ARRAY[p_record]);
END $$;

-- Whether the words name a child and a harm anywhere. It never decides what a record is: only that a second person
-- reads what was put aside (failure F01: a warning inside something else was never recognised). What is longer than a
-- million characters is read by a second person anyhow.
CREATE FUNCTION register.names_child_and_harm(p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM (
            SELECT i.body FROM words.item i WHERE i.stream = p_record AND i.kind IN ('filed', 'added')
            UNION ALL SELECT f.body FROM words.file f WHERE f.stream = p_record) AS w
        -- Not the names of the fields, and not the escapes: "\n" before a word is no letter of it.
        CROSS JOIN LATERAL regexp_replace(replace(replace(replace(left(w.body, 1000000),
            '\n', ' '), '\r', ' '), '\t', ' '), '"[a-z_]+":', ' ', 'g') AS said
        WHERE length(w.body) > 1000000 OR said ~* '\m(child|children|kids?|boys?|girls?|baby|babies|toddlers?|teens?|teenagers?|pupils?|sons?|daughters?|niece|nephew|young (person|people)|lads?|lass(es)?|year[- ]olds?|under[- ]?age)\M'
        AND said ~* '\m(abus\w*|assault\w*|attack\w*|afraid|alone|beat\w*|bruis\w*|burn\w*|danger\w*|exploit\w*|frighten\w*|groom\w*|harm\w*|hit|hits|hitting|hungry|hurt\w*|injur\w*|kick\w*|miss(ing|ed)|molest\w*|neglect\w*|older (man|men|boys?)|punch\w*|rap(e|ed|ing)|safeguard\w*|scared|secret\w*|sex\w*|slap\w*|starv\w*|threat\w*|touch\w*|traffick\w*|unsafe|violen\w*)\M');
END $$;

-- Whether an overseer reviews what is put aside: always where danger was said, where somebody told it on the public
-- face, and where the words name a child and a harm; of the rest one in ten. By nothing of any other record, which
-- it would tell of.
CREATE FUNCTION register.is_sampled(p_record uuid, p_danger text, p_channel text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN p_danger = 'yes' OR p_channel = 'online' OR register.names_child_and_harm(p_record)
        OR get_byte(sha256(uuid_send(gen_random_uuid())), 0) < 26;
END $$;

-- Whether something was decided in a record, also where it waits for a second person or must be decided again: nobody
-- puts that aside alone. An overseer who sent a decision back looked at it. Not granted.
CREATE FUNCTION register.was_decided(p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM facts.decision d WHERE d.record = p_record AND NOT EXISTS (
        SELECT FROM facts.sample s WHERE s.record = p_record AND s.outcome = 'look again' AND s.reviewed_at = d.again_at));
END $$;

CREATE FUNCTION register.decide_sorting(p_stream uuid, p_kind text, p_claims jsonb, p_at timestamptz, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held  facts.record%ROWTYPE;
    other uuid;
    chosen facts.sample%ROWTYPE;
BEGIN
    SELECT r.* INTO held FROM facts.record r WHERE r.id = p_stream;
    IF NOT FOUND OR NOT machinery.may_see(p_stream) OR (held.owner = p_me) <> (p_kind <> 'reviewed') THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;
    CASE p_kind
    WHEN 'sorted' THEN
        IF p_claims->>'outcome' NOT IN ('concern', 'not one', 'copy') OR p_claims->>'outcome' IS NULL
           OR (p_claims->>'outcome' = 'not one') <> (coalesce(p_claims->>'reason', '') IN
              ('another matter', 'enquiry', 'complaint', 'thanks', 'publicity', 'sent by mistake')) THEN
            RAISE EXCEPTION 'sorting names an outcome, and a reason where it is no concern' USING ERRCODE = 'HE003';
        END IF;
        IF NOT register.has_read(p_me, p_stream, ARRAY['own queue', 'print']) THEN
            RAISE EXCEPTION 'open it first: nothing is sorted unread' USING ERRCODE = 'HE019';
        END IF;
        IF p_claims->>'outcome' <> 'concern' AND ((held.wanted > 0 OR held.decided_alone > 0
           OR held.to_do IS NOT NULL) OR register.was_decided(p_stream)) THEN
            RAISE EXCEPTION 'somebody is named in it, or a decision is made: it is a concern' USING ERRCODE = 'HE021';
        END IF;
        other := register.id_of(p_claims->>'copy_of');
        IF (p_claims->>'outcome' = 'copy') <> (other IS NOT NULL) THEN
            RAISE EXCEPTION 'a copy names what it is a copy of' USING ERRCODE = 'HE003';
        END IF;
        IF other IS NOT NULL THEN
            IF other = p_stream OR NOT machinery.may_see(other)
               OR NOT EXISTS (SELECT FROM facts.record r WHERE r.id = other AND r.owner = p_me) THEN
                RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
            END IF;
            PERFORM FROM facts.record r WHERE r.id IN (p_stream, other) ORDER BY r.id FOR NO KEY UPDATE;
            -- One is kept in hand: copies point at it, not at each other, and their words are the same.
            IF EXISTS (SELECT FROM facts.sorting s WHERE s.record = other AND s.outcome = 'copy')
               OR EXISTS (SELECT FROM facts.sorting s WHERE s.copy_of = p_stream AND s.outcome = 'copy')
               OR held.said_at > held.filed_at OR held.channel = 'online' OR held.danger = 'yes' OR EXISTS (SELECT FROM facts.file f WHERE f.record = p_stream)
               OR NOT EXISTS (SELECT FROM words.likeness a JOIN words.likeness b ON b.digest = a.digest
                              WHERE a.record = p_stream AND b.record = other) THEN
                RAISE EXCEPTION 'only the same words, once, are a copy' USING ERRCODE = 'HE020';
            END IF;
        END IF;
        RETURN jsonb_build_object('outcome', p_claims->>'outcome',
            'reason', CASE WHEN p_claims->>'outcome' = 'not one' THEN p_claims->>'reason' END, 'copy_of', other,
            'sampled', p_claims->>'outcome' = 'not one' AND register.is_sampled(p_stream, held.danger, held.channel),
            'actor', p_me);
    WHEN 'reviewed' THEN
        SELECT s.* INTO chosen FROM facts.sample s
            WHERE s.entry = register.id_of(p_claims->>'sorting') AND s.record = p_stream AND s.outcome IS NULL;
        IF NOT FOUND OR NOT register.holds(p_me, 'overseer') OR chosen.actor = p_me THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        IF p_claims->>'outcome' NOT IN ('right', 'look again') OR p_claims->>'outcome' IS NULL THEN
            RAISE EXCEPTION 'a review says right, or look again' USING ERRCODE = 'HE003';
        END IF;
        IF NOT register.has_read(p_me, p_stream, ARRAY['oversight']) THEN
            RAISE EXCEPTION 'open it first: nothing is reviewed unread' USING ERRCODE = 'HE019';
        END IF;
        RETURN jsonb_build_object('sorting', chosen.entry, 'outcome', p_claims->>'outcome', 'actor', p_me);
    WHEN 'noted' THEN
        other := register.id_of(p_claims->>'about');
        IF p_claims->>'about' IS NOT NULL AND NOT EXISTS (
                SELECT FROM facts.item i WHERE i.entry = other AND i.record = p_stream) THEN
            RAISE EXCEPTION 'a note is about something in this record' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('about', other, 'actor', p_me);
    WHEN 'called' THEN
        IF p_claims->>'whom' NOT IN ('999', 'children', 'police', 'other') OR p_claims->>'whom' IS NULL
           OR register.instant(p_claims->>'rung_at') > p_at + interval '1 minute' OR p_claims->>'rung_at' IS NULL THEN
            RAISE EXCEPTION 'a call names whom, and a time that has been' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('whom', p_claims->>'whom',
            'rung_at', register.stamp(register.instant(p_claims->>'rung_at')), 'actor', p_me);
    WHEN 'parents_told' THEN
        IF p_claims->>'told' NOT IN ('yes', 'no') OR p_claims->>'told' IS NULL THEN
            RAISE EXCEPTION 'the parents were told, or were not' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('told', p_claims->>'told', 'actor', p_me);
    END CASE;
END $$;

-- The Python twin is intake/sorting.py, and intake/view.py for `aside_at` and the items.
CREATE FUNCTION register.apply_sorting(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_at timestamptz,
                                       p_facts jsonb) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_kind = 'sorted' THEN
        INSERT INTO facts.sorting AS s (record, entry, outcome, reason, copy_of, actor, at)
            VALUES (p_stream, p_id, p_facts->>'outcome', p_facts->>'reason', (p_facts->>'copy_of')::uuid,
                    (p_facts->>'actor')::uuid, p_at)
            ON CONFLICT (record) DO UPDATE SET entry = excluded.entry, outcome = excluded.outcome,
                reason = excluded.reason, copy_of = excluded.copy_of, actor = excluded.actor, at = excluded.at;
        UPDATE facts.record r SET aside_at = CASE WHEN p_facts->>'outcome' <> 'concern' THEN p_at END
            WHERE r.id = p_stream;
        IF p_facts->'sampled' = 'true'::jsonb THEN
            INSERT INTO facts.sample (entry, record, actor, reason, at) VALUES
                (p_id, p_stream, (p_facts->>'actor')::uuid, p_facts->>'reason', p_at);
        END IF;
    ELSIF p_kind = 'reviewed' THEN
        UPDATE facts.sample s SET outcome = p_facts->>'outcome', reviewer = (p_facts->>'actor')::uuid,
            reviewed_at = p_at WHERE s.entry = (p_facts->>'sorting')::uuid;
        IF p_facts->>'outcome' = 'look again' THEN
            PERFORM register.reopen((p_facts->>'sorting')::uuid, p_version, p_at);
            PERFORM register.count_decided(p_stream);
        END IF;
    END IF;
    INSERT INTO facts.item (entry, record, version, kind, at, actor)
        VALUES (p_id, p_stream, p_version, p_kind, p_at, (p_facts->>'actor')::uuid);
    IF p_kind IN ('noted', 'called') THEN
        PERFORM register.count_to_do(p_stream);
    END IF;
END $$;

-- Records in my hands that wait to be sorted, most pressing first; and for each, of the records in my hands that
-- came with the same words and wait too, the earliest. Only letters and the like: two children may write the same.
CREATE FUNCTION machinery.unsorted(p_limit integer) RETURNS TABLE (record uuid, same_as uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH mine AS MATERIALIZED (
            SELECT r.id, r.danger, r.filed_at, r.said_at = r.filed_at
                   AND r.channel <> 'online' AND r.danger <> 'yes'
                   AND NOT EXISTS (SELECT FROM facts.file f WHERE f.record = r.id) AS alone FROM facts.record r
            WHERE r.owner = me AND r.aside_at IS NULL AND r.wanted = 0 AND r.decided_alone = 0
              AND NOT EXISTS (SELECT FROM facts.sorting s WHERE s.record = r.id AND s.outcome = 'concern')
              AND NOT register.was_decided(r.id)
              AND EXISTS (SELECT FROM words.screened s WHERE s.record = r.id)
              AND NOT EXISTS (SELECT FROM facts.stopped s WHERE s.stream = r.id)
              AND NOT EXISTS (SELECT FROM words.stopped s WHERE s.stream = r.id)
              AND r.id NOT IN (SELECT register.hidden_from(me))
        ), firsts AS (
            SELECT DISTINCT ON (coalesce(l.digest, uuid_send(m.id))) m.id, l.digest, m.danger, m.filed_at
            FROM mine m LEFT JOIN words.likeness l ON l.record = m.id AND m.alone
            ORDER BY coalesce(l.digest, uuid_send(m.id)), m.filed_at, m.id
        ), page AS (
            SELECT f.id, f.digest, row_number() OVER (ORDER BY f.danger <> 'yes', f.filed_at, f.id) AS place
            FROM firsts f ORDER BY place LIMIT least(p_limit, 50)
        ) SELECT q.id, q.first FROM (
            SELECT p.id, p.id AS first, p.place, 0 AS later, NULL::timestamptz AS filed_at FROM page p
            UNION ALL
            SELECT m.id, p.id, p.place, 1, m.filed_at FROM page p JOIN words.likeness l ON l.digest = p.digest
            JOIN mine m ON m.id = l.record WHERE m.id <> p.id AND m.alone
        ) AS q ORDER BY q.place, q.later, q.filed_at, q.id LIMIT 500;
END $$;

-- Of the records that I have just opened, where it was said that one is a copy of another that I may not see: it would
-- tell of that one.
CREATE FUNCTION machinery.my_hidden_copies() RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT i.entry FROM facts.item i JOIN register.entry e ON e.id = i.entry
        CROSS JOIN LATERAL (SELECT (convert_from(e.facts, 'UTF8')::jsonb->>'copy_of')::uuid AS record) AS other
        WHERE i.kind = 'sorted' AND i.record IN (SELECT machinery.my_open_records())
          AND other.record IS NOT NULL AND NOT machinery.may_see(other.record);
END $$;

-- For an overseer: what of the sample waits for a review; nobody reviews their own.
CREATE FUNCTION machinery.sampled(p_limit integer) RETURNS TABLE (
    sorting uuid, record uuid, reference text, danger text, filed_at timestamptz, actor uuid, reason text,
    at timestamptz, asked_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT register.holds(me, 'overseer')
       OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT s.entry, s.record, r.reference, r.danger, r.filed_at, s.actor, s.reason, s.at,
               (SELECT max(q.at) FROM facts.request q WHERE q.person = me AND q.record = r.id
                AND q.at > register.now() - interval '7 days')
        FROM facts.sample s JOIN facts.record r ON r.id = s.record
        WHERE s.outcome IS NULL AND s.actor <> me AND r.owner <> me
          AND s.record NOT IN (SELECT register.hidden_from(me))
        ORDER BY s.at, s.entry LIMIT least(p_limit, 200);
END $$;

-- For the outside contact: whether something waits for a review that no overseer may give, since the only one answers
-- for it, put it aside, is kept from it or is away. Not which, nor how many; nothing of a record that the reader is kept
-- from; and whoever put it aside cannot tell by this that it was chosen. Only where the contact is one of these two,
-- administrators are told: they learn of no record else.
CREATE FUNCTION machinery.unreviewable() RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed)
       OR NOT (register.holds(me, 'administrator') OR EXISTS (SELECT FROM facts.slot s WHERE s.fallback = me)) THEN
        RETURN false;
    END IF;
    RETURN EXISTS (
        SELECT FROM facts.sample s JOIN facts.record r ON r.id = s.record
        WHERE s.outcome IS NULL AND s.actor <> me AND s.record NOT IN (SELECT register.hidden_from(me))
          AND NOT EXISTS (SELECT FROM facts.person p WHERE 'overseer' = ANY (p.posts) AND register.is_here(p.id)
                          AND p.id NOT IN (s.actor, r.owner) AND NOT register.hidden(p.id, s.record))
          AND (EXISTS (SELECT FROM facts.slot f WHERE f.fallback = me) OR NOT EXISTS (
               SELECT FROM facts.slot f WHERE f.fallback <> s.actor AND NOT register.hidden(f.fallback, s.record))));
END $$;

GRANT EXECUTE ON FUNCTION machinery.unsorted(integer), machinery.my_hidden_copies(), machinery.sampled(integer),
    machinery.unreviewable() TO heed_office;
