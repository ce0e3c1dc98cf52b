-- Who told us, where that is sealed apart: who may ask, which two open it, the owner alone for danger to life; for a
-- time, and each look by itself. The words lie in words.identity; here are facts.

-- Whether who told us is sealed. Not granted.
CREATE FUNCTION register.is_sealed(p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM facts.identity i WHERE i.record = p_record);
END $$;

-- Whether it is open to somebody now. That they may read the record at all is another question. Not granted.
CREATE FUNCTION register.is_unsealed_to(p_person uuid, p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM facts.unsealed u WHERE u.person = p_person AND u.record = p_record
                   AND u.until > register.now());
END $$;

-- Who may ask: whoever answers for the record, or an overseer who asked to see it. Not granted.
CREATE FUNCTION register.may_ask_who(p_person uuid, p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN register.may_work_on(p_person, p_record)
       AND coalesce(register.purpose_of(p_person, p_record) IN ('own queue', 'oversight'), false);
END $$;

-- Who is the second person for others' records: a custodian, an overseer or the outside contact; not walled.
CREATE FUNCTION register.may_be_second(p_person uuid, p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN register.may_work_on(p_person, p_record)
       AND (register.holds(p_person, 'custodian') OR register.may_review_who(p_person, p_record));
END $$;

-- Who reviews what the owner opened alone: an overseer or the outside contact; not walled.
CREATE FUNCTION register.may_review_who(p_person uuid, p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN register.may_work_on(p_person, p_record)
       AND (register.holds(p_person, 'overseer') OR EXISTS (SELECT FROM facts.slot s WHERE s.fallback = p_person));
END $$;

-- A look at who told us: only where it is open to them now. Nobody can tell "not open" from "not there".
CREATE FUNCTION register.decide_identity_look(p_me uuid, p_claims jsonb) RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM jsonb_array_elements_text(p_claims->'records') AS asked(id)
               WHERE NOT register.is_unsealed_to(p_me, asked.id::uuid)) THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;
    RETURN jsonb_build_object('records', p_claims->'records', 'purpose', 'identity');
END $$;

-- The facts of these entries; `decide` hands them over. A refusal is the same for "not there" and "not yours".
CREATE FUNCTION register.decide_identity(p_stream uuid, p_kind text, p_claims jsonb, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted facts.unsealing%ROWTYPE;
    opened facts.unsealed%ROWTYPE;
BEGIN
    SELECT u.* INTO wanted FROM facts.unsealing u
        WHERE u.entry = register.id_of(p_claims->>'asking') AND u.record = p_stream AND u.state IN ('open', 'agreed');
    CASE p_kind
    WHEN 'identity_sealed' THEN
        -- From the office only in the very transaction that files: nobody seals a name into another's record.
        IF p_me IS NOT NULL AND NOT EXISTS (
                SELECT FROM facts.item i WHERE i.record = p_stream AND i.version = 1 AND i.actor = p_me
                AND i.xmin = pg_current_xact_id()::xid) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        RETURN jsonb_build_object('actor', p_me,
            'spooled_at', register.stamp(register.instant(p_claims->>'spooled_at')));
    WHEN 'identity_asked' THEN
        IF NOT machinery.may_see(p_stream) OR NOT register.may_ask_who(p_me, p_stream)
           OR NOT register.is_sealed(p_stream) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        IF register.is_unsealed_to(p_me, p_stream) OR EXISTS (SELECT FROM facts.unsealing u
                WHERE u.record = p_stream AND u.person = p_me AND u.state IN ('open', 'agreed')) THEN
            RAISE EXCEPTION 'this was asked already' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('actor', p_me);
    WHEN 'identity_agreed', 'identity_declined' THEN
        IF wanted.entry IS NULL OR NOT register.may_be_second(p_me, p_stream) OR wanted.person = p_me
           OR (p_kind = 'identity_agreed' AND (wanted.state <> 'open' OR NOT register.holds(p_me, 'custodian'))) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        RETURN jsonb_build_object('asking', wanted.entry, 'actor', p_me);
    WHEN 'identity_opened' THEN
        IF p_claims->>'asking' IS NULL THEN
            IF NOT machinery.may_see(p_stream) OR NOT register.is_sealed(p_stream)
               OR NOT EXISTS (SELECT FROM facts.record r WHERE r.id = p_stream AND r.owner = p_me) THEN
                RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
            END IF;
            RETURN jsonb_build_object('how', 'danger', 'person', p_me, 'asking', NULL, 'actor', p_me);
        END IF;
        IF wanted.entry IS NULL OR NOT register.may_be_second(p_me, p_stream) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        IF wanted.person = p_me OR wanted.agreed_by = p_me THEN
            RAISE EXCEPTION 'it takes the access custodian and a second person' USING ERRCODE = 'HE050';
        END IF;
        -- As things stand now, not as they stood when somebody asked or agreed.
        IF wanted.state <> 'agreed' OR NOT register.holds(wanted.agreed_by, 'custodian')
           OR NOT register.may_work_on(wanted.agreed_by, p_stream) OR NOT register.may_ask_who(wanted.person, p_stream) THEN
            RAISE EXCEPTION 'this cannot be opened now' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('how', 'two', 'person', wanted.person, 'asking', wanted.entry, 'actor', p_me);
    WHEN 'identity_reviewed' THEN
        SELECT u.* INTO opened FROM facts.unsealed u
            WHERE u.entry = register.id_of(p_claims->>'opening') AND u.record = p_stream AND u.how = 'danger'
              AND u.reviewed_by IS NULL;
        IF NOT FOUND OR opened.person = p_me OR NOT register.may_review_who(p_me, p_stream) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        IF p_claims->>'outcome' NOT IN ('right', 'not right') OR p_claims->>'outcome' IS NULL THEN
            RAISE EXCEPTION 'it was right or not right' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('opening', opened.entry, 'outcome', p_claims->>'outcome', 'actor', p_me);
    END CASE;
END $$;

-- What they do to the tables; the Python twin is access/identities.py.
CREATE FUNCTION register.apply_identity(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_at timestamptz,
                                        p_facts jsonb) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    actor  uuid := (p_facts->>'actor')::uuid;
    asking uuid := (p_facts->>'asking')::uuid;
BEGIN
    CASE p_kind
    WHEN 'identity_sealed' THEN
        INSERT INTO facts.identity (entry, record, at, actor) VALUES (p_id, p_stream, p_at, actor);
    WHEN 'identity_asked' THEN
        INSERT INTO facts.unsealing (entry, record, person, at, state) VALUES (p_id, p_stream, actor, p_at, 'open');
    WHEN 'identity_agreed' THEN
        UPDATE facts.unsealing u SET state = 'agreed', agreed_by = actor WHERE u.entry = asking;
    WHEN 'identity_declined' THEN
        UPDATE facts.unsealing u SET state = 'declined', answer = p_id WHERE u.entry = asking;
    WHEN 'identity_opened' THEN
        UPDATE facts.unsealing u SET state = 'opened', answer = p_id WHERE u.entry = asking;
        INSERT INTO facts.unsealed (entry, record, person, how, at, until, opened_by)
            VALUES (p_id, p_stream, (p_facts->>'person')::uuid, p_facts->>'how', p_at, p_at
                    + CASE p_facts->>'how' WHEN 'danger' THEN interval '4 hours' ELSE interval '24 hours' END, actor);
    WHEN 'identity_reviewed' THEN
        UPDATE facts.unsealed u SET reviewed_by = actor, outcome = p_facts->>'outcome', review = p_id
            WHERE u.entry = (p_facts->>'opening')::uuid;
    END CASE;
    INSERT INTO facts.item (entry, record, version, kind, at, actor)
        VALUES (p_id, p_stream, p_version, p_kind, p_at, actor);
END $$;

-- The records of which who told us shows to me: a committed look for that purpose, mine, not older than five minutes,
-- while it is open to me. A look for any other purpose opens nothing here.
CREATE FUNCTION machinery.my_open_identities() RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me   uuid := machinery.me();
    mine bytea := machinery.my_session();
BEGIN
    RETURN QUERY
        SELECT looked.record FROM (
            SELECT DISTINCT unnest(t.records) AS record
            FROM machinery.ticket t JOIN facts.look k ON k.entry = t.look
            WHERE t.session = mine AND k.purpose = 'identity'
              AND t.asked_at > clock_timestamp() - interval '5 minutes'
              AND pg_xact_status(t.asked_in) = 'committed') AS looked
        WHERE register.is_unsealed_to(me, looked.record) AND machinery.may_see(looked.record);
END $$;

-- What of this a reader of a record is told: whether it is sealed, what they asked for that waits, until when it is
-- open to them, and whether they may ask. No row: it is not sealed, or not theirs to read.
CREATE FUNCTION machinery.identity(p_record uuid) RETURNS TABLE (
    may_ask boolean, asked_at timestamptz, agreed boolean, until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF NOT machinery.may_see(p_record) OR NOT register.is_sealed(p_record) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT register.may_ask_who(me, p_record), u.at, u.state = 'agreed',
               (SELECT max(o.until) FROM facts.unsealed o
                WHERE o.record = p_record AND o.person = me AND o.until > register.now())
        FROM (SELECT) AS one LEFT JOIN facts.unsealing u
          ON u.record = p_record AND u.person = me AND u.state IN ('open', 'agreed')
        ORDER BY u.at LIMIT 1;
END $$;

-- Who asks who told us, and waits for the custodian or for the second person: for those who may be one of the two.
-- `may`: agree, open, or wait for somebody else. No content of the record but the reason that was given here.
CREATE FUNCTION machinery.unsealings() RETURNS TABLE (
    asking uuid, record uuid, reference text, person uuid, at timestamptz, agreed_by uuid, may text, said text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT u.entry, u.record, r.reference, u.person, u.at, u.agreed_by,
               CASE WHEN me IN (u.person, u.agreed_by) THEN 'wait'
                    WHEN u.state = 'agreed' THEN 'open'
                    WHEN register.holds(me, 'custodian') THEN 'agree' ELSE 'wait' END,
               (SELECT i.body FROM words.item i WHERE i.entry = u.entry)
        FROM facts.unsealing u JOIN facts.record r ON r.id = u.record
        WHERE u.state IN ('open', 'agreed') AND register.may_be_second(me, u.record)
          AND register.may_ask_who(u.person, u.record)
        ORDER BY u.at, u.entry LIMIT 200;
END $$;

-- What owners opened alone, for danger to life: for who may review it, until somebody has.
CREATE FUNCTION machinery.unsealed_alone() RETURNS TABLE (
    opening uuid, record uuid, reference text, person uuid, at timestamptz, until timestamptz, said text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT u.entry, u.record, r.reference, u.person, u.at, u.until,
               (SELECT i.body FROM words.item i WHERE i.entry = u.entry)
        FROM facts.unsealed u JOIN facts.record r ON r.id = u.record
        WHERE u.how = 'danger' AND u.reviewed_by IS NULL AND register.may_review_who(me, u.record)
        ORDER BY u.at, u.entry LIMIT 200;
END $$;

GRANT EXECUTE ON FUNCTION machinery.my_open_identities(), machinery.identity(uuid), machinery.unsealings(),
    machinery.unsealed_alone() TO heed_office;
