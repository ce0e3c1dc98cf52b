-- Words: what was said, in clear, filled by the opener. {words} is the schema's name, as in facts.sql.
CREATE SCHEMA {words};

CREATE TABLE {words}.item (
    entry   uuid PRIMARY KEY,
    stream  uuid NOT NULL,
    version integer NOT NULL,
    kind    text NOT NULL,
    body    text NOT NULL,
    sought  tsvector GENERATED ALWAYS AS (machinery.indexed(body)) STORED
);
CREATE INDEX item_stream ON {words}.item (stream, version);
CREATE INDEX item_sought ON {words}.item USING gin (sought);
CREATE TABLE {words}.person (
    id   uuid PRIMARY KEY,
    name text NOT NULL
);
CREATE TABLE {words}.unit (
    id   uuid PRIMARY KEY,
    name text NOT NULL
);
-- Records whose first words have been opened and screened: before that no face shows row or count.
CREATE TABLE {words}.screened (
    record uuid PRIMARY KEY
);
-- Later things said that do not open: shown as such, and alarmed; the rest of the record stays readable.
CREATE TABLE {words}.unreadable (
    entry  uuid PRIMARY KEY,
    stream uuid NOT NULL,
    why    text NOT NULL
);
CREATE TABLE {words}.stopped (
    stream uuid PRIMARY KEY,
    entry  uuid NOT NULL,
    why    text NOT NULL
);

-- No samples for the planner: they would be a second copy of words, outside these walls, and would
-- outlive what is deleted here.
DO $$
DECLARE c record;
BEGIN
    FOR c IN SELECT a.attrelid::regclass AS tab, a.attname FROM pg_attribute a
             WHERE a.attrelid IN ('{words}.item'::regclass, '{words}.person'::regclass,
                                  '{words}.unit'::regclass) AND a.attnum > 0 LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', c.tab, c.attname);
    END LOOP;
END $$;
