-- Facts: who owns what since when. Written in the transaction that appends; no words.
-- {facts} is the schema's name: `facts` for the live one, another for one that is rebuilt beside it.
CREATE SCHEMA {facts};

CREATE TABLE {facts}.person (
    id     uuid PRIMARY KEY,
    role   text NOT NULL,
    active boolean NOT NULL
);
CREATE TABLE {facts}.slot (
    id       uuid PRIMARY KEY,
    purpose  text NOT NULL,
    fallback uuid NOT NULL
);
CREATE TABLE {facts}.turn (
    entry     uuid PRIMARY KEY,
    slot      uuid NOT NULL,
    person    uuid NOT NULL,
    starts_at timestamptz NOT NULL
);
CREATE TABLE {facts}.record (
    id        uuid PRIMARY KEY,
    reference text NOT NULL,
    channel   text NOT NULL,
    danger    text NOT NULL,
    owner     uuid NOT NULL,
    filed_at  timestamptz NOT NULL,
    said_at   timestamptz NOT NULL,
    spooled_at timestamptz,
    opened_at timestamptz,
    opened_by uuid
);
CREATE INDEX record_owner ON {facts}.record (owner, filed_at);
CREATE TABLE {facts}.item (
    entry   uuid PRIMARY KEY,
    record  uuid NOT NULL,
    version integer NOT NULL,
    kind    text NOT NULL,
    at      timestamptz NOT NULL,
    actor   uuid
);
CREATE INDEX item_record ON {facts}.item (record, version);
CREATE TABLE {facts}.look (
    entry   uuid PRIMARY KEY,
    person  uuid NOT NULL,
    records uuid[] NOT NULL,
    purpose text NOT NULL,
    at      timestamptz NOT NULL
);
-- Streams that hold something which this version cannot read: hidden from every reader until it can.
CREATE TABLE {facts}.stopped (
    stream uuid PRIMARY KEY,
    entry  uuid NOT NULL,
    why    text NOT NULL
);
-- One row, set last when facts are swapped: a reader who does not see it sees nothing.
CREATE TABLE {facts}.head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one)
);

-- The planner's samples would tell whoever may ask for a plan how many records another person has:
-- "=" on a uuid counts as leakproof, so EXPLAIN uses them in spite of row-level security.
DO $$
DECLARE c record;
BEGIN
    FOR c IN SELECT a.attrelid::regclass AS tab, a.attname FROM pg_attribute a
             WHERE a.attrelid IN ('{facts}.person'::regclass, '{facts}.record'::regclass, '{facts}.item'::regclass)
               AND a.attnum > 0 LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', c.tab, c.attname);
    END LOOP;
END $$;
