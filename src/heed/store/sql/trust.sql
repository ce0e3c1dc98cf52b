-- Adults in a position of trust: the test of four limbs, and decisions that wait for a second person.
-- The Python twin of what these do to the tables is triage/trust.py.

-- Why a decision that nothing is to be done waits until somebody else agrees; null: it does not. For an adult in a
-- position of trust; where danger was said; and the eleventh by one person within ten minutes.
CREATE FUNCTION register.second_for(p_record uuid, p_concerned uuid, p_decision text, p_at timestamptz, p_me uuid)
RETURNS text LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_decision = 'no_further_action' THEN  -- one at a time by each person, or many at once count none
        PERFORM FROM facts.person p WHERE p.id = p_me FOR NO KEY UPDATE;
    END IF;
    RETURN CASE WHEN p_decision <> 'no_further_action' THEN NULL
        WHEN EXISTS (SELECT FROM register.to_decide_for(p_record) AS t WHERE t.concerned = p_concerned AND t.trusted) THEN 'adult'
        WHEN EXISTS (SELECT FROM facts.record r WHERE r.id = p_record AND r.danger = 'yes') THEN 'danger'
        WHEN (SELECT count(*) FROM facts.decision d WHERE d.actor = p_me AND d.decision = 'no_further_action'
              AND d.at > p_at - interval '10 minutes') >= 10 THEN 'many' END;
END $$;

-- Whether nobody has to agree to a decision, or somebody did. That nothing is done for an adult in a position of trust is
-- agreed by nobody where they were said to be something else when it was decided: by what is said of them now.
CREATE FUNCTION register.is_agreed(p_decision uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN coalesce((SELECT s.outcome IS NOT DISTINCT FROM 'agreed' FROM facts.seconding s WHERE s.entry = p_decision),
        NOT EXISTS (SELECT FROM facts.decision d, register.to_decide_for(d.record) AS t WHERE d.entry = p_decision
                    AND d.decision = 'no_further_action' AND t.concerned = d.concerned AND t.trusted));
END $$;

-- Whether somebody was the second person of a decision, who agreed. Not granted.
CREATE FUNCTION register.agreed_to(p_me uuid, p_decision uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM facts.seconding s WHERE s.entry = p_decision AND s.answered_by = p_me AND s.outcome = 'agreed');
END $$;

-- Whether a decision that nobody answered can still be agreed to: the newest for whom it is, for whom one is wanted yet,
-- which nobody said must be made again, of a record that is not put aside. Not granted.
CREATE FUNCTION register.still_waits(p_decision uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM facts.decision d JOIN facts.record r ON r.id = d.record
        WHERE d.entry = p_decision AND d.again_at IS NULL AND r.aside_at IS NULL
          AND NOT EXISTS (SELECT FROM facts.decision n WHERE n.record = d.record AND n.version > d.version
                          AND n.concerned IS NOT DISTINCT FROM d.concerned)
          AND CASE WHEN d.concerned IS NULL THEN r.wanted = 0
                   ELSE d.concerned IN (SELECT t.concerned FROM register.to_decide_for(d.record) AS t) END);
END $$;

CREATE FUNCTION register.decide_trust(p_stream uuid, p_kind text, p_claims jsonb, p_me uuid) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named uuid := register.id_of(p_claims->>'concerned');
    held  facts.seconding%ROWTYPE;
BEGIN
    IF p_kind = 'harm_tested' THEN
        PERFORM register.check_owns(p_stream, p_me);
        IF NOT EXISTS (SELECT FROM register.to_decide_for(p_stream) AS t WHERE t.concerned = named AND t.trusted) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        IF EXISTS (SELECT FROM unnest(ARRAY['harmed', 'offence', 'risk', 'unsuitable', 'works']) AS f(name)
                   WHERE (p_claims->>f.name IN ('yes', 'no', 'unknown')) IS NOT TRUE)
           OR (p_claims->>'employer' IN ('told', 'not told')) IS NOT TRUE THEN
            RAISE EXCEPTION 'each of the four is answered, and whether the employer was told' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('concerned', named, 'harmed', p_claims->>'harmed', 'offence', p_claims->>'offence',
            'risk', p_claims->>'risk', 'unsuitable', p_claims->>'unsuitable', 'works', p_claims->>'works',
            'employer', p_claims->>'employer', 'actor', p_me);
    END IF;
    SELECT s.* INTO held FROM facts.seconding s
        WHERE s.entry = register.id_of(p_claims->>'seconded') AND s.record = p_stream AND s.outcome IS NULL;
    IF NOT FOUND OR NOT machinery.may_see(p_stream) THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    ELSIF p_me = held.decided_by OR NOT register.may_work_on(p_me, p_stream) THEN
        RAISE EXCEPTION 'somebody else agrees: nobody is their own second person' USING ERRCODE = 'HE080';
    ELSIF NOT register.still_waits(held.entry) THEN
        RAISE EXCEPTION 'this decision waits for nobody any more' USING ERRCODE = 'HE085';
    ELSIF (p_claims->>'outcome' IN ('agreed', 'not agreed')) IS NOT TRUE THEN
        RAISE EXCEPTION 'a second person agrees, or does not' USING ERRCODE = 'HE003';
    ELSIF NOT register.has_read(p_me, p_stream, ARRAY['own queue', 'print', 'oversight', 'granted', 'remit']) THEN
        RAISE EXCEPTION 'open it first: nothing is judged unread' USING ERRCODE = 'HE019';
    ELSIF p_claims->>'outcome' = 'agreed' AND (held.why = 'adult' OR EXISTS (
                SELECT FROM register.to_decide_for(p_stream) AS t WHERE t.concerned = held.concerned AND t.trusted))
          AND NOT EXISTS (
            SELECT FROM facts.harm_test h WHERE h.record = p_stream AND h.concerned = held.concerned) THEN
        RAISE EXCEPTION 'the four questions of harm are not answered yet' USING ERRCODE = 'HE084';
    ELSIF EXISTS (SELECT FROM facts.harm_test h WHERE h.record = p_stream AND h.concerned = held.concerned AND NOT EXISTS (
            SELECT FROM facts.look k WHERE k.person = p_me AND k.records @> ARRAY[p_stream] AND k.at > h.at)) THEN
        RAISE EXCEPTION 'open it first: the questions of harm were answered since' USING ERRCODE = 'HE019';
    END IF;
    RETURN jsonb_build_object('seconded', held.entry, 'outcome', p_claims->>'outcome', 'actor', p_me);
END $$;

-- Whether one of the four, or if they work with other children, was answered otherwise than before it: to tell the employer
-- changes nothing in what was judged. Not granted.
CREATE FUNCTION register.answered_otherwise(p_test uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT (b.harmed, b.offence, b.risk, b.unsuitable, b.works) IS DISTINCT FROM
                   (h.harmed, h.offence, h.risk, h.unsuitable, h.works)
            FROM facts.harm_test h JOIN facts.harm_test b ON b.record = h.record AND b.concerned = h.concerned
                AND b.version < h.version
            WHERE h.entry = p_test ORDER BY b.version DESC LIMIT 1);
END $$;

CREATE FUNCTION register.apply_trust(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_at timestamptz,
                                     p_facts jsonb) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_kind = 'harm_tested' THEN
        INSERT INTO facts.harm_test (entry, record, concerned, version, harmed, offence, risk, unsuitable, works, employer, at, actor)
            VALUES (p_id, p_stream, (p_facts->>'concerned')::uuid, p_version, p_facts->>'harmed', p_facts->>'offence',
                    p_facts->>'risk', p_facts->>'unsuitable', p_facts->>'works', p_facts->>'employer', p_at,
                    (p_facts->>'actor')::uuid);
        IF register.answered_otherwise(p_id) THEN
            PERFORM register.reopen_nothing(p_stream, (p_facts->>'concerned')::uuid, p_version, p_at);
        END IF;
    ELSE
        UPDATE facts.seconding s SET outcome = p_facts->>'outcome', answered_by = (p_facts->>'actor')::uuid,
            answer = p_id, answered_at = p_at WHERE s.entry = (p_facts->>'seconded')::uuid;
    END IF;
    INSERT INTO facts.item (entry, record, version, kind, at, actor)
        VALUES (p_id, p_stream, p_version, p_kind, p_at, (p_facts->>'actor')::uuid);
    IF p_kind = 'seconded' THEN
        IF p_facts->>'outcome' = 'not agreed' THEN  -- said of this decision, and so of none that is newer
            PERFORM register.reopen(d.entry, d.version, p_at) FROM facts.decision d
                WHERE d.entry = (p_facts->>'seconded')::uuid;
        END IF;
        PERFORM register.count_decided(p_stream);
        PERFORM register.count_to_do(p_stream);
    END IF;
END $$;

-- The newest answers to the four for each adult of a record, for whoever may read it: facts only.
CREATE FUNCTION machinery.harm_tests(p_record uuid) RETURNS TABLE (
    entry uuid, concerned uuid, harmed text, offence text, risk text, unsuitable text, works text, employer text,
    at timestamptz, actor uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT DISTINCT ON (h.concerned) h.entry, h.concerned, h.harmed, h.offence, h.risk, h.unsuitable, h.works,
               h.employer, h.at, h.actor
        FROM facts.harm_test h WHERE h.record = p_record AND machinery.may_see(p_record)
        ORDER BY h.concerned, h.version DESC;
END $$;

-- Decisions that wait for a second person: for who decided, for overseers, and for whoever may read the record now. Of
-- one record or decision, also those that somebody answered, or that were overtaken. Facts, no words; never what I am
-- walled from.
CREATE FUNCTION machinery.secondings(p_of uuid) RETURNS TABLE (
    decision uuid, record uuid, reference text, concerned uuid, why text, decided_by uuid, at timestamptz, outcome text,
    answered_by uuid, open boolean)
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
        SELECT s.entry, s.record, r.reference, s.concerned, s.why, s.decided_by, s.at,
               CASE WHEN s.outcome IS NULL AND NOT register.still_waits(s.entry) THEN 'overtaken' ELSE s.outcome END,
               s.answered_by, machinery.may_see(s.record)
        FROM facts.seconding s JOIN facts.record r ON r.id = s.record
        WHERE (p_of IN (s.record, s.entry) OR (p_of IS NULL AND s.outcome IS NULL AND register.still_waits(s.entry)))
          AND ((oversees AND s.record IS DISTINCT FROM p_of) OR machinery.may_see(s.record))
          AND EXISTS (SELECT FROM words.screened w WHERE w.record = r.id)
          AND r.id NOT IN (SELECT register.hidden_from(me))
        ORDER BY s.at, s.entry LIMIT 200;
END $$;

GRANT EXECUTE ON FUNCTION machinery.harm_tests(uuid), machinery.secondings(uuid) TO heed_office;
