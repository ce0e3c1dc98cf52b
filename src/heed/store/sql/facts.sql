-- Facts: who owns what since when. Written in the transaction that appends; no words.
-- {facts} is the schema's name: `facts` for the live one, another for one that is rebuilt beside it.
CREATE SCHEMA {facts};

CREATE TABLE {facts}.person (
    id     uuid PRIMARY KEY,
    role   text NOT NULL,
    active boolean NOT NULL,
    posts  text[]  NOT NULL DEFAULT '{}',
    away_since timestamptz,
    away_until timestamptz,  -- what they mean to do; no instant brings anybody back
    cover      uuid,
    signs_in   boolean NOT NULL DEFAULT false  -- whether they have a way to; a new invitation takes it
);
CREATE TABLE {facts}.unit (
    id uuid PRIMARY KEY
);
-- Every parent that a unit has had; the newest holds. A unit without one is a body of its own.
CREATE TABLE {facts}.line (
    entry  uuid PRIMARY KEY,
    unit   uuid NOT NULL,
    parent uuid,
    since  timestamptz NOT NULL
);
CREATE INDEX line_unit ON {facts}.line (unit);
CREATE INDEX line_parent ON {facts}.line (parent);
CREATE TABLE {facts}.employment (
    entry  uuid PRIMARY KEY,
    person uuid NOT NULL,
    unit   uuid NOT NULL,
    since  timestamptz NOT NULL,
    until  timestamptz
);
CREATE INDEX employment_person ON {facts}.employment (person);
CREATE INDEX employment_unit ON {facts}.employment (unit) WHERE until IS NULL;
-- What posts somebody held at each time: one row from one setting of posts to the next.
CREATE TABLE {facts}.held (
    entry  uuid PRIMARY KEY,
    person uuid NOT NULL,
    posts  text[] NOT NULL,
    since  timestamptz NOT NULL,
    until  timestamptz
);
CREATE INDEX held_person ON {facts}.held (person);
-- Two people who are close, as somebody declared it; it holds both ways.
CREATE TABLE {facts}.relation (
    entry  uuid PRIMARY KEY,
    person uuid NOT NULL,
    other  uuid NOT NULL,
    at     timestamptz NOT NULL,
    said_by uuid,
    withdrawal_asked_by uuid,
    withdrawn_at timestamptz
);
CREATE INDEX relation_person ON {facts}.relation (person);
CREATE INDEX relation_other ON {facts}.relation (other);
CREATE TABLE {facts}.slot (
    id       uuid PRIMARY KEY,
    purpose  text NOT NULL,
    fallback uuid NOT NULL,
    since    timestamptz NOT NULL  -- when the fallback became it
);
CREATE TABLE {facts}.turn (
    entry     uuid PRIMARY KEY,
    slot      uuid NOT NULL,
    person    uuid NOT NULL,
    starts_at timestamptz NOT NULL
);
CREATE TABLE {facts}.record (
    id        uuid PRIMARY KEY,
    reference text NOT NULL,
    channel   text NOT NULL,
    danger    text NOT NULL,
    owner     uuid NOT NULL,
    filed_at  timestamptz NOT NULL,
    said_at   timestamptz NOT NULL,
    spooled_at timestamptz,
    opened_at timestamptz,
    opened_by uuid,
    handed    integer NOT NULL DEFAULT 0,
    -- The oldest thing said that no owner has seen; for how many a decision is wanted, and is not made yet;
    -- decisions where nobody was named.
    unseen_since     timestamptz,
    wanted           integer NOT NULL DEFAULT 0,
    undecided        integer NOT NULL DEFAULT 0,
    undecided_adults integer NOT NULL DEFAULT 0,
    decided_alone    integer NOT NULL DEFAULT 0,
    aside_at         timestamptz,
    chased           integer NOT NULL DEFAULT 0,
    -- What was decided, "act_now" before "refer", while nothing is written down behind it; then "confirm", a referral
    -- that nobody confirmed; and since when.
    to_do            text,
    to_do_since      timestamptz,
    -- When somebody last acted; whether a child wrote it; when somebody was last called about it since (calling.sql).
    acted_at         timestamptz,
    young            boolean,
    called_at        timestamptz,
    -- By which version danger, or that a child writes, was said again: what was done before is no act any more. When
    -- something began to wait after nothing had: the ladder counts from then, else from receipt.
    pressed          integer NOT NULL DEFAULT 0,
    anew_at          timestamptz,
    -- A child may be in danger, and nobody has acted, or something was said that nobody has opened: whatever was done
    -- meanwhile, or is written down late, was done without it.
    alarmed boolean NOT NULL GENERATED ALWAYS AS ((danger <> 'no' OR coalesce(young, false)) AND aside_at IS NULL
        AND (acted_at IS NULL OR unseen_since IS NOT NULL)) STORED,
    -- How pressing it is: 0 danger and something unseen, 1 the same where danger is not known or a child wrote it, or
    -- somebody must act now, 2 what is due by the end of a working day, 3 nothing is due. So what is not put aside waits while its rank
    -- is below 3.
    rank integer NOT NULL GENERATED ALWAYS AS (CASE
        WHEN unseen_since IS NOT NULL AND danger = 'yes' THEN 0
        WHEN (unseen_since IS NOT NULL AND (danger = 'unknown' OR young IS TRUE)) OR to_do = 'act_now' THEN 1
        WHEN unseen_since IS NOT NULL OR undecided > 0 OR (wanted = 0 AND decided_alone = 0) OR to_do IS NOT NULL THEN 2
        ELSE 3 END) STORED,
    -- Not when it is due, but the instant from which its clock counts, in microseconds since 1970: all that a rank
    -- waits for has a clock of one length, so the soonest due comes first. In rank 3, where none runs, minus the
    -- instant of receipt: the newest first. No calendar is needed: triage/clocks.py has it, a test holds the two equal.
    due bigint NOT NULL GENERATED ALWAYS AS ((extract(epoch FROM CASE
        WHEN (unseen_since IS NOT NULL AND (danger IN ('yes', 'unknown') OR young IS TRUE)) OR to_do = 'act_now'
             THEN least(CASE WHEN danger IN ('yes', 'unknown') OR young IS TRUE THEN unseen_since END,
                        CASE WHEN to_do = 'act_now' THEN to_do_since END) - to_timestamp(0)
        WHEN undecided > 0 OR (wanted = 0 AND decided_alone = 0) THEN filed_at - to_timestamp(0)
        WHEN unseen_since IS NOT NULL OR to_do IS NOT NULL THEN least(unseen_since, to_do_since) - to_timestamp(0)
        ELSE to_timestamp(0) - filed_at END) * 1000000)::bigint) STORED
);
-- Somebody's own records, in the order of their queue, and which they are and how many without a look at the table.
CREATE INDEX record_owner ON {facts}.record (owner, rank, due, id);
CREATE INDEX record_filed ON {facts}.record (filed_at, id);
CREATE INDEX record_reference ON {facts}.record (reference);
CREATE TABLE {facts}.item (
    entry   uuid PRIMARY KEY,
    record  uuid NOT NULL,
    version integer NOT NULL,
    kind    text NOT NULL,
    at      timestamptz NOT NULL,
    actor   uuid
);
CREATE INDEX item_record ON {facts}.item (record, version);
CREATE INDEX item_actor ON {facts}.item (actor, at, entry) WHERE actor IS NOT NULL;
CREATE TABLE {facts}.look (
    entry   uuid PRIMARY KEY,
    person  uuid NOT NULL,
    records uuid[] NOT NULL,
    purpose text NOT NULL,
    at      timestamptz NOT NULL,
    early   uuid[] NOT NULL DEFAULT '{}'  -- those of them in which something said was not there to be shown
);
-- For an overseer's questions: what one person looked at, and who looked at a record.
CREATE INDEX look_person ON {facts}.look (person, at, entry);
CREATE INDEX look_records ON {facts}.look USING gin (records);
-- Conflict restrictions: one person, or one unit with its line, from one record.
CREATE TABLE {facts}.wall (
    entry  uuid PRIMARY KEY,
    record uuid NOT NULL,
    person uuid,
    unit   uuid,
    ground text NOT NULL,
    alleged_from  timestamptz,
    alleged_until timestamptz,
    at     timestamptz NOT NULL,
    lift_asked_by uuid,
    lifted boolean NOT NULL
);
CREATE INDEX wall_record ON {facts}.wall (record);
CREATE INDEX wall_person ON {facts}.wall (person);
CREATE INDEX wall_unit ON {facts}.wall (unit);
-- Hand-overs in two phases: the giver answers for the record until the taker accepts.
CREATE TABLE {facts}.offer (
    entry  uuid PRIMARY KEY,
    record uuid NOT NULL,
    giver  uuid NOT NULL,
    taker  uuid NOT NULL,
    at     timestamptz NOT NULL,
    state  text NOT NULL
);
CREATE INDEX offer_record ON {facts}.offer (record);
CREATE INDEX offer_offered ON {facts}.offer (taker, at, entry);
CREATE INDEX offer_giver ON {facts}.offer (giver);
CREATE INDEX offer_taker ON {facts}.offer (taker) WHERE state = 'open';
-- Content that an overseer asked to see, with a recorded reason.
CREATE TABLE {facts}.request (
    entry  uuid PRIMARY KEY,
    person uuid NOT NULL,
    record uuid NOT NULL,
    at     timestamptz NOT NULL
);
CREATE INDEX request_person ON {facts}.request (person);
-- What a record was found to be when it was read: a concern, none, or a letter that had come before.
CREATE TABLE {facts}.sorting (
    record  uuid PRIMARY KEY,
    entry   uuid NOT NULL,
    outcome text NOT NULL,
    reason  text,
    copy_of uuid,
    actor   uuid NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX sorting_copy_of ON {facts}.sorting (copy_of) WHERE copy_of IS NOT NULL;
-- Of what was put aside, what an overseer reviews: chosen by the database; who put it aside cannot see the choice.
CREATE TABLE {facts}.sample (
    entry    uuid PRIMARY KEY,
    record   uuid NOT NULL,
    actor    uuid NOT NULL,
    reason   text NOT NULL,
    at       timestamptz NOT NULL,
    outcome  text,
    reviewer uuid,
    reviewed_at timestamptz
);
CREATE INDEX sample_open ON {facts}.sample (at, entry) WHERE outcome IS NULL;
-- Records that the rule gave to somebody else: from whom and to whom, in the order of `records`.
CREATE TABLE {facts}.passed (
    entry   uuid PRIMARY KEY,
    records uuid[] NOT NULL,
    givers  uuid[] NOT NULL,
    takers  uuid[] NOT NULL,
    kind    text NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX passed_records ON {facts}.passed USING gin (records);
CREATE INDEX passed_givers ON {facts}.passed USING gin (givers);
CREATE INDEX passed_takers ON {facts}.passed USING gin (takers);
-- Units whose names stand in what was told; nobody is restricted for it.
CREATE TABLE {facts}.mention (
    entry  uuid PRIMARY KEY,
    record uuid NOT NULL,
    unit   uuid NOT NULL,
    at     timestamptz NOT NULL
);
CREATE INDEX mention_record ON {facts}.mention (record);
-- Everything that was said of each person whom a record is about, newest version last; `concerned` is who.
CREATE TABLE {facts}.naming (
    entry     uuid PRIMARY KEY,
    record    uuid NOT NULL,
    concerned uuid NOT NULL,
    version   integer NOT NULL,
    child     boolean NOT NULL,
    part      text NOT NULL,
    trust     text NOT NULL,
    at        timestamptz NOT NULL,
    actor     uuid NOT NULL
);
CREATE INDEX naming_record ON {facts}.naming (record);
-- What was decided for each of them; `concerned` is null where nobody was named. `again_at`: when somebody else said that
-- it must be decided again.
CREATE TABLE {facts}.decision (
    entry     uuid PRIMARY KEY,
    record    uuid NOT NULL,
    concerned uuid,
    version   integer NOT NULL,
    decision  text NOT NULL,
    at        timestamptz NOT NULL,
    actor     uuid NOT NULL,
    again_at  timestamptz
);
CREATE INDEX decision_record ON {facts}.decision (record);
-- Two records that somebody said are about the same child; each stays what it is.
CREATE TABLE {facts}.joined (
    id        uuid PRIMARY KEY,
    record    uuid NOT NULL,
    other     uuid NOT NULL,
    at        timestamptz NOT NULL,
    actor     uuid NOT NULL,
    parted_at timestamptz,
    parted_by uuid
);
CREATE INDEX joined_record ON {facts}.joined (record);
CREATE INDEX joined_other ON {facts}.joined (other);
-- Files, by what is known of their original bytes. `actor` null: the reporter's own; `part_of`: the email
-- from which it was taken, which is another file of the record. `news_to`: whoever answered for the record,
-- where another of the staff put it on.
CREATE TABLE {facts}.file (
    entry  uuid PRIMARY KEY,
    record uuid NOT NULL,
    size   integer NOT NULL,
    sha256 text NOT NULL,
    actor  uuid,
    part_of uuid,
    news_to uuid
);
CREATE INDEX file_record ON {facts}.file (record);
-- Files that somebody flagged: their bytes are given to nobody, until two people take the flag back. No row ever
-- leaves this table.
CREATE TABLE {facts}.flag (
    entry  uuid PRIMARY KEY,
    record uuid NOT NULL,
    file   uuid NOT NULL,
    actor  uuid NOT NULL,
    at     timestamptz NOT NULL,
    withdrawal_asked    uuid,
    withdrawal_asked_by uuid,
    withdrawn_at timestamptz
);
CREATE INDEX flag_record ON {facts}.flag (record);
CREATE INDEX file_part_of ON {facts}.file (part_of);
-- Reading that somebody asked for by a reference: of no record where it names none to them.
CREATE TABLE {facts}.asking (
    entry  uuid PRIMARY KEY,
    person uuid NOT NULL,
    record uuid,
    at     timestamptz NOT NULL,
    state  text NOT NULL,
    answer uuid
);
CREATE INDEX asking_person ON {facts}.asking (person, at);
CREATE INDEX asking_record ON {facts}.asking (record) WHERE state = 'open';
-- Reading for a time: granted by whoever answers for the record, or an emergency opening, which is reviewed.
CREATE TABLE {facts}.opening (
    entry  uuid PRIMARY KEY,
    person uuid NOT NULL,
    record uuid,
    how    text NOT NULL,
    at     timestamptz NOT NULL,
    until  timestamptz NOT NULL,
    given_by uuid,
    ended  boolean NOT NULL,
    reviewed_by uuid,
    outcome text,
    review uuid
);
CREATE INDEX opening_person ON {facts}.opening (person);
CREATE INDEX opening_record ON {facts}.opening (record);
CREATE INDEX opening_leave ON {facts}.opening (until) WHERE how = 'granted' AND NOT ended;
-- Emergency openings for which somebody else says yes first; of no record where the reference names none to them.
CREATE TABLE {facts}.approval (
    entry    uuid PRIMARY KEY,
    person   uuid NOT NULL,
    record   uuid,
    at       timestamptz NOT NULL,
    given_by uuid,
    given    uuid
);
CREATE INDEX approval_person ON {facts}.approval (person, at);
CREATE INDEX approval_open ON {facts}.approval (at) WHERE given_by IS NULL;
-- Reporters' identities that are sealed apart; the words lie in words.identity, which no ordinary look opens.
CREATE TABLE {facts}.identity (
    entry  uuid PRIMARY KEY,
    record uuid NOT NULL,
    at     timestamptz NOT NULL,
    actor  uuid
);
CREATE INDEX identity_record ON {facts}.identity (record);
-- Who asked who told us, and how far that is: open, agreed (by the custodian), opened or declined.
CREATE TABLE {facts}.unsealing (
    entry  uuid PRIMARY KEY,
    record uuid NOT NULL,
    person uuid NOT NULL,
    at     timestamptz NOT NULL,
    state  text NOT NULL,
    agreed_by uuid,
    answer uuid
);
CREATE INDEX unsealing_record ON {facts}.unsealing (record);
-- To whom a record's identities are open for a time: by two people, or for danger to life, which is reviewed.
CREATE TABLE {facts}.unsealed (
    entry  uuid PRIMARY KEY,
    record uuid NOT NULL,
    person uuid NOT NULL,
    how    text NOT NULL,
    at     timestamptz NOT NULL,
    until  timestamptz NOT NULL,
    opened_by uuid NOT NULL,
    reviewed_by uuid,
    outcome text,
    review uuid
);
CREATE INDEX unsealed_record ON {facts}.unsealed (record);
-- A person may read the records whose owner works in this unit or beneath it, until it ends.
CREATE TABLE {facts}.remit (
    entry    uuid PRIMARY KEY,
    person   uuid NOT NULL,
    unit     uuid NOT NULL,
    given_by uuid,
    at       timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX remit_person ON {facts}.remit (person) WHERE ended_at IS NULL;
-- What waits, by how far it was chased and since when: the sweep reads what is due and no more.
CREATE INDEX record_waits ON {facts}.record (chased, coalesce(anew_at, filed_at)) WHERE aside_at IS NULL AND rank < 3;
-- That a record waited for so many working days, and who was told so.
CREATE TABLE {facts}.chase (
    entry  uuid PRIMARY KEY,
    record uuid NOT NULL,
    days   integer NOT NULL,
    told   uuid[] NOT NULL,
    at     timestamptz NOT NULL
);
CREATE INDEX chase_record ON {facts}.chase (record);
CREATE INDEX chase_told ON {facts}.chase USING gin (told);
-- Whose response is criticised in a record, or that this was said in error: the newest of each body counts.
CREATE TABLE {facts}.criticism (
    entry   uuid PRIMARY KEY,
    record  uuid NOT NULL,
    version integer NOT NULL,
    body    text NOT NULL,
    stands  boolean NOT NULL,
    at      timestamptz NOT NULL,
    actor   uuid NOT NULL
);
CREATE INDEX criticism_record ON {facts}.criticism (record);
-- To which body a record went, for whom, and by which route; and what was heard of it since.
CREATE TABLE {facts}.referral (
    entry     uuid PRIMARY KEY,
    record    uuid NOT NULL,
    concerned uuid,
    version   integer NOT NULL,
    route     text NOT NULL,
    body      text NOT NULL,
    how       text NOT NULL,
    told_at   timestamptz,  -- null where it is sent later
    rung_back_at timestamptz,
    at        timestamptz NOT NULL,
    actor     uuid NOT NULL
);
CREATE INDEX referral_record ON {facts}.referral (record);
CREATE TABLE {facts}.step (
    entry    uuid PRIMARY KEY,
    referral uuid NOT NULL,
    record   uuid NOT NULL,
    version  integer NOT NULL,
    what     text NOT NULL,
    happened_at timestamptz NOT NULL,
    at       timestamptz NOT NULL,
    actor    uuid,  -- null: the receiver, or the sweep, by this link
    link     uuid,
    news     boolean  -- whether whoever answers for the record must see it
);
CREATE INDEX step_record ON {facts}.step (record);
-- A link and a code by which a referral can be opened, and since when no more.
CREATE TABLE {facts}.link (
    entry    uuid PRIMARY KEY,
    record   uuid NOT NULL,
    referral uuid NOT NULL,
    at       timestamptz NOT NULL,
    actor    uuid NOT NULL,
    ended_at timestamptz,
    pack     uuid
);
CREATE INDEX link_record ON {facts}.link (record);
-- How a body is reached, of no record; the newest of each way counts.
CREATE TABLE {facts}.reach (
    entry uuid PRIMARY KEY,
    body  text NOT NULL,
    how   text NOT NULL,
    checked_on date NOT NULL,
    at    timestamptz NOT NULL,
    actor uuid NOT NULL
);
-- Whom the rule had called about a record, and why: first, unanswered, undecided, refused or unread.
CREATE TABLE {facts}.call_out (
    entry   uuid PRIMARY KEY,
    record  uuid NOT NULL,
    version integer NOT NULL,
    person  uuid NOT NULL,
    why     text NOT NULL,
    at      timestamptz NOT NULL,
    answered_at timestamptz
);
CREATE INDEX call_out_record ON {facts}.call_out (record, version);
CREATE INDEX call_out_person ON {facts}.call_out (person, at);
CREATE INDEX call_out_at ON {facts}.call_out (at);
-- What somebody must be called about, and since when nobody was: coalesced, so that one order finds it.
CREATE INDEX record_alarmed ON {facts}.record (coalesce(called_at, '-infinity')) WHERE alarmed;
-- That a reporter asked again, and who was told so: nobody, where others were within a day.
CREATE TABLE {facts}.ask (
    entry   uuid PRIMARY KEY,
    record  uuid NOT NULL,
    version integer NOT NULL,
    told    uuid[] NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX ask_record ON {facts}.ask (record, version);
CREATE INDEX ask_told ON {facts}.ask USING gin (told);
-- What was told to the reporter: of which decision. "Do not tell yet", until a day, or, without one, no more.
CREATE TABLE {facts}.telling (
    entry    uuid PRIMARY KEY,
    record   uuid NOT NULL,
    decision uuid NOT NULL,
    at       timestamptz NOT NULL,
    actor    uuid NOT NULL
);
CREATE INDEX telling_record ON {facts}.telling (record);
CREATE TABLE {facts}.hold (
    entry   uuid PRIMARY KEY,
    record  uuid NOT NULL,
    version integer NOT NULL,
    until   date,
    at      timestamptz NOT NULL,
    actor   uuid NOT NULL
);
CREATE INDEX hold_record ON {facts}.hold (record, version);
-- A decision that the reporter says is wrong; chased by a ladder of its own until somebody answers who did not decide it.
CREATE TABLE {facts}.challenge (
    entry    uuid PRIMARY KEY,
    record   uuid NOT NULL,
    telling  uuid NOT NULL,
    decision uuid NOT NULL UNIQUE,
    decided_by uuid NOT NULL,
    told     uuid[] NOT NULL,
    at       timestamptz NOT NULL,
    chased   integer NOT NULL DEFAULT 0,
    outcome  text,
    answered_by uuid,
    answered_at timestamptz
);
CREATE INDEX challenge_open ON {facts}.challenge (chased, at) WHERE outcome IS NULL;
CREATE INDEX challenge_record ON {facts}.challenge (record);
-- The four limbs, whether they work with other children, and whether the employer was told: as it was answered last.
CREATE TABLE {facts}.harm_test (
    entry      uuid PRIMARY KEY,
    record     uuid NOT NULL,
    concerned  uuid NOT NULL,
    version    integer NOT NULL,
    harmed     text NOT NULL,
    offence    text NOT NULL,
    risk       text NOT NULL,
    unsuitable text NOT NULL,
    works      text NOT NULL,
    employer   text NOT NULL,
    at         timestamptz NOT NULL,
    actor      uuid NOT NULL
);
CREATE INDEX harm_test_record ON {facts}.harm_test (record);
-- Decisions, by their entries, that count only once a second person agreed.
CREATE TABLE {facts}.seconding (
    entry      uuid PRIMARY KEY,
    record     uuid NOT NULL,
    concerned  uuid,
    why        text NOT NULL,
    decided_by uuid NOT NULL,
    at         timestamptz NOT NULL,
    outcome    text,
    answered_by uuid,
    answer     uuid,
    answered_at timestamptz
);
CREATE INDEX seconding_record ON {facts}.seconding (record);
CREATE INDEX seconding_open ON {facts}.seconding (at) WHERE outcome IS NULL;
CREATE INDEX decision_actor ON {facts}.decision (actor, at);
-- Streams that hold something which this version cannot read: their words are hidden from every reader until it can.
CREATE TABLE {facts}.stopped (
    stream uuid PRIMARY KEY,
    entry  uuid NOT NULL,
    why    text NOT NULL
);
-- One row, set last when facts are swapped: a reader who does not see it sees nothing.
CREATE TABLE {facts}.head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one)
);

-- The planner's samples would tell whoever may ask for a plan how many records another person has:
-- "=" on a uuid counts as leakproof, so EXPLAIN uses them in spite of row-level security.
DO $$
DECLARE c record;
BEGIN
    FOR c IN SELECT a.attrelid::regclass AS tab, a.attname FROM pg_attribute a
             WHERE a.attrelid IN ('{facts}.person'::regclass, '{facts}.record'::regclass, '{facts}.item'::regclass,
                                  '{facts}.unit'::regclass, '{facts}.employment'::regclass,
                                  '{facts}.file'::regclass, '{facts}.flag'::regclass, '{facts}.sorting'::regclass,
                                  '{facts}.line'::regclass)
               AND a.attnum > 0 LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', c.tab, c.attname);
    END LOOP;
END $$;
