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
-- words from the transaction on that restricts them. The owner's role sets up people before any words are there.
CREATE FUNCTION register.check_looked_for(p_stream uuid, p_kind text, p_claims jsonb, p_me uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    taker uuid := CASE
        WHEN p_kind IN ('hand_over_accepted', 'access_asked', 'glass_asked', 'glass_broken') THEN p_me
        WHEN p_kind = 'hand_over_offered' THEN register.id_of(p_claims->>'taker')
        WHEN p_kind = 'turn_added' THEN register.id_of(p_claims->>'person')
        WHEN p_kind = 'fallback_set' THEN register.id_of(p_claims->>'fallback')
        WHEN p_kind = 'away' THEN register.id_of(p_claims->>'cover')
        WHEN p_kind = 'remit_given' OR (p_kind = 'posts_set' AND p_claims->'posts' <> '[]') THEN p_stream END;
BEGIN
    IF p_me IS NULL OR taker IS NULL OR NOT EXISTS (SELECT FROM facts.person p WHERE p.id = taker)
       OR EXISTS (SELECT FROM words.person w WHERE w.id = taker) THEN
        RETURN;
    END IF;
    RAISE EXCEPTION 'this person was not looked for yet in what was told' USING ERRCODE = CASE
        WHEN taker = p_me THEN 'HE404' WHEN p_kind IN ('hand_over_offered', 'away') THEN 'HE017' ELSE 'HE062' END;
END $$;

GRANT EXECUTE ON FUNCTION machinery.owe_match(uuid, uuid, uuid), machinery.owed_matches(),
    machinery.match_made(uuid, uuid) TO heed_opener;
