-- The other doors: each does one thing for one role.

-- The public face's way back: ciphertext that the code alone opens, and two facts for its holder.
CREATE FUNCTION register.thread(p_lookup bytea) RETURNS TABLE (
    wrapped_private bytea, opened_at timestamptz, entry uuid, version integer, header bytea,
    commitment bytea, sealed bytea, recipient text, wrap bytea, seq bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT t.wrapped_private, r.opened_at, e.id, e.version, e.header, e.commitment,
               CASE WHEN f.entry IS NULL AND i.entry IS NULL THEN e.sealed ELSE '' END, coalesce(w.recipient, 'code'),
               coalesce(w.wrap, ''), l.seq
        FROM register.thread t
        JOIN register.entry e ON e.stream = t.stream
        LEFT JOIN register.wrapped_key w ON w.entry = e.id AND w.recipient IN ('code', 'thread')
        LEFT JOIN facts.file f ON f.entry = e.id AND f.actor IS NULL  -- a reporter's file is never shown back
        LEFT JOIN facts.identity i ON i.entry = e.id AND i.actor IS NULL  -- nor who they are: only that it is apart
        LEFT JOIN facts.record r ON r.id = t.stream
        LEFT JOIN register.leaf l ON l.entry = e.id
        WHERE t.lookup = p_lookup AND (w.entry IS NOT NULL OR f.entry IS NOT NULL OR i.entry IS NOT NULL)
        ORDER BY e.version;
END $$;

-- The key to which an answer is sealed, for the record's own reader.
CREATE FUNCTION register.thread_key(p_record uuid) RETURNS bytea LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE found_key bytea;
BEGIN
    SELECT t.public_key INTO found_key FROM register.thread t
        WHERE t.stream = p_record AND machinery.may_see(p_record);
    RETURN found_key;
END $$;

-- The opener's work: sealed entries without words, by rank and age, until 8 MB; without those that it put aside, or
-- `p_again` of these alone. It takes no lock; storing is idempotent.
CREATE FUNCTION register.unopened(p_limit integer, p_aside uuid[], p_again boolean) RETURNS TABLE (
    entry uuid, stream uuid, version integer, header bytea, commitment bytea, sealed bytea,
    recipient text, wrap bytea, answers uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT e.id, e.stream, e.version, e.header, e.commitment, e.sealed, w.recipient, w.wrap,
               (SELECT s.record FROM facts.step s WHERE s.entry = e.id AND s.link IS NOT NULL)  -- the record it is about
        FROM (SELECT q.rank, q.n, q.entry,
                     sum(octet_length(s.sealed)) OVER (ORDER BY q.rank, q.n) - octet_length(s.sealed) AS before
              FROM (SELECT w.rank, w.n, w.entry FROM machinery.unopened w WHERE (w.entry = ANY (p_aside)) = p_again
                    ORDER BY w.rank, w.n LIMIT p_limit) AS q
              JOIN register.entry s ON s.id = q.entry) AS u
        JOIN register.entry e ON e.id = u.entry
        LEFT JOIN register.wrapped_key w ON w.entry = e.id AND w.recipient IN ('intake', 'organisation')
        WHERE u.before < 8388608
        ORDER BY u.rank, u.n;
END $$;

-- Whose names the opener looks for in what was told: everybody who works here, but for the outside contact: a
-- text that names everybody must still reach somebody.
CREATE FUNCTION machinery.staff_names() RETURNS TABLE (person uuid, name text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT w.id, w.name FROM words.person w JOIN facts.person p ON p.id = w.id WHERE p.active
        AND NOT EXISTS (SELECT FROM facts.slot s WHERE s.fallback = p.id);
END $$;

CREATE FUNCTION machinery.opened(p_entries uuid[]) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM machinery.unopened u WHERE u.entry = ANY (p_entries);
END $$;

-- The sequencer: pending entries get the next dense places. One at a time; the key on seq is the fence.
CREATE FUNCTION register.sequence(p_limit integer) RETURNS TABLE (seq bigint, data bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE next_seq bigint;
BEGIN
    LOCK TABLE register.sequencing IN EXCLUSIVE MODE;
    SELECT coalesce(max(l.seq) + 1, 0) INTO next_seq FROM register.leaf l;
    RETURN QUERY
        WITH batch AS (
            SELECT p.n, p.entry, p.data FROM register.pending p ORDER BY p.n LIMIT p_limit
        ), gone AS (
            DELETE FROM register.pending p USING batch b WHERE p.n = b.n
        ), placed AS (
            INSERT INTO register.leaf AS l (seq, entry, data)
            SELECT next_seq + row_number() OVER (ORDER BY b.n) - 1, b.entry, b.data FROM batch b
            RETURNING l.seq, l.data
        ) SELECT p.seq, p.data FROM placed p ORDER BY p.seq;
END $$;

CREATE FUNCTION register.leaves(p_from bigint, p_limit integer) RETURNS TABLE (seq bigint, data bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT l.seq, l.data FROM register.leaf l WHERE l.seq >= p_from ORDER BY l.seq LIMIT p_limit;
END $$;

CREATE FUNCTION register.last_checkpoint() RETURNS TABLE (size bigint, root bytea, note bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT c.size, c.root, c.note FROM register.checkpoint c ORDER BY c.size DESC LIMIT 1;
END $$;

-- Keeps a signed head, once; answers whether it is the newest. Two heads of one size must be the same.
CREATE FUNCTION register.keep_checkpoint(p_size bigint, p_root bytea, p_note bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM register.leaf l WHERE l.seq = p_size - 1) THEN
        RAISE EXCEPTION 'a checkpoint covers recorded leaves only' USING ERRCODE = 'HE011';
    END IF;
    -- A clock that is put back is held against the newest head: heads keep the latest time that there was.
    INSERT INTO register.checkpoint (size, root, note, signed_at)
        SELECT p_size, p_root, p_note, greatest(register.now(), max(c.signed_at)) FROM register.checkpoint c
        ON CONFLICT (size) DO NOTHING;
    IF NOT EXISTS (SELECT FROM register.checkpoint c WHERE c.size = p_size AND c.root = p_root) THEN
        RAISE EXCEPTION 'another head of this size was signed' USING ERRCODE = 'HE012';
    END IF;
    RETURN NOT EXISTS (SELECT FROM register.checkpoint c WHERE c.size > p_size);
END $$;

-- Sign-in, on its own connection and role.
CREATE FUNCTION machinery.credential_of(p_username text) RETURNS TABLE (person uuid, password_hash text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT c.person, c.password_hash FROM machinery.credential c JOIN facts.person p ON p.id = c.person
        WHERE c.username = p_username AND p.active;
END $$;

CREATE FUNCTION machinery.start_session(p_person uuid, p_key_hash bytea, p_hours integer) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM machinery.session s WHERE s.expires_at < clock_timestamp();
    INSERT INTO machinery.session (key_hash, person, expires_at)
        SELECT p_key_hash, p.id, clock_timestamp() + least(p_hours, 12) * interval '1 hour'
        FROM facts.person p WHERE p.id = p_person AND p.active;
END $$;

CREATE FUNCTION machinery.end_session(p_key_hash bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM machinery.session s WHERE s.key_hash = p_key_hash;
END $$;
