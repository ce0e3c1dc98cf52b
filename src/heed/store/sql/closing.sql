-- Reading is closed: a row stands here while a head that the log signed contradicts the entries.
CREATE TABLE machinery.closed (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    why   text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The sequencer says why reading closes, or, by null, that the entries give the signed heads again.
CREATE FUNCTION register.close_reading(p_why text) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_why IS NULL THEN
        DELETE FROM machinery.closed;
    ELSE
        INSERT INTO machinery.closed AS c (one, why) VALUES (true, p_why)
            ON CONFLICT (one) DO UPDATE SET why = excluded.why WHERE c.why <> excluded.why;
    END IF;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON machinery.closed TO heed_rule;
GRANT EXECUTE ON FUNCTION register.close_reading(text) TO heed_sequencer;
