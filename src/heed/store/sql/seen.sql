-- What people may see of restrictions, offers and other people's records, each through one narrow door: facts only.

-- Offers that I may take, and mine that nobody has taken yet.
CREATE FUNCTION machinery.my_offers() RETURNS TABLE (
    offer uuid, record uuid, reference text, channel text, danger text, filed_at timestamptz, giver uuid, taker uuid,
    at timestamptz, made_by uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT o.entry, o.record, r.reference, r.channel, r.danger, r.filed_at, o.giver, o.taker, o.at,
               (SELECT i.actor FROM facts.item i WHERE i.entry = o.entry)
        FROM facts.offer o JOIN facts.record r ON r.id = o.record
        WHERE o.state = 'open' AND me IN (o.taker, o.giver) AND o.record NOT IN (SELECT register.hidden_from(me))
        ORDER BY o.at, o.entry;
END $$;

-- The restrictions on a record, for whoever may read it.
CREATE FUNCTION machinery.restrictions(p_record uuid) RETURNS TABLE (
    wall uuid, person uuid, unit uuid, ground text, at timestamptz, lift_asked_by uuid, lifted boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT w.entry, w.person, w.unit, w.ground, w.at, w.lift_asked_by, w.lifted FROM facts.wall w
        WHERE w.record = p_record AND machinery.may_see(p_record) ORDER BY w.at, w.entry;
END $$;

-- For the access custodian, and for an overseer as the second person: every restriction that stands, no content.
-- The certificate's figures: how often whoever it names, or whoever works where it reaches, looked at the record,
-- how often of these since it stands, and when last.
CREATE FUNCTION machinery.custody() RETURNS TABLE (
    wall uuid, record uuid, reference text, person uuid, unit uuid, ground text, at timestamptz, lift_asked_by uuid,
    looks bigint, looks_since bigint, last_look timestamptz, put_in timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT (register.holds(me, 'custodian') OR register.holds(me, 'overseer'))
       OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT w.entry, w.record, r.reference, w.person, w.unit, w.ground, w.at, w.lift_asked_by,
               l.looks, l.since, l.last_look, l.put_in
        FROM facts.wall w JOIN facts.record r ON r.id = w.record
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE k.look) AS looks, count(*) FILTER (WHERE k.look AND k.at > w.at) AS since,
                   max(k.at) FILTER (WHERE k.look) AS last_look, min(k.at) FILTER (WHERE NOT k.look) AS put_in
            FROM (SELECT k.person, k.at, true AS look FROM facts.look k
                  WHERE k.records @> ARRAY[w.record] AND k.purpose <> 'search'
                  UNION ALL  -- who put the words in knows them, though they never looked
                  SELECT i.actor, i.at, false FROM facts.item i WHERE i.record = w.record AND i.kind = 'filed') k
            WHERE (k.person = w.person OR (w.unit IS NOT NULL AND EXISTS (
                   SELECT FROM register.units_of(k.person) AS u
                   WHERE u.unit = w.unit AND (u.until IS NULL OR w.alleged_from IS NULL OR u.until >= w.at
                         OR (u.until >= w.alleged_from AND u.since <= coalesce(w.alleged_until, 'infinity'))))))) AS l
        WHERE NOT w.lifted AND w.record NOT IN (SELECT register.hidden_from(me))
        ORDER BY w.at, w.entry;
END $$;

-- The reference of what I put in myself, and of nothing else. A restriction changes nothing in it: an answer that went
-- away would tell that it came.
CREATE FUNCTION machinery.my_filing(p_record uuid) RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT r.reference FROM facts.item i JOIN facts.record r ON r.id = i.record
            WHERE i.record = p_record AND i.kind = 'filed' AND i.actor = me);
END $$;

-- For an overseer: reference, clock and owner of every record that they are not walled from, newest first; or of
-- one, where it is named.
CREATE FUNCTION machinery.overseen(p_before timestamptz, p_last uuid, p_limit integer, p_record uuid DEFAULT NULL)
RETURNS TABLE (
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
          AND (p_record IS NULL OR r.id = p_record)
          AND EXISTS (SELECT FROM words.screened s WHERE s.record = r.id)
          AND r.id NOT IN (SELECT register.hidden_from(me))
        ORDER BY r.filed_at DESC, r.id DESC LIMIT least(p_limit, 200);
END $$;

-- Who looked at a record, for an overseer who may read it; `said`: why, where they read or looked back by remit.
CREATE FUNCTION machinery.looks_at(p_record uuid) RETURNS TABLE (
    person uuid, purpose text, at timestamptz, said text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    RETURN QUERY
        SELECT k.person, k.purpose, k.at,
               (SELECT i.body FROM words.item i WHERE i.entry = k.entry AND k.purpose IN ('remit', 'lookback'))
        FROM facts.look k
        WHERE k.records @> ARRAY[p_record] AND register.holds(me, 'overseer')
          AND machinery.may_see(p_record) ORDER BY k.at, k.entry;
END $$;

-- One person's looks, newest first, for an overseer: only at records that the overseer is not walled from. Nobody
-- reviews their own: for oneself there is nothing here, another overseer sees it.
CREATE FUNCTION machinery.looks_of(p_person uuid, p_before timestamptz, p_last uuid, p_limit integer) RETURNS TABLE (
    look uuid, records uuid[], refs text[], purpose text, at timestamptz, said text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me     uuid := machinery.me();
    hidden uuid[];
BEGIN
    IF me IS NULL OR p_person = me OR NOT register.holds(me, 'overseer')
       OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    hidden := ARRAY(SELECT register.hidden_from(me));
    RETURN QUERY
        SELECT k.entry, seen.records, seen.refs, k.purpose, k.at,
               (SELECT i.body FROM words.item i WHERE i.entry = k.entry AND k.purpose IN ('remit', 'lookback'))
        FROM facts.look k CROSS JOIN LATERAL (
            SELECT array_agg(r.id ORDER BY r.reference) AS records, array_agg(r.reference ORDER BY r.reference) AS refs
            FROM facts.record r WHERE r.id = ANY (k.records) AND r.id <> ALL (hidden)) AS seen
        WHERE k.person = p_person AND seen.records IS NOT NULL
          AND (k.at, k.entry) < (coalesce(p_before, 'infinity'), coalesce(p_last, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
        ORDER BY k.at DESC, k.entry DESC LIMIT least(p_limit, 200);
END $$;

-- For an administrator: who is on duty now, and the turns that have not begun. `starts_at` is null where nobody's
-- turn holds and the outside contact, `fallback`, has the duty.
CREATE FUNCTION machinery.turns() RETURNS TABLE (
    slot uuid, fallback uuid, person uuid, starts_at timestamptz, on_duty boolean, signs_in boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me     uuid := machinery.me();
    moment timestamptz := register.now();
BEGIN
    IF me IS NULL OR NOT register.holds(me, 'administrator')
       OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT t.*, EXISTS (SELECT FROM facts.person p WHERE p.id = t.holder AND p.signs_in) FROM (
        SELECT s.id, s.fallback, d.holder, (SELECT max(t.starts_at) FROM facts.turn t
               WHERE t.slot = s.id AND t.person = d.holder AND t.starts_at <= moment) AS starts, true AS now
        FROM facts.slot s CROSS JOIN LATERAL (SELECT register.on_duty(s.id, moment) AS holder) AS d
        UNION ALL
        SELECT t.slot, s.fallback, t.person, t.starts_at, false
        FROM facts.turn t JOIN facts.slot s ON s.id = t.slot WHERE t.starts_at > moment
        ) AS t ORDER BY t.now DESC, t.starts;
END $$;

GRANT EXECUTE ON FUNCTION machinery.my_filing(uuid), machinery.my_offers(), machinery.restrictions(uuid), machinery.custody(),
    machinery.overseen(timestamptz, uuid, integer, uuid), machinery.looks_at(uuid),
    machinery.looks_of(uuid, timestamptz, uuid, integer), machinery.turns() TO heed_office;
