-- Never orphaned (access.md D2): who gets a record whose owner can no longer answer for it, in the transaction that
-- makes it so, and the second look at its commit. All of it asks by person, never by record: whoever answers for
-- thousands may leave while nobody can file. None of this is granted to anybody: it would say who is walled.

-- The records that a person answers for and can no longer.
CREATE FUNCTION register.lost_by(p_person uuid) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF register.is_here(p_person) THEN
        RETURN QUERY SELECT r.id FROM register.walled_from(p_person) AS w(record) JOIN facts.record r ON r.id = w.record
            WHERE r.owner = p_person;
    ELSE
        RETURN QUERY SELECT r.id FROM facts.record r WHERE r.owner = p_person;
    END IF;
END $$;

-- Whom a unit's line to a parent may bring within reach of a restriction: who works or worked beneath it, and, where
-- anything beneath it is restricted, who manages or managed above. Of a unit that is new, nobody.
CREATE FUNCTION register.reached_by(p_unit uuid, p_parent uuid) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        WITH RECURSIVE beneath AS (
            SELECT p_unit AS unit
            UNION SELECT l.unit FROM beneath b JOIN facts.line l ON l.parent = b.unit
        ), above AS (
            SELECT p_parent AS unit WHERE EXISTS (
                SELECT FROM beneath b JOIN facts.wall w ON w.unit = b.unit WHERE NOT w.lifted)
            UNION SELECT l.parent FROM above a JOIN facts.line l ON l.unit = a.unit WHERE l.parent IS NOT NULL
        )
        SELECT e.person FROM beneath b JOIN facts.employment e ON e.unit = b.unit
        UNION
        SELECT e.person FROM above a JOIN facts.employment e ON e.unit = a.unit
            JOIN facts.held h ON h.person = e.person WHERE 'manager' = ANY (h.posts);
END $$;

-- Who takes over each of these records: the cover that was named, else who is on duty, else whoever was before, else
-- the outside contact, else an overseer; each what they are not walled from. Who cannot sign in comes after all who can,
-- the outside contact first: nobody would read it. Whoever caused it comes after everybody: nobody gets a record by
-- restricting its owner while somebody else can have it.
CREATE FUNCTION register.next_owners(p_records uuid[], p_at timestamptz, p_cover uuid, p_cause uuid)
RETURNS TABLE (record uuid, taker uuid) LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    waiting   uuid[] := p_records;
    walled    uuid[];
    candidate uuid;
BEGIN
    FOR candidate IN
        SELECT d.person FROM (
            SELECT DISTINCT ON (c.person) c.* FROM (
                SELECT p_cover AS person, 0 AS rank, NULL::timestamptz AS began, p_cover AS entry
                UNION ALL SELECT t.person, 1, t.starts_at, t.entry
                    FROM facts.turn t JOIN facts.slot s ON s.id = t.slot
                    WHERE s.purpose = 'intake' AND t.starts_at <= p_at
                UNION ALL SELECT s.fallback, 2, NULL, s.id FROM facts.slot s WHERE s.purpose = 'intake'
                UNION ALL SELECT p.id, 3, NULL, p.id FROM facts.person p WHERE 'overseer' = ANY (p.posts)
            ) AS c ORDER BY c.person, c.rank, c.began DESC, c.entry DESC
        ) AS d JOIN facts.person p ON p.id = d.person
        WHERE register.is_here(d.person)
        ORDER BY d.person IS NOT DISTINCT FROM p_cause, NOT p.signs_in,
            NOT p.signs_in AND NOT EXISTS (SELECT FROM facts.slot s WHERE s.fallback = p.id),
            d.rank, d.began DESC, d.entry DESC
    LOOP
        EXIT WHEN waiting = '{}';
        walled := ARRAY(SELECT register.walled_from(candidate));
        RETURN QUERY SELECT w.id, candidate FROM unnest(waiting) AS w(id) WHERE w.id NOT IN (SELECT unnest(walled));
        waiting := ARRAY(SELECT w.id FROM unnest(waiting) AS w(id) WHERE w.id IN (SELECT unnest(walled)));
    END LOOP;
    IF waiting <> '{}' THEN
        RAISE EXCEPTION 'nobody would be left to answer for a record' USING ERRCODE = 'HE014',
            HINT = 'Name another outside contact or overseer first.';
    END IF;
END $$;

-- After a change of people, units or walls: every record whose owner can no longer answer for it gets another,
-- and offers that can no longer be taken end. What was done becomes facts of the entry, in this transaction. Who goes
-- away may have named a cover, who gets what they may answer for.
CREATE FUNCTION register.settle(p_id uuid, p_kind text, p_stream uuid, p_decided jsonb, p_at timestamptz)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    people    uuid[] := '{}';
    lost      uuid[];
    passed    uuid[] := '{}';
    givers    uuid[];
    takers    uuid[];
    owners    text[] := '{}';
    overtaken uuid[];
BEGIN
    IF p_kind IN ('walled', 'name_matched', 'wall_confirmed') THEN
        lost := ARRAY(SELECT r.id FROM facts.record r WHERE r.id = p_stream AND NOT register.may_answer(r.owner, r.id));
    ELSE
        people := CASE p_kind
            WHEN 'unit_moved' THEN ARRAY(SELECT register.reached_by(p_stream, (p_decided->>'parent')::uuid))
            WHEN 'relation_declared' THEN ARRAY[p_stream, (p_decided->>'other')::uuid]
            WHEN 'fallback_set' THEN ARRAY[(p_decided->>'was')::uuid]
            ELSE ARRAY[p_stream] END;
        lost := ARRAY(SELECT l.record FROM unnest(people) AS p(id) CROSS JOIN register.lost_by(p.id) AS l(record));
    END IF;
    IF lost <> '{}' THEN
        SELECT array_agg(r.id ORDER BY r.id), array_agg(r.owner ORDER BY r.id), array_agg(n.taker ORDER BY r.id),
               array_agg(r.id || ' ' || n.taker ORDER BY r.id)
            INTO passed, givers, takers, owners
            FROM register.next_owners(lost, p_at, (p_decided->>'cover')::uuid, (p_decided->>'actor')::uuid) AS n
            JOIN facts.record r ON r.id = n.record;
        -- Whoever gets it has not read it, so it waits again, as after a hand-over.
        UPDATE facts.record r SET owner = n.taker, aside_at = NULL
            FROM unnest(passed, takers) AS n(record, taker) WHERE r.id = n.record;
        INSERT INTO facts.passed (entry, records, givers, takers, kind, at)
            VALUES (p_id, passed, givers, takers, p_kind, p_at);
    END IF;
    overtaken := ARRAY(
        SELECT o.entry FROM facts.offer o WHERE o.state = 'open' AND (
            o.record IN (SELECT unnest(passed))
            OR ((o.taker = ANY (people) OR o.record = p_stream) AND NOT register.may_answer(o.taker, o.record)))
        ORDER BY o.record, o.entry);
    UPDATE facts.offer o SET state = 'overtaken' WHERE o.entry = ANY (overtaken);
    RETURN p_decided || jsonb_build_object('owners', owners, 'overtaken', overtaken, 'ended', register.end_leave(p_at));
END $$;

-- Looks again when the transaction commits, whatever path led there. Of each change of owner, most are answered by
-- one short question: whoever got the record is here, and nothing on it restricts anybody.
CREATE FUNCTION register.check_accountable() RETURNS trigger LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE orphan boolean := false;
BEGIN
    CASE TG_TABLE_NAME
    WHEN 'record' THEN
        IF NOT EXISTS (SELECT FROM facts.person p WHERE p.id = NEW.owner AND p.active AND p.away_since IS NULL
                AND NOT 'administrator' = ANY (p.posts)  -- is_here(), in the one question
                AND NOT EXISTS (SELECT FROM facts.wall w WHERE w.record = NEW.id AND NOT w.lifted)) THEN
            orphan := NOT EXISTS (SELECT FROM facts.record r WHERE r.id = NEW.id AND register.may_answer(r.owner, r.id));
        END IF;
    WHEN 'person' THEN
        orphan := EXISTS (SELECT FROM register.lost_by(NEW.id))
            OR (EXISTS (SELECT FROM facts.slot s WHERE s.fallback = NEW.id) AND NOT register.is_here(NEW.id));
    WHEN 'wall' THEN
        orphan := EXISTS (SELECT FROM facts.record r WHERE r.id = NEW.record AND NOT register.may_answer(r.owner, r.id));
    WHEN 'relation' THEN
        orphan := EXISTS (SELECT FROM register.lost_by(NEW.person) UNION ALL SELECT FROM register.lost_by(NEW.other));
    WHEN 'employment', 'held' THEN
        orphan := EXISTS (SELECT FROM register.lost_by(NEW.person));
    WHEN 'slot' THEN
        orphan := (EXISTS (SELECT FROM facts.slot s WHERE s.id = NEW.id AND NOT register.is_here(s.fallback)))
            OR (TG_OP = 'UPDATE' AND EXISTS (SELECT FROM register.lost_by(OLD.fallback)));
    WHEN 'line' THEN
        orphan := EXISTS (SELECT FROM register.reached_by(NEW.unit, NEW.parent) AS r(person), register.lost_by(r.person));
    END CASE;
    IF orphan THEN
        RAISE EXCEPTION 'a record would have an owner who cannot answer for it' USING ERRCODE = 'HE015';
    END IF;
    RETURN NULL;
END $$;
