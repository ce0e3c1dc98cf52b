-- People who are away and back, another outside contact, invitations to sign in, ties that are withdrawn, and units
-- that words name. The Python twins are access/view.py, access/walls.py and intake/view.py.

-- A code with which somebody chooses a user name and a password, once: its hash, until it is used or runs out.
CREATE TABLE machinery.invitation (
    person     uuid PRIMARY KEY,
    code_hash  bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    expires_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON machinery.invitation, machinery.credential TO heed_rule;

INSERT INTO register.permit (role, kind) VALUES
    ('heed_owner',  'away'),
    ('heed_owner',  'back'),
    ('heed_owner',  'fallback_set'),
    ('heed_office', 'away'),
    ('heed_office', 'back'),
    ('heed_office', 'fallback_set'),
    ('heed_office', 'invited'),
    ('heed_office', 'withdrawal_asked'),
    ('heed_office', 'relation_withdrawn'),
    ('heed_signin', 'credential_set'),
    ('heed_opener', 'unit_named');

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
        UPDATE facts.slot SET fallback = (p_facts->>'fallback')::uuid WHERE id = p_stream;
    WHEN 'withdrawal_asked' THEN
        UPDATE facts.relation SET withdrawal_asked_by = (p_facts->>'actor')::uuid
            WHERE entry = (p_facts->>'relation')::uuid;
    WHEN 'relation_withdrawn' THEN
        UPDATE facts.relation SET withdrawn_at = p_at WHERE entry = (p_facts->>'relation')::uuid;
    WHEN 'unit_named' THEN
        INSERT INTO facts.mention (entry, record, unit, at) VALUES (p_id, p_stream, (p_facts->>'unit')::uuid, p_at);
    ELSE
        NULL;  -- an invitation, and a sign-in that was set, are facts of nothing else
    END CASE;
END $$;

GRANT EXECUTE ON FUNCTION machinery.invited(bytea) TO heed_signin;
