-- Call-outs: who is rung about a record while a child may be in danger and nobody has acted, how each is reached, and
-- what is sent. Time is elapsed time, every day (product.md, "A child in danger tonight"). The database says whom and
-- when; loops/call.py drives, loops/send.py sends. The Python twins are oversight/calls.py and core/rules.py.

-- How somebody is reached: digits, and an address. Blank: not that way. Not a fact: a number is nobody's to read.
-- Where somebody else changed it, what goes there goes to where they were reached before as well (`was_...`), until they say
-- themselves how they are reached, or until `was_until`: nobody takes another's calls unseen.
CREATE TABLE machinery.reach (
    person        uuid PRIMARY KEY,
    telephone     text NOT NULL,
    email         text NOT NULL,
    was_telephone text NOT NULL DEFAULT '',
    was_email     text NOT NULL DEFAULT '',
    was_until     timestamptz NOT NULL DEFAULT '-infinity'
);
-- What waits to be sent, and what became of it. `what`: "call", to a telephone, or "notice", to an address. It is sent
-- at least once: whoever sends has it for 90 seconds, and after that another may.
CREATE TABLE machinery.message (
    id       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    entry    uuid NOT NULL,
    record   uuid NOT NULL,
    person   uuid NOT NULL,
    what     text NOT NULL,
    token    text NOT NULL DEFAULT gen_random_uuid()::text,
    made_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    state    text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'refused', 'overtaken')),
    tries    integer NOT NULL DEFAULT 0,
    next_try timestamptz NOT NULL DEFAULT clock_timestamp(),
    done_at  timestamptz,
    sent_as  uuid,  -- the id of the message in which it went, with others
    why      text NOT NULL DEFAULT '',
    UNIQUE (entry, person)
);
CREATE INDEX message_waiting ON machinery.message (next_try) WHERE state = 'waiting';
CREATE INDEX message_refused ON machinery.message (done_at) WHERE state IN ('refused', 'overtaken');
CREATE INDEX message_token ON machinery.message (token);
CREATE INDEX message_record ON machinery.message (record);
CREATE INDEX message_sent_as ON machinery.message (sent_as);
GRANT SELECT, INSERT, UPDATE, DELETE ON machinery.reach, machinery.message TO heed_rule;

-- Where texts and notices to somebody go: where they are reached now, then where they were before, while that counts.
CREATE FUNCTION register.ways_to(p_person uuid) RETURNS TABLE (telephones text[], emails text[]) LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT array_remove(ARRAY[h.telephone, CASE WHEN b.counts AND h.was_telephone <> h.telephone THEN h.was_telephone ELSE '' END], ''),
               array_remove(ARRAY[h.email, CASE WHEN b.counts AND h.was_email <> h.email THEN h.was_email ELSE '' END], '')
        FROM machinery.reach h CROSS JOIN LATERAL (SELECT h.was_until > clock_timestamp() AS counts) AS b
        WHERE h.person = p_person;
END $$;

-- Whether nobody can read yet, or any more, what a record says: then whoever it names may be anybody, and only the
-- outside contact is called, for whom no name is looked for.
CREATE FUNCTION register.is_dark(p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM machinery.closed)
        OR NOT EXISTS (SELECT FROM words.screened s WHERE s.record = p_record)
        OR EXISTS (SELECT FROM words.stopped s WHERE s.stream = p_record)
        OR EXISTS (SELECT FROM facts.stopped s WHERE s.stream = p_record)
        OR EXISTS (SELECT FROM register.said_in(p_record) AS s JOIN machinery.unopened u ON u.entry = s.entry);
END $$;

-- What was done about a record that ends the calls: a decision, with its second person where it needs one, a call that was written down, and a referral by telephone
-- to protect somebody, unless it was recorded in error.
CREATE FUNCTION register.acts(p_record uuid) RETURNS TABLE (version integer, at timestamptz) LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT i.version, i.at FROM facts.item i WHERE i.record = p_record AND (i.kind = 'called'
            OR (i.kind = 'decided' AND NOT EXISTS (SELECT FROM facts.seconding s WHERE s.entry = i.entry))
            OR (i.kind = 'seconded' AND EXISTS (
                SELECT FROM facts.seconding s WHERE s.answer = i.entry AND s.outcome = 'agreed')) OR EXISTS (
            SELECT FROM facts.referral f
            WHERE f.entry = i.entry AND f.route = 'protecting' AND f.how = 'telephone' AND NOT EXISTS (
                SELECT FROM facts.step s WHERE s.referral = f.entry AND s.what = 'in error')));
END $$;

-- Danger was said, or that a child writes, in a record that is there: what was done before ends no call any more, and that
-- nothing is done is decided again where it was danger. Not granted.
CREATE FUNCTION register.press(p_record uuid, p_version integer, p_danger text, p_at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_danger = 'yes' THEN
        PERFORM register.reopen_nothing(p_record, NULL, p_version, p_at);
    END IF;
    PERFORM register.count_to_do(p_record);
END $$;

-- The calls since somebody last acted, oldest first. By the order of entries: no clock that is put back or forward
-- hides one. `refused`: it could not be delivered, or was not sent after all.
CREATE FUNCTION register.calls_now(p_record uuid) RETURNS TABLE (
    entry uuid, version integer, person uuid, why text, at timestamptz, answered_at timestamptz, refused boolean)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT c.entry, c.version, c.person, c.why, c.at, c.answered_at,
               EXISTS (SELECT FROM machinery.message m WHERE m.entry = c.entry AND (
                   m.state = 'refused' OR (m.state = 'overtaken' AND c.answered_at IS NULL)))
        FROM facts.call_out c
        WHERE c.record = p_record
          AND c.version > coalesce((SELECT max(a.version) FROM register.acts(p_record) AS a), 0)
        ORDER BY c.version;
END $$;

-- Whether the newest call of somebody about a record could not be delivered.
CREATE FUNCTION register.is_refused(p_record uuid, p_person uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN coalesce((SELECT c.refused FROM register.calls_now(p_record) AS c WHERE c.person = p_person
                     ORDER BY c.version DESC LIMIT 1), false);
END $$;

-- Whether somebody can be called about a record: here, not walled nor owed a restriction, with a telephone. Of staff:
-- also with a way to sign in, and looked for in what was told.
CREATE FUNCTION register.may_call(p_person uuid, p_record uuid, p_outside boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN register.may_work_on(p_person, p_record)
       AND EXISTS (SELECT FROM register.ways_to(p_person) AS w WHERE w.telephones <> '{}')
       AND (p_outside OR (EXISTS (SELECT FROM machinery.credential c WHERE c.person = p_person)
                          AND EXISTS (SELECT FROM words.person w WHERE w.id = p_person)));
END $$;

-- Who is called next; null: nobody can be. Whoever answers for it, then whoever is or was on duty, the newest turn
-- first, four people at most: so within the hour it is the outside contact's turn, and stays it. Where a call to them
-- cannot be delivered, everybody in turn, overseers too, whoever was called longest ago: nobody is left out for ever,
-- also where a post refused them all for a while. The order is that of next_owners() (settling.sql).
CREATE FUNCTION register.whom_to_call(p_record uuid, p_at timestamptz) RETURNS uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dark    boolean := register.is_dark(p_record);
    outside uuid[];
    staff   uuid[];
    called  uuid[] := ARRAY(SELECT c.person FROM register.calls_now(p_record) AS c);
BEGIN
    outside := ARRAY(
        SELECT o.person FROM (
            SELECT s.fallback AS person, 0 AS rank FROM facts.slot s WHERE s.purpose = 'intake'
            UNION ALL SELECT p.id, 1 FROM facts.person p WHERE 'overseer' = ANY (p.posts)) AS o
        WHERE (NOT dark OR o.rank = 0) AND register.may_call(o.person, p_record, o.rank = 0)
        ORDER BY o.rank, o.person);
    IF dark THEN
        RETURN outside[1];
    END IF;
    staff := ARRAY(
        SELECT d.person FROM (
            SELECT DISTINCT ON (c.person) c.* FROM (
                SELECT r.owner AS person, 0 AS rank, NULL::timestamptz AS began, r.id AS entry FROM facts.record r
                    WHERE r.id = p_record
                UNION ALL SELECT t.person, 1, t.starts_at, t.entry FROM facts.turn t JOIN facts.slot s ON s.id = t.slot
                    WHERE s.purpose = 'intake' AND t.starts_at <= p_at
            ) AS c ORDER BY c.person, c.rank, c.began DESC, c.entry DESC) AS d
        WHERE register.may_call(d.person, p_record, false)
        ORDER BY d.rank, d.began DESC, d.entry DESC LIMIT 4);
    RETURN coalesce(
        (SELECT s.id FROM unnest(staff) WITH ORDINALITY AS s(id, n) WHERE s.id <> ALL (called) ORDER BY s.n LIMIT 1),
        CASE WHEN NOT register.is_refused(p_record, outside[1]) THEN outside[1] END,
        (SELECT s.id FROM unnest(staff || outside) WITH ORDINALITY AS s(id, n)
         ORDER BY (array_positions(called, s.id))[cardinality(array_positions(called, s.id))] NULLS FIRST, s.n LIMIT 1));
END $$;

-- When the next call is due; null: none is, because somebody has acted. At once, or, where its words are not there,
-- after two minutes; 15 minutes after a call; where somebody said "I have this", an hour after the first one. Whose call
-- cannot be delivered, or was not sent after all, is passed over at once, and so is the outside contact once the words
-- can be read; whoever may not have the record any more has said nothing. A last call from a time to come counts for nothing: the clock was put back.
CREATE FUNCTION register.next_call_at(p_record uuid, p_at timestamptz) RETURNS timestamptz LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    next_one constant interval := interval '15 minutes';
    to_act   constant interval := interval '60 minutes';
    dark  boolean := register.is_dark(p_record);
    held  record;
    first record;
    last  record;
BEGIN
    SELECT r.* INTO held FROM facts.record r WHERE r.id = p_record AND r.alarmed;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT c.* INTO first FROM register.calls_now(p_record) AS c ORDER BY c.version LIMIT 1;
    SELECT c.* INTO last FROM register.calls_now(p_record) AS c ORDER BY c.version DESC LIMIT 1;
    IF last.entry IS NULL THEN
        RETURN CASE WHEN held.acted_at IS NULL THEN held.filed_at ELSE held.said_at END
            + CASE WHEN dark THEN interval '2 minutes' ELSE interval '0' END;
    END IF;
    IF last.at > p_at + interval '1 minute' THEN
        RETURN p_at;
    ELSIF last.why = 'unread' AND NOT dark THEN
        RETURN last.at;
    ELSIF last.refused AND NOT register.is_refused(p_record, register.whom_to_call(p_record, p_at)) THEN
        RETURN last.at;
    ELSIF EXISTS (SELECT FROM register.calls_now(p_record) AS c WHERE c.answered_at IS NOT NULL
                  AND (dark OR c.why <> 'unread') AND register.may_work_on(c.person, p_record)) THEN
        RETURN greatest(last.at + next_one, least(first.at, last.at) + to_act);
    END IF;
    RETURN last.at + next_one;
END $$;

-- What the loop asks for: records about which somebody is to be called now, the most pressing first, then the oldest.
CREATE FUNCTION machinery.to_call(p_limit integer) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE moment timestamptz := register.now();
BEGIN
    RETURN QUERY
        SELECT d.id FROM (
            (SELECT r.id, r.danger, r.filed_at FROM facts.record r
             WHERE r.alarmed AND coalesce(r.called_at, '-infinity') <= moment - interval '15 minutes'
             ORDER BY coalesce(r.called_at, '-infinity'), array_position(ARRAY['yes', 'unknown', 'no'], r.danger), r.filed_at LIMIT 1000)
            UNION (SELECT r.id, r.danger, r.filed_at FROM facts.record r
                   WHERE r.alarmed AND coalesce(r.called_at, '-infinity') > moment LIMIT 1000)
            UNION (SELECT r.id, r.danger, r.filed_at FROM facts.call_out c JOIN facts.record r ON r.id = c.record
                   WHERE c.why = 'unread' AND c.at > moment - interval '15 minutes' AND r.alarmed LIMIT 1000)
            UNION (SELECT r.id, r.danger, r.filed_at FROM machinery.message m JOIN facts.record r ON r.id = m.record
                   WHERE m.state IN ('refused', 'overtaken') AND m.done_at > clock_timestamp() - interval '1 hour'
                   AND r.alarmed LIMIT 1000)
        ) AS d
        WHERE register.next_call_at(d.id, moment) <= moment AND register.whom_to_call(d.id, moment) IS NOT NULL
        ORDER BY array_position(ARRAY['yes', 'unknown', 'no'], d.danger), d.filed_at, d.id LIMIT least(p_limit, 200);
END $$;

-- A call-out, by the loop: it is due, once, and goes to whom the rule names.
CREATE FUNCTION register.decide_call_out(p_stream uuid, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    whom uuid;
    last record;
BEGIN
    PERFORM FROM facts.record r WHERE r.id = p_stream FOR UPDATE;
    IF (register.next_call_at(p_stream, p_at) <= p_at) IS NOT TRUE THEN
        RAISE EXCEPTION 'nobody is to be called about this now' USING ERRCODE = 'HE064';
    END IF;
    whom := register.whom_to_call(p_stream, p_at);
    IF whom IS NULL THEN
        RAISE EXCEPTION 'nobody can be reached' USING ERRCODE = 'HE065';
    END IF;
    SELECT c.* INTO last FROM register.calls_now(p_stream) AS c ORDER BY c.version DESC LIMIT 1;
    RETURN jsonb_build_object('person', whom, 'why', CASE
        WHEN register.is_dark(p_stream) THEN 'unread'
        WHEN last.entry IS NULL OR last.why = 'unread' THEN 'first'
        WHEN EXISTS (SELECT FROM register.calls_now(p_stream) AS c WHERE c.answered_at IS NOT NULL AND c.why <> 'unread') THEN 'undecided'
        WHEN last.refused THEN 'refused'
        ELSE 'unanswered' END);
END $$;

-- "I have this": by whoever was called, signed in, or by the token that only their message holds. It ends nothing. Whoever
-- says so where the one who answers for the record did not, or did and decided nothing, answers for it from then on: else
-- they could neither read nor decide. What could not be read yet changes no hands. A call from before somebody acted is
-- nobody's to answer any more: others have it since.
CREATE FUNCTION register.decide_call_answered(p_stream uuid, p_claims jsonb, p_at timestamptz, p_me uuid) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held  record;
    made  record;
    takes boolean;
BEGIN
    SELECT r.* INTO held FROM facts.record r WHERE r.id = p_stream FOR UPDATE;
    SELECT c.* INTO made FROM facts.call_out c WHERE c.record = p_stream AND (
        (p_me IS NOT NULL AND c.person = p_me AND c.entry = register.id_of(p_claims->>'call'))
        OR (p_me IS NULL AND EXISTS (SELECT FROM machinery.message m WHERE m.entry = c.entry AND m.person = c.person
                                     AND m.what = 'call' AND m.token = p_claims->>'token')));
    IF made.entry IS NULL OR NOT register.may_work_on(made.person, p_stream) THEN
        RAISE EXCEPTION 'no such call' USING ERRCODE = 'HE404';
    END IF;
    IF made.answered_at IS NOT NULL THEN
        RAISE EXCEPTION 'this call is answered' USING ERRCODE = 'HE066';
    END IF;
    IF made.entry NOT IN (SELECT c.entry FROM register.calls_now(p_stream) AS c) THEN
        RAISE EXCEPTION 'somebody acted since this call' USING ERRCODE = 'HE073';
    END IF;
    takes := held.alarmed AND held.owner <> made.person AND made.why <> 'unread'
        AND register.may_answer(made.person, p_stream)
        AND EXISTS (SELECT FROM machinery.credential c WHERE c.person = made.person)
        AND EXISTS (SELECT FROM words.person w WHERE w.id = made.person)
        AND (made.why = 'undecided' OR NOT EXISTS (SELECT FROM register.calls_now(p_stream) AS c
                                                   WHERE c.person = held.owner AND c.answered_at IS NOT NULL));
    RETURN jsonb_build_object('call', made.entry, 'actor', made.person,
        'owners', CASE WHEN takes THEN ARRAY[p_stream || ' ' || made.person] ELSE ARRAY[]::text[] END,
        'overtaken', ARRAY(SELECT o.entry::text FROM facts.offer o WHERE takes AND o.record = p_stream AND o.state = 'open'
                           ORDER BY 1),
        'ended', ARRAY(SELECT o.entry::text FROM facts.opening o WHERE takes AND o.record = p_stream AND o.how = 'granted'
                       AND NOT o.ended ORDER BY 1));
END $$;

-- How somebody is reached is their own to say, or an administrator's of their body, or of whoever sets up the system.
CREATE FUNCTION register.decide_reach(p_stream uuid, p_claims jsonb, p_me uuid) RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_me IS DISTINCT FROM p_stream THEN
        PERFORM register.check_administers(p_me, p_stream, ARRAY[]::uuid[]);
    END IF;
    IF (p_claims->>'telephone' ~ '^(\+?[0-9]{7,15})?$' AND length(p_claims->>'email') <= 254
        AND p_claims->>'email' ~ '^([!-?A-~]+@[!-?A-~]+)?$') IS NOT TRUE THEN
        RAISE EXCEPTION 'a telephone is digits, and an address has one @' USING ERRCODE = 'HE003';
    END IF;
    IF p_claims->>'telephone' = '' AND EXISTS (SELECT FROM facts.slot s WHERE s.fallback = p_stream) THEN
        RAISE EXCEPTION 'the outside contact needs a telephone: they are the last who can be called' USING ERRCODE = 'HE077';
    END IF;
    INSERT INTO machinery.reach AS h (person, telephone, email)
        VALUES (register.active_person(p_stream::text), p_claims->>'telephone', p_claims->>'email')
        ON CONFLICT (person) DO UPDATE SET telephone = excluded.telephone, email = excluded.email,
            was_telephone = CASE WHEN p_me = p_stream THEN '' WHEN h.was_until > clock_timestamp() THEN h.was_telephone
                                 ELSE h.telephone END,
            was_email = CASE WHEN p_me = p_stream THEN '' WHEN h.was_until > clock_timestamp() THEN h.was_email
                             ELSE h.email END,
            was_until = CASE WHEN p_me = p_stream THEN '-infinity'::timestamptz
                             WHEN h.was_until > clock_timestamp() THEN h.was_until
                             ELSE clock_timestamp() + interval '7 days' END;
    RETURN jsonb_build_object('actor', p_me);
END $$;

CREATE FUNCTION register.decide_calling(p_stream uuid, p_kind text, p_claims jsonb, p_at timestamptz, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE p_kind
        WHEN 'call_out' THEN register.decide_call_out(p_stream, p_at)
        WHEN 'call_answered' THEN register.decide_call_answered(p_stream, p_claims, p_at, p_me)
        WHEN 'reach_set' THEN register.decide_reach(p_stream, p_claims, p_me) END;
END $$;

CREATE FUNCTION register.apply_calling(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_at timestamptz,
                                       p_facts jsonb) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE taker uuid := (p_facts->>'actor')::uuid;
BEGIN
    CASE p_kind
    WHEN 'reach_set' THEN
        RETURN;
    WHEN 'call_out' THEN
        INSERT INTO facts.call_out (entry, record, version, person, why, at)
            VALUES (p_id, p_stream, p_version, (p_facts->>'person')::uuid, p_facts->>'why', p_at);
        UPDATE facts.record SET called_at = p_at WHERE id = p_stream;
        INSERT INTO machinery.message (entry, record, person, what)
            VALUES (p_id, p_stream, (p_facts->>'person')::uuid, 'call');
    WHEN 'call_answered' THEN
        UPDATE facts.call_out SET answered_at = p_at WHERE entry = (p_facts->>'call')::uuid;
        IF p_facts->'owners' <> '[]' THEN
            INSERT INTO facts.passed (entry, records, givers, takers, kind, at)
                SELECT p_id, ARRAY[r.id], ARRAY[r.owner], ARRAY[taker], p_kind, p_at FROM facts.record r
                WHERE r.id = p_stream;
            UPDATE facts.record SET owner = taker, aside_at = NULL WHERE id = p_stream;
            UPDATE facts.offer SET state = 'overtaken'
                WHERE entry IN (SELECT jsonb_array_elements_text(p_facts->'overtaken')::uuid);
            UPDATE facts.opening SET ended = true
                WHERE entry IN (SELECT jsonb_array_elements_text(p_facts->'ended')::uuid);
        END IF;
    END CASE;
    INSERT INTO facts.item (entry, record, version, kind, at, actor) VALUES (p_id, p_stream, p_version, p_kind, p_at, taker);
END $$;

-- A short notice for each person whom the ladder told; sent to whoever has an address, all that waits in one.
CREATE FUNCTION register.notify(p_entry uuid, p_record uuid, p_told uuid[]) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO machinery.message (entry, record, person, what)
        SELECT p_entry, p_record, t.person, 'notice' FROM unnest(p_told) AS t(person)
        WHERE EXISTS (SELECT FROM register.ways_to(t.person) AS w WHERE w.emails <> '{}');
END $$;

-- The next messages to send, of one person: calls before notices. One telephone gets one text in two minutes: what comes
-- in between goes together with the next. An instant to come counts for nothing: the clock was put back. What is answered,
-- acted on, or about a record that its reader may not have, is not sent: asked just before each person's.
CREATE FUNCTION machinery.to_send(p_limit integer) RETURNS TABLE (
    message uuid, person uuid, what text, token text, telephone text, email text, was_telephone text, was_email text,
    tries integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    first  record;
BEGIN
    UPDATE machinery.message m SET state = 'overtaken', done_at = clock_timestamp()
        WHERE m.state = 'waiting' AND (NOT register.may_work_on(m.person, m.record) OR (m.what = 'call' AND NOT EXISTS (
            SELECT FROM facts.call_out c JOIN facts.record r ON r.id = c.record
            WHERE c.entry = m.entry AND c.answered_at IS NULL AND r.alarmed
              AND c.entry IN (SELECT n.entry FROM register.calls_now(r.id) AS n))));
    SELECT w.person, w.what INTO first FROM machinery.message w
        WHERE w.state = 'waiting' AND w.next_try NOT BETWEEN moment AND moment + interval '10 minutes' AND NOT EXISTS (
            SELECT FROM machinery.message b WHERE b.person = w.person AND b.what = 'call' AND w.what = 'call'
            AND b.state = 'sent' AND b.done_at BETWEEN moment - interval '2 minutes' AND moment)
        ORDER BY w.what, w.made_at LIMIT 1;
    RETURN QUERY
        UPDATE machinery.message m SET next_try = clock_timestamp() + interval '90 seconds', tries = m.tries + 1
        FROM (SELECT w.id FROM machinery.message w
              WHERE w.state = 'waiting' AND w.next_try NOT BETWEEN moment AND moment + interval '10 minutes'
                AND w.person = first.person AND w.what = first.what
              ORDER BY w.made_at LIMIT least(p_limit, 200) FOR UPDATE SKIP LOCKED) AS d
        WHERE m.id = d.id
        RETURNING m.id, m.person, m.what, m.token,
            (SELECT w.telephones[1] FROM register.ways_to(m.person) AS w), (SELECT w.emails[1] FROM register.ways_to(m.person) AS w),
            (SELECT w.telephones[2] FROM register.ways_to(m.person) AS w), (SELECT w.emails[2] FROM register.ways_to(m.person) AS w),
            m.tries;
END $$;

-- What became of a message: sent, refused for good, or, by null, to be tried again after so many seconds.
CREATE FUNCTION machinery.was_sent(p_message uuid, p_state text, p_why text, p_again integer, p_as uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE machinery.message m SET why = left(p_why, 200), state = coalesce(p_state, m.state),
        done_at = CASE WHEN p_state IS NOT NULL THEN clock_timestamp() END,
        next_try = clock_timestamp() + p_again * interval '1 second', sent_as = p_as
        WHERE m.id = p_message AND m.state = 'waiting';
END $$;

-- What was sent came back: it is as if it had been refused then, unless somebody answered it. Whether anything went in a
-- message of this id.
CREATE FUNCTION machinery.came_back(p_as uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE machinery.message m SET state = 'refused', done_at = clock_timestamp(), why = 'it was taken, and came back'
        WHERE m.sent_as = p_as AND m.state = 'sent'
          AND NOT EXISTS (SELECT FROM facts.call_out c WHERE c.entry = m.entry AND c.answered_at IS NOT NULL);
    RETURN EXISTS (SELECT FROM machinery.message m WHERE m.sent_as = p_as);
END $$;

-- For whoever holds the token of a message: the record that it is about, and whether it is answered already. Of no
-- token, nothing.
CREATE FUNCTION machinery.call_behind(p_token text) RETURNS TABLE (record uuid, answered_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT c.record, c.answered_at FROM machinery.message m JOIN facts.call_out c ON c.entry = m.entry
        WHERE m.token = p_token AND m.what = 'call' AND register.may_work_on(m.person, m.record);
END $$;

-- The calls of a record, or of the records about which somebody is called or was in the last seven days: for whoever
-- answers for it or was let in to read it, for overseers, and for whoever was called. Facts, no words; never what is hidden from
-- the reader; before its words are there only one's own call, without a reference. The last five calls of a record and
-- one's own that is open; the most pressing record first.
CREATE FUNCTION machinery.calls(p_record uuid) RETURNS TABLE (
    call uuid, record uuid, reference text, danger text, filed_at timestamptz, owner uuid, person uuid, why text,
    at timestamptz, answered_at timestamptz, sent text, next_at timestamptz, open boolean, stands boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me       uuid := machinery.me();
    moment   timestamptz := register.now();
    oversees boolean;
BEGIN
    IF me IS NULL OR NOT register.is_here(me) OR NOT EXISTS (SELECT FROM facts.head)
       OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    oversees := register.holds(me, 'overseer');
    RETURN QUERY
        WITH known AS MATERIALIZED (
            SELECT r.*, EXISTS (SELECT FROM words.screened s WHERE s.record = r.id) AS screened FROM facts.record r
            WHERE r.id IN (
                SELECT p_record WHERE p_record IS NOT NULL
                UNION (SELECT o.id FROM facts.record o WHERE p_record IS NULL AND (o.owner = me OR oversees) AND o.alarmed
                       AND o.called_at IS NOT NULL)
                UNION (SELECT l.record FROM facts.opening l WHERE p_record IS NULL AND l.person = me AND NOT l.ended
                       AND l.until > moment)
                UNION (SELECT l.record FROM facts.call_out l WHERE p_record IS NULL AND l.person = me
                       AND l.at > moment - interval '7 days')
                UNION (SELECT l.record FROM facts.call_out l WHERE p_record IS NULL AND oversees
                       AND l.at > moment - interval '7 days' ORDER BY l.at DESC LIMIT 200))
              AND r.id NOT IN (SELECT register.hidden_from(me))
            ORDER BY r.alarmed DESC, array_position(ARRAY['yes', 'unknown', 'no'], r.danger), r.filed_at, r.id LIMIT 200
        ), shown AS MATERIALIZED (  -- once for each record, not for each of its calls
            SELECT k.*, register.next_call_at(k.id, moment) AS due_at, machinery.may_see(k.id) AS may_open,
                   ARRAY(SELECT n.entry FROM register.calls_now(k.id) AS n) AS since FROM known k
        )
        SELECT c.entry, s.id, CASE WHEN s.screened THEN s.reference END, s.danger, s.filed_at, s.owner, c.person, c.why,
               c.at, c.answered_at, (SELECT m.state FROM machinery.message m WHERE m.entry = c.entry), s.due_at, s.may_open,
               c.entry = ANY (s.since)
        FROM shown s CROSS JOIN LATERAL (
            (SELECT l.* FROM facts.call_out l
             WHERE l.record = s.id AND (l.person = me OR (s.screened AND (s.owner = me OR oversees OR s.may_open)))
             ORDER BY l.version DESC LIMIT 5)
            UNION (SELECT l.* FROM facts.call_out l WHERE l.record = s.id AND l.person = me AND l.answered_at IS NULL
                   ORDER BY l.version DESC LIMIT 1)) AS c
        ORDER BY s.alarmed DESC, array_position(ARRAY['yes', 'unknown', 'no'], s.danger), s.filed_at, s.id, c.version DESC;
END $$;

-- How I am reached; for an administrator, also whether everybody is, and how those of their own body are. `was_until`:
-- until when what is sent goes to where they were reached before as well, since somebody else changed it; or null.
CREATE FUNCTION machinery.reaches() RETURNS TABLE (person uuid, telephone text, email text, reached boolean,
                                                   was_until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me   uuid := machinery.me();
    mine uuid[] := ARRAY(SELECT register.bodies_of(machinery.me()));
BEGIN
    RETURN QUERY
        SELECT p.id, CASE WHEN o.own THEN h.telephone ELSE '' END, CASE WHEN o.own THEN h.email ELSE '' END,
               coalesce(h.telephone, '') <> '',
               CASE WHEN o.own AND h.was_until > clock_timestamp() AND (h.was_telephone NOT IN ('', h.telephone)
                                                                        OR h.was_email NOT IN ('', h.email)) THEN h.was_until END
        FROM facts.person p LEFT JOIN machinery.reach h ON h.person = p.id
        CROSS JOIN LATERAL (SELECT p.id = me OR ARRAY(SELECT register.bodies_of(p.id)) && mine AS own) AS o
        WHERE p.active AND (p.id = me OR register.holds(me, 'administrator')) AND EXISTS (SELECT FROM facts.head)
          AND NOT EXISTS (SELECT FROM machinery.closed)
        ORDER BY p.id;
END $$;

GRANT EXECUTE ON FUNCTION machinery.calls(uuid), machinery.reaches() TO heed_office;
GRANT EXECUTE ON FUNCTION machinery.call_behind(text) TO heed_signin;
GRANT EXECUTE ON FUNCTION machinery.to_call(integer), machinery.to_send(integer),
    machinery.was_sent(uuid, text, text, integer, uuid), machinery.came_back(uuid) TO heed_sweep;
