-- The only way in. Each kind of entry says here which facts it carries (`decide`) and what they do (`apply`).

-- A claimed instant, or null; only as RFC 3339 writes it: every reader can read it again ("infinity" would
-- stop the fold), and no refusal repeats what was sent.
CREATE FUNCTION register.instant(p_said text) RETURNS timestamptz LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_said !~ ('^(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?'
                  '(Z|[+-](0\d|1[0-4]):[0-5]\d)$') THEN
        RAISE EXCEPTION 'this is not an instant' USING ERRCODE = 'HE003';
    END IF;
    RETURN p_said::timestamptz;
EXCEPTION WHEN datetime_field_overflow THEN
    RAISE EXCEPTION 'this is not an instant' USING ERRCODE = 'HE003';
END $$;

-- An instant as entries write it: UTC, microseconds, whatever the session's time zone is.
CREATE FUNCTION register.stamp(p_at timestamptz) RETURNS text LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
END $$;

-- An object of texts, whole numbers, booleans, nulls and lists of texts in its one canonical spelling (RFC 8785).
CREATE FUNCTION register.canonical(p_object jsonb) RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT '{' || string_agg(to_json(f.key)::text || ':' || CASE jsonb_typeof(f.value)
            WHEN 'array' THEN '[' || coalesce((SELECT string_agg(one.value::text, ',' ORDER BY one.n)
                FROM jsonb_array_elements(f.value) WITH ORDINALITY AS one(value, n)), '') || ']'
            ELSE f.value::text END, ',' ORDER BY f.key COLLATE "C") || '}'
            FROM jsonb_each(p_object) AS f);
END $$;

-- A claimed person, who must be known and active: nobody else can be accountable.
CREATE FUNCTION register.active_person(p_said text) RETURNS uuid LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE found_person uuid;
BEGIN
    SELECT p.id INTO found_person FROM facts.person p WHERE p.id::text = p_said AND p.active;
    IF found_person IS NULL THEN
        RAISE EXCEPTION 'there is no such person, or they are not active' USING ERRCODE = 'HE003';
    END IF;
    RETURN found_person;
END $$;

-- The facts of an entry: only named keys of the caller's claims pass, checked; the rest the database decides.
CREATE FUNCTION register.decide(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_claims jsonb,
                                p_at timestamptz, p_me uuid) RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    slot_id uuid;
    duty    uuid;
    random  bytea;
    letters constant text := '23456789BCDFGHJKMNPQRSTVWXYZ';
    ref     text := '';
BEGIN
    CASE p_kind  -- each branch before the one that holds costs every entry of that kind: filings come first
    WHEN 'filed' THEN
        IF p_claims->>'danger' NOT IN ('yes', 'no', 'unknown') OR p_claims->>'danger' IS NULL THEN
            RAISE EXCEPTION 'danger is yes, no or unknown' USING ERRCODE = 'HE003';
        END IF;
        IF p_claims->>'channel' NOT IN ('online', 'letter', 'telephone', 'email')
           OR p_claims->>'channel' IS NULL OR (p_me IS NULL AND p_claims->>'channel' <> 'online') THEN
            RAISE EXCEPTION 'this channel is not open to this writer' USING ERRCODE = 'HE003';
        END IF;
        IF p_version > 1 THEN
            RETURN jsonb_build_object('danger', p_claims->>'danger', 'channel', p_claims->>'channel', 'actor', p_me,
                'spooled_at', register.stamp(register.instant(p_claims->>'spooled_at')))
                || CASE WHEN p_claims->'young' = 'true'::jsonb THEN jsonb_build_object('young', true) ELSE '{}' END;
        END IF;
        SELECT s.id INTO slot_id FROM facts.slot s WHERE s.purpose = 'intake' ORDER BY s.id LIMIT 1;
        duty := register.on_duty(slot_id, p_at);
        IF duty IS NULL THEN
            RAISE EXCEPTION 'nobody is on duty' USING ERRCODE = 'HE004';
        END IF;
        random := sha256(uuid_send(gen_random_uuid()));
        FOR i IN 0..9 LOOP
            ref := ref || substr(letters, 1 + get_byte(random, i) % 28, 1);
        END LOOP;
        RETURN jsonb_build_object(
            'danger', p_claims->>'danger', 'channel', p_claims->>'channel', 'slot', slot_id, 'owner', duty,
            'reference', substr(ref, 1, 5) || '-' || substr(ref, 6), 'actor', p_me,
            'spooled_at', register.stamp(register.instant(p_claims->>'spooled_at')))
            || CASE WHEN p_claims->'young' = 'true'::jsonb THEN jsonb_build_object('young', true) ELSE '{}' END;
    WHEN 'begun' THEN
        IF p_claims->'demonstration' IS DISTINCT FROM 'true'::jsonb THEN
            RAISE EXCEPTION 'a register that is not a demonstration cannot begin yet: backups, '
                'disposal and full sign-in are not built' USING ERRCODE = 'HE001';
        END IF;
        IF p_version <> 1 THEN
            RAISE EXCEPTION 'this register has begun already' USING ERRCODE = 'HE002';
        END IF;
        RETURN jsonb_build_object('demonstration', true);
    WHEN 'person_added' THEN
        -- Before anything else: no refusal tells that a stream is there.
        PERFORM register.check_administers(p_me, NULL, ARRAY[]::uuid[]);
        IF (p_claims->>'role' ~ '^[a-z][a-z ]{0,39}$') IS NOT TRUE THEN
            RAISE EXCEPTION 'a role is a few plain words' USING ERRCODE = 'HE003';
        END IF;
        IF p_version <> 1 THEN
            RAISE EXCEPTION 'this person was added before' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('role', p_claims->>'role');
    WHEN 'slot_added' THEN
        IF p_version <> 1 OR p_claims->>'purpose' IS DISTINCT FROM 'intake'
           OR EXISTS (SELECT FROM facts.slot s WHERE s.purpose = p_claims->>'purpose') THEN
            RAISE EXCEPTION 'each purpose has one slot, and there is one purpose yet' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('purpose', p_claims->>'purpose',
                                  'fallback', register.active_person(p_claims->>'fallback'));
    WHEN 'turn_added' THEN
        IF NOT EXISTS (SELECT FROM facts.slot s WHERE s.id = p_stream) THEN
            RAISE EXCEPTION 'there is no such slot' USING ERRCODE = 'HE003';
        END IF;
        IF register.holds(register.active_person(p_claims->>'person'), 'administrator') THEN
            RAISE EXCEPTION 'an administrator answers for no record' USING ERRCODE = 'HE003';
        END IF;
        IF p_me IS NOT NULL THEN
            PERFORM register.check_administers(p_me, register.active_person(p_claims->>'person'), ARRAY[]::uuid[]);
            IF NOT (ARRAY(SELECT register.bodies_of(register.active_person(p_claims->>'person')))
                    && ARRAY(SELECT register.bodies_of_slot(p_stream))) THEN
                RAISE EXCEPTION 'this duty is another body''s' USING ERRCODE = 'HE013';
            END IF;
        END IF;
        RETURN jsonb_build_object('slot', p_stream, 'person', register.active_person(p_claims->>'person'),
                                  'starts_at', register.stamp(register.instant(p_claims->>'starts_at')));
    WHEN 'credential_set', 'away', 'back', 'fallback_set', 'invited', 'withdrawal_asked', 'relation_withdrawn', 'unit_named' THEN
        RETURN register.decide_staff(p_stream, p_kind, p_claims, p_at, p_me);
    WHEN 'added' THEN
        RETURN jsonb_build_object('spooled_at', register.stamp(register.instant(p_claims->>'spooled_at')));
    WHEN 'answered' THEN
        IF NOT machinery.may_see(p_stream)
           OR NOT EXISTS (SELECT FROM facts.record r WHERE r.id = p_stream AND r.owner = p_me) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        RETURN jsonb_build_object('actor', p_me);
    WHEN 'looked' THEN
        IF p_stream IS DISTINCT FROM p_me OR jsonb_typeof(p_claims->'records') IS DISTINCT FROM 'array'
           OR EXISTS (SELECT FROM jsonb_array_elements_text(p_claims->'records') AS asked(id)
                      WHERE (asked.id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') IS NOT TRUE) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        IF EXISTS (SELECT FROM jsonb_array_elements_text(p_claims->'records') AS asked(id)
                      WHERE NOT machinery.may_see(asked.id::uuid)) THEN
            RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
        END IF;
        -- The purpose is what the record is to the reader; or an own one is printed, or packed; or one file of it is fetched,
        -- which is not reading it; or it is found by a search, which opens nothing.
        IF p_claims->>'purpose' = 'identity' THEN
            RETURN register.decide_identity_look(p_me, p_claims);
        ELSIF p_claims->>'purpose' = 'lookback' THEN  -- shows facts of any record that one may read, as a search does
            RETURN jsonb_build_object('records', p_claims->'records', 'purpose', 'lookback', 'early', ARRAY[]::text[]);
        END IF;
        IF p_claims->>'purpose' NOT IN ('own queue', 'print', 'pack', 'oversight', 'granted', 'emergency', 'remit', 'search',
                                          'file')
           OR p_claims->>'purpose' IS NULL
           OR EXISTS (SELECT FROM jsonb_array_elements_text(p_claims->'records') AS asked(id)
                      WHERE p_claims->>'purpose' NOT IN ('search', 'file') AND register.purpose_of(p_me, asked.id::uuid)
                      IS DISTINCT FROM regexp_replace(p_claims->>'purpose', '^(print|pack)$', 'own queue'))
           OR (p_claims->>'purpose' = 'file' AND EXISTS (
               SELECT FROM jsonb_array_elements_text(p_claims->'records') AS asked(id)
               WHERE NOT register.said_why(p_me, asked.id::uuid))) THEN
            RAISE EXCEPTION 'this is not the purpose of this look' USING ERRCODE = 'HE003';
        END IF;
        RETURN jsonb_build_object('records', p_claims->'records', 'purpose', p_claims->>'purpose', 'early',
            CASE WHEN p_claims->>'purpose' IN ('search', 'file') THEN ARRAY[]::text[] ELSE register.early_at(
                ARRAY(SELECT jsonb_array_elements_text(p_claims->'records')::uuid)) END);
    WHEN 'unit_added', 'unit_moved', 'employed', 'employment_ended', 'posts_set', 'left', 'relation_declared' THEN
        RETURN register.decide_people(p_stream, p_version, p_kind, p_claims, p_at, p_me);
    WHEN 'walled', 'name_matched', 'wall_confirmed', 'lift_asked', 'wall_lifted', 'hand_over_offered',
         'hand_over_accepted', 'hand_over_declined', 'content_asked' THEN
        RETURN register.decide_record(p_stream, p_kind, p_claims, p_at, p_me);
    WHEN 'sorted', 'reviewed', 'noted', 'called', 'parents_told' THEN
        RETURN register.decide_sorting(p_stream, p_kind, p_claims, p_at, p_me);
    WHEN 'access_asked', 'access_granted', 'access_declined', 'access_given', 'access_ended', 'glass_broken',
         'glass_reviewed' THEN
        RETURN register.decide_openings(p_stream, p_kind, p_claims, p_me);
    WHEN 'glass_asked', 'glass_approved' THEN RETURN register.decide_approving(p_stream, p_kind, p_claims, p_me);
    WHEN 'child_named', 'adult_named', 'decided', 'contact_joined', 'contact_parted' THEN
        RETURN register.decide_concerned(p_id, p_stream, p_version, p_kind, p_claims, p_me);
    WHEN 'file_added', 'file_flagged', 'flag_withdrawal_asked', 'flag_withdrawn' THEN
        RETURN register.decide_files(p_stream, p_kind, p_claims, p_me);
    WHEN 'identity_sealed', 'identity_asked', 'identity_agreed', 'identity_declined', 'identity_opened',
         'identity_reviewed' THEN RETURN register.decide_identity(p_stream, p_kind, p_claims, p_me);
    WHEN 'remit_given', 'remit_ended' THEN RETURN register.decide_remits(p_stream, p_kind, p_claims, p_me);
    WHEN 'chased' THEN RETURN register.decide_chasing(p_stream, p_claims, p_at);
    WHEN 'criticised', 'referred', 'referral_heard', 'reach_kept' THEN
        RETURN register.decide_referral(p_stream, p_version, p_kind, p_claims, p_at, p_me);
    WHEN 'pack_made' THEN RETURN register.decide_pack(p_stream, p_claims, p_me);
    WHEN 'link_made', 'link_ended', 'link_sent', 'link_heard' THEN
        RETURN register.decide_link(p_id, p_stream, p_version, p_kind, p_claims, p_me);
    WHEN 'call_out', 'call_answered', 'reach_set' THEN
        RETURN register.decide_calling(p_stream, p_kind, p_claims, p_at, p_me);
    WHEN 'asked_again', 'challenged', 'challenge_chased', 'challenge_answered', 'reporter_told', 'telling_held' THEN
        RETURN register.decide_asked(p_stream, p_kind, p_claims, p_at, p_me);
    WHEN 'harm_tested', 'seconded' THEN RETURN register.decide_trust(p_stream, p_kind, p_claims, p_me);
    ELSE
        RAISE EXCEPTION 'this kind of entry is not known' USING ERRCODE = 'HE005';
    END CASE;
END $$;

-- What an entry's facts do to the tables that screens read. The Python folds (access/view.py,
-- intake/view.py) are this function's twin; `heed rebuild --check` compares them.
CREATE FUNCTION register.apply(p_id uuid, p_stream uuid, p_version integer, p_kind text, p_at timestamptz,
                               p_facts jsonb) RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE p_kind
    WHEN 'filed', 'added', 'answered' THEN
        IF p_kind = 'filed' AND p_version = 1 THEN
            INSERT INTO facts.record (id, reference, channel, danger, owner, filed_at, said_at, spooled_at, unseen_since, young)
                VALUES (p_stream, p_facts->>'reference', p_facts->>'channel', p_facts->>'danger',
                        (p_facts->>'owner')::uuid, p_at, p_at, (p_facts->>'spooled_at')::timestamptz, p_at,
                        nullif(p_facts ? 'young', false));
        ELSIF p_kind <> 'answered' THEN
            -- What is said later counts at once; danger, or that a child writes, is never unsaid.
            UPDATE facts.record r SET said_at = greatest(r.said_at, p_at), aside_at = NULL,
                young = coalesce(r.young, nullif(p_facts ? 'young', false)),
                pressed = CASE WHEN p_facts->>'danger' = 'yes' OR p_facts ? 'young' THEN p_version ELSE r.pressed END,
                danger = CASE WHEN 'yes' IN (r.danger, p_facts->>'danger') THEN 'yes'
                              WHEN 'unknown' IN (r.danger, p_facts->>'danger') THEN 'unknown' ELSE r.danger END
                WHERE r.id = p_stream;
        END IF;
        INSERT INTO facts.item (entry, record, version, kind, at, actor)
            VALUES (p_id, p_stream, p_version, p_kind, p_at, (p_facts->>'actor')::uuid);
        IF p_version > 1 THEN  -- of a filing that makes the record, the row says it already
            PERFORM register.count_unseen(ARRAY[p_stream]);
            IF p_facts->>'danger' = 'yes' OR p_facts ? 'young' THEN
                PERFORM register.press(p_stream, p_version, p_facts->>'danger', p_at);
            END IF;
        END IF;
    WHEN 'begun' THEN
        INSERT INTO facts.head DEFAULT VALUES;
    WHEN 'person_added' THEN
        INSERT INTO facts.person (id, role, active) VALUES (p_stream, p_facts->>'role', true);
    WHEN 'slot_added' THEN
        INSERT INTO facts.slot (id, purpose, fallback, since)
            VALUES (p_stream, p_facts->>'purpose', (p_facts->>'fallback')::uuid, p_at);
    WHEN 'turn_added' THEN
        INSERT INTO facts.turn (entry, slot, person, starts_at)
            VALUES (p_id, p_stream, (p_facts->>'person')::uuid, (p_facts->>'starts_at')::timestamptz);
    WHEN 'credential_set', 'away', 'back', 'fallback_set', 'invited', 'withdrawal_asked', 'relation_withdrawn', 'unit_named' THEN
        PERFORM register.apply_staff(p_id, p_stream, p_kind, p_at, p_facts);
    WHEN 'unit_added', 'unit_moved' THEN
        IF p_kind = 'unit_added' THEN
            INSERT INTO facts.unit (id) VALUES (p_stream);
        END IF;
        INSERT INTO facts.line (entry, unit, parent, since) VALUES (p_id, p_stream, (p_facts->>'parent')::uuid, p_at);
    WHEN 'employed' THEN
        INSERT INTO facts.employment (entry, person, unit, since)
            VALUES (p_id, p_stream, (p_facts->>'unit')::uuid, p_at);
    WHEN 'employment_ended' THEN
        UPDATE facts.employment SET until = p_at WHERE entry = (p_facts->>'employment')::uuid;
    WHEN 'posts_set' THEN
        UPDATE facts.person SET posts = ARRAY(SELECT jsonb_array_elements_text(p_facts->'posts')) WHERE id = p_stream;
        UPDATE facts.held SET until = p_at WHERE person = p_stream AND until IS NULL;
        INSERT INTO facts.held (entry, person, posts, since)
            VALUES (p_id, p_stream, ARRAY(SELECT jsonb_array_elements_text(p_facts->'posts')), p_at);
        PERFORM register.apply_remits(p_id, p_stream, p_kind, p_at, p_facts);
    WHEN 'left' THEN
        UPDATE facts.person SET active = false, signs_in = false WHERE id = p_stream;
        -- Not by the fact alone: whatever the tables come to say of them, nobody signs in as them again.
        DELETE FROM machinery.session s WHERE s.person = p_stream;
        DELETE FROM machinery.credential c WHERE c.person = p_stream;
        DELETE FROM machinery.invitation i WHERE i.person = p_stream;
        DELETE FROM machinery.reach h WHERE h.person = p_stream;
        PERFORM register.apply_remits(p_id, p_stream, p_kind, p_at, p_facts);
    WHEN 'relation_declared' THEN
        INSERT INTO facts.relation (entry, person, other, at, said_by)
            VALUES (p_id, p_stream, (p_facts->>'other')::uuid, p_at, (p_facts->>'actor')::uuid);
    WHEN 'content_asked' THEN
        INSERT INTO facts.request (entry, person, record, at)
            VALUES (p_id, p_stream, (p_facts->>'record')::uuid, p_at);
    WHEN 'walled', 'name_matched', 'wall_confirmed', 'lift_asked', 'wall_lifted', 'hand_over_offered',
         'hand_over_accepted', 'hand_over_declined' THEN
        CASE p_kind
        WHEN 'wall_confirmed' THEN
            UPDATE facts.wall SET ground = p_facts->>'ground' WHERE entry = (p_facts->>'wall')::uuid;
        WHEN 'walled', 'name_matched' THEN
            INSERT INTO facts.wall (entry, record, person, unit, ground, alleged_from, alleged_until, at, lifted)
                VALUES (p_id, p_stream, (p_facts->>'person')::uuid, (p_facts->>'unit')::uuid, p_facts->>'ground',
                        (p_facts->>'alleged_from')::timestamptz, (p_facts->>'alleged_until')::timestamptz, p_at, false);
        WHEN 'lift_asked' THEN
            UPDATE facts.wall SET lift_asked_by = (p_facts->>'actor')::uuid WHERE entry = (p_facts->>'wall')::uuid;
        WHEN 'wall_lifted' THEN
            UPDATE facts.wall SET lifted = true WHERE entry = (p_facts->>'wall')::uuid;
        WHEN 'hand_over_offered' THEN
            INSERT INTO facts.offer (entry, record, giver, taker, at, state) VALUES
                (p_id, p_stream, coalesce(p_facts->>'giver', p_facts->>'actor')::uuid, (p_facts->>'taker')::uuid, p_at,
                 coalesce(p_facts->>'state', 'open'));
        WHEN 'hand_over_accepted' THEN
            UPDATE facts.offer SET state = 'accepted' WHERE entry = (p_facts->>'offer')::uuid;
            UPDATE facts.record SET owner = (p_facts->>'actor')::uuid, handed = handed + 1, aside_at = NULL
                WHERE id = p_stream;
            PERFORM register.apply_openings(p_id, p_stream, p_version, p_kind, p_at, p_facts);
        WHEN 'hand_over_declined' THEN
            UPDATE facts.offer SET state = 'declined' WHERE entry = (p_facts->>'offer')::uuid;
        END CASE;
        INSERT INTO facts.item (entry, record, version, kind, at, actor)
            VALUES (p_id, p_stream, p_version, p_kind, p_at, (p_facts->>'actor')::uuid);
    WHEN 'sorted', 'reviewed', 'noted', 'called', 'parents_told' THEN
        PERFORM register.apply_sorting(p_id, p_stream, p_version, p_kind, p_at, p_facts);
    WHEN 'access_asked', 'access_granted', 'access_declined', 'access_given', 'access_ended', 'glass_broken',
         'glass_reviewed' THEN
        PERFORM register.apply_openings(p_id, p_stream, p_version, p_kind, p_at, p_facts);
    WHEN 'looked' THEN
        INSERT INTO facts.look (entry, person, records, purpose, at, early)
            VALUES (p_id, p_stream, ARRAY(SELECT jsonb_array_elements_text(p_facts->'records')::uuid),
                    p_facts->>'purpose', p_at, ARRAY(SELECT jsonb_array_elements_text(p_facts->'early')::uuid));
        UPDATE facts.record SET opened_at = p_at, opened_by = p_stream
            WHERE p_facts->>'purpose' IN ('own queue', 'print')  -- an overseer's look is not the owner's
              AND id = ANY (ARRAY(SELECT jsonb_array_elements_text(p_facts->'records')::uuid))
              AND id <> ALL (ARRAY(SELECT jsonb_array_elements_text(p_facts->'early')::uuid))
              AND (opened_at IS NULL OR (opened_at, opened_by) < (p_at, p_stream));
        PERFORM register.count_unseen(ARRAY(SELECT r.id FROM facts.record r
            WHERE r.id = ANY (ARRAY(SELECT jsonb_array_elements_text(p_facts->'records')::uuid))
              AND (r.opened_at, r.opened_by) = (p_at, p_stream)));
    WHEN 'glass_asked', 'glass_approved' THEN
        PERFORM register.apply_approving(p_id, p_stream, p_kind, p_at, p_facts);
    WHEN 'child_named', 'adult_named', 'decided', 'contact_joined', 'contact_parted' THEN
        PERFORM register.apply_concerned(p_id, p_stream, p_version, p_kind, p_at, p_facts);
    WHEN 'file_added', 'file_flagged', 'flag_withdrawal_asked', 'flag_withdrawn' THEN
        PERFORM register.apply_files(p_id, p_stream, p_version, p_kind, p_at, p_facts);
    WHEN 'identity_sealed', 'identity_asked', 'identity_agreed', 'identity_declined', 'identity_opened',
         'identity_reviewed' THEN PERFORM register.apply_identity(p_id, p_stream, p_version, p_kind, p_at, p_facts);
    WHEN 'remit_given', 'remit_ended' THEN PERFORM register.apply_remits(p_id, p_stream, p_kind, p_at, p_facts);
    WHEN 'chased' THEN PERFORM register.apply_chasing(p_id, p_stream, p_version, p_at, p_facts);
    WHEN 'criticised', 'referred', 'referral_heard', 'reach_kept' THEN
        PERFORM register.apply_referral(p_id, p_stream, p_version, p_kind, p_at, p_facts);
    WHEN 'pack_made' THEN PERFORM register.apply_pack(p_id, p_stream, p_version, p_kind, p_at, p_facts);
    WHEN 'link_made', 'link_ended', 'link_sent', 'link_heard' THEN
        PERFORM register.apply_link(p_id, p_stream, p_version, p_kind, p_at, p_facts);
    WHEN 'call_out', 'call_answered', 'reach_set' THEN
        PERFORM register.apply_calling(p_id, p_stream, p_version, p_kind, p_at, p_facts);
    WHEN 'asked_again', 'challenged', 'challenge_chased', 'challenge_answered', 'reporter_told', 'telling_held' THEN
        PERFORM register.apply_asked(p_id, p_stream, p_version, p_kind, p_at, p_facts);
    WHEN 'harm_tested', 'seconded' THEN PERFORM register.apply_trust(p_id, p_stream, p_version, p_kind, p_at, p_facts);
    END CASE;
END $$;

-- Whether an entry is of this kind and from the same hand as what is sent now: only then is it the same sent again.
-- Of the public face, from whoever has the code; of staff, from who wrote it, or, where it names nobody, an administrator.
CREATE FUNCTION register.is_by(p_header bytea, p_facts bytea, p_kind text, p_stream uuid, p_lookup bytea, p_me uuid)
RETURNS boolean LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    header jsonb := convert_from(p_header, 'UTF8');
    actor  text  := convert_from(p_facts, 'UTF8')::jsonb->>'actor';
BEGIN
    RETURN header->>'kind' = p_kind AND header->>'role' = session_user
        AND (session_user <> 'heed_intake' OR EXISTS (
             SELECT FROM register.thread t WHERE t.stream = p_stream AND t.lookup = p_lookup))
        AND (p_me IS NULL OR coalesce(actor, p_stream::text) = p_me::text
             OR (actor IS NULL AND register.holds(p_me, 'administrator')));
END $$;

CREATE FUNCTION register.append(
    p_id uuid, p_stream uuid, p_kind text, p_claims jsonb, p_commitment bytea, p_sealed bytea,
    p_recipients text[], p_wraps bytea[],
    p_lookup bytea DEFAULT NULL, p_thread_public bytea DEFAULT NULL, p_thread_private bytea DEFAULT NULL,
    OUT header bytea, OUT commitment bytea, OUT version integer, OUT recorded_at timestamptz, OUT again boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- Locks have one order: the gate, alone where the kind is in `alone`; then heads, by stream. Whoever appends several
    -- entries in one transaction keeps to it (store/readable.py, store/words.py, loops/sweep.py), or two of them deadlock.
    -- What may leave an owner unable to answer is settled; that, and whatever else the rule weighs, has the gate alone.
    settled constant text[] := ARRAY['walled', 'name_matched', 'wall_confirmed', 'unit_moved', 'employed', 'posts_set',
        'left', 'relation_declared', 'away', 'fallback_set'];
    alone   constant text[] := settled || ARRAY['wall_lifted', 'employment_ended', 'turn_added', 'slot_added', 'back',
        'relation_withdrawn', 'invited'];
    me      uuid;
    facts   bytea;
    decided jsonb;
    head    record;
    begun   record;
    known   uuid;
    wraps   text := '';
    about   uuid;
    rested  boolean;
    bound   text;  -- read by nothing: an assignment costs less than PERFORM, which asks a query
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'append works at READ COMMITTED only' USING ERRCODE = 'HE006';
    END IF;
    -- Seen here, not enforced: SET LOCAL after this line still dodges it (register.md).
    IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') OR current_setting('fsync') <> 'on' THEN
        RAISE EXCEPTION 'append needs synchronous_commit and fsync on' USING ERRCODE = 'HE007';
    END IF;
    bound := set_config('lock_timeout', '2s', true);
    IF NOT EXISTS (SELECT FROM register.permit p WHERE p.role = session_user AND p.kind = p_kind) THEN
        RAISE EXCEPTION '% may not append an entry of this kind', session_user USING ERRCODE = 'HE008';
    END IF;
    IF session_user = 'heed_office' THEN
        me := machinery.me();
        IF me IS NULL THEN
            RAISE EXCEPTION 'sign in first' USING ERRCODE = 'HE009';
        END IF;
    END IF;
    IF NOT coalesce(p_recipients && ARRAY['intake', 'organisation'], false) THEN
        RAISE EXCEPTION 'an entry is sealed to the organisation' USING ERRCODE = 'HE003';
    END IF;
    IF p_kind = 'reporter_told' AND NOT 'thread' = ANY (p_recipients)
       AND EXISTS (SELECT FROM register.thread t WHERE t.stream = p_stream) THEN
        RAISE EXCEPTION 'what a reporter is told is sealed to them, too' USING ERRCODE = 'HE003';
    END IF;
    IF array_ndims(p_recipients) > 1 OR array_ndims(p_wraps) > 1 OR array_lower(p_recipients, 1) <> 1
       OR array_lower(p_wraps, 1) <> 1 OR cardinality(p_recipients) > 8 OR cardinality(p_wraps) IS DISTINCT FROM cardinality(p_recipients)
       OR octet_length(p_sealed) > 16777216 OR octet_length(p_lookup) <> 32
       OR octet_length(p_thread_public) <> 1216 OR octet_length(p_thread_private) <> 124 THEN
        RAISE EXCEPTION 'an entry has at most 16 MB, eight wraps, and a way back of the usual size' USING ERRCODE = 'HE003';
    END IF;
    -- Held to the end: a rebuild that swaps the tables waits for it, and it for the swap. A table, not an
    -- advisory lock, which any role could take.
    -- What is in `alone` holds it by itself: no filing or hand-over slips past it (D2).
    IF p_kind = 'begun' THEN
        LOCK TABLE register.gate IN EXCLUSIVE MODE;
    ELSIF p_kind = ANY (alone) THEN
        LOCK TABLE register.gate IN SHARE ROW EXCLUSIVE MODE;
    ELSE
        LOCK TABLE register.gate IN ROW EXCLUSIVE MODE;
    END IF;
    SELECT i.entry, i.demonstration, CASE WHEN i.demonstration THEN (SELECT c.shift FROM machinery.clock c) END AS shift
        INTO begun FROM register.installation i;
    IF p_kind = 'begun' THEN
        IF EXISTS (SELECT FROM register.installation) THEN
            RAISE EXCEPTION 'this register has begun already' USING ERRCODE = 'HE002';
        END IF;
    ELSIF begun.entry IS NULL THEN
        RAISE EXCEPTION 'this register has not begun' USING ERRCODE = 'HE010';
    END IF;

    -- Takes the stream's lock and its next version; a second sending gives the version back.
    INSERT INTO register.head AS h (stream, version) VALUES (p_stream, 1)
        ON CONFLICT (stream) DO UPDATE SET version = h.version + 1 RETURNING h.version INTO version;
    SELECT e.header, e.commitment, e.version INTO head FROM register.entry e
        WHERE e.id = p_id AND e.stream = p_stream AND e.commitment = p_commitment
          AND register.is_by(e.header, e.facts, p_kind, p_stream, p_lookup, me);
    again := FOUND;
    IF again THEN
        UPDATE register.head h SET version = h.version - 1 WHERE h.stream = p_stream;
        header := head.header;
        commitment := head.commitment;
        version := head.version;
        recorded_at := (convert_from(header, 'UTF8')::jsonb->>'recorded_at')::timestamptz;
        RETURN;
    END IF;
    IF session_user = 'heed_intake' THEN
        SELECT t.stream INTO known FROM register.thread t WHERE t.lookup = p_lookup;
        IF p_lookup IS NULL OR (version = 1 AND p_thread_public IS NULL) OR (version > 1 AND known IS DISTINCT FROM p_stream)
           OR (version = 1 AND (p_kind <> 'filed' OR known IS NOT NULL) AND (p_kind <> 'link_heard' OR known IS NOT NULL))
           OR (version > 1 AND (p_kind = 'link_heard') <> EXISTS (SELECT FROM machinery.link l WHERE l.stream = p_stream)) THEN
            RAISE EXCEPTION 'this code does not open that record' USING ERRCODE = 'HE404';
        END IF;
    ELSIF p_kind = 'filed' AND version > 1 THEN
        RAISE EXCEPTION 'no such record' USING ERRCODE = 'HE404';
    END IF;

    IF version > 1 THEN
        p_thread_public := NULL;  -- a record has one way back, made with it
    END IF;
    recorded_at := clock_timestamp() + coalesce(begun.shift, interval '0');
    decided := register.decide(p_id, p_stream, version, p_kind, p_claims, recorded_at, me);
    IF me IS NOT NULL THEN
        PERFORM register.check_taker(p_stream, p_kind, p_claims, me);
    END IF;
    IF EXISTS (SELECT FROM register.entry e WHERE e.id = p_id) THEN  -- told only to who may write here
        RAISE EXCEPTION 'something else is on the record under this id' USING ERRCODE = 'HE003';
    END IF;
    IF version > 1 OR p_kind = 'link_heard' THEN
        about := CASE WHEN p_kind IN ('link_sent', 'link_heard') THEN (decided->>'record')::uuid ELSE p_stream END;
        rested := p_kind <> 'sorted' AND register.rests(about);
    END IF;
    PERFORM register.apply(p_id, p_stream, version, p_kind, recorded_at, decided);
    IF rested AND register.waits(about) THEN
        decided := decided || register.wait_anew(about, recorded_at);
    END IF;
    IF p_kind = ANY (settled) THEN
        decided := register.settle(p_id, p_kind, p_stream, decided, recorded_at);
    END IF;
    SELECT c.size, encode(c.root, 'hex') AS root, c.signed_at INTO head FROM register.checkpoint c ORDER BY c.size DESC LIMIT 1;
    IF recorded_at < head.signed_at - interval '1 minute' THEN  -- the clock was put back: taken all the same, and marked
        decided := decided || jsonb_build_object('clock', 'back');
    END IF;
    -- The salt hides the facts from whoever holds a receipt: the header carries their hash only.
    facts := convert_to(register.canonical(decided || jsonb_build_object('v', 1, 'salt',
        replace(gen_random_uuid()::text, '-', ''))), 'UTF8');
    FOR i IN 1..coalesce(cardinality(p_recipients), 0) LOOP
        IF p_recipients[i] !~ '^[a-z]{1,20}$' OR (i > 1 AND p_recipients[i] <= p_recipients[i - 1] COLLATE "C") THEN
            RAISE EXCEPTION 'recipients are named in order' USING ERRCODE = 'HE003';
        ELSIF octet_length(p_wraps[i]) > 4096 THEN
            RAISE EXCEPTION 'a wrap is small' USING ERRCODE = 'HE003';
        END IF;
        wraps := wraps || CASE WHEN i > 1 THEN ',' ELSE '' END || format('"%s":"%s"', p_recipients[i],
            encode(sha256(p_wraps[i]), 'hex'));
    END LOOP;
    INSERT INTO register.wrapped_key (entry, recipient, wrap)
        SELECT p_id, w.recipient, w.wrap FROM unnest(p_recipients, p_wraps) AS w(recipient, wrap);
    header := convert_to(format(
        '{%s%s"facts":"%s","id":"%s","kind":"%s","prev":{"root":"%s","size":%s},"recorded_at":"%s","role":"%s",'
        '"sealed":"%s","stream":"%s","v":1,"version":%s,"wraps":{%s}}',
        CASE WHEN p_kind = 'begun' OR begun.demonstration THEN '"demonstration":true,' ELSE '' END,
        CASE WHEN p_thread_public IS NOT NULL THEN format('"door":"%s",', encode(sha256(
            p_lookup || p_thread_public || p_thread_private), 'hex')) ELSE '' END,
        encode(sha256(facts), 'hex'), p_id, p_kind,
        coalesce(head.root, encode(sha256(''), 'hex')), coalesce(head.size, 0),
        register.stamp(recorded_at), session_user, encode(sha256(p_sealed), 'hex'), p_stream, version, wraps), 'UTF8');
    commitment := p_commitment;

    INSERT INTO register.entry (stream, version, id, header, facts, commitment, sealed)
        VALUES (p_stream, version, p_id, header, facts, p_commitment, p_sealed);
    INSERT INTO register.pending (entry, data) VALUES (p_id, '\x01' || sha256(header || p_commitment));
    INSERT INTO machinery.unopened (entry, rank)
        VALUES (p_id, (decided->>'danger' IS DISTINCT FROM 'yes')::int + 2 * (octet_length(p_sealed) > 262144)::int);
    IF p_thread_public IS NOT NULL THEN
        INSERT INTO register.thread (lookup, stream, public_key, wrapped_private)
            VALUES (p_lookup, p_stream, p_thread_public, p_thread_private);
    END IF;
    IF p_kind = 'begun' THEN
        INSERT INTO register.installation (one, entry, demonstration) VALUES (true, p_id, true);
    END IF;
    IF p_kind = 'looked' AND decided->>'purpose' <> 'search' THEN  -- what a search found stays shut
        DELETE FROM machinery.ticket t WHERE t.session = machinery.my_session()
            AND t.asked_at < clock_timestamp() - interval '1 hour';
        INSERT INTO machinery.ticket (look, session, records, asked_in, purpose)
            VALUES (p_id, machinery.my_session(), ARRAY(SELECT jsonb_array_elements_text(decided->'records')::uuid),
                    pg_current_xact_id(), decided->>'purpose');
    END IF;
END $$;
