-- What the opener looks through for the names of staff, besides what it is just opening; none of it is for a face.

-- Whether an adult is the one whom the concern is about, or a child alleged to have harmed, by what was said of them
-- last. Nobody is restricted for being a parent, a witness or a professional at work on it.
CREATE FUNCTION register.is_alleged(p_record uuid, p_concerned uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT n.part IN ('about', 'child') FROM facts.naming n
            WHERE n.record = p_record AND n.concerned = p_concerned ORDER BY n.version DESC LIMIT 1);
END $$;

-- All that was ever said of the people of whom these entries speak, where they are such: the name may stand in one
-- entry, and what they are to the concern in another. `body` is null where the words are not here yet.
CREATE FUNCTION machinery.alleged(p_entries uuid[]) RETURNS TABLE (entry uuid, record uuid, body text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT k.entry, k.record, w.body FROM facts.naming k LEFT JOIN words.item w ON w.entry = k.entry
        WHERE (k.record, k.concerned) IN (SELECT n.record, n.concerned FROM facts.naming n
                                          WHERE n.entry = ANY (p_entries) AND NOT n.child)
          AND register.is_alleged(k.record, k.concerned) ORDER BY k.entry;
END $$;

-- All that was told before, in order of entry: by reporters, in emails that came as files, and by owners of whom a
-- concern is about. A file that was flagged is read by nobody, so neither is its text.
CREATE FUNCTION machinery.told(p_after uuid, p_limit integer) RETURNS TABLE (entry uuid, record uuid, body text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        (SELECT i.entry, i.stream, i.body FROM words.item i
         WHERE i.entry > p_after AND (i.kind IN ('filed', 'added') OR (i.kind = 'adult_named' AND EXISTS (
             SELECT FROM facts.naming n WHERE n.entry = i.entry AND register.is_alleged(n.record, n.concerned))))
         ORDER BY i.entry LIMIT p_limit)
        UNION ALL
        (SELECT s.entry, s.record, i.body FROM facts.step s JOIN words.item i ON i.entry = s.entry
         WHERE s.entry > p_after AND s.news ORDER BY s.entry LIMIT p_limit)
        UNION ALL
        (SELECT f.entry, f.stream, f.body FROM words.file f
         WHERE f.entry > p_after AND f.body IS NOT NULL ORDER BY f.entry LIMIT p_limit)
        ORDER BY 1 LIMIT p_limit;
END $$;

-- Who of newcomers is looked for in it (as machinery.staff_names()), and who was the outside contact until one of
-- these entries: while they were, nobody looked for them.
CREATE FUNCTION machinery.sought(p_people uuid[]) RETURNS SETOF uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT p.id FROM facts.person p WHERE p.id = ANY (p_people) AND p.active
        AND NOT EXISTS (SELECT FROM facts.slot s WHERE s.fallback = p.id)
        AND NOT EXISTS (SELECT FROM words.person w WHERE w.id = p.id);
END $$;

CREATE FUNCTION machinery.former_contacts(p_entries uuid[]) RETURNS TABLE (person uuid, name text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT DISTINCT w.id, w.name FROM register.entry e
        JOIN facts.person p ON p.id::text = convert_from(e.facts, 'UTF8')::jsonb->>'was' AND p.active
        JOIN words.person w ON w.id = p.id
        WHERE e.id = ANY (p_entries) AND NOT EXISTS (SELECT FROM facts.slot s WHERE s.fallback = p.id);
END $$;

-- Who is, or was, restricted by name from these records: whoever is needs no second restriction to be decided about.
CREATE FUNCTION machinery.restricted_by_name(p_records uuid[]) RETURNS TABLE (record uuid, person uuid, lifted boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT w.record, w.person, bool_and(w.lifted) FROM facts.wall w
        WHERE w.record = ANY (p_records) AND w.person IS NOT NULL GROUP BY w.record, w.person;
END $$;

GRANT EXECUTE ON FUNCTION machinery.alleged(uuid[]), machinery.told(uuid, integer), machinery.sought(uuid[]),
    machinery.former_contacts(uuid[]), machinery.restricted_by_name(uuid[]) TO heed_opener;
