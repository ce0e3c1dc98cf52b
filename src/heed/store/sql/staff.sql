-- People who are away and back, another outside contact, invitations to sign in, ties that are withdrawn, and units
-- that words name. The Python twins are access/view.py, access/walls.py and intake/view.py.

-- A code with which somebody chooses a user name and a password, once: its hash, until it is used or runs out.
CREATE TABLE machinery.invitation (
    person     uuid PRIMARY KEY,
    code_hash  bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    expires_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON machinery.invitation, machinery.credential TO heed_rule;

-- The person takes what they were invited to: the code's hash, a user name, a password's slow hash. A code that is
-- unknown, used or too old gets one answer. Without a code (whoever sets up the system) any invitation ends.
CREATE FUNCTION register.take_credential(p_person uuid, p_claims jsonb) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF session_user = 'heed_signin' THEN
        IF NOT EXISTS (
                SELECT FROM machinery.invitation i JOIN facts.person p ON p.id = i.person AND p.active
                WHERE i.person = p_person AND encode(i.code_hash, 'hex') = p_claims->>'code'
                  AND i.expires_at > clock_timestamp()) THEN
            RAISE EXCEPTION 'this invitation does not hold' USING ERRCODE = 'HE019';
        END IF;
        LOCK TABLE machinery.session IN SHARE ROW EXCLUSIVE MODE;  -- who weighs an old password now waits
        DELETE FROM machinery.session s WHERE s.person = p_person;
        INSERT INTO machinery.credential AS c (person, username, password_hash)
            VALUES (p_person, p_claims->>'username', p_claims->>'password')
            ON CONFLICT (person) DO UPDATE SET username = excluded.username, password_hash = excluded.password_hash;
    END IF;
    DELETE FROM machinery.invitation i WHERE i.person = p_person;
END $$;

-- A new invitation ends the sign-in that was, and every session.
CREATE FUNCTION register.invite(p_person uuid, p_code text) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (p_code ~ '^[0-9a-f]{64}$') IS NOT TRUE THEN
        RAISE EXCEPTION 'an invitation carries the hash of a code' USING ERRCODE = 'HE003';
    END IF;
    LOCK TABLE machinery.session IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM machinery.credential c WHERE c.person = p_person;
    DELETE FROM machinery.session s WHERE s.person = p_person;
    INSERT INTO machinery.invitation AS i (person, code_hash, expires_at)
        VALUES (p_person, decode(p_code, 'hex'), clock_timestamp() + interval '48 hours')
        ON CONFLICT (person) DO UPDATE SET code_hash = excluded.code_hash, expires_at = excluded.expires_at;
END $$;

-- Whom an invitation is for, while it holds; for sign-in only.
CREATE FUNCTION machinery.invited(p_code_hash bytea) RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT i.person FROM machinery.invitation i JOIN facts.person p ON p.id = i.person AND p.active
            WHERE i.code_hash = p_code_hash AND i.expires_at > clock_timestamp());
END $$;

-- Going away and coming back is one's own to say, or an administrator's of one's body.
CREATE FUNCTION register.decide_away(p_stream uuid, p_kind text, p_claims jsonb, p_at timestamptz, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    cover  uuid := register.id_of(p_claims->>'cover');
    ending timestamptz := register.instant(p_claims->>'until');
BEGIN
    IF p_me IS DISTINCT FROM p_stream THEN
        PERFORM register.check_administers(p_me, p_stream, ARRAY[]::uuid[]);
    END IF;
    IF NOT EXISTS (SELECT FROM facts.person p WHERE p.id = p_stream AND p.active
                   AND (p.away_since IS NULL) = (p_kind = 'away')) THEN
        RAISE EXCEPTION 'there is no such person, or so it is already' USING ERRCODE = 'HE003';
    END IF;
    IF p_kind = 'back' THEN
        RETURN jsonb_build_object('actor', p_me);
    END IF;
    IF EXISTS (SELECT FROM facts.slot s WHERE s.fallback = p_stream) THEN
        RAISE EXCEPTION 'name another outside contact first' USING ERRCODE = 'HE014';
    END IF;
    IF ending <= p_at THEN
        RAISE EXCEPTION 'this day has passed' USING ERRCODE = 'HE003';
    END IF;
    -- Nobody gives records to another body's people without their consent: a hand-over asks for it.
    IF p_claims->>'cover' IS NOT NULL AND (cover IS NULL OR cover = p_stream OR NOT register.is_here(cover)
           OR NOT (ARRAY(SELECT register.bodies_of(p_stream)) && ARRAY(SELECT register.bodies_of(cover)))) THEN
        RAISE EXCEPTION 'this person cannot stand in' USING ERRCODE = 'HE017';
    END IF;
    RETURN jsonb_build_object('until', register.stamp(ending), 'cover', cover, 'actor', p_me);
END $$;

-- The facts of these entries; `decide` hands these kinds over.
CREATE FUNCTION register.decide_staff(p_stream uuid, p_kind text, p_claims jsonb, p_at timestamptz, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named uuid;
    was   uuid;
    tie   record;
BEGIN
    CASE p_kind
    WHEN 'away', 'back' THEN
        RETURN register.decide_away(p_stream, p_kind, p_claims, p_at, p_me);
    WHEN 'fallback_set' THEN  -- the contact's own body replaces them (D9): nobody chooses who watches them
        SELECT s.fallback INTO was FROM facts.slot s WHERE s.id = p_stream;
        named := register.id_of(p_claims->>'fallback');
        PERFORM register.check_administers(p_me, was, ARRAY[]::uuid[]);
        PERFORM register.check_administers(p_me, named, ARRAY[]::uuid[]);
        IF was IS NULL OR named IS NULL OR named = was OR NOT register.is_here(named) THEN
            RAISE EXCEPTION 'there is no such slot, or nobody who can hold it' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('fallback', named, 'was', was, 'actor', p_me);
    WHEN 'credential_set' THEN
        PERFORM register.take_credential(p_stream, p_claims);
        RETURN '{}'::jsonb;
    WHEN 'invited' THEN
        PERFORM register.check_administers(p_me, p_stream, ARRAY[]::uuid[]);
        PERFORM register.invite(register.active_person(p_stream::text), p_claims->>'code');
        RETURN jsonb_build_object('actor', p_me);
    WHEN 'withdrawal_asked', 'relation_withdrawn' THEN
        -- Always two people: one step where a tie walls nobody would tell a walled custodian that another walls.
        SELECT r.* INTO tie FROM facts.relation r
            WHERE r.entry = register.id_of(p_claims->>'relation') AND r.person = p_stream AND r.withdrawn_at IS NULL;
        IF NOT FOUND OR p_me IN (tie.person, tie.other) OR NOT (register.holds(p_me, 'custodian')
               OR (p_kind = 'relation_withdrawn' AND register.holds(p_me, 'overseer'))) THEN
            RAISE EXCEPTION 'no such tie' USING ERRCODE = 'HE404';
        END IF;
        IF p_kind = 'relation_withdrawn' AND (tie.withdrawal_asked_by IS NULL OR tie.withdrawal_asked_by = p_me) THEN
            RAISE EXCEPTION 'withdrawing takes the access custodian and a second person' USING ERRCODE = 'HE016';
        END IF;
        RETURN jsonb_build_object('relation', tie.entry, 'actor', p_me);
    WHEN 'unit_named' THEN
        named := register.id_of(p_claims->>'unit');
        IF NOT EXISTS (SELECT FROM facts.record r WHERE r.id = p_stream)
           OR NOT EXISTS (SELECT FROM facts.unit u WHERE u.id = named) THEN
            RAISE EXCEPTION 'a mention names a record and a unit' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('unit', named);
    END CASE;
END $$;

-- What they do to the tables; `apply` hands these kinds over.
CREATE FUNCTION register.apply_staff(p_id uuid, p_stream uuid, p_kind text, p_at timestamptz, p_facts jsonb)
RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE p_kind
    WHEN 'away' THEN
        UPDATE facts.person SET away_since = p_at, away_until = (p_facts->>'until')::timestamptz,
            cover = (p_facts->>'cover')::uuid WHERE id = p_stream;
    WHEN 'back' THEN
        UPDATE facts.person SET away_since = NULL, away_until = NULL, cover = NULL WHERE id = p_stream;
    WHEN 'fallback_set' THEN
        UPDATE facts.slot SET fallback = (p_facts->>'fallback')::uuid, since = p_at WHERE id = p_stream;
    WHEN 'credential_set', 'invited' THEN
        UPDATE facts.person SET signs_in = (p_kind = 'credential_set') WHERE id = p_stream;
    WHEN 'withdrawal_asked' THEN
        UPDATE facts.relation SET withdrawal_asked_by = (p_facts->>'actor')::uuid
            WHERE entry = (p_facts->>'relation')::uuid;
    WHEN 'relation_withdrawn' THEN
        UPDATE facts.relation SET withdrawn_at = p_at WHERE entry = (p_facts->>'relation')::uuid;
    WHEN 'unit_named' THEN
        INSERT INTO facts.mention (entry, record, unit, at) VALUES (p_id, p_stream, (p_facts->>'unit')::uuid, p_at);
    END CASE;
END $$;

-- What I declared, and nothing of what followed.
CREATE FUNCTION machinery.my_ties() RETURNS TABLE (
    tie uuid, person uuid, other uuid, how text, at timestamptz, said_by uuid, asked_by uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT r.entry, r.person, r.other, w.how, r.at, r.said_by, NULL::uuid
        FROM facts.relation r LEFT JOIN words.tie w ON w.entry = r.entry
        WHERE r.said_by = me ORDER BY r.at, r.entry;
END $$;

-- For the access custodian, and for an overseer as the second person: every tie that counts. Ties of the reader's own
-- that others declared are left out: nobody decides about themselves, or learns who spoke of them.
CREATE FUNCTION machinery.ties() RETURNS TABLE (
    tie uuid, person uuid, other uuid, how text, at timestamptz, said_by uuid, asked_by uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT (register.holds(me, 'custodian') OR register.holds(me, 'overseer'))
       OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT r.entry, r.person, r.other, w.how, r.at, r.said_by, r.withdrawal_asked_by
        FROM facts.relation r LEFT JOIN words.tie w ON w.entry = r.entry
        WHERE r.withdrawn_at IS NULL AND (me NOT IN (r.person, r.other) OR r.said_by = me)
        ORDER BY r.at, r.entry;
END $$;

-- What the rule did with a record, for whoever may read it: who lost it to whom, by what kind of entry.
CREATE FUNCTION machinery.passed(p_record uuid) RETURNS TABLE (kind text, at timestamptz, giver uuid, taker uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT p.kind, p.at, p.givers[n.place], p.takers[n.place]
        FROM facts.passed p CROSS JOIN LATERAL (SELECT array_position(p.records, p_record) AS place) AS n
        WHERE p.records @> ARRAY[p_record] AND machinery.may_see(p_record) ORDER BY p.at, p.entry;
END $$;

-- What each thing done in a record was about, for whoever may read it: the restriction, or who was to take it, or
-- whose leave to read it was given, refused or ended.
CREATE FUNCTION machinery.done_about(p_record uuid) RETURNS TABLE (entry uuid, wall uuid, taker uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT machinery.may_see(p_record) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT e.id, (f.said->>'wall')::uuid,
               coalesce(f.said->>'taker', CASE WHEN i.kind LIKE 'access%' OR i.kind = 'call_out' THEN f.said->>'person' END)::uuid
        FROM facts.item i JOIN register.entry e ON e.id = i.entry
        CROSS JOIN LATERAL (SELECT convert_from(e.facts, 'UTF8')::jsonb AS said) AS f
        WHERE i.record = p_record AND (f.said ?| ARRAY['wall', 'taker'] OR i.kind LIKE 'access%' OR i.kind = 'call_out') ORDER BY e.version;
END $$;

-- Units whose names stand in what was told, for whoever may read it, until they are restricted.
CREATE FUNCTION machinery.mentions(p_record uuid) RETURNS TABLE (unit uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT DISTINCT m.unit FROM facts.mention m WHERE m.record = p_record AND machinery.may_see(p_record)
          AND NOT EXISTS (SELECT FROM facts.wall w WHERE w.record = p_record AND w.unit = m.unit AND NOT w.lifted)
        ORDER BY m.unit;
END $$;

-- For the opener: every unit's name.
CREATE FUNCTION machinery.unit_names() RETURNS TABLE (unit uuid, name text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT w.id, w.name FROM words.unit w;
END $$;

GRANT EXECUTE ON FUNCTION machinery.invited(bytea) TO heed_signin;
GRANT EXECUTE ON FUNCTION machinery.my_ties(), machinery.ties(), machinery.passed(uuid), machinery.done_about(uuid),
    machinery.mentions(uuid) TO heed_office;
GRANT EXECUTE ON FUNCTION machinery.unit_names() TO heed_opener;
