-- Referrals by link: what the link and a code that is told apart open together, once, and the way back that the
-- receiver gets for it. No face can list links; of a link that gives nothing, no answer says why.
-- The Python twin of what these do to the tables is referral/view.py.

-- What opens, in no entry, so that it can end: `lookup` is made of the link, `proof` of link and code (its hash), `wrap`
-- holds the documents' key under both, and from the opening on under the way back alone; null once nothing opens it
-- any more. `token` is the link itself until it is sent. `stream`: the receiver's own entries, once opened.
CREATE TABLE machinery.link (
    entry      uuid PRIMARY KEY,
    lookup     bytea NOT NULL UNIQUE CHECK (octet_length(lookup) = 32),
    proof      bytea NOT NULL CHECK (octet_length(proof) = 32),
    wrap       bytea CHECK (octet_length(wrap) = 60),
    stream     uuid UNIQUE,
    wrong      integer NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL DEFAULT clock_timestamp() + interval '14 days',
    email      text NOT NULL,
    token      text,
    next_try   timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries      integer NOT NULL DEFAULT 0
);
CREATE INDEX link_unsent ON machinery.link (next_try) WHERE token IS NOT NULL;
CREATE INDEX link_unopened ON machinery.link (entry) WHERE stream IS NULL AND wrap IS NOT NULL;
-- Codes that were tried. What one opens is given only once this row is committed: nobody tries and takes it back.
CREATE TABLE machinery.link_try (
    id       uuid PRIMARY KEY,
    link     uuid NOT NULL,
    fits     boolean NOT NULL,
    tried_in xid8 NOT NULL,
    tried_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT, INSERT, UPDATE ON machinery.link TO heed_rule;
GRANT SELECT, INSERT, DELETE ON machinery.link_try TO heed_rule;

-- Whether a link was neither taken back nor made for a referral that was recorded in error.
CREATE FUNCTION register.link_stands(p_link uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM facts.link k WHERE k.entry = p_link AND k.ended_at IS NULL
                   AND NOT EXISTS (SELECT FROM facts.step s WHERE s.referral = k.referral AND s.what = 'in error'));
END $$;

-- Whether it gives out its documents: not while reading is closed, nor while a file of its pack must stay, nor to who is criticised,
-- nor where who told us was sealed since its pack was made: their name may stand in that. A link that
-- names no pack, as the first ones did, gives none.
CREATE FUNCTION register.link_gives(p_link uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN register.link_stands(p_link) AND EXISTS (SELECT FROM facts.head)
       AND NOT EXISTS (SELECT FROM machinery.closed)
       AND EXISTS (SELECT FROM facts.link k CROSS JOIN LATERAL register.packs_of(k.record) AS p
                   WHERE k.entry = p_link AND p.pack = k.pack AND NOT register.judges_itself(k.referral) AND register.may_travel(k.record, p.sent)
                     AND NOT EXISTS (SELECT FROM facts.item i WHERE i.record = k.record AND i.kind = 'identity_sealed' AND i.version > p.version));
END $$;

-- Whether its email was not sent, and will not be.
CREATE FUNCTION register.link_unsent(p_link uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM facts.step s WHERE s.link = p_link AND s.what = 'not sent');
END $$;

-- What has become of a link: "waiting" for its code, "opened", "locked" by wrong codes, "not sent" and so with nobody,
-- "expired" or "ended". It says so without what would open it: that may be forgotten by then.
CREATE FUNCTION register.link_state(p_link uuid) RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT CASE WHEN NOT register.link_stands(l.entry) THEN 'ended'
                        WHEN l.stream IS NOT NULL THEN 'opened'
                        WHEN l.wrong >= 5 THEN 'locked'
                        WHEN l.wrap IS NULL AND register.link_unsent(l.entry) THEN 'not sent'
                        WHEN l.wrap IS NULL OR l.expires_at < clock_timestamp() THEN 'expired'
                        ELSE 'waiting' END
            FROM machinery.link l WHERE l.entry = p_link);
END $$;

-- Tries a code. It answers the same whatever was tried, and does the same to the tables: what a connection can see of
-- its own locks and counters tells nothing either. The row's lock lets one try in at a time; and a transaction has one
-- try of a link: a second would show by its work whether the first one locked it, and both could be taken back.
CREATE FUNCTION register.try_link(p_lookup bytea, p_proof bytea) RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made  record;
    given uuid := gen_random_uuid();
BEGIN
    SELECT l.* INTO made FROM machinery.link l WHERE l.lookup = p_lookup FOR UPDATE;
    IF register.link_state(made.entry) = 'waiting' AND NOT EXISTS (
            SELECT FROM machinery.link_try t WHERE t.link = made.entry AND t.tried_in = pg_current_xact_id()) THEN
        DELETE FROM machinery.link_try t WHERE t.tried_at < clock_timestamp() - interval '1 hour';
        UPDATE machinery.link l SET wrong = l.wrong + (sha256(p_proof) IS DISTINCT FROM l.proof)::int WHERE l.entry = made.entry;
        INSERT INTO machinery.link_try (id, link, fits, tried_in)
            VALUES (given, made.entry, sha256(p_proof) IS NOT DISTINCT FROM made.proof, pg_current_xact_id());
    END IF;
    RETURN given;
END $$;

-- The link behind a try that fitted, is committed, and is five minutes old at most; null: there is none.
CREATE FUNCTION register.link_tried(p_try uuid) RETURNS uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT t.link FROM machinery.link_try t WHERE t.id = p_try AND t.fits
            AND pg_xact_status(t.tried_in) = 'committed' AND t.tried_at > clock_timestamp() - interval '5 minutes');
END $$;

-- What the code opens: ciphertext, and its key under link and code. Until somebody says by name that they open it.
CREATE FUNCTION register.linked(p_try uuid) RETURNS TABLE (entry uuid, sealed bytea, wrap bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT e.id, e.sealed, l.wrap FROM machinery.link l JOIN register.entry e ON e.id = l.entry
        WHERE l.entry = register.link_tried(p_try) AND register.link_state(l.entry) = 'waiting'
          AND register.link_gives(l.entry);
END $$;

-- The same for whoever opened it, by their way back. Of a link that gives no documents any more, no rows, or none of
-- their bytes where answers are still taken.
CREATE FUNCTION register.linked_back(p_lookup bytea) RETURNS TABLE (entry uuid, sealed bytea, wrap bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT e.id, CASE WHEN register.link_gives(l.entry) THEN e.sealed END, l.wrap
        FROM register.thread t JOIN machinery.link l ON l.stream = t.stream JOIN register.entry e ON e.id = l.entry
        WHERE t.lookup = p_lookup AND register.link_stands(l.entry);
END $$;

-- A link is made, to the newest pack of its referral, and ended by whoever answers for the record; the sweep says that it was sent; whoever holds the link and
-- its code opens it, once, and answers by their own way back.
CREATE FUNCTION register.decide_link(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_claims jsonb, p_me uuid)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    about  uuid := register.id_of(p_claims->>'referral');
    newest record;
    made   record;
BEGIN
    IF p_kind = 'link_made' THEN
        PERFORM register.check_owns(p_stream, p_me);
        IF NOT EXISTS (SELECT FROM facts.referral f WHERE f.entry = about AND f.record = p_stream AND f.how = 'link')
           OR EXISTS (SELECT FROM facts.step s WHERE s.referral = about AND s.what = 'in error') THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        IF (p_claims->>'lookup' ~ '^[0-9a-f]{64}$' AND p_claims->>'proof' ~ '^[0-9a-f]{64}$'
            AND p_claims->>'wrap' ~ '^[0-9a-f]{120}$' AND p_claims->>'token' ~ '^[A-Za-z0-9_-]{22,64}$'
            AND length(p_claims->>'email') <= 254 AND p_claims->>'email' ~ '^[!-?A-~]+@[!-?A-~]+$') IS NOT TRUE THEN
            RAISE EXCEPTION 'a link has an address, and what opens it' USING ERRCODE = 'HE003';
        END IF;
        IF EXISTS (SELECT FROM machinery.link l WHERE l.lookup = decode(p_claims->>'lookup', 'hex')) THEN
            RAISE EXCEPTION 'this link is made already' USING ERRCODE = 'HE086';
        END IF;
        SELECT p.pack, p.sent INTO newest FROM register.packs_of(p_stream) AS p
            WHERE p.referral = about ORDER BY p.version DESC LIMIT 1;
        IF newest.pack IS NULL OR newest.pack IS DISTINCT FROM register.id_of(p_claims->>'pack') THEN
            RAISE EXCEPTION 'a link gives the newest pack of its referral' USING ERRCODE = 'HE079';
        ELSIF NOT register.may_travel(p_stream, newest.sent) THEN
            RAISE EXCEPTION 'this file does not travel' USING ERRCODE = 'HE079';
        ELSIF register.judges_itself(about) THEN
            RAISE EXCEPTION 'nobody judges what they or their own line did' USING ERRCODE = 'HE067';
        END IF;
        INSERT INTO machinery.link (entry, lookup, proof, wrap, email, token) VALUES (p_id, decode(p_claims->>'lookup', 'hex'),
            decode(p_claims->>'proof', 'hex'), decode(p_claims->>'wrap', 'hex'), p_claims->>'email', p_claims->>'token');
        RETURN jsonb_build_object('referral', about, 'pack', newest.pack, 'actor', p_me);
    ELSIF p_kind = 'link_heard' THEN
        RETURN register.decide_link_heard(p_stream, p_version, p_claims);
    END IF;
    SELECT k.entry, k.referral, k.ended_at, l.token INTO made FROM facts.link k JOIN machinery.link l ON l.entry = k.entry
        WHERE k.entry = register.id_of(p_claims->>'link') AND k.record = p_stream FOR UPDATE OF l;
    IF p_kind = 'link_ended' THEN
        PERFORM register.check_owns(p_stream, p_me);
        IF made.entry IS NULL THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        ELSIF made.ended_at IS NOT NULL THEN
            RAISE EXCEPTION 'this link has ended' USING ERRCODE = 'HE074';
        END IF;
        RETURN jsonb_build_object('link', made.entry, 'actor', p_me);
    END IF;
    IF made.token IS NULL OR jsonb_typeof(p_claims->'sent') IS DISTINCT FROM 'boolean' THEN
        RAISE EXCEPTION 'no link waits to be sent' USING ERRCODE = 'HE075';
    END IF;
    RETURN jsonb_build_object('link', made.entry, 'referral', made.referral,
                              'what', CASE WHEN p_claims->'sent' = 'true'::jsonb THEN 'sent' ELSE 'not sent' END,
                              'kept', coalesce(p_claims->'kept' = 'true'::jsonb, false));
END $$;

-- The record's lock comes first, as for whoever ends the link: then no count of what waits misses an answer.
-- Whoever opened it may answer for ever, and is given nothing for it. After the link's end their answer confirms nothing
-- by itself, whatever it says: whoever answers for the record judges it.
CREATE FUNCTION register.decide_link_heard(p_stream uuid, p_version integer, p_claims jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named uuid := register.link_tried(register.id_of(p_claims->>'try'));
    held  record;
BEGIN
    IF p_version > 1 THEN
        SELECT l.entry INTO named FROM machinery.link l WHERE l.stream = p_stream;
    END IF;
    SELECT k.* INTO held FROM facts.link k WHERE k.entry = named;
    PERFORM FROM register.head h WHERE h.stream = held.record FOR UPDATE;
    PERFORM FROM machinery.link l WHERE l.entry = named FOR UPDATE;
    IF held.entry IS NULL
       OR (p_version = 1 AND NOT (register.link_state(named) = 'waiting' AND register.link_gives(named))) THEN
        RAISE EXCEPTION 'this link does not work' USING ERRCODE = 'HE404';
    END IF;
    IF p_version = 1 THEN
        IF (p_claims->>'wrap' ~ '^[0-9a-f]{120}$') IS NOT TRUE OR p_claims->>'what' IS DISTINCT FROM 'opened' THEN
            RAISE EXCEPTION 'whoever opens it gets a way back' USING ERRCODE = 'HE003';
        END IF;
        UPDATE machinery.link SET stream = p_stream, wrap = decode(p_claims->>'wrap', 'hex') WHERE entry = named;
    ELSIF (p_claims->>'what' IN ('acknowledged', 'accepted', 'declined', 'reference', 'outcome', 'other')) IS NOT TRUE THEN
        RAISE EXCEPTION 'an answer says what it is' USING ERRCODE = 'HE003';
    END IF;
    RETURN CASE WHEN p_version > 1 THEN '{"news": true}'::jsonb ELSE '{}' END
        || jsonb_build_object('link', named, 'referral', held.referral, 'record', held.record, 'what',
                              CASE register.link_state(named) WHEN 'ended' THEN 'after the end' ELSE p_claims->>'what' END);
END $$;

CREATE FUNCTION register.apply_link(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_at timestamptz,
                                    p_facts jsonb) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_link   uuid := (p_facts->>'link')::uuid;
    its_record uuid := coalesce((p_facts->>'record')::uuid, p_stream);
BEGIN
    IF p_kind = 'link_made' THEN
        INSERT INTO facts.link (entry, record, referral, at, actor, pack) VALUES (p_id, p_stream,
            (p_facts->>'referral')::uuid, p_at, (p_facts->>'actor')::uuid, (p_facts->>'pack')::uuid);
    ELSIF p_kind = 'link_ended' THEN
        UPDATE facts.link SET ended_at = p_at WHERE entry = its_link;
        UPDATE machinery.link SET wrap = NULL, token = NULL WHERE entry = its_link;
    ELSE
        INSERT INTO facts.step (entry, referral, record, version, what, happened_at, at, actor, link, news)
            VALUES (p_id, (p_facts->>'referral')::uuid, its_record, p_version, p_facts->>'what', p_at, p_at, NULL, its_link,
                    (p_facts->>'news')::boolean);
        -- Sent or not, it leaves the database; and what opens it, too, where nobody has it: not even a folder.
        UPDATE machinery.link SET token = NULL, wrap = CASE WHEN p_facts->>'what' = 'not sent'
            AND NOT (p_facts->>'kept')::boolean THEN NULL ELSE wrap END WHERE entry = its_link;
    END IF;
    IF p_kind <> 'link_heard' THEN  -- that is in the receiver's own stream
        INSERT INTO facts.item (entry, record, version, kind, at, actor)
            VALUES (p_id, p_stream, p_version, p_kind, p_at, (p_facts->>'actor')::uuid);
    END IF;
    IF p_kind IN ('link_sent', 'link_heard') THEN
        PERFORM register.count_to_do(its_record);
    END IF;
    IF p_facts ? 'news' THEN  -- they answered: whoever answers for the record is told, and reads it
        UPDATE facts.record r SET aside_at = NULL WHERE r.id = its_record;
        PERFORM register.count_unseen(ARRAY[its_record]);
        PERFORM register.notify(p_id, its_record, ARRAY(SELECT r.owner FROM facts.record r WHERE r.id = its_record));
    END IF;
END $$;

-- The links of records that the reader may see; to whom, once a look is committed.
CREATE FUNCTION machinery.links(p_records uuid[]) RETURNS TABLE (
    entry uuid, referral uuid, at timestamptz, actor uuid, state text, expires_at timestamptz, wrong integer, email text,
    unsent boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT k.entry, k.referral, k.at, k.actor, CASE register.link_state(k.entry) WHEN 'waiting' THEN
                   CASE WHEN register.link_unsent(k.entry) THEN 'not sent' ELSE 'waiting' END
                   ELSE register.link_state(k.entry) END, k.at + interval '14 days', l.wrong,
               CASE WHEN k.record IN (SELECT machinery.my_open_records()) THEN l.email ELSE '' END,
               l.token IS NOT NULL
        FROM facts.link k JOIN machinery.link l ON l.entry = k.entry
        WHERE k.record = ANY (p_records) AND machinery.may_see(k.record) ORDER BY k.at, k.entry;
END $$;

-- The next link to send, for 90 seconds; what became of it is an entry.
CREATE FUNCTION machinery.link_to_send() RETURNS TABLE (link uuid, record uuid, token text, email text, tries integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE moment timestamptz := clock_timestamp();
BEGIN
    RETURN QUERY
        UPDATE machinery.link m SET next_try = moment + interval '90 seconds', tries = m.tries + 1
        FROM (SELECT l.entry, k.record FROM machinery.link l JOIN facts.link k ON k.entry = l.entry
              WHERE l.token IS NOT NULL AND l.next_try NOT BETWEEN moment AND moment + interval '10 minutes'
                AND register.link_state(l.entry) = 'waiting'
              ORDER BY l.next_try LIMIT 1 FOR UPDATE OF l SKIP LOCKED) AS d
        WHERE m.entry = d.entry RETURNING m.entry, d.record, m.token, m.email, m.tries;
END $$;

-- Forgets what opens the links that nobody can open any more. The try that locks one does not: whoever sends it would
-- see by its work that the code was wrong, and could take it back. None of them is waited for.
CREATE FUNCTION machinery.forget_links() RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE machinery.link m SET wrap = NULL, token = NULL
        FROM (SELECT l.entry FROM machinery.link l WHERE l.stream IS NULL AND l.wrap IS NOT NULL
                AND register.link_state(l.entry) <> 'waiting' FOR UPDATE OF l SKIP LOCKED) AS d
        WHERE m.entry = d.entry;
END $$;

-- It did not go, and may later: it is tried again after so many seconds.
CREATE FUNCTION machinery.link_not_sent(p_link uuid, p_again integer) RETURNS void LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE machinery.link l SET next_try = clock_timestamp() + p_again * interval '1 second' WHERE l.entry = p_link;
END $$;

GRANT EXECUTE ON FUNCTION machinery.links(uuid[]) TO heed_office;
GRANT EXECUTE ON FUNCTION machinery.link_to_send(), machinery.link_not_sent(uuid, integer), machinery.forget_links()
    TO heed_sweep;
GRANT EXECUTE ON FUNCTION register.try_link(bytea, bytea), register.linked(uuid), register.linked_back(bytea) TO heed_intake;
