-- Drafts of letters, calls, answers and notes, each form's own, sealed with a key of the office; nobody else's can be
-- asked for.
CREATE TABLE machinery.draft (
    person  uuid NOT NULL,
    draft   uuid NOT NULL,
    sealed  bytea,  -- null: its form is on the record
    kept_at timestamptz NOT NULL,
    PRIMARY KEY (person, draft)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON machinery.draft TO heed_rule;

-- Keeps mine over what the form has seen of it, `p_seen`; what another window kept since is never overwritten. Null: its
-- form is on the record, and what comes late is not kept again. A session, and so a form, lasts twelve hours.
-- The office counts to 20 those that one can go on with: only it knows on which record each waits.
CREATE FUNCTION machinery.keep_draft(p_draft uuid, p_sealed bytea, p_seen timestamptz) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me   uuid := machinery.me();
    kept timestamptz;
BEGIN
    IF me IS NULL THEN
        RAISE EXCEPTION 'sign in first' USING ERRCODE = 'HE009';
    END IF;
    IF p_sealed IS NULL OR octet_length(p_sealed) > 1048576 THEN
        RAISE EXCEPTION 'a draft has at most 1 MB' USING ERRCODE = 'HE003';
    END IF;
    DELETE FROM machinery.draft d
        WHERE d.person = me AND d.sealed IS NULL AND d.kept_at < register.now() - interval '12 hours';
    IF (SELECT count(*) FROM machinery.draft d WHERE d.person = me AND d.sealed IS NOT NULL AND d.draft <> p_draft) >= 40 THEN
        RAISE EXCEPTION 'a person has at most 40 drafts' USING ERRCODE = 'HE046';
    END IF;
    INSERT INTO machinery.draft AS d (person, draft, sealed, kept_at) VALUES (me, p_draft, p_sealed, register.now())
        ON CONFLICT (person, draft) DO UPDATE SET sealed = p_sealed,
            kept_at = greatest(excluded.kept_at, d.kept_at + interval '1 microsecond')
        WHERE d.sealed IS NOT NULL AND d.kept_at = p_seen
        RETURNING d.kept_at INTO kept;
    IF kept IS NULL AND EXISTS (SELECT FROM machinery.draft d
            WHERE d.person = me AND d.draft = p_draft AND d.sealed IS NOT NULL) THEN
        RAISE EXCEPTION 'another window kept something else since' USING ERRCODE = 'HE047';
    END IF;
    RETURN kept;
END $$;

-- Ends mine as the form has seen it: its form is on the record, or I throw it away. What another window kept since
-- stays. Answers whether nothing stays.
CREATE FUNCTION machinery.end_draft(p_draft uuid, p_seen timestamptz, p_recorded boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL THEN
        RAISE EXCEPTION 'sign in first' USING ERRCODE = 'HE009';
    END IF;
    IF p_recorded THEN
        INSERT INTO machinery.draft AS d (person, draft, kept_at) VALUES (me, p_draft, register.now())
            ON CONFLICT (person, draft) DO UPDATE SET sealed = NULL, kept_at = excluded.kept_at
            WHERE d.kept_at = p_seen;
    ELSE
        DELETE FROM machinery.draft d
            WHERE d.person = me AND d.draft = p_draft AND d.sealed IS NOT NULL AND d.kept_at = p_seen;
    END IF;
    RETURN NOT EXISTS (SELECT FROM machinery.draft d
                       WHERE d.person = me AND d.draft = p_draft AND d.sealed IS NOT NULL);
END $$;

-- Mine that are not on the record, newest first.
CREATE FUNCTION machinery.my_drafts() RETURNS TABLE (draft uuid, sealed bytea, kept_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT d.draft, d.sealed, d.kept_at FROM machinery.draft d
        WHERE d.person = machinery.me() AND d.sealed IS NOT NULL ORDER BY d.kept_at DESC, d.draft;
END $$;
GRANT EXECUTE ON FUNCTION machinery.keep_draft(uuid, bytea, timestamptz),
    machinery.end_draft(uuid, timestamptz, boolean), machinery.my_drafts() TO heed_office;
