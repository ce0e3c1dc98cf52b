-- The register: sealed entries, their order, and the signed heads. Only register.append() writes entries.
CREATE SCHEMA register;

-- One row an entry. The stored bytes are the record: header in clear, facts in clear and committed
-- by hash in the header, words sealed. `id`, `stream` and `version` repeat the header for the indexes.
CREATE TABLE register.entry (
    stream     uuid    NOT NULL,
    version    integer NOT NULL CHECK (version > 0),
    id         uuid    NOT NULL UNIQUE,
    header     bytea   NOT NULL,
    facts      bytea   NOT NULL,
    commitment bytea   NOT NULL CHECK (octet_length(commitment) = 32),
    sealed     bytea   NOT NULL,
    PRIMARY KEY (stream, version)
);
ALTER TABLE register.entry ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- The entry's key, wrapped once for each recipient; outside the entry so that it can be destroyed lawfully.
CREATE TABLE register.wrapped_key (
    entry     uuid  NOT NULL,
    recipient text  NOT NULL,
    wrap      bytea NOT NULL,
    PRIMARY KEY (entry, recipient)
);

-- The lock of each stream: `append` holds the row while it takes the next version.
CREATE TABLE register.head (
    stream  uuid    PRIMARY KEY,
    version integer NOT NULL
) WITH (fillfactor = 50);

-- Entries that wait for their place in the tree. `n` keeps a stream's own order, never the log's order.
CREATE TABLE register.pending (
    n     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry uuid  NOT NULL UNIQUE,
    data  bytea NOT NULL
);

CREATE TABLE register.leaf (
    seq   bigint PRIMARY KEY CHECK (seq >= 0),
    entry uuid   NOT NULL UNIQUE,
    data  bytea  NOT NULL CHECK (octet_length(data) = 33)
);

CREATE TABLE register.checkpoint (
    size      bigint PRIMARY KEY CHECK (size > 0),
    root      bytea  NOT NULL CHECK (octet_length(root) = 32),
    note      bytea  NOT NULL,
    signed_at timestamptz NOT NULL
);

-- Which head was the newest on some day.
CREATE INDEX checkpoint_signed ON register.checkpoint (signed_at, size);

-- The way back for a reporter: found by a hash of the return code, opened by the code alone.
CREATE TABLE register.thread (
    lookup          bytea PRIMARY KEY CHECK (octet_length(lookup) = 32),
    stream          uuid  NOT NULL UNIQUE,
    public_key      bytea NOT NULL CHECK (octet_length(public_key) = 1216),
    wrapped_private bytea NOT NULL CHECK (octet_length(wrapped_private) = 124)
);

-- One row: the first entry, and whether it says that this register is a demonstration.
CREATE TABLE register.installation (
    one           boolean PRIMARY KEY CHECK (one),
    entry         uuid    NOT NULL,
    demonstration boolean NOT NULL
);

-- Empty tables that are only locked: appends against a rebuild's swap, and one sequencer at a time.
CREATE TABLE register.gate ();
CREATE TABLE register.sequencing ();

-- Who may append what. `session_user` is the login role, which no SET ROLE changes.
CREATE TABLE register.permit (
    role text NOT NULL,
    kind text NOT NULL,
    PRIMARY KEY (role, kind)
);
INSERT INTO register.permit (role, kind) VALUES
    ('heed_owner',  'begun'),
    ('heed_owner',  'person_added'),
    ('heed_owner',  'slot_added'),
    ('heed_owner',  'turn_added'),
    ('heed_owner',  'credential_set'),
    ('heed_owner',  'unit_added'),
    ('heed_owner',  'unit_moved'),
    ('heed_owner',  'employed'),
    ('heed_owner',  'employment_ended'),
    ('heed_owner',  'posts_set'),
    ('heed_owner',  'left'),
    ('heed_owner',  'relation_declared'),
    ('heed_intake', 'filed'),
    ('heed_intake', 'added'),
    ('heed_intake', 'file_added'),
    ('heed_office', 'file_added'),
    ('heed_office', 'file_flagged'),
    ('heed_office', 'filed'),
    ('heed_office', 'answered'),
    ('heed_office', 'looked'),
    ('heed_office', 'walled'),
    ('heed_opener', 'name_matched'),
    ('heed_office', 'wall_confirmed'),
    ('heed_office', 'lift_asked'),
    ('heed_office', 'wall_lifted'),
    ('heed_office', 'hand_over_offered'),
    ('heed_office', 'hand_over_accepted'),
    ('heed_office', 'hand_over_declined'),
    ('heed_office', 'relation_declared'),
    ('heed_office', 'content_asked'),
    ('heed_office', 'person_added'),
    ('heed_office', 'unit_added'),
    ('heed_office', 'unit_moved'),
    ('heed_office', 'employed'),
    ('heed_office', 'employment_ended'),
    ('heed_office', 'posts_set'),
    ('heed_office', 'left'),
    ('heed_office', 'turn_added'),
    ('heed_office', 'sorted'),
    ('heed_office', 'reviewed'),
    ('heed_office', 'noted'),
    ('heed_office', 'called'),
    ('heed_office', 'parents_told'),
    ('heed_owner',  'away'),
    ('heed_owner',  'back'),
    ('heed_owner',  'fallback_set'),
    ('heed_office', 'away'),
    ('heed_office', 'back'),
    ('heed_office', 'fallback_set'),
    ('heed_office', 'invited'),
    ('heed_office', 'withdrawal_asked'),
    ('heed_office', 'relation_withdrawn'),
    ('heed_signin', 'credential_set'),
    ('heed_opener', 'unit_named'),
    ('heed_office', 'child_named'),
    ('heed_office', 'adult_named'),
    ('heed_office', 'decided'),
    ('heed_office', 'contact_joined'),
    ('heed_office', 'contact_parted'),
    ('heed_office', 'access_asked'),
    ('heed_office', 'access_granted'),
    ('heed_office', 'access_given'),
    ('heed_office', 'access_ended'),
    ('heed_office', 'access_declined'),
    ('heed_office', 'glass_broken'),
    ('heed_office', 'glass_reviewed'),
    ('heed_office', 'flag_withdrawal_asked'),
    ('heed_office', 'flag_withdrawn'),
    ('heed_office', 'glass_asked'),
    ('heed_office', 'glass_approved'),
    ('heed_intake', 'identity_sealed'),
    ('heed_office', 'identity_sealed'),
    ('heed_office', 'identity_asked'),
    ('heed_office', 'identity_agreed'),
    ('heed_office', 'identity_declined'),
    ('heed_office', 'identity_opened'),
    ('heed_office', 'identity_reviewed'),
    ('heed_owner',  'remit_given'),
    ('heed_owner',  'remit_ended'),
    ('heed_office', 'remit_given'),
    ('heed_office', 'remit_ended'),
    ('heed_sweep',  'chased'),
    ('heed_office', 'criticised'),
    ('heed_office', 'referred'),
    ('heed_office', 'referral_heard'),
    ('heed_office', 'reach_kept'),
    ('heed_office', 'pack_made'),
    ('heed_office', 'link_made'),
    ('heed_office', 'link_ended'),
    ('heed_sweep',  'link_sent'),
    ('heed_intake', 'link_heard'),
    ('heed_sweep',  'call_out'),
    ('heed_office', 'call_answered'),
    ('heed_signin', 'call_answered'),
    ('heed_owner',  'reach_set'),
    ('heed_owner',  'invited'),
    ('heed_office', 'reach_set'),
    ('heed_intake', 'asked_again'),
    ('heed_intake', 'challenged'),
    ('heed_sweep',  'challenge_chased'),
    ('heed_office', 'challenge_answered'),
    ('heed_office', 'reporter_told'),
    ('heed_office', 'telling_held'),
    ('heed_office', 'harm_tested'),
    ('heed_office', 'seconded');

CREATE FUNCTION register.refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the record is append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['entry', 'wrapped_key', 'leaf', 'checkpoint', 'thread', 'installation'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON register.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION register.refuse_change()', t);
        EXECUTE format('ALTER TABLE register.%I ENABLE ALWAYS TRIGGER append_only', t);
    END LOOP;
END $$;
