-- Which records wait to be screened. These are few, all others are many: so a question about all of a person's records
-- asks for these once, and not for each record whether words.screened has it.

CREATE TABLE machinery.unscreened (
    record uuid PRIMARY KEY
);
GRANT SELECT, INSERT, DELETE ON machinery.unscreened TO heed_rule;

-- Whatever path leads there, a record is in one of the two tables: in this one from the transaction that makes it,
-- until words.screened has it. facts_walls.sql and words_walls.sql say when; none of this is granted.
CREATE FUNCTION register.keep_unscreened() RETURNS trigger LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO machinery.unscreened (record) VALUES (OLD.record) ON CONFLICT DO NOTHING;
    ELSIF TG_TABLE_NAME = 'screened' THEN
        DELETE FROM machinery.unscreened u WHERE u.record = NEW.record;
    ELSE
        INSERT INTO machinery.unscreened (record)
            SELECT NEW.id WHERE NOT EXISTS (SELECT FROM words.screened s WHERE s.record = NEW.id) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
