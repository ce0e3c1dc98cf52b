-- Words: what was said, in clear, filled by the opener. {words} is the schema's name, as in facts.sql.
CREATE SCHEMA {words};

CREATE TABLE {words}.item (
    entry   uuid PRIMARY KEY,
    stream  uuid NOT NULL,
    version integer NOT NULL,
    kind    text NOT NULL,
    body    text NOT NULL
);
CREATE INDEX item_stream ON {words}.item (stream, version);
CREATE TABLE {words}.person (
    id   uuid PRIMARY KEY,
    name text NOT NULL
);
-- Records whose first words have been opened and screened: before that no face shows row or count.
CREATE TABLE {words}.screened (
    record uuid PRIMARY KEY
);
CREATE TABLE {words}.stopped (
    stream uuid PRIMARY KEY,
    entry  uuid NOT NULL,
    why    text NOT NULL
);
