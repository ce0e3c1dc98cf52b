-- The ladder: what waits is chased, then told to people ever further outside. Nobody can stop, skip or begin it anew.

-- What the sweep asks for: records that wait, were chased last after `p_chased` working days, and whose ladder counts from
-- before `p_before`. The oldest first. The condition is that of the index record_waits. Where only a referral waits that nobody
-- confirmed, they went to it before `p_asked`, and nobody was told of the record since `p_told`.
CREATE FUNCTION machinery.to_chase(p_chased integer, p_before timestamptz, p_asked timestamptz, p_told timestamptz,
                                   p_limit integer) RETURNS SETOF uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT r.id FROM facts.record r
        WHERE r.chased = p_chased AND coalesce(r.anew_at, r.filed_at) < p_before AND r.aside_at IS NULL
          AND r.rank < 3
          AND (r.to_do IS DISTINCT FROM 'confirm' OR register.only_unconfirmed_since(r.id) IS NULL
               OR (r.to_do_since < p_asked AND NOT register.was_chased(r.id, p_told)))
        ORDER BY coalesce(r.anew_at, r.filed_at) LIMIT least(p_limit, 1000);
END $$;

-- Since when nothing waits in a record but a referral that nobody confirmed; null where nothing or more does. Not granted.
CREATE FUNCTION register.only_unconfirmed_since(p_record uuid) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT r.to_do_since FROM facts.record r WHERE r.id = p_record AND r.to_do = 'confirm'
            AND r.unseen_since IS NULL AND r.undecided = 0 AND (r.wanted > 0 OR r.decided_alone > 0));
END $$;

-- Whether somebody was told of a record at that instant or since. Not granted.
CREATE FUNCTION register.was_chased(p_record uuid, p_since timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM facts.chase c WHERE c.record = p_record AND c.at >= p_since);
END $$;

-- Whether something is due in a record: something unseen, a decision, what was decided and is not written down, or a
-- referral that nobody confirmed ("confirm").
CREATE FUNCTION register.waits(p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM facts.record r WHERE r.id = p_record AND r.aside_at IS NULL AND r.rank < 3);
END $$;

-- Whether nothing is due in a record: all is done, or it was put aside. Holds the row: of what comes at once one is first.
-- Not granted.
CREATE FUNCTION register.rests(p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM facts.record r WHERE r.id = p_record AND (r.aside_at IS NOT NULL OR r.rank >= 3) FOR NO KEY UPDATE;
    RETURN FOUND;
END $$;

-- Something waits in a record in which nothing did: a ladder begins, from now. Whoever puts a record aside and takes it back
-- begins none (append.sql); as long as anything waits none begins. It says behind which version of the record's own stream
-- that is: what begins it may stand in another. Not granted.
CREATE FUNCTION register.wait_anew(p_record uuid, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE facts.record r SET chased = 0, anew_at = p_at WHERE r.id = p_record;
    RETURN jsonb_build_object('anew', (SELECT h.version FROM register.head h WHERE h.stream = p_record));
END $$;

-- The managers above whoever answers for a record: in their unit, or in one above it now.
CREATE FUNCTION register.managers_above(p_owner uuid) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        WITH RECURSIVE up AS (
            SELECT e.unit FROM facts.employment e WHERE e.person = p_owner AND e.until IS NULL
            UNION SELECT register.parent_of(u.unit) FROM up u WHERE u.unit IS NOT NULL
        ) SELECT DISTINCT e.person FROM up u JOIN facts.employment e ON e.unit = u.unit AND e.until IS NULL
          WHERE register.holds(e.person, 'manager');
END $$;

-- Whom a rung of the ladder tells: its own people, of whom none is away, walled, or answers for the record; if it has
-- none, those of the next. In the order of their ids. While nobody has read the words, they may name any of these: only the
-- outside contact is told. Not granted.
CREATE FUNCTION register.told_after(p_record uuid, p_days integer) RETURNS uuid[] LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    answers uuid;
    people  uuid[];
    before  uuid[];
BEGIN
    SELECT r.owner INTO answers FROM facts.record r WHERE r.id = p_record;
    IF register.is_dark(p_record) THEN
        RETURN ARRAY(SELECT DISTINCT s.fallback FROM facts.slot s WHERE register.may_work_on(s.fallback, p_record) ORDER BY 1);
    ELSIF p_days = 1 THEN
        RETURN ARRAY[answers];
    ELSIF p_days = 3 THEN
        people := ARRAY(SELECT register.managers_above(answers));
    ELSIF p_days = 5 THEN
        people := ARRAY(SELECT p.id FROM facts.person p WHERE 'overseer' = ANY (p.posts));
    ELSE
        SELECT c.told INTO before FROM facts.chase c WHERE c.record = p_record AND c.days = 5 ORDER BY c.at DESC LIMIT 1;
        people := ARRAY(
            SELECT s.fallback FROM facts.slot s
            UNION SELECT p.id FROM facts.person p WHERE 'overseer' = ANY (p.posts)
                AND NOT ARRAY(SELECT register.bodies_of(p.id)) && ARRAY(
                    SELECT register.bodies_of(b.id) FROM unnest(before) AS b(id)));
    END IF;
    people := ARRAY(SELECT DISTINCT p.id FROM unnest(people) AS p(id)
                    WHERE p.id <> answers AND register.may_work_on(p.id, p_record) ORDER BY p.id);
    IF people = '{}' AND p_days < 7 THEN
        RETURN register.told_after(p_record, p_days + 2);
    END IF;
    RETURN people;
END $$;

-- The rungs come one after the other, none before its time: so many days have so many nights, whatever their kind.
-- The working days the sweep counts (oversight/ladder.py); to be told too early hides nothing. Where only a referral
-- waits that nobody confirmed, its owner has a day to ask again first, and then there is a day between two rungs.
CREATE FUNCTION register.decide_chasing(p_stream uuid, p_claims jsonb, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    apart CONSTANT interval := interval '24 hours' - interval '2 hours';
    held  record;
    days  integer;
    asked timestamptz;
BEGIN
    SELECT r.chased, coalesce(r.anew_at, r.filed_at) AS since INTO held FROM facts.record r WHERE r.id = p_stream FOR UPDATE;
    IF NOT FOUND OR NOT register.waits(p_stream) THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;
    asked := register.only_unconfirmed_since(p_stream);
    days := CASE held.chased WHEN 0 THEN 1 WHEN 1 THEN 3 WHEN 3 THEN 5 WHEN 5 THEN 7 END;
    IF days IS NULL OR p_claims->>'days' IS DISTINCT FROM days::text
       OR p_at < held.since + (days * interval '24 hours') - interval '2 hours'
       OR (asked IS NOT NULL AND (p_at < asked + apart OR register.was_chased(p_stream, p_at - apart))) THEN
        RAISE EXCEPTION 'this is not the rung of the ladder that is due' USING ERRCODE = 'HE003';
    END IF;
    RETURN jsonb_build_object('days', days, 'told', to_jsonb(register.told_after(p_stream, days)));
END $$;

CREATE FUNCTION register.apply_chasing(p_id uuid, p_stream uuid, p_version integer, p_at timestamptz, p_facts jsonb)
RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO facts.chase (entry, record, days, told, at)
        VALUES (p_id, p_stream, (p_facts->>'days')::integer,
                ARRAY(SELECT jsonb_array_elements_text(p_facts->'told')::uuid), p_at);
    UPDATE facts.record SET chased = (p_facts->>'days')::integer WHERE id = p_stream;
    PERFORM register.notify(p_id, p_stream, ARRAY(SELECT jsonb_array_elements_text(p_facts->'told')::uuid));
    INSERT INTO facts.item (entry, record, version, kind, at, actor)
        VALUES (p_id, p_stream, p_version, 'chased', p_at, NULL);
END $$;

-- What waits still, of which I was told, the oldest first, behind a place; an overseer sees all that overseers were told
-- of, also before their time. Facts, no words; never what I am walled from.
CREATE FUNCTION machinery.late_records(p_after timestamptz, p_last uuid, p_limit integer) RETURNS TABLE (
    record uuid, reference text, channel text, danger text, filed_at timestamptz, opened_at timestamptz, owner uuid,
    handed integer, chased integer, told_at timestamptz, open boolean, unseen_since timestamptz, wanted integer,
    undecided integer, undecided_adults integer, decided_alone integer, to_do text, to_do_since timestamptz,
    young boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me       uuid := machinery.me();
    oversees boolean;
BEGIN
    IF me IS NULL OR NOT register.is_here(me) OR NOT EXISTS (SELECT FROM facts.head)
       OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    oversees := register.holds(me, 'overseer');
    RETURN QUERY
        SELECT r.id, r.reference, r.channel, r.danger, r.filed_at, r.opened_at, r.owner, r.handed, r.chased,
               (SELECT max(c.at) FROM facts.chase c WHERE c.record = r.id), machinery.may_see(r.id), r.unseen_since,
               r.wanted, r.undecided, r.undecided_adults, r.decided_alone, r.to_do, r.to_do_since, r.young
        FROM facts.record r
        WHERE r.id IN (SELECT c.record FROM facts.chase c WHERE c.told @> ARRAY[me]
                       UNION SELECT c.record FROM facts.chase c WHERE oversees AND c.days = 5)
          AND r.chased > 0 AND r.aside_at IS NULL AND r.rank < 3
          AND r.owner <> me
          AND (r.filed_at, r.id) > (coalesce(p_after, '-infinity'), coalesce(p_last, '00000000-0000-0000-0000-000000000000'))
          AND EXISTS (SELECT FROM words.screened s WHERE s.record = r.id)
          AND r.id NOT IN (SELECT register.hidden_from(me))
        ORDER BY r.filed_at, r.id LIMIT least(p_limit, 200);
END $$;
GRANT EXECUTE ON FUNCTION machinery.late_records(timestamptz, uuid, integer) TO heed_office;
GRANT EXECUTE ON FUNCTION machinery.to_chase(integer, timestamptz, timestamptz, timestamptz, integer) TO heed_sweep;
