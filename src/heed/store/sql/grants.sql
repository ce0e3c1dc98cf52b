-- Who may do what. Everything that is not granted here is refused.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA register, machinery FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO heed_intake, heed_office, heed_opener, heed_sequencer, '
                   'heed_signin, heed_sweep', current_database());
END $$;

GRANT USAGE ON SCHEMA register, machinery TO heed_rule, heed_intake, heed_office, heed_opener, heed_sequencer,
    heed_signin, heed_sweep;
GRANT SELECT, INSERT ON register.entry, register.wrapped_key, register.leaf, register.checkpoint,
    register.thread, register.installation TO heed_rule;
GRANT SELECT, INSERT, UPDATE ON register.head, register.gate, register.sequencing TO heed_rule;
GRANT SELECT, INSERT, DELETE ON register.pending, machinery.unopened TO heed_rule;
GRANT SELECT ON register.permit, machinery.credential, machinery.clock TO heed_rule;
GRANT SELECT, INSERT, DELETE ON machinery.session TO heed_rule;
GRANT SELECT, INSERT, DELETE ON machinery.ticket TO heed_rule;

GRANT EXECUTE ON FUNCTION register.append(uuid, uuid, text, jsonb, bytea, bytea, text[], bytea[], bytea, bytea, bytea)
    TO heed_intake, heed_office, heed_opener, heed_signin, heed_sweep;
GRANT EXECUTE ON FUNCTION register.thread(bytea) TO heed_intake;
GRANT EXECUTE ON FUNCTION register.thread_key(uuid), machinery.me(), machinery.my_records(),
    machinery.my_open_records() TO heed_office;
GRANT EXECUTE ON FUNCTION register.unopened(integer, uuid[], boolean), machinery.opened(uuid[]), machinery.staff_names() TO heed_opener;
GRANT EXECUTE ON FUNCTION register.sequence(integer), register.leaves(bigint, integer),
    register.last_checkpoint(), register.keep_checkpoint(bigint, bytea, bytea) TO heed_sequencer;
GRANT EXECUTE ON FUNCTION machinery.credential_of(text), machinery.start_session(uuid, bytea, integer),
    machinery.end_session(bytea) TO heed_signin;
GRANT EXECUTE ON FUNCTION register.now() TO heed_office, heed_sweep;

-- Definer functions belong to a role that cannot log in and owns no table (a definer owned by the
-- tables' owner recurses under FORCE).
GRANT CREATE ON SCHEMA register, machinery TO heed_rule;
DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN SELECT p.oid::regprocedure FROM pg_proc p
             WHERE p.pronamespace IN ('register'::regnamespace, 'machinery'::regnamespace) LOOP
        IF f <> 'register.refuse_change()'::regprocedure THEN
            EXECUTE format('ALTER FUNCTION %s OWNER TO heed_rule', f);
        END IF;
    END LOOP;
END $$;
REVOKE CREATE ON SCHEMA register, machinery FROM heed_rule;

-- The owner sets up people and slots through the same door.
SET LOCAL ROLE heed_rule;
GRANT EXECUTE ON FUNCTION register.append(uuid, uuid, text, jsonb, bytea, bytea, text[], bytea[], bytea, bytea, bytea)
    TO heed_owner;
-- A rebuild puts these triggers on its new tables; they cannot be called by themselves.
GRANT EXECUTE ON FUNCTION register.check_accountable(), register.keep_unscreened() TO heed_owner;
-- Whoever writes words has them indexed as they are stored: the opener, and a rebuild.
GRANT EXECUTE ON FUNCTION machinery.indexed(text) TO heed_opener, heed_owner;
RESET ROLE;
