-- What people may see of restrictions, offers and other people's records, each through one narrow door: facts only.

-- Offers that I may take, and mine that nobody has taken yet.
CREATE FUNCTION machinery.my_offers() RETURNS TABLE (
    offer uuid, record uuid, reference text, channel text, danger text, filed_at timestamptz, giver uuid, taker uuid,
    at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT o.entry, o.record, r.reference, r.channel, r.danger, r.filed_at, o.giver, o.taker, o.at
        FROM facts.offer o JOIN facts.record r ON r.id = o.record
        WHERE o.state = 'open' AND me IN (o.taker, o.giver) AND o.record NOT IN (SELECT register.walled_from(me))
        ORDER BY o.at, o.entry;
END $$;

-- The restrictions on a record, for whoever may read it.
CREATE FUNCTION machinery.restrictions(p_record uuid) RETURNS TABLE (
    wall uuid, person uuid, unit uuid, ground text, at timestamptz, lift_asked_by uuid, lifted boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT w.entry, w.person, w.unit, w.ground, w.at, w.lift_asked_by, w.lifted FROM facts.wall w
        WHERE w.record = p_record AND w.record IN (SELECT machinery.my_records()) ORDER BY w.at, w.entry;
END $$;

-- For the access custodian, and for an overseer as the second person: every restriction that stands, no content.
-- `looks`: how often the restricted person looked at the record, and when last; the certificate's figure.
CREATE FUNCTION machinery.custody() RETURNS TABLE (
    wall uuid, record uuid, reference text, person uuid, unit uuid, ground text, at timestamptz, lift_asked_by uuid,
    looks bigint, last_look timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT (register.holds(me, 'custodian') OR register.holds(me, 'overseer'))
       OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT w.entry, w.record, r.reference, w.person, w.unit, w.ground, w.at, w.lift_asked_by,
               l.looks, l.last_look
        FROM facts.wall w JOIN facts.record r ON r.id = w.record
        CROSS JOIN LATERAL (SELECT count(*) AS looks, max(k.at) AS last_look FROM facts.look k
                            WHERE k.person = w.person AND w.record = ANY (k.records)) AS l
        WHERE NOT w.lifted AND w.record NOT IN (SELECT register.walled_from(me))
        ORDER BY w.at, w.entry;
END $$;

-- For an overseer: reference, clock and owner of every record that they are not walled from, newest first.
CREATE FUNCTION machinery.overseen(p_before timestamptz, p_last uuid, p_limit integer) RETURNS TABLE (
    record uuid, reference text, channel text, danger text, filed_at timestamptz, said_at timestamptz,
    opened_at timestamptz, owner uuid, handed integer, asked_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT register.holds(me, 'overseer')
       OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT r.id, r.reference, r.channel, r.danger, r.filed_at, r.said_at, r.opened_at, r.owner, r.handed,
               (SELECT max(q.at) FROM facts.request q WHERE q.person = me AND q.record = r.id
                AND q.at > register.now() - interval '7 days')
        FROM facts.record r
        WHERE (r.filed_at, r.id) < (coalesce(p_before, 'infinity'), coalesce(p_last, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
          AND EXISTS (SELECT FROM words.screened s WHERE s.record = r.id)
          AND r.id NOT IN (SELECT register.walled_from(me))
        ORDER BY r.filed_at DESC, r.id DESC LIMIT least(p_limit, 200);
END $$;

-- Who looked at a record, for an overseer who may read it.
CREATE FUNCTION machinery.looks_at(p_record uuid) RETURNS TABLE (person uuid, purpose text, at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    RETURN QUERY
        SELECT k.person, k.purpose, k.at FROM facts.look k
        WHERE p_record = ANY (k.records) AND register.holds(me, 'overseer')
          AND p_record IN (SELECT machinery.my_records()) ORDER BY k.at, k.entry;
END $$;

GRANT EXECUTE ON FUNCTION machinery.my_offers(), machinery.restrictions(uuid), machinery.custody(),
    machinery.overseen(timestamptz, uuid, integer), machinery.looks_at(uuid) TO heed_office;
