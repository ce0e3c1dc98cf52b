-- To whom a record was referred, what came of it, whose response is criticised, and how bodies are reached.
-- The Python twin of what these do to the tables is referral/view.py.

-- Whether one body stands above or below the other in the directory, or is it: an id is the path to it.
CREATE FUNCTION register.in_line(p_one text, p_other text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN starts_with(p_one || '/', p_other || '/') OR starts_with(p_other || '/', p_one || '/');
END $$;

-- The bodies whose response is criticised in a record: what was said last of each.
CREATE FUNCTION register.criticised_in(p_record uuid) RETURNS SETOF text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT n.body FROM (SELECT DISTINCT ON (c.body) c.body, c.stands FROM facts.criticism c
                            WHERE c.record = p_record ORDER BY c.body, c.version DESC) AS n
        WHERE n.stands ORDER BY n.body;
END $$;

-- Whether a referral would have a body judge what it, or its own line, is criticised for by now. Protecting never stops.
CREATE FUNCTION register.judges_itself(p_referral uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM facts.referral f, register.criticised_in(f.record) AS c(body)
                   WHERE f.entry = p_referral AND f.route = 'accountability' AND register.in_line(f.body, c.body));
END $$;

-- A body as an entry names it: a path of the directory. A name alone, of these, is a body that the directory does not
-- list, of that kind. One spelling each, for a body is the same as another only by its spelling: lower case, no dash at
-- an end nor two together; GSS codes in upper case.
CREATE FUNCTION register.body_named(p_said text) RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (p_said ~ '^(?!.{121})[a-z]+(-[a-z]+)*(/([A-Z][0-9]{8}|[a-z]+(-[a-z]+)*)){0,3}$') IS NOT TRUE THEN
        RAISE EXCEPTION 'this names no body' USING ERRCODE = 'HE003';
    END IF;
    RETURN p_said;
END $$;

CREATE FUNCTION register.decide_referred(p_stream uuid, p_claims jsonb, p_at timestamptz, p_me uuid) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named   uuid        := register.id_of(p_claims->>'concerned');
    target  text        := register.body_named(p_claims->>'body');
    told    timestamptz := register.instant(p_claims->>'told_at');
    back_at timestamptz := register.instant(p_claims->>'rung_back_at');
BEGIN
    IF p_claims->>'concerned' IS NOT NULL AND NOT EXISTS (
            SELECT FROM facts.naming n WHERE n.record = p_stream AND n.concerned = named) THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;
    IF (p_claims->>'how' IN ('telephone', 'portal', 'email', 'link')) IS NOT TRUE
       OR (told IS NOT NULL) <> (p_claims->>'how' IN ('telephone', 'portal'))
       OR greatest(told, back_at) > p_at + interval '1 minute' THEN
        RAISE EXCEPTION 'a referral says how, and when they were told where that was at once' USING ERRCODE = 'HE003';
    END IF;
    IF target IN ('council', 'police', 'school', 'health', 'charity', 'department', 'other') THEN
        IF back_at IS NULL THEN
            RAISE EXCEPTION 'a body that is not listed is rung back first' USING ERRCODE = 'HE068';
        END IF;
    ELSIF back_at IS NOT NULL THEN
        RAISE EXCEPTION 'a listed body is not rung back' USING ERRCODE = 'HE003';
    END IF;
    CASE p_claims->>'route'
    WHEN 'protecting' THEN  -- whatever is criticised: nothing delays this one
        IF target !~ '^(council/[EW][0-9]{8}/children|police/[A-Za-z0-9-]+|nca-ceop|council|police|school|health|other)$' THEN
            RAISE EXCEPTION 'this body does not protect a child at once' USING ERRCODE = 'HE003';
        END IF;
    WHEN 'accountability' THEN
        IF EXISTS (SELECT FROM register.criticised_in(p_stream) AS c(body) WHERE register.in_line(target, c.body)) THEN
            RAISE EXCEPTION 'nobody judges what they or their own line did' USING ERRCODE = 'HE067';
        END IF;
    ELSE
        RAISE EXCEPTION 'a referral has one of two routes' USING ERRCODE = 'HE003';
    END CASE;
    RETURN jsonb_build_object('concerned', named, 'route', p_claims->>'route', 'body', target, 'how', p_claims->>'how',
        'told_at', register.stamp(told), 'rung_back_at', register.stamp(back_at), 'actor', p_me);
END $$;

CREATE FUNCTION register.decide_referral(p_stream uuid, p_version integer, p_kind text, p_claims jsonb,
                                         p_at timestamptz, p_me uuid) RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    about uuid := register.id_of(p_claims->>'referral');
    day   text := p_claims->>'checked_on';
BEGIN
    IF p_kind = 'reach_kept' THEN  -- of no record; whoever answers for one knows whom they rang
        IF p_version <> 1 OR NOT (register.holds(p_me, 'administrator') OR EXISTS (
                SELECT FROM facts.record r WHERE r.owner = p_me AND machinery.may_see(r.id))) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        IF (p_claims->>'how' IN ('telephone', 'portal', 'email')) IS NOT TRUE
           OR register.instant(day || 'T00:00:00Z') IS NULL OR register.instant(day || 'T00:00:00Z') > p_at + interval '1 hour' THEN
            RAISE EXCEPTION 'a contact says how, and on which day it was checked' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('body', register.body_named(p_claims->>'body'), 'how', p_claims->>'how',
                                  'checked_on', day, 'actor', p_me);
    END IF;
    PERFORM register.check_owns(p_stream, p_me);
    CASE p_kind
    WHEN 'criticised' THEN
        IF jsonb_typeof(p_claims->'stands') IS DISTINCT FROM 'boolean' OR p_claims->>'body' = 'other' THEN
            RAISE EXCEPTION 'a body is criticised, or that was said in error' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('body', register.body_named(p_claims->>'body'), 'stands', p_claims->'stands', 'actor', p_me);
    WHEN 'referred' THEN
        RETURN register.decide_referred(p_stream, p_claims, p_at, p_me);
    WHEN 'referral_heard' THEN
        IF NOT EXISTS (SELECT FROM facts.referral f WHERE f.entry = about AND f.record = p_stream) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        IF (p_claims->>'what' IN ('sent', 'opened', 'acknowledged', 'accepted', 'declined', 'reference', 'outcome',
                                  'other', 'in error')) IS NOT TRUE
           OR register.instant(p_claims->>'happened_at') > p_at + interval '1 minute'
           OR p_claims->>'happened_at' IS NULL THEN
            RAISE EXCEPTION 'what was heard has a name, and a time that has been' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('referral', about, 'what', p_claims->>'what',
            'happened_at', register.stamp(register.instant(p_claims->>'happened_at')), 'actor', p_me);
    END CASE;
END $$;

CREATE FUNCTION register.apply_referral(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_at timestamptz,
                                        p_facts jsonb) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE p_kind
    WHEN 'reach_kept' THEN
        INSERT INTO facts.reach (entry, body, how, checked_on, at, actor) VALUES (p_id, p_facts->>'body',
            p_facts->>'how', (p_facts->>'checked_on')::date, p_at, (p_facts->>'actor')::uuid);
        RETURN;
    WHEN 'criticised' THEN
        INSERT INTO facts.criticism (entry, record, version, body, stands, at, actor) VALUES (p_id, p_stream, p_version,
            p_facts->>'body', (p_facts->>'stands')::boolean, p_at, (p_facts->>'actor')::uuid);
    WHEN 'referred' THEN
        INSERT INTO facts.referral (entry, record, concerned, version, route, body, how, told_at, rung_back_at, at, actor)
            VALUES (p_id, p_stream, (p_facts->>'concerned')::uuid, p_version, p_facts->>'route', p_facts->>'body',
                    p_facts->>'how', (p_facts->>'told_at')::timestamptz, (p_facts->>'rung_back_at')::timestamptz, p_at,
                    (p_facts->>'actor')::uuid);
    WHEN 'referral_heard' THEN
        INSERT INTO facts.step (entry, referral, record, version, what, happened_at, at, actor)
            VALUES (p_id, (p_facts->>'referral')::uuid, p_stream, p_version, p_facts->>'what',
                    (p_facts->>'happened_at')::timestamptz, p_at, (p_facts->>'actor')::uuid);
        IF p_facts->>'what' = 'in error' THEN
            UPDATE machinery.link l SET wrap = NULL, token = NULL FROM facts.link k
                WHERE k.referral = (p_facts->>'referral')::uuid AND l.entry = k.entry;
        END IF;
    END CASE;
    INSERT INTO facts.item (entry, record, version, kind, at, actor)
        VALUES (p_id, p_stream, p_version, p_kind, p_at, (p_facts->>'actor')::uuid);
    IF p_kind <> 'criticised' THEN
        PERFORM register.count_to_do(p_stream);
    END IF;
END $$;

-- What was referred, what came of it, and what is criticised, in records that the reader may see: facts only.
CREATE FUNCTION machinery.referrals(p_records uuid[]) RETURNS TABLE (
    entry uuid, record uuid, concerned uuid, version integer, route text, body text, how text, told_at timestamptz,
    rung_back_at timestamptz, at timestamptz, actor uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT f.entry, f.record, f.concerned, f.version, f.route, f.body, f.how, f.told_at, f.rung_back_at, f.at, f.actor
        FROM facts.referral f WHERE f.record = ANY (p_records) AND machinery.may_see(f.record)
        ORDER BY f.record, f.version;
END $$;

CREATE FUNCTION machinery.referral_steps(p_records uuid[]) RETURNS TABLE (
    entry uuid, referral uuid, version integer, what text, happened_at timestamptz, at timestamptz, actor uuid, link uuid,
    said text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT s.entry, s.referral, s.version, s.what, s.happened_at, s.at, s.actor, s.link,
               (SELECT w.body FROM words.item w WHERE w.entry = s.entry AND s.link IS NOT NULL  -- in a stream of its own
                AND s.record IN (SELECT machinery.my_open_records()))
        FROM facts.step s WHERE s.record = ANY (p_records) AND machinery.may_see(s.record)
        ORDER BY s.record, s.version;
END $$;

CREATE FUNCTION machinery.criticised(p_record uuid) RETURNS TABLE (
    entry uuid, body text, stands boolean, at timestamptz, actor uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT c.entry, c.body, c.stands, c.at, c.actor FROM facts.criticism c
        WHERE c.record = p_record AND machinery.may_see(p_record) ORDER BY c.version;
END $$;

-- Referrals that nobody confirmed, those told longest ago first: of one's own records, and for an overseer of all. Facts,
-- no words; never what I am walled from. `p_referral`: that one alone.
CREATE FUNCTION machinery.unconfirmed(p_limit integer, p_referral uuid DEFAULT NULL) RETURNS TABLE (
    referral uuid, record uuid, reference text, body text, route text, how text, told_at timestamptz, owner uuid, open boolean,
    since timestamptz)
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
        SELECT f.entry, r.id, r.reference, f.body, f.route, f.how, w.told, r.owner, machinery.may_see(r.id),
               register.unconfirmed_since(f.entry)
        FROM facts.record r JOIN facts.referral f ON f.record = r.id
        CROSS JOIN LATERAL (SELECT coalesce(f.told_at, (
            SELECT min(s.happened_at) FROM facts.step s WHERE s.referral = f.entry AND s.what IN ('sent', 'opened'))) AS told) AS w
        WHERE r.to_do IS NOT NULL AND (r.owner = me OR oversees) AND (p_referral IS NULL OR f.entry = p_referral)
          AND register.unconfirmed_since(f.entry) IS NOT NULL
          AND EXISTS (SELECT FROM words.screened s WHERE s.record = r.id)
          AND r.id NOT IN (SELECT register.hidden_from(me))
        ORDER BY w.told, f.entry LIMIT least(p_limit, 200);
END $$;

-- How bodies are reached: no secret among staff, and of no record.
CREATE FUNCTION machinery.body_reaches() RETURNS TABLE (
    entry uuid, body text, how text, checked_on date, at timestamptz, actor uuid, words text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF machinery.me() IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT c.entry, c.body, c.how, c.checked_on, c.at, c.actor, w.body
        FROM facts.reach c LEFT JOIN words.item w ON w.entry = c.entry ORDER BY c.at DESC, c.entry;
END $$;

GRANT EXECUTE ON FUNCTION machinery.referrals(uuid[]), machinery.referral_steps(uuid[]), machinery.criticised(uuid),
    machinery.body_reaches(), machinery.unconfirmed(integer, uuid) TO heed_office;
