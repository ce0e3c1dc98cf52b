-- Whom a record is about, what was decided for each of them, and which records are about the same child.
-- The Python twin of what these do to the tables is triage/concerned.py.

-- Only whoever answers for a record, and may see it, does any of this; to everybody else it is not there.
CREATE FUNCTION register.check_owns(p_record uuid, p_me uuid) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_record IS NULL OR NOT machinery.may_see(p_record)
       OR NOT EXISTS (SELECT FROM facts.record r WHERE r.id = p_record AND r.owner = p_me) THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;
END $$;

-- Each person for whom a decision is wanted: by what was said of them last every child, also one alleged to have harmed,
-- and whoever was ever said to be an adult in a position of trust. Nobody takes that back alone: a second person agrees
-- that nothing is done for them, also where it was a mistake.
CREATE FUNCTION register.to_decide_for(p_record uuid) RETURNS TABLE (concerned uuid, adult boolean, trusted boolean)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT n.concerned, NOT n.is_child, n.trusted FROM (
            SELECT DISTINCT ON (k.concerned) k.concerned, k.child OR k.part = 'child' AS is_child,
                   bool_or(k.trust = 'yes' AND NOT (k.child OR k.part = 'child')) OVER (PARTITION BY k.concerned) AS trusted
            FROM facts.naming k WHERE k.record = p_record ORDER BY k.concerned, k.version DESC) AS n
        WHERE n.is_child OR n.trusted;
END $$;

CREATE FUNCTION register.decide_concerned(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_claims jsonb,
                                          p_me uuid) RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named uuid := register.id_of(p_claims->>'concerned');
    newer uuid := register.id_of(p_claims->>'record');
    older uuid := register.id_of(p_claims->>'other');
    held  record;
    second text;
BEGIN
    CASE p_kind
    WHEN 'child_named', 'adult_named' THEN
        PERFORM register.check_owns(p_stream, p_me);
        -- Whoever is new gets the entry's own id: nobody chooses one that stands elsewhere.
        IF p_claims->>'concerned' IS NOT NULL AND NOT EXISTS (
                SELECT FROM facts.naming n WHERE n.record = p_stream AND n.concerned = named
                AND n.child = (p_kind = 'child_named')) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        IF p_kind = 'child_named' THEN
            RETURN jsonb_build_object('concerned', coalesce(named, p_id), 'actor', p_me);
        END IF;
        IF (p_claims->>'part' IN ('about', 'child', 'parent', 'other')
            AND p_claims->>'trust' IN ('yes', 'no', 'unknown')) IS NOT TRUE THEN
            RAISE EXCEPTION 'an adult has a part, and a position of trust or none' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('concerned', coalesce(named, p_id), 'part', p_claims->>'part',
                                  'trust', p_claims->>'trust', 'actor', p_me);
    WHEN 'decided' THEN
        PERFORM register.check_owns(p_stream, p_me);
        IF p_claims->>'concerned' IS NOT NULL AND NOT EXISTS (
                SELECT FROM facts.naming n WHERE n.record = p_stream AND n.concerned = named) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        IF (p_claims->>'decision' IN ('act_now', 'refer', 'share', 'no_further_action')) IS NOT TRUE
           OR (named IS NULL) <> NOT EXISTS (SELECT FROM register.to_decide_for(p_stream))
           OR (named IS NOT NULL AND named NOT IN (SELECT t.concerned FROM register.to_decide_for(p_stream) AS t)) THEN
            RAISE EXCEPTION 'a decision is for a child, or an adult in a position of trust' USING ERRCODE = 'HE003';
        END IF;
        IF NOT register.has_read(p_me, p_stream, ARRAY['own queue', 'print']) THEN
            RAISE EXCEPTION 'the newest thing said was not opened yet' USING ERRCODE = 'HE030';
        END IF;
        second := register.second_for(p_stream, named, p_claims->>'decision', register.now(), p_me);
        -- To do nothing where nobody is named is to put it aside: an overseer reviews as much of it.
        RETURN jsonb_build_object('concerned', named, 'decision', p_claims->>'decision', 'actor', p_me, 'sampled',
            p_claims->>'decision' = 'no_further_action' AND named IS NULL AND EXISTS (
                SELECT FROM facts.record r WHERE r.id = p_stream AND register.is_sampled(r.id, r.danger, r.channel)))
            || CASE WHEN second IS NOT NULL THEN jsonb_build_object('second', second) ELSE '{}' END;
    WHEN 'contact_joined' THEN
        -- One at a time for each of the two, and no hand-over of either in between.
        PERFORM FROM facts.record r WHERE r.id IN (newer, older) AND r.owner = p_me ORDER BY r.id FOR NO KEY UPDATE;
        PERFORM register.check_owns(each.record, p_me) FROM unnest(ARRAY[newer, older]) AS each(record);
        IF p_version <> 1 OR newer = older OR EXISTS (
                SELECT FROM facts.joined j WHERE j.parted_at IS NULL
                AND (j.record, j.other) IN ((newer, older), (older, newer))) THEN
            RAISE EXCEPTION 'two records are joined once' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('record', newer, 'other', older, 'actor', p_me);
    WHEN 'contact_parted' THEN
        SELECT j.* INTO held FROM facts.joined j WHERE j.id = p_stream AND j.parted_at IS NULL;
        PERFORM register.check_owns(each.record, p_me) FROM unnest(ARRAY[held.record, held.other]) AS each(record);
        RETURN jsonb_build_object('actor', p_me);
    END CASE;
END $$;

-- Somebody else said that a decision is wrong: then none that was made for the same person by this version counts any
-- more, and a new one is wanted. Not granted.
CREATE FUNCTION register.reopen(p_decision uuid, p_version integer, p_at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE facts.decision d SET again_at = p_at FROM facts.decision o
        WHERE o.entry = p_decision AND d.record = o.record AND d.concerned IS NOT DISTINCT FROM o.concerned
          AND d.version <= p_version AND d.again_at IS NULL;
END $$;

-- Something was said by which nothing that was decided not to be done stands: danger, or other answers to the four questions
-- of an adult in trust. For whom: null, for everybody. Not granted.
CREATE FUNCTION register.reopen_nothing(p_record uuid, p_concerned uuid, p_version integer, p_at timestamptz)
RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE facts.decision d SET again_at = p_at
        WHERE d.record = p_record AND d.decision = 'no_further_action' AND d.version < p_version AND d.again_at IS NULL
          AND (p_concerned IS NULL OR d.concerned = p_concerned);
    IF FOUND THEN
        PERFORM register.count_decided(p_record);
    END IF;
END $$;

-- Whether a decision counts: not while it waits for a second person, nor where somebody said that it is made again: a
-- second person who did not agree, whoever answered a challenge, or an overseer who sent it back. Not granted.
CREATE FUNCTION register.counts(p_decision uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN register.is_agreed(p_decision)
       AND NOT EXISTS (SELECT FROM facts.decision d WHERE d.entry = p_decision AND d.again_at IS NOT NULL);
END $$;

-- How many wait for a decision, and how many were made where nobody was named. Where somebody is named or something
-- decided, it is no letter to put aside.
CREATE FUNCTION register.count_decided(p_record uuid) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE facts.record r SET (wanted, undecided, undecided_adults, decided_alone) = (
            SELECT count(*), count(*) FILTER (WHERE d.none), count(*) FILTER (WHERE d.none AND d.adult),
                   (SELECT count(*) FROM facts.decision a WHERE a.record = p_record AND a.concerned IS NULL
                    AND register.counts(a.entry))
            FROM (SELECT t.adult, NOT EXISTS (SELECT FROM facts.decision o WHERE o.record = p_record
                  AND o.concerned = t.concerned AND register.counts(o.entry)) AS none FROM register.to_decide_for(p_record) AS t) AS d),
            aside_at = NULL
        WHERE r.id = p_record;
END $$;

-- Since when a referral stands declined, by what was said of that last; null where it does not.
CREATE FUNCTION register.declined_since(p_referral uuid) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT CASE s.what WHEN 'declined' THEN s.at END FROM facts.step s
            WHERE s.referral = p_referral AND s.what IN ('accepted', 'declined') ORDER BY s.at DESC, s.what DESC LIMIT 1);
END $$;

-- What says that a referral which was not told at once went out: that it was sent, or opened. Who opens a link (`by_link`)
-- says so in a stream of their own: its versions say nothing of when that was in the record, only its time does. Not granted.
CREATE FUNCTION register.went_out(p_referral uuid) RETURNS TABLE (version integer, at timestamptz, by_link boolean)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT s.version, s.at, s.what = 'opened' AND s.link IS NOT NULL FROM facts.step s
        WHERE s.referral = p_referral AND s.what IN ('sent', 'opened');
END $$;

-- Whether a referral behind it does what was decided: once they are told, unless they declined it, and nobody says that it was written in error.
-- A protecting one does it for whom it names, and where it or the decision names nobody, for all. One for accountability
-- keeps no child safe: it acts for nobody, and refers only the adult whom it names, by what was said of them last.
CREATE FUNCTION register.was_referred(p_record uuid, p_concerned uuid, p_version integer, p_decision text, p_at timestamptz)
RETURNS boolean LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM facts.referral f WHERE f.record = p_record
        AND CASE f.route WHEN 'protecting'
            THEN f.concerned IS NULL OR p_concerned IS NULL OR f.concerned = p_concerned
            ELSE p_decision = 'refer' AND f.concerned = p_concerned AND (
                SELECT NOT (n.child OR n.part = 'child') FROM facts.naming n
                WHERE n.record = p_record AND n.concerned = p_concerned ORDER BY n.version DESC LIMIT 1) END
        AND CASE WHEN f.how IN ('telephone', 'portal') THEN p_version < f.version ELSE (
            SELECT coalesce(p_version < min(s.version) FILTER (WHERE NOT s.by_link), bool_or(s.by_link), false)
                   AND coalesce(p_at < min(s.at) FILTER (WHERE s.by_link), true)
            FROM register.went_out(f.entry) AS s) END
        AND register.declined_since(f.entry) IS NULL
        AND NOT EXISTS (SELECT FROM facts.step s WHERE s.referral = f.entry AND s.what = 'in error'));
END $$;

-- Since when a referral that was sent, or opened, waits for a word from whoever got it: it counts from when that was written down
-- first. Null where a word came, or none is due.
CREATE FUNCTION register.unconfirmed_since(p_referral uuid) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM facts.step s WHERE s.referral = p_referral
               AND s.what IN ('acknowledged', 'accepted', 'declined', 'reference', 'outcome', 'in error')) THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT CASE WHEN f.how IN ('telephone', 'portal') THEN f.at ELSE (
                SELECT least((array_agg(s.at ORDER BY s.version) FILTER (WHERE NOT s.by_link))[1],
                             min(s.at) FILTER (WHERE s.by_link)) FROM register.went_out(f.entry) AS s) END
            FROM facts.referral f WHERE f.entry = p_referral);
END $$;

-- What was decided and waits to be done: the newest decision for each counts, where it is to act or to refer, until a
-- note or a call behind it, or a referral (register.was_referred()). It counts from when that was decided first: to
-- decide the same again gives no more time. Behind these, a referral that they
-- declined, until a note, a call or another referral since; then one of which nobody heard that it was received.
CREATE FUNCTION register.count_to_do(p_record uuid) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE facts.record r SET acted_at = (SELECT max(a.at) FROM register.acts(p_record) AS a WHERE a.version > r.pressed), called_at = (
            SELECT c.at FROM register.calls_now(p_record) AS c ORDER BY c.version DESC LIMIT 1), (to_do, to_do_since) = (
        SELECT w.what, w.at FROM (
            SELECT d.decision AS what, d.at FROM facts.decision d
            WHERE d.record = p_record AND d.decision IN ('act_now', 'refer')
              AND d.decision = (SELECT n.decision FROM facts.decision n WHERE n.record = p_record
                                AND n.concerned IS NOT DISTINCT FROM d.concerned AND register.is_agreed(n.entry) ORDER BY n.version DESC LIMIT 1)
              AND NOT EXISTS (SELECT FROM facts.item i WHERE i.record = p_record AND i.version > d.version
                              AND i.kind IN ('noted', 'called'))
              AND NOT register.was_referred(d.record, d.concerned, d.version, d.decision, d.at)
            UNION ALL SELECT 'declined', register.declined_since(f.entry) FROM facts.referral f
            WHERE f.record = p_record AND NOT EXISTS (SELECT FROM facts.step s WHERE s.referral = f.entry AND s.what = 'in error')
              AND NOT EXISTS (SELECT FROM facts.item i WHERE i.record = p_record AND i.kind IN ('noted', 'called', 'referred')
                              AND i.at > register.declined_since(f.entry))
            UNION ALL SELECT 'confirm', register.unconfirmed_since(f.entry) FROM facts.referral f
            WHERE f.record = p_record) AS w
        WHERE w.at IS NOT NULL
        ORDER BY array_position(ARRAY['act_now', 'refer', 'declined', 'confirm'], w.what), w.at LIMIT 1)
        WHERE r.id = p_record;
END $$;

CREATE FUNCTION register.apply_concerned(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_at timestamptz,
                                         p_facts jsonb) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE p_kind
    WHEN 'contact_joined' THEN  -- in a stream of its own: neither record is touched (threat 53)
        INSERT INTO facts.joined (id, record, other, at, actor) VALUES (p_stream, (p_facts->>'record')::uuid,
            (p_facts->>'other')::uuid, p_at, (p_facts->>'actor')::uuid);
        RETURN;
    WHEN 'contact_parted' THEN
        UPDATE facts.joined SET parted_at = p_at, parted_by = (p_facts->>'actor')::uuid WHERE id = p_stream;
        RETURN;
    WHEN 'decided' THEN
        INSERT INTO facts.decision (entry, record, concerned, version, decision, at, actor)
            VALUES (p_id, p_stream, (p_facts->>'concerned')::uuid, p_version, p_facts->>'decision', p_at,
                    (p_facts->>'actor')::uuid);
        IF p_facts ? 'second' THEN
            INSERT INTO facts.seconding (entry, record, concerned, why, decided_by, at) VALUES (p_id, p_stream,
                (p_facts->>'concerned')::uuid, p_facts->>'second', (p_facts->>'actor')::uuid, p_at);
        END IF;
        IF p_facts->'sampled' = 'true'::jsonb THEN
            INSERT INTO facts.sample (entry, record, actor, reason, at) VALUES
                (p_id, p_stream, (p_facts->>'actor')::uuid, 'no further action', p_at);
        END IF;
    ELSE
        INSERT INTO facts.naming (entry, record, concerned, version, child, part, trust, at, actor)
            VALUES (p_id, p_stream, (p_facts->>'concerned')::uuid, p_version, p_kind = 'child_named',
                    coalesce(p_facts->>'part', ''), coalesce(p_facts->>'trust', ''), p_at,
                    (p_facts->>'actor')::uuid);
    END CASE;
    INSERT INTO facts.item (entry, record, version, kind, at, actor)
        VALUES (p_id, p_stream, p_version, p_kind, p_at, (p_facts->>'actor')::uuid);
    PERFORM register.count_decided(p_stream);
    PERFORM register.count_to_do(p_stream);
END $$;

-- Since when something waits to be seen: the oldest thing said after the newest look. The caller holds the row.
CREATE FUNCTION register.count_unseen(p_records uuid[]) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE facts.record r SET unseen_since = (
            SELECT min(s.at) FROM register.said_in(r.id) AS s WHERE r.opened_at IS NULL OR s.at > r.opened_at)
        WHERE r.id = ANY (p_records);
END $$;

-- What was said of each person in a record, and what was decided, for whoever may read it: facts only.
CREATE FUNCTION machinery.namings(p_record uuid) RETURNS TABLE (
    entry uuid, concerned uuid, version integer, child boolean, part text, trust text, at timestamptz, actor uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT n.entry, n.concerned, n.version, n.child, n.part, n.trust, n.at, n.actor FROM facts.naming n
        WHERE n.record = p_record AND machinery.may_see(p_record) ORDER BY n.version;
END $$;

CREATE FUNCTION machinery.decisions(p_record uuid) RETURNS TABLE (
    entry uuid, concerned uuid, version integer, decision text, at timestamptz, actor uuid, counts boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT d.entry, d.concerned, d.version, d.decision, d.at, d.actor, register.counts(d.entry) FROM facts.decision d
        WHERE d.record = p_record AND machinery.may_see(p_record) ORDER BY d.version;
END $$;

-- The records that a record was joined with, each only for whoever may see both; why, once a look is committed.
CREATE FUNCTION machinery.joined_with(p_record uuid) RETURNS TABLE (
    joined uuid, other uuid, reference text, filed_at timestamptz, owner uuid, at timestamptz, actor uuid,
    parted_at timestamptz, parted_by uuid, why text, why_parted text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT machinery.may_see(p_record) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT j.id, r.id, r.reference, r.filed_at, r.owner, j.at, j.actor, j.parted_at, j.parted_by,
               max(w.body) FILTER (WHERE w.kind = 'contact_joined'), max(w.body) FILTER (WHERE w.kind = 'contact_parted')
        FROM facts.joined j
        JOIN facts.record r ON r.id = CASE j.record WHEN p_record THEN j.other ELSE j.record END
        LEFT JOIN words.item w ON w.stream = j.id AND p_record IN (SELECT machinery.my_open_records())
        WHERE p_record IN (j.record, j.other) AND machinery.may_see(r.id)
        GROUP BY j.id, r.id ORDER BY j.at, j.id;
END $$;

GRANT EXECUTE ON FUNCTION machinery.namings(uuid), machinery.decisions(uuid), machinery.joined_with(uuid)
    TO heed_office;
