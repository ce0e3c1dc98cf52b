-- Remits: an administrator lets a person read the records of a unit and of what stands beneath it. And a manager's
-- team: facts of what its people answer for, and proposals to pass a record on. Never through a restriction.

-- These units, and all that stands beneath them now.
CREATE FUNCTION register.beneath(p_units uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        WITH RECURSIVE down AS (
            SELECT u.unit FROM unnest(p_units) AS u(unit)
            UNION SELECT l.unit FROM down d JOIN facts.line l ON l.parent = d.unit
                  WHERE register.parent_of(l.unit) = d.unit
        ) SELECT d.unit FROM down d;
END $$;

-- The units whose records a person may read by remit: only while they work for the same body, and never an
-- administrator. Not granted.
CREATE FUNCTION register.remit_units(p_person uuid) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT register.beneath(ARRAY(
        SELECT m.unit FROM facts.remit m
        WHERE m.person = p_person AND m.ended_at IS NULL AND NOT register.holds(p_person, 'administrator')
          AND register.body_of(m.unit) IN (SELECT register.bodies_of(p_person))));
END $$;

-- The records that a person's remits reach: whose owner works now in such a unit. The rule's branch in
-- machinery.my_records(); whoever has no remit pays one look at an index. Few ROWS are said, so that the plan stays
-- what it is for them: with the usual 1,000 an owner of 2,000 records waited twice as long. Not granted.
CREATE FUNCTION register.by_remit(p_person uuid) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE ROWS 10
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM facts.remit m WHERE m.person = p_person AND m.ended_at IS NULL) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT r.id FROM facts.record r
        WHERE r.owner = ANY (ARRAY(SELECT e.person FROM facts.employment e WHERE e.until IS NULL
                                   AND e.unit IN (SELECT register.remit_units(p_person))))
          AND NOT register.is_sealed(r.id);
END $$;

-- The same for one record. Not granted.
CREATE FUNCTION register.reads_by_remit(p_person uuid, p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM facts.remit m WHERE m.person = p_person AND m.ended_at IS NULL) THEN
        RETURN false;
    END IF;
    RETURN NOT register.is_sealed(p_record) AND EXISTS (
        SELECT FROM facts.record r JOIN facts.employment e ON e.person = r.owner AND e.until IS NULL
        WHERE r.id = p_record AND e.unit IN (SELECT register.remit_units(p_person)));
END $$;

-- Whoever reads by remit says why before anything of it shows: so a file comes only after such a look, and while it
-- lasts. Not granted.
CREATE FUNCTION register.said_why(p_person uuid, p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN register.purpose_of(p_person, p_record) IS DISTINCT FROM 'remit'
        OR p_record IN (SELECT machinery.my_open_records());
END $$;

-- The facts of these entries; `decide` hands them over.
CREATE FUNCTION register.decide_remits(p_stream uuid, p_kind text, p_claims jsonb, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named uuid;
    held  record;
BEGIN
    CASE p_kind
    WHEN 'remit_given' THEN
        named := register.id_of(p_claims->>'unit');
        IF NOT EXISTS (SELECT FROM facts.unit u WHERE u.id = named)
           OR NOT EXISTS (SELECT FROM facts.person p WHERE p.id = p_stream AND p.active) THEN
            RAISE EXCEPTION 'a remit names a person who is here, and a unit' USING ERRCODE = 'HE003';
        END IF;
        PERFORM register.check_administers(p_me, p_stream, ARRAY[named]);
        IF register.holds(p_stream, 'administrator')
           OR register.body_of(named) NOT IN (SELECT register.bodies_of(p_stream))
           OR EXISTS (SELECT FROM facts.remit m WHERE m.person = p_stream AND m.unit = named AND m.ended_at IS NULL) THEN
            RAISE EXCEPTION 'a remit is for somebody of the same body who has not got it, and no administrator'
                USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('unit', named, 'actor', p_me);
    WHEN 'remit_ended' THEN
        SELECT m.* INTO held FROM facts.remit m
            WHERE m.entry = register.id_of(p_claims->>'remit') AND m.person = p_stream AND m.ended_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no such remit' USING ERRCODE = 'HE003';
        END IF;
        PERFORM register.check_administers(p_me, NULL, ARRAY[held.unit]);
        RETURN jsonb_build_object('remit', held.entry, 'actor', p_me);
    END CASE;
END $$;

-- What they do to the tables; the Python twin is access/remits.py. Whoever leaves, or becomes an administrator, has
-- no remit from then on, and gets none back by itself.
CREATE FUNCTION register.apply_remits(p_id uuid, p_stream uuid, p_kind text, p_at timestamptz, p_facts jsonb)
RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_kind = 'remit_given' THEN
        INSERT INTO facts.remit (entry, person, unit, given_by, at)
            VALUES (p_id, p_stream, (p_facts->>'unit')::uuid, (p_facts->>'actor')::uuid, p_at);
    ELSIF p_kind = 'remit_ended' THEN
        UPDATE facts.remit SET ended_at = p_at WHERE entry = (p_facts->>'remit')::uuid;
    ELSIF p_kind = 'left' OR p_facts->'posts' ? 'administrator' THEN
        UPDATE facts.remit SET ended_at = p_at WHERE person = p_stream AND ended_at IS NULL;
    END IF;
END $$;

-- The people of a manager's team: who works in a unit of theirs now, or beneath one. Not granted.
CREATE FUNCTION register.team_of(p_person uuid) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT DISTINCT e.person FROM facts.employment e JOIN facts.person p ON p.id = e.person AND p.active
        WHERE e.until IS NULL AND e.person <> p_person AND register.holds(p_person, 'manager')
          AND e.unit IN (SELECT register.beneath(ARRAY(
              SELECT m.unit FROM facts.employment m WHERE m.person = p_person AND m.until IS NULL)));
END $$;

-- A manager proposes that somebody else takes a record that one of their team answers for: the offer is its owner's.
-- The manager may not read it, and learns nothing by this: whether the other could take it, or somebody is asked
-- already, gets the same answer, and then nobody is asked.
CREATE FUNCTION register.decide_proposed(p_stream uuid, p_claims jsonb, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named uuid := register.id_of(p_claims->>'taker');
    giver uuid;
    asked boolean;
BEGIN
    SELECT r.owner INTO giver FROM facts.record r JOIN words.screened s ON s.record = r.id
        WHERE r.id = p_stream AND r.owner IN (SELECT register.team_of(p_me))
          AND EXISTS (SELECT FROM facts.head) AND NOT EXISTS (SELECT FROM machinery.closed)
          AND NOT EXISTS (SELECT FROM facts.stopped s WHERE s.stream = r.id)
          AND NOT EXISTS (SELECT FROM words.stopped s WHERE s.stream = r.id)
          AND NOT register.hidden(p_me, r.id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;
    IF named IS NULL OR named IN (p_me, giver) OR NOT register.is_here(named) THEN
        RAISE EXCEPTION 'this person cannot take this record' USING ERRCODE = 'HE017';
    END IF;
    asked := register.may_work_on(named, p_stream)
        AND NOT EXISTS (SELECT FROM facts.offer o WHERE o.record = p_stream AND o.state = 'open');
    RETURN jsonb_build_object('taker', named, 'actor', p_me, 'giver', giver,
                              'state', CASE WHEN asked THEN 'open' ELSE 'overtaken' END);
END $$;

-- What follows is what people may see of this, each through one narrow door.

-- A person's remits that stand: for themselves, and for an administrator of the unit's body.
CREATE FUNCTION machinery.remits_of(p_person uuid) RETURNS TABLE (remit uuid, unit uuid, given_by uuid, at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT m.entry, m.unit, m.given_by, m.at FROM facts.remit m
        WHERE m.person = p_person AND m.ended_at IS NULL
          AND (m.person = me OR (register.holds(me, 'administrator')
                                 AND register.body_of(m.unit) IN (SELECT register.bodies_of(me))))
        ORDER BY m.at, m.entry;
END $$;

-- The records of others that I may read, by remit among what else lets me.
CREATE FUNCTION machinery.my_remit_records() RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT register.by_remit(machinery.me()) INTERSECT SELECT machinery.my_records();
END $$;

-- For a manager: everybody in their team, how many records each has in hand, and of each the most pressing ones, as
-- their own queue has them; or of one, where it is named. Facts only, and nothing of what the
-- manager must not see.
CREATE FUNCTION machinery.team(p_limit integer, p_record uuid DEFAULT NULL) RETURNS TABLE (
    person uuid, held bigint, record uuid, reference text, channel text, danger text, filed_at timestamptz,
    opened_at timestamptz, said_at timestamptz, rank integer, due bigint, unseen_since timestamptz, wanted integer,
    undecided integer, undecided_adults integer, decided_alone integer, to_do text, to_do_since timestamptz,
    young boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me      uuid := machinery.me();
    members uuid[] := ARRAY(SELECT register.team_of(me));
BEGIN
    IF me IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH seen AS (
            SELECT r.* FROM facts.record r
            WHERE r.owner = ANY (members) AND r.aside_at IS NULL AND (p_record IS NULL OR r.id = p_record)
              AND EXISTS (SELECT FROM words.screened s WHERE s.record = r.id)
              AND NOT EXISTS (SELECT FROM facts.stopped s WHERE s.stream = r.id)
              AND NOT EXISTS (SELECT FROM words.stopped s WHERE s.stream = r.id)
              AND r.id NOT IN (SELECT register.hidden_from(me))
        ), placed AS (
            SELECT s.*, count(*) OVER (PARTITION BY s.owner) AS held,
                   row_number() OVER (PARTITION BY s.owner ORDER BY s.rank, s.due, s.id) AS place
            FROM seen s
        )
        SELECT m.person, coalesce(p.held, 0), p.id, p.reference, p.channel, p.danger, p.filed_at, p.opened_at,
               p.said_at, p.rank, p.due, p.unseen_since, p.wanted, p.undecided, p.undecided_adults, p.decided_alone,
               p.to_do, p.to_do_since, p.young
        FROM unnest(members) AS m(person) LEFT JOIN placed p ON p.owner = m.person AND p.place <= least(p_limit, 50)
        ORDER BY m.person, p.place;
END $$;

GRANT EXECUTE ON FUNCTION machinery.remits_of(uuid), machinery.my_remit_records(), machinery.team(integer, uuid)
    TO heed_office;
