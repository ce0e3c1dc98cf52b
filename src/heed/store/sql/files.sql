-- Files: who may put one on a record, and who may flag one. A flagged file is given to nobody (words_walls.sql).

-- What a file's entry says in clear. The largest is what the opener can open within its patience (ADR 0015).
CREATE FUNCTION register.decide_files(p_stream uuid, p_kind text, p_claims jsonb, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE known uuid;
BEGIN
    IF p_kind IN ('flag_withdrawal_asked', 'flag_withdrawn') THEN
        RETURN register.decide_unflagging(p_stream, p_kind, p_claims, p_me);
    END IF;
    -- Whoever puts a letter in may not read it: their files come in the very transaction that files it.
    IF p_me IS NOT NULL AND NOT machinery.may_see(p_stream) AND (p_kind <> 'file_added' OR NOT EXISTS (
            SELECT FROM facts.item i WHERE i.record = p_stream AND i.version = 1 AND i.actor = p_me
            AND i.xmin = pg_current_xact_id()::xid)) THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;
    IF p_kind = 'file_flagged' THEN
        SELECT f.entry INTO known FROM facts.file f WHERE f.record = p_stream AND f.entry::text = p_claims->>'file';
        IF known IS NULL THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        RETURN jsonb_build_object('file', known, 'actor', p_me);
    END IF;
    IF (p_claims->>'sha256' ~ '^[0-9a-f]{64}$') IS NOT TRUE OR jsonb_typeof(p_claims->'size') IS DISTINCT FROM 'number'
       OR (p_claims->>'size' ~ '^(0|[1-9]\d{0,7})$') IS NOT TRUE
       OR (p_claims->>'size')::integer > (CASE WHEN p_me IS NULL THEN 2097152 ELSE 10485760 END) THEN
        RAISE EXCEPTION 'a file says its size, which has a limit, and its hash' USING ERRCODE = 'HE003';
    END IF;
    -- What was taken into the spool was said to be kept: it is never refused for being one too many.
    IF p_me IS NULL AND p_claims->>'spooled_at' IS NULL
       AND (SELECT count(*) FROM facts.file f WHERE f.record = p_stream AND f.actor IS NULL) >= 3 THEN
        RAISE EXCEPTION 'a reporter adds three files and no more' USING ERRCODE = 'HE041';
    END IF;
    IF p_me IS NOT NULL AND p_claims->>'part_of' IS NOT NULL THEN
        SELECT f.entry INTO known FROM facts.file f WHERE f.record = p_stream AND f.entry::text = p_claims->>'part_of';
        IF known IS NULL THEN
            RAISE EXCEPTION 'this is no part of a file that is here' USING ERRCODE = 'HE003';
        END IF;
    END IF;
    RETURN jsonb_build_object('size', (p_claims->>'size')::integer, 'sha256', p_claims->>'sha256', 'actor', p_me,
                              'part_of', known, 'news_to', (SELECT r.owner FROM facts.record r
                                  WHERE r.id = p_stream AND r.owner <> p_me),
                              'spooled_at', register.stamp(register.instant(p_claims->>'spooled_at')));
END $$;

-- Taking a flag back: whoever answers for the record or the access custodian asks, and somebody else of these two or
-- an overseer does it. Nobody looks at the file for that: whoever is walled from the record has no part in it.
CREATE FUNCTION register.decide_unflagging(p_stream uuid, p_kind text, p_claims jsonb, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE held facts.flag%ROWTYPE;
BEGIN
    SELECT g.* INTO held FROM facts.flag g WHERE g.entry = register.id_of(p_claims->>'flag')
        AND g.record = p_stream AND g.withdrawn_at IS NULL;
    IF NOT FOUND OR register.hidden(p_me, p_stream)
       OR NOT (register.holds(p_me, 'custodian') OR (p_kind = 'flag_withdrawn' AND register.holds(p_me, 'overseer'))
               OR (machinery.may_see(p_stream)
                   AND EXISTS (SELECT FROM facts.record r WHERE r.id = p_stream AND r.owner = p_me))) THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;
    IF p_kind = 'flag_withdrawn' AND (held.withdrawal_asked_by IS NULL OR held.withdrawal_asked_by = p_me) THEN
        RAISE EXCEPTION 'taking a flag back takes two people' USING ERRCODE = 'HE045';
    END IF;
    RETURN jsonb_build_object('flag', held.entry, 'actor', p_me);
END $$;

CREATE FUNCTION register.apply_files(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_at timestamptz,
                                     p_facts jsonb) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_kind = 'file_flagged' THEN
        INSERT INTO facts.flag (entry, record, file, actor, at)
            VALUES (p_id, p_stream, (p_facts->>'file')::uuid, (p_facts->>'actor')::uuid, p_at);
    ELSIF p_kind = 'flag_withdrawal_asked' THEN
        UPDATE facts.flag g SET withdrawal_asked = p_id, withdrawal_asked_by = (p_facts->>'actor')::uuid
            WHERE g.entry = (p_facts->>'flag')::uuid;
    ELSIF p_kind = 'flag_withdrawn' THEN
        UPDATE facts.flag g SET withdrawn_at = p_at WHERE g.entry = (p_facts->>'flag')::uuid;
    ELSE
        INSERT INTO facts.file (entry, record, size, sha256, actor, part_of, news_to)
            VALUES (p_id, p_stream, (p_facts->>'size')::integer, p_facts->>'sha256', (p_facts->>'actor')::uuid,
                    (p_facts->>'part_of')::uuid, (p_facts->>'news_to')::uuid);
    END IF;
    INSERT INTO facts.item (entry, record, version, kind, at, actor)
        VALUES (p_id, p_stream, p_version, p_kind, p_at, (p_facts->>'actor')::uuid);
    -- A reporter says something by it; and what a colleague puts on is news to whoever answers for the record.
    IF p_kind = 'file_added' AND (p_facts->>'actor' IS NULL OR p_facts->>'news_to' IS NOT NULL) THEN
        UPDATE facts.record r SET said_at = greatest(r.said_at, p_at), aside_at = NULL WHERE r.id = p_stream;
        PERFORM register.count_unseen(ARRAY[p_stream]);
    END IF;
END $$;

-- The files that are given to nobody: what was flagged, the parts of a flagged email, every copy of these in the
-- same record, and every email from which one was taken. The Python twin is Files.held() (intake/files.py).
CREATE FUNCTION register.held_files() RETURNS TABLE (record uuid, entry uuid) LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        WITH marked AS (
            SELECT f.record, f.sha256 FROM facts.flag g JOIN facts.file f ON f.entry = g.file
            WHERE g.withdrawn_at IS NULL
            UNION SELECT p.record, p.sha256 FROM facts.flag g JOIN facts.file p ON p.part_of = g.file
            WHERE g.withdrawn_at IS NULL
        ), same AS (
            SELECT f.record, f.entry, f.part_of FROM facts.file f
            JOIN marked m ON m.record = f.record AND m.sha256 = f.sha256
        ) SELECT s.record, s.entry FROM same s
          UNION SELECT s.record, s.part_of FROM same s WHERE s.part_of IS NOT NULL;
END $$;

-- The records whose files show to me: those that I have just opened, and those of which I fetched a file.
CREATE FUNCTION machinery.my_open_files() RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE mine bytea := machinery.my_session();
BEGIN
    RETURN QUERY
        SELECT machinery.my_open_records()
        UNION
        SELECT looked.record FROM (
            SELECT DISTINCT unnest(t.records) AS record FROM machinery.ticket t
            WHERE t.session = mine AND t.purpose = 'file'
              AND t.asked_at > clock_timestamp() - interval '5 minutes'
              AND pg_xact_status(t.asked_in) = 'committed') AS looked
        WHERE machinery.may_see(looked.record);
END $$;

-- Those of the records whose files show to me; of no other.
CREATE FUNCTION machinery.my_held_files() RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT h.entry FROM register.held_files() AS h WHERE h.record IN (SELECT machinery.my_open_files());
END $$;

-- The flags that stand: on one record or on all, for whoever may read the record, and for the access custodian and
-- overseers. Why it was set and why it should be taken back, for these and for whoever has looked at the record.
CREATE FUNCTION machinery.flags(p_record uuid DEFAULT NULL) RETURNS TABLE (
    flag uuid, record uuid, reference text, file uuid, actor uuid, at timestamptz, said text, asked_by uuid, why text,
    mine boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me   uuid := machinery.me();
    post boolean := register.holds(me, 'custodian') OR register.holds(me, 'overseer');
BEGIN
    IF me IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT g.entry, g.record, r.reference, g.file, g.actor, g.at, s.body, g.withdrawal_asked_by, a.body, r.owner = me
        FROM facts.flag g JOIN facts.record r ON r.id = g.record
        CROSS JOIN LATERAL (SELECT post OR g.record IN (SELECT machinery.my_open_records()) AS shown) o
        LEFT JOIN words.item s ON s.entry = g.entry AND o.shown
        LEFT JOIN words.item a ON a.entry = g.withdrawal_asked AND o.shown
        WHERE g.withdrawn_at IS NULL AND (p_record IS NULL OR g.record = p_record)
          AND ((post AND NOT register.hidden(me, g.record)) OR machinery.may_see(g.record))
        ORDER BY g.at DESC, g.entry LIMIT 500;
END $$;
GRANT EXECUTE ON FUNCTION machinery.my_open_files(), machinery.my_held_files(), machinery.flags(uuid) TO heed_office;
