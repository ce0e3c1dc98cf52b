-- Reading that is asked for: leave for a week from whoever answers for a record, and the emergency opening
-- (broken glass) for four hours. Never through a restriction; and none of it is an administrator's.

-- The record that a reference names to this person: null for no such reference, for one that waits for the
-- opener, and for one that they must not see. Nothing tells the three apart. Not granted.
CREATE FUNCTION register.named_by(p_person uuid, p_reference text) RETURNS uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE found_record uuid;
BEGIN
    SELECT r.id INTO found_record FROM facts.record r
        WHERE r.reference = p_reference
          AND EXISTS (SELECT FROM words.screened s WHERE s.record = r.id)
          AND NOT EXISTS (SELECT FROM facts.stopped s WHERE s.stream = r.id)
          AND NOT EXISTS (SELECT FROM words.stopped s WHERE s.stream = r.id)
          AND NOT register.hidden(p_person, r.id)
        ORDER BY r.id LIMIT 1;
    RETURN found_record;
END $$;

-- Whether this person is an outside contact, who steps in where others do not.
CREATE FUNCTION register.is_contact(p_person uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM facts.slot s WHERE s.fallback = p_person);
END $$;

-- The facts of these entries; `decide` hands them over. A refusal is the same for "not there" and "not yours".
CREATE FUNCTION register.decide_openings(p_stream uuid, p_kind text, p_claims jsonb, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asking record;
    glass  record;
    reader uuid;
BEGIN
    IF p_me IS NULL OR register.holds(p_me, 'administrator')
       OR (p_kind IN ('access_asked', 'glass_broken') AND p_stream <> p_me) THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;
    CASE p_kind
    WHEN 'access_asked', 'glass_broken' THEN
        IF p_kind = 'glass_broken' AND register.needs_approval(p_me) THEN  -- before the reference is looked at
            RAISE EXCEPTION 'somebody else says yes first' USING ERRCODE = 'HE044';
        END IF;
        RETURN jsonb_build_object('record', register.named_by(p_me, p_claims->>'reference'));
    WHEN 'access_granted', 'access_declined' THEN
        SELECT a.* INTO asking FROM facts.asking a
            WHERE a.entry = register.id_of(p_claims->>'asking') AND a.record = p_stream AND a.state = 'open';
        IF NOT FOUND OR asking.person = p_me OR NOT machinery.may_see(p_stream)
           OR NOT EXISTS (SELECT FROM facts.record r WHERE r.id = p_stream AND r.owner = p_me)
           OR NOT register.may_work_on(asking.person, p_stream) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        RETURN jsonb_build_object('asking', asking.entry, 'person', asking.person, 'actor', p_me);
    WHEN 'access_given', 'access_ended' THEN
        IF NOT machinery.may_see(p_stream)
           OR NOT EXISTS (SELECT FROM facts.record r WHERE r.id = p_stream AND r.owner = p_me)
           OR (p_kind = 'access_ended' AND NOT EXISTS (
               SELECT FROM facts.opening o WHERE o.entry = register.id_of(p_claims->>'opening')
                 AND o.record = p_stream AND o.how = 'granted' AND NOT o.ended)) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        IF p_kind = 'access_ended' THEN  -- all their leave: they may have asked, and been brought in
            SELECT o.person INTO reader FROM facts.opening o WHERE o.entry = register.id_of(p_claims->>'opening');
            RETURN jsonb_build_object('person', reader, 'actor', p_me, 'ended', (
                SELECT jsonb_agg(o.entry ORDER BY o.entry) FROM facts.opening o
                WHERE o.record = p_stream AND o.person = reader AND o.how = 'granted' AND NOT o.ended));
        END IF;
        IF register.id_of(p_claims->>'person') IS NOT DISTINCT FROM p_me
           OR NOT register.may_work_on(register.id_of(p_claims->>'person'), p_stream) THEN
            RAISE EXCEPTION 'this person cannot have it' USING ERRCODE = 'HE017';
        END IF;
        RETURN jsonb_build_object('person', p_claims->>'person', 'actor', p_me);
    WHEN 'glass_reviewed' THEN
        SELECT o.* INTO glass FROM facts.opening o
            WHERE o.entry = register.id_of(p_claims->>'glass') AND o.person = p_stream AND o.how = 'emergency'
              AND o.record IS NOT NULL AND o.reviewed_by IS NULL;
        IF NOT FOUND OR glass.person = p_me
           OR NOT (register.holds(p_me, 'custodian') OR register.holds(p_me, 'overseer')
                   OR (register.is_contact(p_me) AND glass.at < register.now() - interval '48 hours'))
           OR register.hidden(p_me, glass.record) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        IF p_claims->>'outcome' NOT IN ('right', 'not right') OR p_claims->>'outcome' IS NULL THEN
            RAISE EXCEPTION 'an emergency opening was right or not right' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('glass', glass.entry, 'outcome', p_claims->>'outcome', 'actor', p_me);
    END CASE;
END $$;

-- What they do to the tables; the Python twin is access/openings.py. Hours, not days: a week has as many of them
-- when the clocks change.
-- Custodians who may know of the record are told at once that somebody opened it in an emergency. Not granted.
CREATE FUNCTION register.tell_custodians(p_entry uuid, p_record uuid, p_person uuid) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_record IS NOT NULL THEN
        PERFORM register.notify(p_entry, p_record, ARRAY(
            SELECT p.id FROM facts.person p WHERE 'custodian' = ANY (p.posts) AND p.id <> p_person
            AND register.may_work_on(p.id, p_record)));
    END IF;
END $$;

CREATE FUNCTION register.apply_openings(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_at timestamptz,
                                        p_facts jsonb) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE p_kind
    WHEN 'access_asked' THEN
        INSERT INTO facts.asking (entry, person, record, at, state)
            VALUES (p_id, p_stream, (p_facts->>'record')::uuid, p_at, 'open');
    WHEN 'access_granted', 'access_declined', 'access_given', 'access_ended' THEN
        UPDATE facts.asking SET answer = p_id, state = CASE p_kind WHEN 'access_granted' THEN 'granted'
            ELSE 'declined' END WHERE entry = (p_facts->>'asking')::uuid;  -- nobody asked, of the other two kinds
        UPDATE facts.opening SET ended = true
            WHERE p_kind = 'access_ended' AND p_facts->'ended' ? entry::text;
        IF p_kind IN ('access_granted', 'access_given') THEN
            INSERT INTO facts.opening (entry, person, record, how, at, until, given_by, ended)
                VALUES (p_id, (p_facts->>'person')::uuid, p_stream, 'granted', p_at, p_at + interval '168 hours',
                        (p_facts->>'actor')::uuid, false);
        END IF;
        INSERT INTO facts.item (entry, record, version, kind, at, actor)
            VALUES (p_id, p_stream, p_version, p_kind, p_at, (p_facts->>'actor')::uuid);
    WHEN 'glass_broken' THEN
        INSERT INTO facts.opening (entry, person, record, how, at, until, ended)
            VALUES (p_id, p_stream, (p_facts->>'record')::uuid, 'emergency', p_at, p_at + interval '4 hours', false);
        PERFORM register.tell_custodians(p_id, (p_facts->>'record')::uuid, p_stream);
    WHEN 'glass_reviewed' THEN
        UPDATE facts.opening SET reviewed_by = (p_facts->>'actor')::uuid, outcome = p_facts->>'outcome', review = p_id
            WHERE entry = (p_facts->>'glass')::uuid;
    WHEN 'hand_over_accepted' THEN
        UPDATE facts.opening SET ended = true WHERE record = p_stream AND how = 'granted';
    END CASE;
END $$;

-- After a change of people, units or restrictions: leave ends where its record has another owner than who gave
-- it, or its person could no longer answer for the record. Once ended it stays so.
CREATE FUNCTION register.end_leave(p_at timestamptz) RETURNS text[] LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE over_now text[];
BEGIN
    over_now := ARRAY(SELECT o.entry::text FROM facts.opening o JOIN facts.record r ON r.id = o.record
                   WHERE o.how = 'granted' AND NOT o.ended AND o.until > p_at
                     AND (r.owner <> o.given_by OR NOT register.may_answer(o.person, o.record))
                   ORDER BY o.entry);
    UPDATE facts.opening o SET ended = true WHERE o.entry::text = ANY (over_now);
    RETURN over_now;
END $$;

-- What follows is what people may see of this, each through one narrow door.

-- What a record is to me now; null: nothing.
CREATE FUNCTION machinery.purpose(p_record uuid) RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN machinery.may_see(p_record) THEN register.purpose_of(machinery.me(), p_record) END;
END $$;

-- The records that are open to me for a time.
CREATE FUNCTION machinery.my_openings() RETURNS TABLE (
    opening uuid, record uuid, reference text, how text, at timestamptz, until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    RETURN QUERY
        SELECT o.entry, o.record, r.reference, o.how, o.at, o.until
        FROM facts.opening o JOIN facts.record r ON r.id = o.record
        WHERE o.person = me AND NOT o.ended AND o.until > register.now() AND machinery.may_see(o.record)
          AND NOT register.holds(me, 'administrator')
        ORDER BY o.at DESC, o.entry LIMIT 100;
END $$;

-- What I asked for, newest first, with my words, and why it was declined. One that names no record, or one that I
-- must not see, waits for ever, as any other does until it is answered. What was answered stays so: an answer that
-- went away would tell that a restriction came.
CREATE FUNCTION machinery.my_askings() RETURNS TABLE (
    asking uuid, at timestamptz, state text, said text, answered text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT a.entry, a.at, a.state, (SELECT i.body FROM words.item i WHERE i.entry = a.entry),
               (SELECT i.body FROM words.item i WHERE i.entry = a.answer)
        FROM facts.asking a
        WHERE a.person = me ORDER BY a.at DESC, a.entry LIMIT 50;
END $$;

-- Who asks to see a record that I answer for, and why; nobody who must not see it.
CREATE FUNCTION machinery.askings() RETURNS TABLE (
    asking uuid, record uuid, reference text, person uuid, at timestamptz, said text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    RETURN QUERY
        SELECT a.entry, a.record, r.reference, a.person, a.at,
               (SELECT i.body FROM words.item i WHERE i.entry = a.entry)
        FROM facts.asking a JOIN facts.record r ON r.id = a.record
        WHERE a.state = 'open' AND r.owner = me AND a.person <> me AND machinery.may_see(a.record)
          AND register.may_work_on(a.person, a.record)
        ORDER BY a.at, a.entry;
END $$;

-- Who else may read a record for a time, and by what right, for whoever may read it.
CREATE FUNCTION machinery.openings_of(p_record uuid) RETURNS TABLE (
    opening uuid, person uuid, how text, at timestamptz, until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT o.entry, o.person, o.how, o.at, o.until FROM facts.opening o
        WHERE o.record = p_record AND NOT o.ended AND o.until > register.now() AND machinery.may_see(p_record)
          AND register.may_work_on(o.person, p_record)
        ORDER BY o.at, o.entry;
END $$;

-- Emergency openings, for the access custodian and overseers: what nobody has reviewed first. Of one that opened
-- nothing only who and when: what was typed may name what this reader must not see. `uses`: how often the same
-- person opened something so in the thirty days up to then, as needs_approval() counts: what opened nothing, a slip of the
-- pen or a record that they must not see alike, counts for nothing. The outside contact sees what nobody has reviewed in two days: of these
-- the office, which knows the working days, shows those that are late (ADR 0018).
CREATE FUNCTION machinery.emergencies() RETURNS TABLE (
    glass uuid, person uuid, record uuid, reference text, at timestamptz, until timestamptz, said text, uses bigint,
    reviewed_by uuid, outcome text, reviewed text, approved_by uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me     uuid := machinery.me();
    post   boolean := register.holds(me, 'custodian') OR register.holds(me, 'overseer');
    hidden uuid[];
BEGIN
    IF me IS NULL OR NOT (post OR register.is_contact(me))
       OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    hidden := ARRAY(SELECT register.hidden_from(me));
    RETURN QUERY
        WITH seen AS (
            SELECT o.* FROM facts.opening o
            WHERE o.how = 'emergency' AND (o.record IS NULL OR o.record <> ALL (hidden))
        )
        SELECT o.entry, o.person, o.record, r.reference, o.at, o.until,
               (SELECT i.body FROM words.item i WHERE o.record IS NOT NULL AND i.entry = coalesce(
                   (SELECT a.entry FROM facts.approval a WHERE a.given = o.entry), o.entry)),
               (SELECT count(*) FROM seen p WHERE p.person = o.person AND p.record IS NOT NULL AND p.at <= o.at
                AND p.at > o.at - interval '720 hours'),
               o.reviewed_by, o.outcome, (SELECT i.body FROM words.item i WHERE i.entry = o.review), o.given_by
        FROM seen o LEFT JOIN facts.record r ON r.id = o.record
        WHERE post OR (o.record IS NOT NULL AND o.reviewed_by IS NULL AND o.at < register.now() - interval '48 hours')
        ORDER BY o.record IS NULL OR o.reviewed_by IS NOT NULL, o.at DESC, o.entry LIMIT 200;
END $$;

GRANT EXECUTE ON FUNCTION machinery.purpose(uuid), machinery.my_openings(), machinery.my_askings(),
    machinery.askings(), machinery.openings_of(uuid), machinery.emergencies() TO heed_office;
