-- The machinery: sessions, credentials, work queues and tickets. Nothing here is a fact of a case.
CREATE SCHEMA machinery;

CREATE TABLE machinery.credential (
    person        uuid PRIMARY KEY,
    username      text NOT NULL UNIQUE,
    password_hash text NOT NULL
);

-- The cookie holds a random key; the database holds its hash. Only heed_signin inserts.
CREATE TABLE machinery.session (
    key_hash   bytea PRIMARY KEY CHECK (octet_length(key_hash) = 32),
    person     uuid NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL
);

-- Entries whose words the opener has not yet brought to the words tables. The lowest rank is opened first: what is
-- small before what is large, and of these where somebody is in danger.
CREATE TABLE machinery.unopened (
    n     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry uuid NOT NULL UNIQUE,
    rank  smallint NOT NULL DEFAULT 1
);
CREATE INDEX unopened_rank ON machinery.unopened (rank, n);

-- A look that was asked for: words come only when the transaction that asked has committed, and only those that a
-- look for this purpose opens.
CREATE TABLE machinery.ticket (
    look     uuid PRIMARY KEY,
    session  bytea NOT NULL,
    records  uuid[] NOT NULL,
    asked_in xid8 NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    purpose  text NOT NULL
);
CREATE INDEX ticket_session ON machinery.ticket (session, asked_at);

-- The demonstration's clock runs beside the real one by a shift. register.now() reads it only in a
-- demonstration; sessions and tickets never do.
CREATE TABLE machinery.clock (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    shift interval NOT NULL
);
