-- Restrictions that are owed: a name was found in what was told, but whoever bears it is the last who could answer
-- for the record (HE014). The words are kept, the record is hidden from them at once, and the opener restricts them
-- as soon as there is somebody else. And nobody takes anything on whose own name was not looked for yet.

CREATE TABLE machinery.owed_match (
    record uuid NOT NULL,
    person uuid NOT NULL,
    entry  uuid NOT NULL,  -- where the name stands
    PRIMARY KEY (record, person)
);
GRANT SELECT, INSERT, DELETE ON machinery.owed_match TO heed_rule;

-- What is hidden from a person: every record that they are walled from, or whose restriction of them is owed. Every
-- door that shows a record, or acts on it in somebody's name, asks this. Only who owns it (settling.sql) asks for the wall
-- alone: a restriction is owed only while nobody else could. Not granted.
CREATE FUNCTION register.hidden_from(p_person uuid) RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT register.walled_from(p_person)
                 UNION SELECT o.record FROM machinery.owed_match o WHERE o.person = p_person;
END $$;

CREATE FUNCTION register.hidden(p_person uuid, p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN register.walled(p_person, p_record)
        OR EXISTS (SELECT FROM machinery.owed_match o WHERE o.record = p_record AND o.person = p_person);
END $$;

-- Whether somebody may be given a record to read or to answer for, or be the second person about it.
CREATE FUNCTION register.may_work_on(p_person uuid, p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN register.is_here(p_person) AND NOT register.hidden(p_person, p_record);
END $$;

-- For the opener: a restriction is owed; which are; and one is made.
CREATE FUNCTION machinery.owe_match(p_record uuid, p_person uuid, p_entry uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO machinery.owed_match (record, person, entry) VALUES (p_record, p_person, p_entry)
        ON CONFLICT DO NOTHING;
END $$;

CREATE FUNCTION machinery.owed_matches() RETURNS TABLE (record uuid, person uuid, entry uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT o.record, o.person, o.entry FROM machinery.owed_match o ORDER BY o.record, o.person;
END $$;

CREATE FUNCTION machinery.match_made(p_record uuid, p_person uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM machinery.owed_match o WHERE o.record = p_record AND o.person = p_person;
END $$;

-- Whoever is given something, or takes it, must have been looked for in all that was told: their name is among the
-- words from the transaction on that restricts them. And whoever is given work must have a way to sign in: nobody reads
-- what waits for somebody who cannot. The owner's role sets up people before any words are there.
CREATE FUNCTION register.check_taker(p_stream uuid, p_kind text, p_claims jsonb, p_me uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    worker uuid := CASE p_kind
        WHEN 'hand_over_offered' THEN register.id_of(p_claims->>'taker')
        WHEN 'access_given' THEN register.id_of(p_claims->>'person')
        WHEN 'turn_added' THEN register.id_of(p_claims->>'person')
        WHEN 'fallback_set' THEN register.id_of(p_claims->>'fallback')
        WHEN 'away' THEN register.id_of(p_claims->>'cover') END;
    taker  uuid := CASE
        WHEN p_kind IN ('hand_over_accepted', 'access_asked', 'glass_asked', 'glass_broken') THEN p_me
        WHEN p_kind = 'remit_given' OR (p_kind = 'posts_set' AND p_claims->'posts' <> '[]') THEN p_stream
        ELSE worker END;
BEGIN
    IF p_me IS NULL OR taker IS NULL OR NOT EXISTS (SELECT FROM facts.person p WHERE p.id = taker) THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM words.person w WHERE w.id = taker) THEN
        RAISE EXCEPTION 'this person was not looked for yet in what was told' USING ERRCODE = CASE
            WHEN taker = p_me THEN 'HE404' WHEN p_kind IN ('hand_over_offered', 'access_given', 'away') THEN 'HE017' ELSE 'HE062' END;
    END IF;
    IF EXISTS (SELECT FROM facts.person p WHERE p.id = worker AND NOT p.signs_in) THEN
        RAISE EXCEPTION 'this person has no way to sign in' USING ERRCODE = 'HE063';
    END IF;
END $$;

GRANT EXECUTE ON FUNCTION machinery.owe_match(uuid, uuid, uuid), machinery.owed_matches(),
    machinery.match_made(uuid, uuid) TO heed_opener;
