-- A look counts as having seen what was said only where the opener had brought all of it: else nobody was shown it.

-- What whoever answers for a record must see: all that was said, each file that somebody else put on, and what whoever
-- got a referral answered by a link: that stands in a stream of their own.
CREATE FUNCTION register.said_in(p_record uuid) RETURNS TABLE (entry uuid, at timestamptz) LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT i.entry, i.at FROM facts.item i LEFT JOIN facts.file f ON f.entry = i.entry
        WHERE i.record = p_record AND (i.kind IN ('filed', 'added')
              OR (i.kind = 'file_added' AND (i.actor IS NULL OR f.news_to IS NOT NULL)))
        UNION ALL SELECT s.entry, s.at FROM facts.step s
        WHERE s.record = p_record AND s.news;
END $$;

-- Of the records that a look names, those where something said waits for the opener: it is too early to have seen
-- them. It waits for whoever is adding to one of them now, and holds off the next until the look is committed: what
-- comes then bears a later time, because `append` reads the clock behind the same lock.
CREATE FUNCTION register.early_at(p_records uuid[]) RETURNS text[] LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM register.head h WHERE h.stream = ANY (p_records) ORDER BY h.stream FOR SHARE;
    RETURN ARRAY(SELECT DISTINCT r.id::text FROM unnest(p_records) AS r(id)
                 WHERE EXISTS (SELECT FROM register.said_in(r.id) AS s
                               JOIN machinery.unopened u ON u.entry = s.entry) ORDER BY 1);
END $$;
