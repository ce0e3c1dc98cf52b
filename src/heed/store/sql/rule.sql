-- The rule: who one is, and what one may read. Owned by heed_rule; no function takes a subject.

-- The domain's clock. Shifted only in a demonstration.
CREATE FUNCTION register.now() RETURNS timestamptz LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE moved interval;
BEGIN
    SELECT c.shift INTO moved FROM machinery.clock c
        WHERE EXISTS (SELECT FROM register.installation i WHERE i.demonstration);
    RETURN clock_timestamp() + coalesce(moved, interval '0');
END $$;

-- The hash of the session key that this transaction carries, or null.
CREATE FUNCTION machinery.my_session() RETURNS bytea LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE found_hash bytea;
BEGIN
    SELECT s.key_hash INTO found_hash FROM machinery.session s
        WHERE s.key_hash = sha256(convert_to(current_setting('heed.session', true), 'UTF8'))
          AND s.expires_at > clock_timestamp();
    RETURN found_hash;
END $$;

-- The active person behind this transaction's session key, or null.
CREATE FUNCTION machinery.me() RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE found_person uuid;
BEGIN
    SELECT p.id INTO found_person FROM machinery.session s JOIN facts.person p ON p.id = s.person
        WHERE s.key_hash = machinery.my_session() AND p.active;
    RETURN found_person;
END $$;

-- What a record is to a person now, and so the purpose of their looks at it; null: nothing. Leave that was granted
-- and an emergency opening end by themselves. Not granted.
CREATE FUNCTION register.purpose_of(p_person uuid, p_record uuid) RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE found_how text;
BEGIN
    IF EXISTS (SELECT FROM facts.record r WHERE r.id = p_record AND r.owner = p_person) THEN
        RETURN 'own queue';
    ELSIF register.holds(p_person, 'overseer') AND EXISTS (
            SELECT FROM facts.request q WHERE q.person = p_person AND q.record = p_record
            AND q.at > register.now() - interval '7 days') THEN
        RETURN 'oversight';
    END IF;
    SELECT o.how INTO found_how FROM facts.opening o
        WHERE o.person = p_person AND o.record = p_record AND NOT o.ended AND o.until > register.now()
          AND NOT register.holds(p_person, 'administrator')
        ORDER BY o.how = 'granted' DESC LIMIT 1;
    IF found_how IS NULL AND register.reads_by_remit(p_person, p_record) THEN
        RETURN 'remit';
    END IF;
    RETURN found_how;
END $$;

-- read = active, not walled, and owner, or an overseer who asked within a week, or granted or by emergency now, or by remit, once the words are screened, while
-- nothing in the stream is unreadable and the record is not contradicted by a head that was signed.
CREATE FUNCTION machinery.my_records() RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    IF me IS NULL OR NOT EXISTS (SELECT FROM facts.head) OR EXISTS (SELECT FROM machinery.closed) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT r.id FROM (
            SELECT o.id FROM facts.record o WHERE o.owner = me
            UNION SELECT q.record FROM facts.request q
                  WHERE q.person = me AND q.at > register.now() - interval '7 days'
                    AND register.holds(me, 'overseer')
            UNION SELECT o.record FROM facts.opening o
                  WHERE o.person = me AND NOT o.ended AND o.until > register.now()
                    AND NOT register.holds(me, 'administrator')
            UNION SELECT register.by_remit(me)
        ) AS r
        WHERE r.id NOT IN (SELECT u.record FROM machinery.unscreened u)
          AND r.id NOT IN (SELECT s.stream FROM facts.stopped s)
          AND r.id NOT IN (SELECT s.stream FROM words.stopped s)
          AND r.id NOT IN (SELECT register.hidden_from(me));
END $$;

-- The same rule for one record: a question about one does not walk through all of a person's. Not granted.
CREATE FUNCTION machinery.may_see(p_record uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE me uuid := machinery.me();
BEGIN
    RETURN me IS NOT NULL AND EXISTS (SELECT FROM facts.head) AND NOT EXISTS (SELECT FROM machinery.closed)
       AND register.purpose_of(me, p_record) IS NOT NULL
       AND EXISTS (SELECT FROM words.screened s WHERE s.record = p_record)
       AND NOT EXISTS (SELECT FROM facts.stopped s WHERE s.stream = p_record)
       AND NOT EXISTS (SELECT FROM words.stopped s WHERE s.stream = p_record)
       AND NOT register.hidden(me, p_record);
END $$;

-- The records whose look is committed, is mine, and is not older than five minutes, and that I may still see. Few are
-- asked one by one; many, as after a page of letters, at once. A file that is fetched, who told us, or a look back, opens no words.
CREATE FUNCTION machinery.my_open_records() RETURNS SETOF uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    mine   bytea := machinery.my_session();
    looked uuid[] := ARRAY(
        SELECT DISTINCT unnest(t.records) FROM machinery.ticket t
        WHERE t.session = mine
          AND t.purpose NOT IN ('file', 'identity', 'lookback')
          AND t.asked_at > clock_timestamp() - interval '5 minutes'
          AND pg_xact_status(t.asked_in) = 'committed');
BEGIN
    IF cardinality(looked) <= 25 THEN
        RETURN QUERY SELECT l.record FROM unnest(looked) AS l(record) WHERE machinery.may_see(l.record);
    ELSE
        RETURN QUERY SELECT r.id FROM machinery.my_records() AS r(id) WHERE r.id IN (SELECT unnest(looked));
    END IF;
END $$;

-- Who is on duty in a slot: the newest turn that has begun and whose person is here and can sign in, else the fallback.
CREATE FUNCTION register.on_duty(p_slot uuid, p_at timestamptz) RETURNS uuid LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE person uuid;
BEGIN
    SELECT t.person INTO person FROM facts.turn t JOIN facts.person p ON p.id = t.person
        WHERE t.slot = p_slot AND t.starts_at <= p_at AND p.active AND NOT 'administrator' = ANY (p.posts)
          AND p.away_since IS NULL AND p.signs_in
        ORDER BY t.starts_at DESC, t.entry DESC LIMIT 1;
    IF person IS NULL THEN
        SELECT s.fallback INTO person FROM facts.slot s WHERE s.id = p_slot;
    END IF;
    RETURN person;
END $$;
