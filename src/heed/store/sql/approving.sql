-- The third emergency opening of one person within thirty days: somebody else says yes first (threat 39).

-- Whether it would be that. What opened nothing does not count: a slip of the pen is no abuse.
CREATE FUNCTION register.needs_approval(p_person uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT count(*) FROM facts.opening o WHERE o.person = p_person AND o.how = 'emergency'
            AND o.record IS NOT NULL AND o.at > register.now() - interval '720 hours') >= 2;
END $$;

-- Who says yes: the access custodian, never whoever asks; where there is no other who could, an overseer or the
-- outside contact. Nobody who is walled from the record.
CREATE FUNCTION register.may_approve(p_me uuid, p_person uuid, p_record uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN p_me <> p_person AND NOT register.hidden(p_me, p_record) AND (
        register.holds(p_me, 'custodian')
        OR ((register.holds(p_me, 'overseer') OR register.is_contact(p_me))
            AND NOT EXISTS (SELECT FROM facts.person c WHERE 'custodian' = ANY (c.posts) AND c.id <> p_person
                            AND register.may_work_on(c.id, p_record))));
END $$;

-- The facts of these entries; `decide` hands them over. Asking is answered alike whatever the reference names.
CREATE FUNCTION register.decide_approving(p_stream uuid, p_kind text, p_claims jsonb, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE asked facts.approval%ROWTYPE;
BEGIN
    IF p_kind = 'glass_asked' THEN
        IF p_me IS NULL OR register.holds(p_me, 'administrator') OR p_stream <> p_me THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        RETURN jsonb_build_object('record', register.named_by(p_me, p_claims->>'reference'));
    END IF;
    SELECT a.* INTO asked FROM facts.approval a
        WHERE a.entry = register.id_of(p_claims->>'asking') AND a.person = p_stream AND a.record IS NOT NULL
          AND a.given_by IS NULL AND a.at > register.now() - interval '24 hours';
    IF NOT FOUND OR NOT register.may_approve(p_me, asked.person, asked.record)
       OR register.hidden(asked.person, asked.record) THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;
    RETURN jsonb_build_object('asking', asked.entry, 'record', asked.record, 'actor', p_me);
END $$;

-- The Python twins are access/approvals.py, and access/openings.py for what opens.
CREATE FUNCTION register.apply_approving(p_id uuid, p_stream uuid, p_kind text, p_at timestamptz, p_facts jsonb)
RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_kind = 'glass_asked' THEN
        INSERT INTO facts.approval (entry, person, record, at)
            VALUES (p_id, p_stream, (p_facts->>'record')::uuid, p_at);
    ELSE
        UPDATE facts.approval SET given_by = (p_facts->>'actor')::uuid, given = p_id
            WHERE entry = (p_facts->>'asking')::uuid;
        INSERT INTO facts.opening (entry, person, record, how, at, until, given_by, ended)
            VALUES (p_id, p_stream, (p_facts->>'record')::uuid, 'emergency', p_at, p_at + interval '4 hours',
                    (p_facts->>'actor')::uuid, false);
        PERFORM register.tell_custodians(p_id, (p_facts->>'record')::uuid, p_stream);
    END IF;
END $$;

-- Who waits for my yes, and why; nobody who must not see the record.
CREATE FUNCTION machinery.approvals() RETURNS TABLE (
    asking uuid, person uuid, reference text, at timestamptz, said text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT a.entry, a.person, r.reference, a.at, (SELECT i.body FROM words.item i WHERE i.entry = a.entry)
        FROM facts.approval a JOIN facts.record r ON r.id = a.record
        WHERE a.given_by IS NULL AND a.at > register.now() - interval '24 hours'
          AND register.may_approve(me, a.person, a.record) AND NOT register.hidden(a.person, a.record)
        ORDER BY a.at, a.entry;
END $$;

-- What I asked for in the last day, newest first, with my words; one that names nothing to me waits like any other.
CREATE FUNCTION machinery.my_approvals() RETURNS TABLE (asking uuid, at timestamptz, given boolean, said text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT a.entry, a.at, a.given_by IS NOT NULL, (SELECT i.body FROM words.item i WHERE i.entry = a.entry)
        FROM facts.approval a WHERE a.person = me AND a.at > register.now() - interval '24 hours'
        ORDER BY a.at DESC, a.entry LIMIT 50;
END $$;

-- Who can act at once for a child in danger: the person on duty now, and the outside contact. By schedule alone.
CREATE FUNCTION machinery.on_call() RETURNS TABLE (person uuid, contact uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT register.on_duty(s.id, register.now()), s.fallback FROM facts.slot s
        WHERE s.purpose = 'intake' AND machinery.me() IS NOT NULL;
END $$;

GRANT EXECUTE ON FUNCTION machinery.approvals(), machinery.my_approvals(), machinery.on_call() TO heed_office;
