-- Reporters who ask again, what a person decides to tell them, and decisions that they challenge.
-- The Python twin of what these do to the tables is oversight/asked.py.

-- Whether somebody wrote to the reporter, told them, or said until when not yet, since an ask. That they may be told now is
-- no reply.
CREATE FUNCTION register.replied(p_record uuid, p_version integer) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM facts.item i WHERE i.record = p_record AND i.version > p_version AND (
            i.kind IN ('answered', 'reporter_told') OR (i.kind = 'telling_held' AND EXISTS (
                SELECT FROM facts.hold h WHERE h.entry = i.entry AND h.until IS NOT NULL))));
END $$;

-- Whether a reporter asked again, and nobody replied since.
CREATE FUNCTION register.ask_waits(p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM facts.ask a WHERE a.record = p_record AND NOT register.replied(p_record, a.version));
END $$;

-- Whoever answers for a record, and those of a rung of the ladder: none of them walled, or away. While nobody can read
-- its words, the outside contact alone. Not granted.
CREATE FUNCTION register.owner_and(p_record uuid, p_days integer) RETURNS uuid[] LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE further uuid[] := CASE WHEN p_days IS NULL AND NOT register.is_dark(p_record) THEN '{}'
                               ELSE register.told_after(p_record, coalesce(p_days, 7)) END;
BEGIN
    RETURN ARRAY(SELECT DISTINCT p.id FROM unnest(further || ARRAY(
        SELECT r.owner FROM facts.record r WHERE r.id = p_record AND NOT register.is_dark(p_record))) AS p(id) ORDER BY p.id);
END $$;

-- A reporter asks again. It is kept each time, and told once in a day: to whoever answers, and, where something is due
-- that nobody did, to those of the rung that the ladder comes to next. It moves no rung and begins no clock anew. An ask
-- from a time to come counts for nothing: the clock was put back. `repeat`: it tells nobody, and an earlier one waits.
CREATE FUNCTION register.decide_asked_again(p_stream uuid, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    waits boolean := register.ask_waits(p_stream);
    told  uuid[]  := '{}';
BEGIN
    IF NOT EXISTS (SELECT FROM facts.ask a WHERE a.record = p_stream AND a.told <> '{}'
                   AND a.at BETWEEN p_at - interval '24 hours' AND p_at) THEN
        told := register.owner_and(p_stream, (
            SELECT CASE WHEN r.chased < 3 THEN 3 WHEN r.chased < 5 THEN 5 ELSE 7 END FROM facts.record r
            WHERE r.id = p_stream AND (waits OR register.waits(p_stream))));
    END IF;
    RETURN jsonb_build_object('told', to_jsonb(told), 'repeat', waits AND told = '{}');
END $$;

-- A reporter says that a decision is wrong of which somebody told them. Each decision is challenged once: what is sent
-- again is kept, and begins nothing. A code learns nothing of what it does not open: one refusal for all.
CREATE FUNCTION register.decide_challenged(p_stream uuid, p_claims jsonb) RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    said  record;
    again boolean;
BEGIN
    SELECT t.entry, t.decision, d.actor INTO said FROM facts.telling t JOIN facts.decision d ON d.entry = t.decision
        WHERE t.entry = register.id_of(p_claims->>'telling') AND t.record = p_stream;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this code does not open that record' USING ERRCODE = 'HE404';
    END IF;
    again := EXISTS (SELECT FROM facts.challenge c WHERE c.decision = said.decision);
    RETURN jsonb_build_object('telling', said.entry, 'decision', said.decision, 'decided_by', said.actor, 'repeat', again,
        'told', CASE WHEN again THEN '[]' ELSE to_jsonb(register.owner_and(p_stream, 5)) END);
END $$;

-- "Do not tell yet", until a day; null: they may be told. Until that day in London has begun, nobody tells them.
CREATE FUNCTION register.held_until(p_record uuid, p_at timestamptz) RETURNS date LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT h.until FROM (SELECT m.until FROM facts.hold m WHERE m.record = p_record ORDER BY m.version DESC LIMIT 1) AS h
            WHERE h.until > (p_at AT TIME ZONE 'Europe/London')::date);
END $$;

-- Whose own judgement a decision is: who decided the same for the same person in this record, at whatever time, or agreed
-- to that. The outside contact, who is the last that can answer, only of that decision itself. Not granted.
CREATE FUNCTION register.is_own(p_me uuid, p_decision uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM facts.decision o JOIN facts.decision d ON d.record = o.record AND d.decision = o.decision
            AND d.concerned IS NOT DISTINCT FROM o.concerned AND (d.entry = o.entry OR NOT register.is_contact(p_me))
        WHERE o.entry = p_decision AND (d.actor = p_me OR register.agreed_to(p_me, d.entry)));
END $$;

-- Who answers a challenge: nobody whose own judgement it is; whoever answers for the record, an overseer, a manager or the
-- outside contact, where they may read it.
CREATE FUNCTION register.may_answer_challenge(p_me uuid, p_record uuid, p_decision uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN NOT register.is_own(p_me, p_decision) AND register.may_work_on(p_me, p_record) AND (
        EXISTS (SELECT FROM facts.record r WHERE r.id = p_record AND r.owner = p_me)
        OR register.holds(p_me, 'overseer') OR register.holds(p_me, 'manager') OR register.is_contact(p_me));
END $$;

CREATE FUNCTION register.decide_challenge_answered(p_stream uuid, p_claims jsonb, p_me uuid) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE held facts.challenge%ROWTYPE;
BEGIN
    SELECT c.* INTO held FROM facts.challenge c
        WHERE c.entry = register.id_of(p_claims->>'challenge') AND c.record = p_stream AND c.outcome IS NULL;
    IF NOT FOUND OR NOT machinery.may_see(p_stream) THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;
    IF NOT register.may_answer_challenge(p_me, p_stream, held.decision) THEN
        RAISE EXCEPTION 'somebody else answers a challenge: nobody judges their own decision' USING ERRCODE = 'HE080';
    END IF;
    IF (p_claims->>'outcome' IN ('stands', 'decide again')) IS NOT TRUE THEN
        RAISE EXCEPTION 'a challenge is answered: the decision stands, or is made again' USING ERRCODE = 'HE003';
    END IF;
    IF NOT register.has_read(p_me, p_stream, ARRAY['own queue', 'print', 'oversight', 'granted', 'remit']) THEN
        RAISE EXCEPTION 'open it first: nothing is judged unread' USING ERRCODE = 'HE019';
    END IF;
    RETURN jsonb_build_object('challenge', held.entry, 'decision', held.decision, 'outcome', p_claims->>'outcome', 'actor', p_me);
END $$;

-- What a person decides to tell the reporter, or not yet: only whoever answers for the record, and of what counts.
CREATE FUNCTION register.decide_telling(p_stream uuid, p_kind text, p_claims jsonb, p_at timestamptz, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made  uuid := register.id_of(p_claims->>'decision');
    day   text := p_claims->>'until';
    today date := (p_at AT TIME ZONE 'Europe/London')::date;
BEGIN
    PERFORM register.check_owns(p_stream, p_me);
    IF p_kind = 'telling_held' THEN
        IF (jsonb_typeof(p_claims) = 'object' AND p_claims ? 'until') IS NOT TRUE THEN
            RAISE EXCEPTION 'a marker has a day, or says that there is none any more' USING ERRCODE = 'HE081';
        END IF;
        IF day IS NULL AND NOT EXISTS (SELECT FROM (SELECT m.until FROM facts.hold m WHERE m.record = p_stream
                ORDER BY m.version DESC LIMIT 1) AS h WHERE h.until IS NOT NULL) THEN
            RAISE EXCEPTION 'there is no marker to lift' USING ERRCODE = 'HE081';
        ELSIF day IS NOT NULL AND (register.instant(day || 'T00:00:00Z') IS NULL OR day::date <= today
                                OR day::date > today + 92) THEN
            RAISE EXCEPTION 'a marker has a day on which it is looked at again, within three months' USING ERRCODE = 'HE081';
        END IF;
        RETURN jsonb_build_object('until', day, 'actor', p_me);
    END IF;
    IF NOT EXISTS (SELECT FROM facts.decision d WHERE d.entry = made AND d.record = p_stream) THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    ELSIF NOT register.counts(made) THEN
        RAISE EXCEPTION 'nobody is told of a decision that does not count' USING ERRCODE = 'HE085';
    ELSIF NOT EXISTS (SELECT FROM register.thread t WHERE t.stream = p_stream) THEN
        RAISE EXCEPTION 'nobody holds a code for this record' USING ERRCODE = 'HE082';
    ELSIF register.held_until(p_stream, p_at) IS NOT NULL THEN
        RAISE EXCEPTION 'it was decided not to tell them yet' USING ERRCODE = 'HE083';
    END IF;
    RETURN jsonb_build_object('decision', made, 'actor', p_me);
END $$;

-- The ladder of a challenge: rung by rung from when it came, none before its time (as register.decide_chasing()).
CREATE FUNCTION register.decide_challenge_chased(p_stream uuid, p_claims jsonb, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held facts.challenge%ROWTYPE;
    days integer;
BEGIN
    SELECT c.* INTO held FROM facts.challenge c
        WHERE c.entry = register.id_of(p_claims->>'challenge') AND c.record = p_stream AND c.outcome IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;
    days := CASE held.chased WHEN 0 THEN 1 WHEN 1 THEN 3 WHEN 3 THEN 5 WHEN 5 THEN 7 END;
    IF days IS NULL OR p_claims->>'days' IS DISTINCT FROM days::text
       OR p_at < held.at + (days * interval '24 hours') - interval '2 hours' THEN
        RAISE EXCEPTION 'this is not the rung of the ladder that is due' USING ERRCODE = 'HE003';
    END IF;
    RETURN jsonb_build_object('challenge', held.entry, 'days', days, 'told', to_jsonb(register.told_after(p_stream, days)));
END $$;

CREATE FUNCTION register.decide_asked(p_stream uuid, p_kind text, p_claims jsonb, p_at timestamptz, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE p_kind
        WHEN 'asked_again' THEN register.decide_asked_again(p_stream, p_at)
            || jsonb_build_object('spooled_at', register.stamp(register.instant(p_claims->>'spooled_at')))
        WHEN 'challenged' THEN register.decide_challenged(p_stream, p_claims)
            || jsonb_build_object('spooled_at', register.stamp(register.instant(p_claims->>'spooled_at')))
        WHEN 'challenge_answered' THEN register.decide_challenge_answered(p_stream, p_claims, p_me)
        WHEN 'challenge_chased' THEN register.decide_challenge_chased(p_stream, p_claims, p_at)
        ELSE register.decide_telling(p_stream, p_kind, p_claims, p_at, p_me) END;
END $$;

CREATE FUNCTION register.apply_asked(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_at timestamptz,
                                     p_facts jsonb) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE people uuid[] := ARRAY(SELECT jsonb_array_elements_text(coalesce(p_facts->'told', '[]'))::uuid);
BEGIN
    CASE p_kind
    WHEN 'asked_again' THEN
        INSERT INTO facts.ask (entry, record, version, told, at) VALUES (p_id, p_stream, p_version, people, p_at);
    WHEN 'challenged' THEN
        IF p_facts->'repeat' = 'false'::jsonb THEN
            INSERT INTO facts.challenge (entry, record, telling, decision, decided_by, told, at) VALUES (p_id, p_stream,
                (p_facts->>'telling')::uuid, (p_facts->>'decision')::uuid, (p_facts->>'decided_by')::uuid, people, p_at);
        END IF;
    WHEN 'reporter_told' THEN
        INSERT INTO facts.telling (entry, record, decision, at, actor)
            VALUES (p_id, p_stream, (p_facts->>'decision')::uuid, p_at, (p_facts->>'actor')::uuid);
    WHEN 'telling_held' THEN
        INSERT INTO facts.hold (entry, record, version, until, at, actor)
            VALUES (p_id, p_stream, p_version, (p_facts->>'until')::date, p_at, (p_facts->>'actor')::uuid);
    WHEN 'challenge_chased' THEN
        UPDATE facts.challenge c SET chased = (p_facts->>'days')::integer,
            told = ARRAY(SELECT DISTINCT t.id FROM unnest(c.told || people) AS t(id) ORDER BY t.id)
            WHERE c.entry = (p_facts->>'challenge')::uuid;
    WHEN 'challenge_answered' THEN
        UPDATE facts.challenge c SET outcome = p_facts->>'outcome', answered_by = (p_facts->>'actor')::uuid,
            answered_at = p_at WHERE c.entry = (p_facts->>'challenge')::uuid;
        IF p_facts->>'outcome' = 'decide again' THEN
            PERFORM register.reopen((p_facts->>'decision')::uuid, p_version, p_at);
            PERFORM register.count_decided(p_stream);
        END IF;
    END CASE;
    IF p_facts->'repeat' IS DISTINCT FROM 'true'::jsonb THEN  -- however often a button is pressed, one line says so
        INSERT INTO facts.item (entry, record, version, kind, at, actor)
            VALUES (p_id, p_stream, p_version, p_kind, p_at, (p_facts->>'actor')::uuid);
    END IF;
    PERFORM register.notify(p_id, p_stream, people);
END $$;

-- What the sweep asks for: challenges that nobody answered, chased last after `p_chased` working days, from before
-- `p_before`; the oldest first.
CREATE FUNCTION machinery.challenges_to_chase(p_chased integer, p_before timestamptz, p_limit integer)
RETURNS TABLE (record uuid, challenge uuid) LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT c.record, c.entry FROM facts.challenge c
        WHERE c.outcome IS NULL AND c.chased = p_chased AND c.at < p_before ORDER BY c.at LIMIT least(p_limit, 1000);
END $$;

-- The reporters who wait: for whoever answers for the record, was told of it, or, of a challenge, oversees. An ask since
-- the first that nobody answered; a challenge that nobody did; a marker whose day has come, for its owner alone. Facts, no
-- words; never what I am walled from. `p_entry`: the one of that ask, challenge or marker alone.
CREATE FUNCTION machinery.reporters_wait(p_limit integer, p_entry uuid DEFAULT NULL) RETURNS TABLE (
    what text, entry uuid, record uuid, reference text, since timestamptz, owner uuid, may_answer boolean, open boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me       uuid := machinery.me();
    moment   timestamptz := register.now();
    oversees boolean;
BEGIN
    IF me IS NULL OR NOT register.is_here(me) OR NOT EXISTS (SELECT FROM facts.head)
       OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    oversees := register.holds(me, 'overseer');
    RETURN QUERY
        SELECT w.what, w.entry, r.id, r.reference, w.since, r.owner,
               w.decision IS NOT NULL AND register.may_answer_challenge(me, r.id, w.decision), machinery.may_see(r.id)
        FROM (
            SELECT 'challenged' AS what, c.entry, c.record, c.at AS since, c.decision FROM facts.challenge c
                JOIN facts.record o ON o.id = c.record
                WHERE c.outcome IS NULL AND (o.owner = me OR c.told @> ARRAY[me] OR oversees)
            UNION ALL
            (SELECT DISTINCT ON (a.record) 'asked', a.entry, a.record, a.at, NULL::uuid FROM facts.ask a
                WHERE a.record IN (SELECT o.id FROM facts.record o WHERE o.owner = me
                                   UNION SELECT t.record FROM facts.ask t WHERE t.told @> ARRAY[me]
                                         AND NOT register.replied(t.record, t.version))
                  AND NOT register.replied(a.record, a.version)
                ORDER BY a.record, a.version)
            UNION ALL
            SELECT 'held', h.entry, h.record, h.until::timestamp AT TIME ZONE 'Europe/London', NULL FROM (
                SELECT DISTINCT ON (m.record) m.* FROM facts.hold m JOIN facts.record o ON o.id = m.record
                WHERE o.owner = me ORDER BY m.record, m.version DESC) AS h
                WHERE h.until <= (moment AT TIME ZONE 'Europe/London')::date
                  AND NOT EXISTS (SELECT FROM facts.telling t WHERE t.record = h.record AND t.at > h.at)
        ) AS w JOIN facts.record r ON r.id = w.record
        WHERE (p_entry IS NULL OR w.entry = p_entry)
          AND EXISTS (SELECT FROM words.screened s WHERE s.record = r.id)
          AND r.id NOT IN (SELECT register.hidden_from(me))
        ORDER BY w.since, w.entry LIMIT least(p_limit, 200);
END $$;

-- Of one record, what the reporter was told, what they said to it, and until when they are not told: facts only.
CREATE FUNCTION machinery.tellings(p_record uuid) RETURNS TABLE (
    telling uuid, decision uuid, at timestamptz, actor uuid, challenge uuid, challenged_at timestamptz, outcome text,
    answered_by uuid, answered_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT t.entry, t.decision, t.at, t.actor, c.entry, c.at, c.outcome, c.answered_by, c.answered_at
        FROM facts.telling t LEFT JOIN facts.challenge c ON c.telling = t.entry
        WHERE t.record = p_record AND machinery.may_see(p_record) ORDER BY t.at, t.entry;
END $$;

CREATE FUNCTION machinery.held_until(p_record uuid) RETURNS date LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN machinery.may_see(p_record) THEN register.held_until(p_record, register.now()) END;
END $$;

GRANT EXECUTE ON FUNCTION machinery.reporters_wait(integer, uuid), machinery.tellings(uuid), machinery.held_until(uuid)
    TO heed_office;
GRANT EXECUTE ON FUNCTION machinery.challenges_to_chase(integer, timestamptz, integer) TO heed_sweep;
