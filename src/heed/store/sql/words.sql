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
-- What a filing says, as a digest: equal where letters came with the same words (intake/likeness.py).
CREATE TABLE {words}.likeness (
    record uuid PRIMARY KEY,
    digest bytea NOT NULL
);
CREATE INDEX likeness_digest ON {words}.likeness (digest);
-- Later things said that do not open: shown as such, and alarmed; the rest of the record stays readable.
CREATE TABLE {words}.unreadable (
    entry  uuid PRIMARY KEY,
    stream uuid NOT NULL,
    why    text NOT NULL
);
-- How two people are close, as it was declared; shown through narrow doors only.
CREATE TABLE {words}.tie (
    entry uuid PRIMARY KEY,
    how   text NOT NULL
);
CREATE TABLE {words}.stopped (
    stream uuid PRIMARY KEY,
    entry  uuid NOT NULL,
    why    text NOT NULL
);

-- Files, byte for byte as they came; `type` is what the sender's program said.
CREATE TABLE {words}.file (
    entry   uuid PRIMARY KEY,
    stream  uuid NOT NULL,
    version integer NOT NULL,
    name    text NOT NULL,
    type    text NOT NULL,
    bytes   bytea NOT NULL,
    body    text,  -- of an email: what it says, as words.item has it; held with the file
    sought  tsvector GENERATED ALWAYS AS (machinery.indexed(body)) STORED
);
CREATE INDEX file_stream ON {words}.file (stream);
ALTER TABLE {words}.file ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Who told us, where that is sealed apart. Never in an item: no look but one for this opens it, and no search.
CREATE TABLE {words}.identity (
    entry  uuid PRIMARY KEY,
    stream uuid NOT NULL,
    body   text NOT NULL
);

-- No samples for the planner: they would be a second copy of words, outside these walls, and would
-- outlive what is deleted here.
DO $$
DECLARE c record;
BEGIN
    FOR c IN SELECT a.attrelid::regclass AS tab, a.attname FROM pg_attribute a
             WHERE a.attrelid IN ('{words}.item'::regclass, '{words}.person'::regclass,
                                  '{words}.unit'::regclass, '{words}.tie'::regclass,
                                  '{words}.likeness'::regclass, '{words}.file'::regclass,
                                  '{words}.identity'::regclass) AND a.attnum > 0 LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', c.tab, c.attname);
    END LOOP;
END $$;
