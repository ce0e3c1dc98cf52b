-- Whether staff can read at all, and whether all of it is invented: no count, no id, no content.
CREATE FUNCTION machinery.state() RETURNS TABLE (begun boolean, stopped boolean, demonstration boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT EXISTS (SELECT FROM facts.head) AND NOT EXISTS (SELECT FROM machinery.closed),
                        EXISTS (SELECT FROM facts.stopped) OR EXISTS (SELECT FROM words.stopped),
                        EXISTS (SELECT FROM register.installation i WHERE i.demonstration);
END $$;
GRANT EXECUTE ON FUNCTION machinery.state() TO heed_office;
