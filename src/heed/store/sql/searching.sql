-- Search in plain words: each reader searches what they may read, as if there were nothing else.

-- The index of an entry's words, which are canonical JSON: every value but those that are no words, without the
-- names of the fields. Whatever was sent, this never fails: else the opener would stop. Of more than a million
-- characters the first million is indexed; where that is too much for one tsvector (1 MB), first the places of the
-- words go, then its later half, and so on. The words themselves are kept whole.
CREATE FUNCTION machinery.indexed(p_body text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    plain text := left(p_body, 1000000);
    size  integer := 1000000;
BEGIN
    -- The paper of a pack is no word (referral/commands.py).
    plain := regexp_replace(plain, '"pdf":"[A-Za-z0-9+/=]*', ' "', 'g');
    -- An escape is no letter; with the escapes away, what quotation marks are left hold the object together.
    plain := regexp_replace(plain, '\\(u[0-9a-f]{4}|.)', ' ', 'g');
    plain := regexp_replace(plain, '"(channel|danger|child)":"[a-z]*"', ' ', 'g');
    plain := regexp_replace(plain, '[{,]"[a-z_]+":', ' ', 'g');
    BEGIN
        RETURN to_tsvector('english', plain);
    EXCEPTION WHEN program_limit_exceeded THEN
        NULL;
    END;
    WHILE size > 1000 LOOP
        BEGIN
            RETURN strip(to_tsvector('english', left(plain, size)));
        EXCEPTION WHEN program_limit_exceeded THEN
            size := size / 2;
        END;
    END LOOP;
    RETURN ''::tsvector;
END $$;

-- What a search asks for, whatever was typed: where PostgreSQL cannot read it as a search (too many signs, too long a
-- word), its plain words, else nothing. Of more than a thousand characters the first thousand count.
CREATE FUNCTION register.asked_for(p_words text) RETURNS tsquery LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE words text := left(p_words, 1000);
BEGIN
    RETURN websearch_to_tsquery('english', words);
EXCEPTION WHEN internal_error OR program_limit_exceeded THEN
    RETURN plainto_tsquery('english', regexp_replace(words, '[^[:alnum:]]+', ' ', 'g'));
END $$;

-- The newest records, behind a place, of which one thing that was said holds all these words, or that have this
-- reference: of those that I may read, no others. Few are read one by one, so that not even the time taken says
-- anything of other people's. Of many, a rare word is found by the index, a common one by walking from the newest.
-- No plan may walk a whole table: the first five on each connection would, planned for the very records they get.
CREATE FUNCTION machinery.search(p_words text, p_reference text, p_before timestamptz, p_last uuid, p_limit integer)
RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    mine   uuid[] := ARRAY(SELECT machinery.my_records());
    said   tsquery := register.asked_for(p_words);
    hits   uuid[];
    mails  uuid[] := ARRAY(SELECT DISTINCT f.stream FROM words.file f WHERE f.stream = ANY (mine) AND f.sought @@ said);
BEGIN
    IF cardinality(mine) <= 2000 THEN
        WITH own AS MATERIALIZED (
            SELECT i.stream, i.sought FROM words.item i WHERE i.stream = ANY (mine)
        ) SELECT array_agg(DISTINCT o.stream) INTO hits FROM own o WHERE o.sought @@ said;
    ELSE
        WITH few AS MATERIALIZED (
            SELECT i.stream FROM words.item i WHERE i.sought @@ said LIMIT 10001
        ) SELECT coalesce(array_agg(DISTINCT s.stream), '{}') INTO hits FROM few s HAVING count(*) <= 10000;
        IF hits IS NULL THEN
            hits := ARRAY(
                SELECT r.id FROM facts.record r
                WHERE r.id IN (SELECT unnest(mine))
                  AND (r.filed_at, r.id) < (coalesce(p_before, 'infinity'), coalesce(p_last, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
                  AND EXISTS (SELECT FROM words.item i WHERE i.stream = r.id AND i.sought @@ said)
                ORDER BY r.filed_at DESC, r.id DESC LIMIT 26);
        END IF;
    END IF;
    RETURN QUERY
        SELECT r.id FROM facts.record r
        WHERE r.id = ANY (ARRAY(
            (SELECT unnest(hits || mails) UNION SELECT n.id FROM facts.record n WHERE n.reference = p_reference)
            INTERSECT SELECT unnest(mine)))
          AND (r.filed_at, r.id) < (coalesce(p_before, 'infinity'), coalesce(p_last, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
        ORDER BY r.filed_at DESC, r.id DESC LIMIT least(p_limit, 26);
END $$;
GRANT EXECUTE ON FUNCTION machinery.search(text, text, timestamptz, uuid, integer) TO heed_office;
