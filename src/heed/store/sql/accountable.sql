-- Who may answer for a record: active, no administrator, not away, and not walled. `register.walled_from` and, for one
-- record, `register.walled` are the wall; their Python twin is access/walls.py. None of this is granted to
-- anybody: it would say who is walled.

-- The parent that a unit has now; null for a body of its own.
CREATE FUNCTION register.parent_of(p_unit uuid) RETURNS uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE found_parent uuid;
BEGIN
    SELECT l.parent INTO found_parent FROM facts.line l WHERE l.unit = p_unit
        ORDER BY l.since DESC, l.entry DESC LIMIT 1;
    RETURN found_parent;
END $$;

-- The body that a unit belongs to now: the top of its tree.
CREATE FUNCTION register.body_of(p_unit uuid) RETURNS uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    top uuid := p_unit;
    above uuid := register.parent_of(p_unit);
BEGIN
    WHILE above IS NOT NULL LOOP
        top := above;
        above := register.parent_of(top);
    END LOOP;
    RETURN top;
END $$;

-- The bodies that employ a person now.
CREATE FUNCTION register.bodies_of(p_person uuid) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT DISTINCT register.body_of(e.unit) FROM facts.employment e
        WHERE e.person = p_person AND e.until IS NULL;
END $$;

-- The units whose wall reaches a person, with the time they were there: where they are or were employed, every
-- unit that it ever stood beneath, and, for the time that they were a manager, every unit that ever stood beneath it.
CREATE FUNCTION register.units_of(p_person uuid) RETURNS TABLE (unit uuid, since timestamptz, until timestamptz)
LANGUAGE plpgsql VOLATILE ROWS 8 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        WITH RECURSIVE up AS (
            SELECT e.unit, e.since, e.until FROM facts.employment e WHERE e.person = p_person
            UNION SELECT l.parent, u.since, u.until FROM up u JOIN facts.line l ON l.unit = u.unit
                  WHERE l.parent IS NOT NULL
        ), down AS (
            SELECT e.unit, greatest(e.since, h.since) AS since, least(e.until, h.until) AS until
            FROM facts.employment e JOIN facts.held h ON h.person = e.person
            WHERE e.person = p_person AND 'manager' = ANY (h.posts)
              AND e.since <= coalesce(h.until, 'infinity') AND h.since <= coalesce(e.until, 'infinity')
            UNION SELECT l.unit, d.since, d.until FROM down d JOIN facts.line l ON l.parent = d.unit
        ) SELECT * FROM up UNION SELECT * FROM down;
END $$;

-- To whom somebody is close. A tie that was declared since they are the outside contact does not count: they must be
-- named, else whoever is accused could claim ties until nobody is left. One from before does: nobody loses a
-- restriction by being made the contact.
CREATE FUNCTION register.close_to(p_person uuid) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE ROWS 8
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT CASE r.person WHEN p_person THEN r.other ELSE r.person END FROM facts.relation r
        WHERE (r.person = p_person OR r.other = p_person) AND r.withdrawn_at IS NULL
          AND NOT EXISTS (SELECT FROM facts.slot s WHERE s.fallback = p_person AND s.since <= r.at);
END $$;

-- Every record that a person is walled from: named; close to somebody named as accused, concealing or leaking;
-- or reached through an accused unit: since it is restricted, or in the period alleged (not said: ever). Ties come as
-- an array: as a set, the planner would walk through every restriction to find theirs.
CREATE FUNCTION register.walled_from(p_person uuid) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT w.record FROM facts.wall w WHERE w.person = p_person AND NOT w.lifted
        UNION
        SELECT w.record FROM facts.wall w
        WHERE NOT w.lifted AND w.ground IN ('accused', 'concealing', 'leaking')
          AND w.person = ANY (ARRAY(SELECT register.close_to(p_person)))
        UNION
        SELECT w.record FROM register.units_of(p_person) AS u JOIN facts.wall w ON w.unit = u.unit
        WHERE NOT w.lifted
          AND (u.until IS NULL OR w.alleged_from IS NULL OR u.until >= w.at
               OR (u.until >= w.alleged_from AND u.since <= coalesce(w.alleged_until, 'infinity')));
END $$;

-- The same for one record, from the few restrictions that it has.
CREATE FUNCTION register.walled(p_person uuid, p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM facts.wall w WHERE w.record = p_record AND NOT w.lifted AND (
            w.person = p_person
            OR (w.ground IN ('accused', 'concealing', 'leaking') AND w.person IN (SELECT register.close_to(p_person)))
            OR (w.unit IS NOT NULL AND EXISTS (
                SELECT FROM register.units_of(p_person) AS u
                WHERE u.unit = w.unit
                  AND (u.until IS NULL OR w.alleged_from IS NULL OR u.until >= w.at
                       OR (u.until >= w.alleged_from AND u.since <= coalesce(w.alleged_until, 'infinity')))))));
END $$;

-- Whether somebody can be accountable at all, whatever the record.
CREATE FUNCTION register.is_here(p_person uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM facts.person p WHERE p.id = p_person AND p.active
                   AND NOT 'administrator' = ANY (p.posts) AND p.away_since IS NULL);
END $$;

CREATE FUNCTION register.may_answer(p_person uuid, p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN register.is_here(p_person) AND NOT register.walled(p_person, p_record);
END $$;

-- A claimed id in its one spelling, or null.
CREATE FUNCTION register.id_of(p_said text) RETURNS uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN p_said ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p_said::uuid END;
END $$;

CREATE FUNCTION register.holds(p_person uuid, p_post text) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM facts.person p WHERE p.id = p_person AND p.active AND p_post = ANY (p.posts));
END $$;

-- Whether an entry was made by whoever sets up the system, and not by anybody who signs in.
CREATE FUNCTION register.was_set_up(p_entry uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM register.entry e WHERE e.id = p_entry
                   AND convert_from(e.header, 'UTF8')::jsonb->>'role' = 'heed_owner');
END $$;

-- The bodies in which the system's set-up gave somebody a post while they worked there.
CREATE FUNCTION register.bodies_with(p_post text) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT DISTINCT register.body_of(e.unit) FROM facts.held h JOIN facts.employment e ON e.person = h.person
        WHERE p_post = ANY (h.posts) AND register.was_set_up(h.entry)
          AND e.since < coalesce(h.until, 'infinity') AND h.since < coalesce(e.until, 'infinity');
END $$;

-- The bodies of a slot: who first employed each person whom the system's set-up put on duty in it.
CREATE FUNCTION register.bodies_of_slot(p_slot uuid) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT DISTINCT register.body_of(f.unit) FROM (
        SELECT DISTINCT t.person FROM facts.turn t WHERE t.slot = p_slot AND register.was_set_up(t.entry)
    ) AS d CROSS JOIN LATERAL (
        SELECT e.unit FROM facts.employment e WHERE e.person = d.person ORDER BY e.since, e.entry LIMIT 1
    ) AS f;
END $$;

-- Whether somebody works or worked in a body of which this unit is or was a part: no moving of units ends it.
CREATE FUNCTION register.shares_body(p_person uuid, p_unit uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        WITH RECURSIVE up AS (
            SELECT true AS theirs, e.unit FROM facts.employment e WHERE e.person = p_person
            UNION SELECT false, p_unit
            UNION SELECT u.theirs, l.parent FROM up u JOIN facts.line l ON l.unit = u.unit WHERE l.parent IS NOT NULL
        ) SELECT FROM up t JOIN up o USING (unit) WHERE t.theirs AND NOT o.theirs);
END $$;

-- Whoever sets up people does so for their own body only (access.md D9); the owner's role may set up any. Whom
-- nobody employs now belongs to whoever did; any body may take on who holds no post, has no duty, answers for
-- nothing and cannot sign in.
CREATE FUNCTION register.check_administers(p_me uuid, p_person uuid, p_units uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    mine   uuid[] := ARRAY(SELECT register.bodies_of(p_me));
    theirs uuid[] := ARRAY(SELECT register.bodies_of(p_person));
    free   boolean;
BEGIN
    IF p_me IS NULL THEN
        RETURN;
    END IF;
    free := p_person IS NULL OR (theirs = '{}' AND p_units <> '{}' AND NOT EXISTS (
        SELECT FROM facts.person p WHERE p.id = p_person AND p.posts <> '{}'
        UNION ALL SELECT FROM facts.slot s WHERE s.fallback = p_person
        UNION ALL SELECT FROM facts.turn t WHERE t.person = p_person
        UNION ALL SELECT FROM facts.record r WHERE r.owner = p_person
        UNION ALL SELECT FROM facts.offer o WHERE o.state = 'open' AND p_person IN (o.taker, o.giver)
        UNION ALL SELECT FROM machinery.credential c WHERE c.person = p_person));
    IF theirs = '{}' THEN
        theirs := ARRAY(SELECT DISTINCT register.body_of(e.unit) FROM facts.employment e WHERE e.person = p_person);
    END IF;
    IF NOT register.holds(p_me, 'administrator') OR p_me = p_person
       OR NOT (free OR (theirs <> '{}' AND theirs <@ mine))
       OR EXISTS (SELECT FROM unnest(p_units) AS u(unit) WHERE register.body_of(u.unit) <> ALL (mine)) THEN
        RAISE EXCEPTION 'only another administrator, of the same body, may do this' USING ERRCODE = 'HE013';
    END IF;
END $$;

-- The facts of entries about people and units; `decide` hands these kinds over.
CREATE FUNCTION register.decide_people(p_stream uuid, p_version integer, p_kind text, p_claims jsonb,
                                       p_at timestamptz, p_me uuid) RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named uuid;
    above uuid;
    posts text[];
BEGIN
    IF p_kind NOT IN ('unit_added', 'unit_moved') AND NOT EXISTS (
            SELECT FROM facts.person p WHERE p.id = p_stream AND p.active) THEN
        RAISE EXCEPTION 'there is no such person, or they are not active' USING ERRCODE = 'HE003';
    END IF;
    CASE p_kind
    WHEN 'unit_added', 'unit_moved' THEN
        PERFORM register.check_administers(p_me, NULL, ARRAY[]::uuid[]);  -- first: no refusal tells of a stream
        named := register.id_of(p_claims->>'parent');
        IF (p_kind = 'unit_added') <> (p_version = 1)
           OR (p_claims->>'parent' IS NOT NULL AND NOT EXISTS (SELECT FROM facts.unit u WHERE u.id = named)) THEN
            RAISE EXCEPTION 'there is no such unit' USING ERRCODE = 'HE003';
        END IF;
        IF p_kind = 'unit_moved' THEN
            IF NOT EXISTS (SELECT FROM facts.unit u WHERE u.id = p_stream) THEN
                RAISE EXCEPTION 'there is no such unit' USING ERRCODE = 'HE003';
            END IF;
            PERFORM register.check_administers(p_me, NULL, ARRAY[p_stream]);
            above := named;
            WHILE above IS NOT NULL LOOP
                IF above = p_stream THEN
                    RAISE EXCEPTION 'a unit cannot stand beneath itself' USING ERRCODE = 'HE003';
                END IF;
                above := register.parent_of(above);
            END LOOP;
        END IF;
        IF p_me IS NOT NULL AND named IS NULL THEN
            RAISE EXCEPTION 'a body is added when the system is set up' USING ERRCODE = 'HE013';
        END IF;
        PERFORM register.check_administers(p_me, NULL, ARRAY[named]);
        RETURN jsonb_build_object('parent', named);
    WHEN 'employed' THEN
        named := register.id_of(p_claims->>'unit');
        IF NOT EXISTS (SELECT FROM facts.unit u WHERE u.id = named) THEN
            RAISE EXCEPTION 'there is no such unit' USING ERRCODE = 'HE003';
        END IF;
        PERFORM register.check_administers(p_me, p_stream, ARRAY[named]);
        RETURN jsonb_build_object('unit', named);
    WHEN 'employment_ended' THEN
        named := register.id_of(p_claims->>'employment');
        IF NOT EXISTS (SELECT FROM facts.employment e WHERE e.entry = named AND e.person = p_stream
                       AND e.until IS NULL) THEN
            RAISE EXCEPTION 'there is no such employment' USING ERRCODE = 'HE003';
        END IF;
        PERFORM register.check_administers(p_me, p_stream, ARRAY[]::uuid[]);
        RETURN jsonb_build_object('employment', named);
    WHEN 'posts_set' THEN
        posts := ARRAY(SELECT DISTINCT p.post COLLATE "C" FROM jsonb_array_elements_text(
            CASE jsonb_typeof(p_claims->'posts') WHEN 'array' THEN p_claims->'posts' ELSE '[]' END) AS p(post)
            ORDER BY 1);
        IF jsonb_typeof(p_claims->'posts') IS DISTINCT FROM 'array'
           OR NOT posts <@ ARRAY['administrator', 'custodian', 'manager', 'overseer']
           OR ('administrator' = ANY (posts) AND (cardinality(posts) > 1
               OR EXISTS (SELECT FROM facts.slot s WHERE s.fallback = p_stream))) THEN
            RAISE EXCEPTION 'an administrator holds no other post, and is nobody''s outside contact'
                USING ERRCODE = 'HE003';
        END IF;
        PERFORM register.check_administers(p_me, p_stream, ARRAY[]::uuid[]);
        -- No body makes its own watchers: else one administrator could be both people whom lifting takes.
        IF p_me IS NOT NULL AND EXISTS (
                SELECT FROM unnest(posts) AS p(post)
                WHERE p.post IN ('custodian', 'overseer') AND NOT register.holds(p_stream, p.post)
                  AND (NOT EXISTS (SELECT register.bodies_of(p_stream)) OR EXISTS (
                       SELECT register.bodies_of(p_stream) EXCEPT SELECT register.bodies_with(p.post)))) THEN
            RAISE EXCEPTION 'the first with this post in a body is named when the system is set up'
                USING ERRCODE = 'HE060';
        END IF;
        RETURN jsonb_build_object('posts', to_jsonb(posts));
    WHEN 'left' THEN
        IF EXISTS (SELECT FROM facts.slot s WHERE s.fallback = p_stream) THEN
            RAISE EXCEPTION 'name another outside contact first' USING ERRCODE = 'HE014';
        END IF;
        PERFORM register.check_administers(p_me, p_stream, ARRAY[]::uuid[]);
        RETURN '{}'::jsonb;
    WHEN 'relation_declared' THEN
        named := register.id_of(p_claims->>'other');
        IF named = p_stream OR NOT EXISTS (SELECT FROM facts.person p WHERE p.id = named) THEN
            RAISE EXCEPTION 'there is no such person, or they are not active' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('other', named, 'actor', p_me);
    END CASE;
END $$;

-- Whoever answers for a record restricts others, and an overseer who asked to see it; whoever else may read it says
-- only that they themselves must not.
CREATE FUNCTION register.check_restricts(p_me uuid, p_record uuid, p_person uuid) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_person IS DISTINCT FROM p_me AND register.purpose_of(p_me, p_record) NOT IN ('own queue', 'oversight') THEN
        RAISE EXCEPTION 'whoever answers for the record restricts others' USING ERRCODE = 'HE051';
    END IF;
END $$;

-- The facts of entries about one record: restrictions, hand-overs, and an overseer's request.
CREATE FUNCTION register.decide_record(p_stream uuid, p_kind text, p_claims jsonb, p_at timestamptz, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named uuid;
    held  record;
BEGIN
    CASE p_kind
    WHEN 'walled' THEN
        IF NOT machinery.may_see(p_stream) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        named := register.id_of(p_claims->>'person');
        PERFORM register.check_restricts(p_me, p_stream, named);
        IF p_claims->>'unit' IS NULL AND EXISTS (SELECT FROM facts.person p WHERE p.id = named)
           AND p_claims->>'ground' IN ('accused', 'concealing', 'leaking', 'close', 'declared') THEN
            RETURN jsonb_build_object('person', named, 'unit', NULL, 'ground', p_claims->>'ground',
                'alleged_from', NULL, 'alleged_until', NULL, 'actor', p_me);
        END IF;
        named := register.id_of(p_claims->>'unit');
        IF p_claims->>'person' IS NULL AND EXISTS (SELECT FROM facts.unit u WHERE u.id = named)
           AND p_claims->>'ground' IN ('body', 'collusion')
           AND coalesce(register.instant(p_claims->>'alleged_from') <= register.instant(p_claims->>'alleged_until'),
                        true) THEN
            RETURN jsonb_build_object('person', NULL, 'unit', named, 'ground', p_claims->>'ground',
                'alleged_from', register.stamp(register.instant(p_claims->>'alleged_from')),
                'alleged_until', register.stamp(register.instant(p_claims->>'alleged_until')), 'actor', p_me);
        END IF;
        RAISE EXCEPTION 'a restriction names one person or one unit, and a ground' USING ERRCODE = 'HE003';
    WHEN 'name_matched' THEN  -- by the opener, before the words show to anybody
        named := register.id_of(p_claims->>'person');
        IF NOT EXISTS (SELECT FROM facts.record r WHERE r.id = p_stream)
           OR NOT EXISTS (SELECT FROM facts.person p WHERE p.id = named) THEN
            RAISE EXCEPTION 'a match names a record and a person' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('person', named, 'unit', NULL, 'ground', 'match', 'alleged_from', NULL,
            'alleged_until', NULL, 'actor', NULL);
    WHEN 'wall_confirmed' THEN
        SELECT w.* INTO held FROM facts.wall w
            WHERE w.entry = register.id_of(p_claims->>'wall') AND w.record = p_stream AND NOT w.lifted
              AND w.ground = 'match';
        IF NOT FOUND OR NOT machinery.may_see(p_stream) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        PERFORM register.check_restricts(p_me, p_stream, NULL);
        IF p_claims->>'ground' NOT IN ('accused', 'concealing', 'leaking', 'close', 'declared')
           OR p_claims->>'ground' IS NULL THEN
            RAISE EXCEPTION 'a restriction names one person or one unit, and a ground' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('wall', held.entry, 'ground', p_claims->>'ground', 'actor', p_me);
    WHEN 'lift_asked', 'wall_lifted' THEN
        SELECT w.* INTO held FROM facts.wall w
            WHERE w.entry = register.id_of(p_claims->>'wall') AND w.record = p_stream AND NOT w.lifted;
        IF NOT FOUND OR register.hidden(p_me, p_stream)
           OR NOT (register.holds(p_me, 'custodian') OR (p_kind = 'wall_lifted' AND register.holds(p_me, 'overseer'))) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        IF p_kind = 'wall_lifted' AND (held.lift_asked_by IS NULL OR held.lift_asked_by = p_me) THEN
            RAISE EXCEPTION 'lifting takes the access custodian and a second person' USING ERRCODE = 'HE016';
        END IF;
        IF register.shares_body(p_me, held.unit) THEN
            RAISE EXCEPTION 'nobody of the restricted body lifts it' USING ERRCODE = 'HE061';
        END IF;
        RETURN jsonb_build_object('wall', held.entry, 'actor', p_me);
    WHEN 'hand_over_offered' THEN
        IF NOT machinery.may_see(p_stream)
           OR NOT EXISTS (SELECT FROM facts.record r WHERE r.id = p_stream AND r.owner = p_me) THEN
            RETURN register.decide_proposed(p_stream, p_claims, p_me);
        END IF;
        named := register.id_of(p_claims->>'taker');
        IF named IS NULL OR named = p_me OR NOT register.may_work_on(named, p_stream) THEN
            RAISE EXCEPTION 'this person cannot take this record' USING ERRCODE = 'HE017';
        END IF;
        IF EXISTS (SELECT FROM facts.offer o WHERE o.record = p_stream AND o.state = 'open') THEN
            RAISE EXCEPTION 'this record is offered to somebody already' USING ERRCODE = 'HE018';
        END IF;
        RETURN jsonb_build_object('taker', named, 'actor', p_me);
    WHEN 'hand_over_accepted', 'hand_over_declined' THEN
        SELECT o.* INTO held FROM facts.offer o
            WHERE o.record = p_stream AND o.state = 'open'
              AND (o.taker = p_me OR (p_kind = 'hand_over_declined' AND o.giver = p_me));
        IF NOT FOUND OR NOT register.may_work_on(p_me, p_stream) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        RETURN jsonb_build_object('offer', held.entry, 'actor', p_me);
    WHEN 'content_asked' THEN
        named := register.id_of(p_claims->>'record');
        IF p_stream IS DISTINCT FROM p_me OR NOT register.holds(p_me, 'overseer')
           OR NOT EXISTS (SELECT FROM facts.record r JOIN words.screened s ON s.record = r.id WHERE r.id = named)
           OR register.hidden(p_me, named) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        RETURN jsonb_build_object('record', named);
    END CASE;
END $$;
