-- The pack of a referral: what may travel in it, and where what travels stands in the tree.

-- Whether none of these entries is a file that stays: one that is held for the police, or any where who told us is
-- sealed. Asked when a pack is made, when a link to it is, and each time that the link gives: what counts is now.
CREATE FUNCTION register.may_travel(p_record uuid, p_sent uuid[]) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN NOT EXISTS (SELECT FROM register.held_files() AS h WHERE h.record = p_record AND h.entry = ANY (p_sent))
       AND NOT (register.is_sealed(p_record) AND EXISTS (SELECT FROM facts.file f WHERE f.entry = ANY (p_sent)));
END $$;

-- The packs that were made of a record, for which referral, and what travels in each.
CREATE FUNCTION register.packs_of(p_record uuid) RETURNS TABLE (pack uuid, version integer, referral uuid, sent uuid[])
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT i.entry, i.version, (made.said->>'referral')::uuid,
               ARRAY(SELECT each.id::uuid FROM jsonb_array_elements_text(made.said->'entries') AS each(id))
        FROM facts.item i JOIN register.entry e ON e.id = i.entry
        CROSS JOIN LATERAL (SELECT convert_from(e.facts, 'UTF8')::jsonb AS said) AS made
        WHERE i.record = p_record AND i.kind = 'pack_made';
END $$;

-- Whoever answers for a record makes a pack for one of its referrals, of what was opened; no file travels that is held
-- for the police, nor any where who told us is sealed. What came of it needs no table: it is an item of its record.
CREATE FUNCTION register.decide_pack(p_stream uuid, p_claims jsonb, p_me uuid) RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    about uuid := register.id_of(p_claims->>'referral');
    sent  uuid[];
BEGIN
    PERFORM register.check_owns(p_stream, p_me);
    IF NOT EXISTS (SELECT FROM facts.referral f WHERE f.entry = about AND f.record = p_stream) THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;
    IF jsonb_typeof(p_claims->'entries') IS DISTINCT FROM 'array' OR (p_claims->>'sha256' ~ '^[0-9a-f]{64}$') IS NOT TRUE THEN
        RAISE EXCEPTION 'a pack says what travels, and its hash' USING ERRCODE = 'HE003';
    END IF;
    sent := ARRAY(SELECT register.id_of(e.id) FROM jsonb_array_elements_text(p_claims->'entries') AS e(id));
    IF EXISTS (SELECT FROM unnest(sent) AS s(entry) WHERE NOT EXISTS (
            SELECT FROM facts.item i WHERE i.entry = s.entry AND i.record = p_stream
            AND i.kind IN ('filed', 'added', 'file_added', 'called', 'parents_told'))) THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;
    IF cardinality(sent) > 1000 OR cardinality(sent) <> (SELECT count(DISTINCT s.entry) FROM unnest(sent) AS s(entry)) THEN
        RAISE EXCEPTION 'a pack holds each thing once, and a thousand at most' USING ERRCODE = 'HE003';
    END IF;
    IF EXISTS (SELECT FROM facts.record r, register.said_in(p_stream) AS s
               WHERE r.id = p_stream AND s.entry = ANY (sent) AND s.at >= r.unseen_since) THEN
        RAISE EXCEPTION 'nothing travels that nobody opened' USING ERRCODE = 'HE078';
    END IF;
    IF NOT register.may_travel(p_stream, sent) THEN
        RAISE EXCEPTION 'this file does not travel' USING ERRCODE = 'HE079';
    ELSIF register.judges_itself(about) THEN
        RAISE EXCEPTION 'nobody judges what they or their own line did' USING ERRCODE = 'HE067';
    END IF;
    RETURN jsonb_build_object('referral', about, 'entries', p_claims->'entries', 'sha256', p_claims->>'sha256',
                              'actor', p_me);
END $$;

CREATE FUNCTION register.apply_pack(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_at timestamptz,
                                    p_facts jsonb) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO facts.item (entry, record, version, kind, at, actor)
        VALUES (p_id, p_stream, p_version, p_kind, p_at, (p_facts->>'actor')::uuid);
END $$;

-- What the tree holds of a record's entries, and their places in it where they have one, for whoever may read it.
CREATE FUNCTION machinery.leaves(p_record uuid) RETURNS TABLE (entry uuid, header bytea, commitment bytea, seq bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT e.id, e.header, e.commitment, l.seq FROM facts.item i JOIN register.entry e ON e.id = i.entry
        LEFT JOIN register.leaf l ON l.entry = e.id
        WHERE i.record = p_record AND machinery.may_see(p_record)
          AND i.entry NOT IN (SELECT machinery.my_hidden_copies()) ORDER BY i.version;
END $$;
GRANT EXECUTE ON FUNCTION machinery.leaves(uuid) TO heed_office;
