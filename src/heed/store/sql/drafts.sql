-- Drafts of letters and calls: one a person, sealed with a key of the office; nobody else's can be asked for.
CREATE TABLE machinery.draft (
    person  uuid PRIMARY KEY,
    form    uuid NOT NULL,
    sealed  bytea,
    kept_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON machinery.draft TO heed_rule;

-- Keeps mine, or by null throws it away; a form that was done with is not kept again by what comes late.
CREATE FUNCTION machinery.keep_draft(p_form uuid, p_sealed bytea) RETURNS timestamptz LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me   uuid := machinery.me();
    kept timestamptz;
BEGIN
    IF me IS NULL THEN
        RAISE EXCEPTION 'sign in first' USING ERRCODE = 'HE009';
    END IF;
    IF octet_length(p_sealed) > 1048576 THEN
        RAISE EXCEPTION 'a draft has at most 1 MB' USING ERRCODE = 'HE003';
    END IF;
    INSERT INTO machinery.draft AS d (person, form, sealed, kept_at) VALUES (me, p_form, p_sealed, register.now())
        ON CONFLICT (person) DO UPDATE SET form = p_form, sealed = p_sealed, kept_at = excluded.kept_at
        WHERE d.form <> p_form OR d.sealed IS NOT NULL
        RETURNING d.kept_at INTO kept;
    RETURN kept;
END $$;

CREATE FUNCTION machinery.my_draft() RETURNS TABLE (sealed bytea, kept_at timestamptz) LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT d.sealed, d.kept_at FROM machinery.draft d
        WHERE d.person = machinery.me() AND d.sealed IS NOT NULL;
END $$;
GRANT EXECUTE ON FUNCTION machinery.keep_draft(uuid, bytea), machinery.my_draft() TO heed_office;
