"""Records entries of each kind through the real doors and keeps their bytes: `python -m tests.golden.write v1`.

Only for a new folder: what is kept already is never written again. `v1` holds a concern and its
answers; `v2` people, units, restrictions and hand-overs; `v3-people` who is away, who is invited;
`v3-concerned` whom a concern is about, what was decided for them, and joined records; `v3-sorting` what
was read and sorted; `v3-files` files and a flag; `v-openings` leave and emergency openings;
`v4-matching` names that an owner wrote or an email holds, and a decision that an overseer sent back;
`v4-looks` a look that came too early, a flag that was taken back, and a third emergency opening;
`v4-identity` who told us, sealed and opened; `v4-remits` a remit, a look by it, a manager's proposals;
`v4-ladder` what waited until everybody was told; `v4-given` leave that nobody asked for, and its end;
`v6-referred` referrals, what was heard of them, whose response is criticised, a contact.
`v8-linked` two links to referrals: one sent, opened and answered, one refused by the post and taken back;
`v11-bound` the same, of links that name the pack that they give;
`v11-heard` the same, where an answer by link is news to whoever answers for the record.
`v5-calls` a child's concern, who was called about it, and who said "I have this".
`v9-packed` a referral, and the pack that went with it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from heed.access import asking, identities, remits
from heed.access import commands as access
from heed.access import people as staff
from heed.access.walls import Ground
from heed.core import canonical
from heed.core.ports import SealedEntry
from heed.core.vocabulary import Actor, Channel, Danger
from heed.intake import beside, sorting
from heed.intake import commands as intake
from heed.intake.beside import Whom
from heed.intake.events import Concern
from heed.intake.files import SentFile, add_file, ask_to_unflag, flag_file, unflag
from heed.intake.identity import Identity, WhySealed, seal_identity
from heed.intake.sorting import Outcome, Reason, Review
from heed.oversight import asked_commands as reporters
from heed.oversight.commands import answer_call, call_out, chase
from heed.oversight.ladder import RUNGS
from heed.referral import commands as referral
from heed.referral.commands import Heard, How
from heed.referral.link import LinkSecret, answer_link, end_link, make_link, open_link, say_sent
from heed.referral.pack import Document
from heed.referral.rules import Route
from heed.register.entry import Header, Recipients
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.register.vault import SealingKey
from heed.store.fold import FACTS, WORDS
from heed.store.link import try_code
from heed.store.readable import Desk
from heed.store.signing_in import FrontDoor, invitation_hash
from heed.triage import concerned_commands as concerned
from heed.triage import trust_commands as trust
from heed.triage.concerned_commands import Choice, Part, Trust
from tests.golden.kept import CODE, HERE, INTAKE, KEYS, ORGANISATION, SUMS
from tests.packed import a_pack
from tests.servers import create, running_server
from tests.walls.asking_again import to_reporter
from tests.world import CHANCE, World, new_world


def main(name: str) -> None:
    """Make the folder `name` beside this file."""
    folder = HERE / name
    folder.mkdir()  # fails where it exists
    with running_server(18) as server:
        world = new_world(create(server), intake=INTAKE, organisation=ORGANISATION)
        HAPPENINGS[name](world)
        _keep(world, folder)
        world.close()
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(HERE)}"
        for path in sorted(HERE.glob("v*/*.json"))
    ]
    SUMS.write_text("\n".join(lines) + "\n")


def _a_concern(world: World) -> None:
    """A concern by the public door, one by letter, an addition, a look and an answer."""
    told = world.tell(
        "A man waits at the weir after school.",
        code=CODE,
        danger=Danger.YES,
        told="Two friends say the same.\nThey said “again”. 😟 שלום",
        who="I do not know his name",
        where="Aldermere, the weir, ZZ99 3WZ",
    )
    world.open()
    key, lead = world.sign_in("lead"), world.people["lead"]
    desk = Desk(world.link("heed_office"))
    opened = desk.open(key, lead, told.record, CHANCE, world.office_recipients)
    assert opened.thread is not None
    recipients = Recipients({**world.office_recipients.keys, "thread": opened.thread})
    desk.append(
        key,
        intake.answer(
            CHANCE, recipients, "Thank you. Are you safe now?", record=told.record, token=b"a" * 32
        ),
    )
    world.register("heed_intake").append(
        intake.add_words(
            CHANCE,
            world.public_recipients(told.code),
            "Yes. He was there again today.",
            record=told.record,
            lookup=told.door.lookup,
            token=b"b" * 32,
        )
    )
    code = ReturnCode.new(CHANCE.bytes)
    letter = Concern(saw="five pages", channel=Channel.LETTER, sender="unsigned", dated="3 May")
    desk.append(
        key,
        intake.file_concern(
            CHANCE,
            Recipients(world.office_recipients.keys, code.key),
            letter,
            record=uuid4(),
            token=b"c" * 32,
            door=new_door(CHANCE, code),
            actor=Actor.WORKER,
        ),
    )
    world.open()


def _restrictions(world: World) -> None:
    """Two bodies, whose people are restricted, hand over, oversee, and leave."""
    register, to, people = world.register(), world.office_recipients, world.people
    council, team, partner = uuid4(), uuid4(), uuid4()
    for unit, name, parent in (
        (council, "Aldermere Council", None),
        (team, "First team", council),
        (partner, "Independent Oversight", None),
    ):
        register.append(access.add_unit(CHANCE, to, unit=unit, name=name, parent=parent))
    register.append(access.move_unit(CHANCE, to, unit=team, parent=council))
    for name, role in (("overseer", "overseer"), ("custodian", "access custodian")):
        person = world.add_person(name, f"Independent {name}", role)
        register.append(access.employ(CHANCE, to, person=person, unit=partner))
        register.append(access.set_posts(CHANCE, to, person=person, posts=[name]))
    first = register.append(access.employ(CHANCE, to, person=people["colleague"], unit=team))
    world.open()
    told = world.tell("I told the second worker and nobody came.", danger=Danger.NO)
    world.open()
    _hand_over(world, told.record)
    _restrict(world, told.record, council)
    job = Header.decode(first.header).id
    register.append(access.end_employment(CHANCE, to, person=people["colleague"], employment=job))
    register.append(
        access.declare_relation(
            CHANCE, to, person=people["colleague"], other=people["overseer"], how="household"
        )
    )
    register.append(access.leave(CHANCE, to, person=people["lead"]))
    world.open()


def _as(world: World, name: str, *entries: SealedEntry) -> None:
    key = world.sign_in(name)
    for entry in entries:
        Desk(world.link("heed_office")).append(key, entry)


def _hand_over(world: World, record: UUID) -> None:
    """Offered twice, declined once, accepted once, and once overtaken: the giver is named."""
    to, people = world.office_recipients, world.people
    contact = people["contact"]
    offer = access.offer_hand_over(CHANCE, to, record=record, taker=contact, note="please")
    _as(world, "lead", offer)
    no = access.decline_hand_over(CHANCE, to, record=record, reason="on leave")
    _as(world, "contact", no)
    offer = access.offer_hand_over(CHANCE, to, record=record, taker=contact, note="now?")
    _as(world, "lead", offer)
    _as(world, "contact", access.accept_hand_over(CHANCE, to, record=record))
    back = access.offer_hand_over(CHANCE, to, record=record, taker=people["lead"], note="back")
    _as(world, "contact", back)


def _restrict(world: World, record: UUID, council: UUID) -> None:
    to, people = world.office_recipients, world.people
    match = world.as_owner("SELECT entry FROM facts.wall")[0][0]
    ground = Ground.CONCEALING
    _as(
        world,
        "contact",
        access.confirm_wall(CHANCE, to, record=record, wall=match, ground=ground, reason="so"),
        access.wall_unit(
            CHANCE,
            to,
            record=record,
            unit=council,
            ground=Ground.BODY,
            reason="its response is criticised",
            alleged_from=datetime(2026, 1, 1, tzinfo=UTC),
            alleged_until=datetime(2026, 6, 1, tzinfo=UTC),
        ),
        access.wall_person(
            CHANCE, to, record=record, person=people["contact"], ground=Ground.CLOSE, reason="kin"
        ),
    )
    overseer = people["overseer"]
    asks = access.ask_for_content(CHANCE, to, person=overseer, record=record, reason="sample")
    look = access.look(CHANCE, to, person=overseer, records=[record], purpose="oversight")
    _as(world, "overseer", asks, look)
    lifts = {"record": record, "wall": match, "reason": "a namesake"}
    _as(world, "custodian", access.ask_to_lift(CHANCE, to, **lifts))
    _as(world, "overseer", access.lift_wall(CHANCE, to, **lifts))


def _away(world: World) -> None:
    """Who is away and back, another outside contact, an invitation, a withdrawn tie, a unit's name."""
    register, to, people = world.register(), world.office_recipients, world.people
    council, partner = uuid4(), uuid4()
    for unit, name in ((council, "Aldermere Council"), (partner, "Independent Oversight")):
        register.append(access.add_unit(CHANCE, to, unit=unit, name=name, parent=None))
    for name, post in (("custodian", "custodian"), ("overseer", "overseer")):
        person = world.add_person(name, f"Independent {name}", name)
        register.append(access.set_posts(CHANCE, to, person=person, posts=[post]))
    administrator = world.add_person("administrator", "Administrator", "administrator")
    register.append(access.set_posts(CHANCE, to, person=administrator, posts=["administrator"]))
    for name in ("lead", "colleague", "administrator"):
        register.append(access.employ(CHANCE, to, person=people[name], unit=council))
    world.open()
    world.tell("Aldermere Council was told of it in May.", danger=Danger.NO)
    world.open()
    lead, colleague = people["lead"], people["colleague"]
    until = datetime(2099, 1, 1, tzinfo=UTC)
    _as(world, "lead", staff.go_away(CHANCE, to, person=lead, until=until, cover=colleague))
    _as(world, "lead", staff.come_back(CHANCE, to, person=lead))
    overseer = people["overseer"]
    register.append(staff.set_fallback(CHANCE, to, slot=world.slot, fallback=overseer))
    tie = access.declare_relation(CHANCE, to, person=lead, other=colleague, how="cousins")
    _as(world, "colleague", tie)
    about = {"person": lead, "relation": tie.id, "reason": "a mistake"}
    _as(world, "custodian", staff.ask_to_withdraw(CHANCE, to, **about))
    _as(world, "overseer", staff.withdraw(CHANCE, to, **about))
    invites = staff.invite(CHANCE, to, person=lead, code_hash=invitation_hash(CODE))
    _as(world, "administrator", invites)
    door = FrontDoor(world.link("heed_signin"))
    door.take_invitation(to, CODE, "new name", "a kettle on a green hill")
    world.open()


def _concerned(world: World) -> None:
    """A child and a coach, added to; decisions; two records joined and parted again."""
    to = world.office_recipients
    first, later = (world.tell(saw, danger=Danger.NO) for saw in ("first", "later"))
    world.open()
    lead = world.people["lead"]
    for told in (first, later):
        _as(
            world,
            "lead",
            access.look(CHANCE, to, person=lead, records=[told.record], purpose="own queue"),
        )
    about = {"record": first.record}
    girl = concerned.name_child(CHANCE, to, {"name": "A girl of about 12"}, **about)
    coach = concerned.name_adult(
        CHANCE, to, {"name": "The coach"}, part=Part.ABOUT, trust=Trust.UNKNOWN, **about
    )
    known = {"name": "Ella", "place": "the weir"}
    more = concerned.name_child(CHANCE, to, known, concerned=girl.id, **about)
    trusted = concerned.name_adult(
        CHANCE, to, {}, part=Part.ABOUT, trust=Trust.YES, concerned=coach.id, **about
    )
    _as(world, "lead", girl, coach, more, trusted)
    for whom in (girl.id, girl.id, coach.id):
        made = concerned.decide(
            CHANCE, to, concerned=whom, choice=Choice.REFER, reason="as told", **about
        )
        _as(world, "lead", made)
    alone = concerned.decide(
        CHANCE,
        to,
        record=later.record,
        concerned=None,
        choice=Choice.NO_FURTHER_ACTION,
        reason="nobody is named yet",
    )
    join = concerned.join(
        CHANCE, to, record=later.record, other=first.record, reason="the same weir"
    )
    parted = concerned.part(CHANCE, to, joined=join.stream, reason="another girl")
    _as(world, "lead", alone, join, parted)
    world.open()


def _sorted(world: World) -> None:
    """A letter put aside, another joined to it, a review; a note, a call, and the parents."""
    to, lead = world.office_recipients, world.people["lead"]
    overseer = world.add_person("overseer", "Independent overseer", "overseer")
    world.register().append(access.set_posts(CHANCE, to, person=overseer, posts=["overseer"]))
    world.open()
    first, second = (world.tell("Save our buses.", danger=Danger.NO).record for _ in range(2))
    world.open()
    _as(
        world,
        "lead",
        access.look(CHANCE, to, person=lead, records=[first, second], purpose="own queue"),
        sorting.sort(CHANCE, to, record=first, outcome=Outcome.NOT_ONE, reason=Reason.PUBLICITY),
        sorting.sort(CHANCE, to, record=second, outcome=Outcome.COPY, copy_of=first),
    )
    asks = access.ask_for_content(CHANCE, to, person=overseer, record=first, reason="sampled")
    look = access.look(CHANCE, to, person=overseer, records=[first], purpose="oversight")
    [(sample,)] = world.as_owner("SELECT entry FROM facts.sample")
    again = {"outcome": Review.LOOK_AGAIN, "words": "A child is named."}
    review = sorting.review(CHANCE, to, record=first, sorting=sample, **again)
    _as(world, "overseer", asks, look, review)
    at = datetime(2026, 11, 20, 15, 42, tzinfo=UTC)
    _as(
        world,
        "lead",
        beside.note(CHANCE, to, record=first, words="Rang the stop.", about=sample),
        beside.write_down_call(
            CHANCE, to, record=first, whom=Whom.CHILDREN, rung_at=at, words="Ref 7"
        ),
        beside.tell_parents(CHANCE, to, record=first, told=False, words="not yet"),
    )
    world.open()


def _files(world: World) -> None:
    """A reporter's file, one that the owner puts on, and a flag on it."""
    told = world.tell("I have a photo of the sign by the weir.", danger=Danger.NO)
    photo = SentFile("sign.jpg", "image/jpeg", b"\xff\xd8 not really a photo\0")
    world.register("heed_intake").append(
        add_file(
            CHANCE,
            Recipients(world.public_recipients(told.code).keys),
            photo,
            record=told.record,
            token=b"d" * 32,
            lookup=told.door.lookup,
            actor=Actor.REPORTER,
        )
    )
    world.open()
    to, about = world.office_recipients, {"record": told.record, "token": b"e" * 32}
    minutes = add_file(CHANCE, to, SentFile("minutes é.pdf", "application/pdf", b"%PDF"), **about)
    _as(world, "lead", minutes, flag_file(CHANCE, to, file=minutes.id, **about))
    world.open()


def _openings(world: World) -> None:
    """Asked for and granted, ended by a hand-over; declined; opened in an emergency, and reviewed."""
    register, to, people = world.register(), world.office_recipients, world.people
    overseer = world.add_person("overseer", "Independent overseer", "overseer")
    register.append(access.set_posts(CHANCE, to, person=overseer, posts=["overseer"]))
    world.open()
    told = world.tell("She told me at the swimming club.", danger=Danger.NO)
    world.open()
    rows = world.as_owner("SELECT reference FROM facts.record WHERE id = %s", (told.record,))
    asks = {"person": people["colleague"], "reference": rows[0][0], "reason": "I know the club"}
    first, second = (asking.ask_for_access(CHANCE, to, **asks) for _ in range(2))
    glass = asking.break_glass(CHANCE, to, **asks)
    nothing = asking.break_glass(CHANCE, to, **asks | {"reference": "BCDFG-HJKMN"})
    _as(world, "colleague", first, second, glass, nothing)
    yes = asking.grant_access(CHANCE, to, record=told.record, asking=first.id)
    no = asking.decline_access(
        CHANCE, to, record=told.record, asking=second.id, reason="once is enough"
    )
    offer = access.offer_hand_over(
        CHANCE, to, record=told.record, taker=people["contact"], note="please"
    )
    _as(world, "lead", yes, no, offer)
    found = asking.search(
        CHANCE, to, person=people["colleague"], records=[told.record], sought="swimming"
    )
    _as(world, "colleague", found)
    _as(world, "contact", access.accept_hand_over(CHANCE, to, record=told.record))
    review = {"person": people["colleague"], "glass": glass.id, "outcome": "right"}
    _as(world, "overseer", asking.review_glass(CHANCE, to, **review, words="It could not wait."))
    world.open()


def _matching(world: World) -> None:
    """A coach who works here, an email that names another, and no further action that is sent back."""
    to, lead = world.office_recipients, world.people["lead"]
    overseer = world.add_person("overseer", "Independent overseer", "overseer")
    world.register().append(access.set_posts(CHANCE, to, person=overseer, posts=["overseer"]))
    for name in ("Kit Lane", "Ash Field"):
        world.add_person(name, name, "worker")
    world.open()
    told, other = (world.tell("The lights were on.", danger=Danger.NO).record for _ in range(2))
    world.open()
    about = {"part": Part.ABOUT, "trust": Trust.YES, "record": told}
    mail = SentFile("weir.eml", "message/rfc822", b"Subject: the weir\n\nAsk Ash Field.\n")
    _as(
        world,
        "lead",
        access.look(CHANCE, to, person=lead, records=[told, other], purpose="own queue"),
        concerned.name_adult(CHANCE, to, {"name": "Kit Lane"}, **about),
        add_file(CHANCE, to, mail, record=told, token=b"m" * 32),
        concerned.decide(
            CHANCE,
            to,
            record=other,
            concerned=None,
            choice=Choice.NO_FURTHER_ACTION,
            reason="nobody is named",
        ),
    )
    world.open()
    [(sample,)] = world.as_owner("SELECT entry FROM facts.sample")
    asks = access.ask_for_content(CHANCE, to, person=overseer, record=other, reason="sampled")
    look = access.look(CHANCE, to, person=overseer, records=[other], purpose="oversight")
    again = {"outcome": Review.LOOK_AGAIN, "words": "Ask who had the key."}
    review = sorting.review(CHANCE, to, record=other, sorting=sample, **again)
    _as(world, "overseer", asks, look, review)
    world.open()


def _looks(world: World) -> None:
    """A look before all was there; a colleague's file, flagged and given back; a third emergency opening."""
    register, to, people = world.register(), world.office_recipients, world.people
    custodian = world.add_person("custodian", "Access custodian", "custodian")
    register.append(access.set_posts(CHANCE, to, person=custodian, posts=["custodian"]))
    world.open()
    told = world.tell("They were told to keep quiet.", danger=Danger.NO)
    world.open()
    photo = add_file(
        CHANCE,
        world.public_recipients(told.code),
        SentFile("gate.jpg", "image/jpeg", b"not a photo"),
        record=told.record,
        token=b"f" * 32,
        lookup=told.door.lookup,
        actor=Actor.REPORTER,
    )
    world.register("heed_intake").append(photo)
    early = access.look(
        CHANCE, to, person=people["lead"], records=[told.record], purpose="own queue"
    )
    _as(world, "lead", early)
    world.open()
    rows = world.as_owner("SELECT reference FROM facts.record WHERE id = %s", (told.record,))
    why = {"person": people["colleague"], "reference": rows[0][0], "reason": "She rang me."}
    _as(world, "colleague", *(asking.break_glass(CHANCE, to, **why) for _ in range(2)))
    about = {"record": told.record, "token": b"g" * 32}
    file = add_file(CHANCE, to, SentFile("letter.pdf", "application/pdf", b"%PDF"), **about)
    flag = flag_file(CHANCE, to, file=file.id, reason="The caller said so.", **about)
    third = asking.ask_for_approval(CHANCE, to, **why)
    _as(world, "colleague", file, flag, third)
    mistake = {"flag": flag.id, "reason": "It is the letter.", **about}
    _as(world, "lead", ask_to_unflag(CHANCE, to, **mistake))
    yes = asking.approve_glass(CHANCE, to, person=people["colleague"], asking=third.id)
    _as(world, "custodian", unflag(CHANCE, to, **mistake), yes)
    world.open()


def _identities(world: World) -> None:
    """Sealed by a reporter and with a letter; declined, opened by two, opened alone and reviewed."""
    register, to = world.register(), world.office_recipients
    for name, title in (("custodian", "Access custodian"), ("overseer", "Independent overseer")):
        person = world.add_person(name, title, name)
        register.append(access.set_posts(CHANCE, to, person=person, posts=[name]))
    world.open()
    told = world.tell("The head of my school tells us to keep quiet.", danger=Danger.NO)
    who = Identity("A teacher é", "07700 900123,\nnever at work")
    keys = Recipients(world.public_recipients(told.code).keys)
    about = {"record": told.record, "token": b"i" * 32}
    sealed = seal_identity(CHANCE, keys, who, lookup=told.door.lookup, **about)
    world.register("heed_intake").append(sealed)
    letter = ReturnCode(hashlib.sha256(b"heed golden entries, a letter").digest()[:11])
    about = {"record": letter.record, "token": b"j" * 32}
    filed = intake.file_concern(
        CHANCE,
        Recipients(to.keys, letter.key),
        Concern(told="They lock a room.", channel=Channel.LETTER),
        door=new_door(CHANCE, letter),
        actor=Actor.WORKER,
        **about,
    )
    known = Identity("The caretaker", "", WhySealed.WHISTLE)
    apart = seal_identity(CHANCE, to, known, actor=Actor.WORKER, **about)
    desk = Desk(world.link("heed_office"))
    desk.append_all(world.sign_in("colleague"), [filed, apart])
    world.open()
    first, second = (
        identities.ask_who(CHANCE, to, record=record, reason="to warn them")
        for record in (told.record, letter.record)
    )
    _as(world, "lead", first, second)
    asks = {"record": told.record, "asking": first.id}
    no = {"record": letter.record, "asking": second.id, "reason": "ask by the code"}
    _as(
        world,
        "custodian",
        identities.agree_to_open(CHANCE, to, **asks, reason="they are at risk"),
        identities.decline_to_open(CHANCE, to, **no),
    )
    two = identities.open_who(CHANCE, to, **asks, reason="I agree")
    _as(world, "overseer", two)
    look = {"person": world.people["lead"], "records": [told.record], "purpose": "identity"}
    alone = {"record": letter.record, "asking": None, "reason": "a life is in danger"}
    danger = identities.open_who(CHANCE, to, **alone)
    _as(world, "lead", access.look(CHANCE, to, **look), danger)
    review = {"record": letter.record, "opening": danger.id, "outcome": "right"}
    _as(world, "contact", identities.review_opening(CHANCE, to, **review, reason="it was"))
    world.open()


def _remits(world: World) -> None:
    """A remit that is used and ended, one that ends with who had it; what a manager proposes."""
    register, to, people = world.register(), world.office_recipients, world.people
    body = uuid4()
    register.append(access.add_unit(CHANCE, to, unit=body, name="Aldermere", parent=None))
    world.add_person("manager", "Team manager", "manager")
    world.add_person("administrator", "Administrator", "administrator")
    for name in ("lead", "colleague", "manager", "administrator"):
        register.append(access.employ(CHANCE, to, person=people[name], unit=body))
    for name in ("manager", "administrator"):
        register.append(access.set_posts(CHANCE, to, person=people[name], posts=[name]))
    world.open()
    told = world.tell("She told me on the bus.", danger=Danger.NO).record
    world.open()
    first = remits.give_remit(CHANCE, to, person=people["colleague"], unit=body)
    _as(world, "administrator", first)
    register.append(remits.give_remit(CHANCE, to, person=people["manager"], unit=body))
    look = {"person": people["colleague"], "record": told, "reason": "I know the driver."}
    _as(world, "colleague", remits.look_by_remit(CHANCE, to, **look))
    ended = remits.end_remit(CHANCE, to, person=people["colleague"], remit=first.id)
    _as(world, "administrator", ended)
    offers = [
        access.offer_hand_over(CHANCE, to, record=told, taker=people[name], note="please")
        for name in ("colleague", "contact")
    ]
    _as(world, "manager", *offers)
    _as(world, "colleague", access.accept_hand_over(CHANCE, to, record=told))
    register.append(access.leave(CHANCE, to, person=people["manager"]))
    world.open()


def _ladder(world: World) -> None:
    """Nobody opens a concern for a fortnight."""
    register, to = world.register(), world.office_recipients
    overseer = world.add_person("overseer", "Independent overseer", "overseer")
    register.append(access.set_posts(CHANCE, to, person=overseer, posts=["overseer"]))
    world.open()
    told = world.tell("Nobody has rung me back.", danger=Danger.NO)
    world.open()
    world.link("heed_owner").rows("INSERT INTO machinery.clock (shift) VALUES ('16 days')")
    for rung in RUNGS:
        world.register("heed_sweep").append(chase(CHANCE, to, record=told.record, days=rung.days))
    world.open()


def _given(world: World) -> None:
    """Two colleagues are brought in; the leave of one is ended."""
    to, people = world.office_recipients, world.people
    world.open()
    told = world.tell("He shouts at the small ones.", danger=Danger.NO)
    world.open()
    about = {"record": told.record, "reason": "they know the club"}
    first, second = (
        asking.give_access(CHANCE, to, person=people[name], **about)
        for name in ("colleague", "contact")
    )
    ended = asking.end_access(CHANCE, to, record=told.record, opening=first.id)
    _as(world, "lead", first, second, ended)
    world.open()


def _referred(world: World) -> None:
    """A body is criticised, and in error; two referrals, what was heard of one; a contact."""
    to = world.office_recipients
    world.open()
    told = world.tell("He was told on. Nobody came.", danger=Danger.NO)
    world.open()
    record, at = told.record, datetime(2026, 3, 2, 15, 42, tzinfo=UTC)
    child = concerned.name_child(CHANCE, to, {"name": "A boy of about 9"}, record=record)
    about = {"record": record, "reason": "They did not come."}
    said = {"person": "Duty worker", "reach": "01632 960 999", "place": "ZZ99 3WZ"}
    rung = {"how": How.TELEPHONE, "told_at": at, "record": record, "concerned": child.id}
    services = "council/E09000033/children"
    first = referral.refer(CHANCE, to, said, route=Route.PROTECTING, body=services, **rung)
    other = {"record": record, "concerned": None, "how": How.EMAIL, "told_at": None}
    other |= {"route": Route.ACCOUNTABILITY, "body": "charity", "rung_back_at": at}
    second = referral.refer(CHANCE, to, said | {"unlisted": "The ferry trust"}, **other)
    heard = {"record": record, "happened_at": at, "person": "Duty worker", "reference": "R 7"}
    kept = {"body": services, "how": How.TELEPHONE, "checked_on": at.date(), "name": "Front door"}
    look = access.look(
        CHANCE, to, person=world.people["lead"], records=[record], purpose="own queue"
    )
    _as(
        world,
        "lead",
        look,
        child,
        concerned.decide(
            CHANCE, to, record=record, concerned=child.id, choice=Choice.REFER, reason="as told"
        ),
        referral.criticise(CHANCE, to, body="police/E23000001", stands=True, **about),
        first,
        second,
        *(
            referral.write_down_heard(
                CHANCE, to, referral=first.id, what=what, words="as told", **heard
            )
            for what in (Heard.ACKNOWLEDGED, Heard.DECLINED, Heard.IN_ERROR)
        ),
        referral.write_down_heard(
            CHANCE, to, referral=second.id, what=Heard.SENT, words="", **heard
        ),
        referral.criticise(CHANCE, to, body="police/E23000001", stands=False, **about),
        referral.keep_reach(CHANCE, to, reach="01632 960 999", **kept),
    )
    world.open()


def _packed(world: World) -> None:
    """A concern that was opened and referred by secure email, and the pack that went with it."""
    told = world.tell("She was in a car by the weir.", danger=Danger.NO)
    world.open()
    to, about = world.office_recipients, {"record": told.record}
    seen = access.look(
        CHANCE, to, person=world.people["lead"], records=[told.record], purpose="own queue"
    )
    sent = {"route": Route.PROTECTING, "body": "council/E09000033/children", "concerned": None}
    by = {"how": How.EMAIL, "told_at": None}
    referred = referral.refer(CHANCE, to, {"person": "Duty worker"}, **about, **sent, **by)
    looked = access.look(
        CHANCE, to, person=world.people["lead"], records=[told.record], purpose="pack"
    )
    made, sums = a_pack(referred.id)
    packs = {"pack": made, "sums": sums, "entries": [told.entry.id], "token": b"p" * 32}
    pack = referral.make_pack(CHANCE, to, referral=referred.id, **packs, **about)
    _as(world, "lead", seen, referred, looked, pack)
    world.open()


def _calls(world: World) -> None:
    """A child writes; who is called first does not answer, the second does, and decides."""
    register, to, people = world.register(), world.office_recipients, world.people
    for number, name in enumerate(("lead", "colleague"), 101):
        reach = {"telephone": f"07700900{number}", "email": f"{name}@example.org"}
        register.append(staff.set_reach(CHANCE, to, person=people[name], **reach))
    world.put_on_duty("colleague", datetime(2025, 1, 1, tzinfo=UTC))
    world.open()
    told = world.tell("I am frightened to go home.", danger=Danger.NO, child="yes")
    world.open()
    record, sweep = told.record, world.register("heed_sweep")
    for shift in ("0 minutes", "16 minutes"):
        owner = world.link("heed_owner")
        owner.rows("DELETE FROM machinery.clock")
        owner.rows(f"INSERT INTO machinery.clock (shift) VALUES ('{shift}')")
        called = call_out(CHANCE, to, record=record)
        sweep.append(called)
    _as(world, "colleague", answer_call(CHANCE, to, record=record, call=called.id))
    key, desk = world.sign_in("colleague"), Desk(world.link("heed_office"))
    desk.open(key, people["colleague"], record, CHANCE, to)
    reason = "somebody must see them today"
    _as(
        world,
        "colleague",
        concerned.decide(
            CHANCE, to, record=record, concerned=None, choice=Choice.REFER, reason=reason
        ),
    )
    world.open()


def _asked(world: World) -> None:
    """The lead decides, waits to tell, and tells; the reporter asks again and says that it is wrong."""
    to, people, owner = world.office_recipients, world.people, world.link("heed_owner")
    overseer = world.add_person("overseer", "Overseer", "worker")
    posts = {"person": overseer, "posts": ["overseer"]}
    world.register().append(access.set_posts(CHANCE, to, **posts))
    world.open()
    told = world.tell("A child cries at night.", danger=Danger.NO)
    world.open()
    record, mine = told.record, {"record": told.record, "lookup": told.code.lookup}
    reporter, theirs = world.register("heed_intake"), world.public_recipients(told.code)
    desk, key = Desk(world.link("heed_office")), world.sign_in("lead")
    for _ in range(2):
        token = CHANCE.bytes(32)
        reporter.append(reporters.ask_again(CHANCE, theirs, **mine, token=token))
    desk.open(key, people["lead"], record, CHANCE, to)
    choice = {"concerned": None, "choice": Choice.NO_FURTHER_ACTION, "reason": "they moved"}
    decided = concerned.decide(CHANCE, to, record=record, **choice)
    about = {"record": record, "reason": "the police ask us to wait"}
    until = datetime.now(UTC).date() + timedelta(days=14)
    held = reporters.hold_telling(CHANCE, to, **about, until=until)
    freed = reporters.hold_telling(CHANCE, to, **about, until=None)
    said = {"decision": decided.id, "words": "We rang the school. They look after her."}
    telling = reporters.tell_reporter(CHANCE, to_reporter(world, record), record=record, **said)
    for entry in (decided, held, freed, telling):
        desk.append(key, entry)
    wrong = [
        reporters.challenge(CHANCE, theirs, **mine, telling=telling.id, token=bytes([number]) * 32)
        for number in range(2)
    ]
    for press in wrong:
        reporter.append(press)
    owner.rows("INSERT INTO machinery.clock (shift) VALUES ('2 days')")
    late = {"record": record, "challenge": wrong[0].id}
    world.register("heed_sweep").append(reporters.chase_challenge(CHANCE, to, **late, days=1))
    ask = {"person": overseer, "record": record, "reason": "they say that it is wrong"}
    _as(world, "overseer", access.ask_for_content(CHANCE, to, **ask))
    desk.open(world.sign_in("overseer"), overseer, record, CHANCE, to, "oversight")
    again = {"verdict": reporters.Verdict.DECIDE_AGAIN, "reason": "nobody saw the child"}
    _as(world, "overseer", reporters.answer_challenge(CHANCE, to, **late, **again))
    world.open()


def _seconded(world: World) -> None:
    """For a coach nothing is to be done: one second person does not agree, and another does."""
    to, people = world.office_recipients, world.people
    told = world.tell("The coach shouts at them.", danger=Danger.NO)
    world.open()
    record, about = told.record, {"record": told.record}
    desk, key = Desk(world.link("heed_office")), world.sign_in("lead")
    desk.open(key, people["lead"], record, CHANCE, to)
    trusted = {"part": Part.ABOUT, "trust": Trust.YES}
    coach = concerned.name_adult(CHANCE, to, {"name": "The coach"}, **trusted, **about)
    said = dict.fromkeys(("harmed", "offence", "risk", "unsuitable", "works"), "no")
    words = {"where": "a swimming club", "why": "nothing to tell them"}
    whom = about | {"concerned": coach.id}
    harm = trust.answer_harm(CHANCE, to, said | {"employer": "not told"}, words, **whom)
    nothing = {"choice": Choice.NO_FURTHER_ACTION, "reason": "loud, no more"}
    made = [concerned.decide(CHANCE, to, **whom, **nothing) for _ in range(2)]
    given = asking.give_access(
        CHANCE, to, **about, person=people["colleague"], reason="a second person"
    )
    _as(world, "lead", coach, harm, *made, given)
    desk.open(world.sign_in("colleague"), people["colleague"], record, CHANCE, to, "granted")
    for decision, agreement in zip(made, reversed(trust.Agreement), strict=True):
        answer = {"decision": decision.id, "agreement": agreement, "reason": "I read it"}
        _as(world, "colleague", trust.second(CHANCE, to, **about, **answer))
    world.open()


def _linked(world: World) -> None:
    """Two referrals by link: one is sent, opened by name, and accepted; the other is taken back."""
    to, register = world.office_recipients, world.register("heed_intake")
    world.open()
    told = world.tell("Nobody came.", danger=Danger.NO)
    world.open()
    record, sweep = told.record, world.register("heed_sweep")
    by_link = {"how": How.LINK, "told_at": None, "record": record, "concerned": None}
    by_link |= {"route": Route.PROTECTING, "body": "council/E09000033/children"}
    sent = referral.refer(CHANCE, to, {"reach": "duty@example.org"}, **by_link)
    secrets = [LinkSecret.new(CHANCE.bytes) for _ in range(2)]
    words = Document("words.txt", "text/plain", b"Nobody came.")
    about = {"record": record, "referral": sent.id, "email": "duty@example.org"}
    seen = access.look(
        CHANCE, to, person=world.people["lead"], records=[record], purpose="own queue"
    )
    made, sums = a_pack(sent.id)
    packs = {"pack": made, "sums": sums, "entries": [told.entry.id], "token": b"p" * 32}
    packed = referral.make_pack(CHANCE, to, record=record, referral=sent.id, **packs)
    about |= {"pack": packed.id}
    links = [make_link(CHANCE, to, [words], secret=secret, **about) for secret in secrets]
    _as(world, "lead", seen, sent, packed, *links)
    for link, why in zip(links, ("", "the mail server refused it for good (550)"), strict=True):
        sweep.append(say_sent(CHANCE, to, record=record, link=link.id, sent=not why, why=why))
    ended = end_link(CHANCE, to, record=record, link=links[1].id, reason="another address")
    _as(world, "lead", ended)
    attempt, pack = try_code(world.link("heed_intake"), secrets[0])
    assert pack is not None
    code = secrets[0].way_back(CHANCE.bytes(32))
    opens = {"door": new_door(CHANCE, code), "attempt": attempt, "name": "A. Receiver"}
    wrap = pack.under(CHANCE, secrets[0].key, code.key)
    seals = Recipients({"intake": SealingKey(INTAKE.public())})
    register.append(open_link(CHANCE, seals, code=code, wrap=wrap, role="Duty team", **opens))
    said = {"person": "A. Receiver", "reference": "R 7", "words": "We will visit."}
    answer = {"code": code, "what": Heard.ACCEPTED, "token": b"a" * 32}
    register.append(answer_link(CHANCE, seals, said, **answer))
    world.open()


HAPPENINGS = {
    "v10-seconded": _seconded,
    "v10-asked": _asked,
    "v4-matching": _matching,
    "v4-looks": _looks,
    "v4-identity": _identities,
    "v4-remits": _remits,
    "v-openings": _openings,
    "v1": _a_concern,
    "v2": _restrictions,
    "v3-people": _away,
    "v3-concerned": _concerned,
    "v3-sorting": _sorted,
    "v3-files": _files,
    "v4-ladder": _ladder,
    "v4-given": _given,
    "v6-referred": _referred,
    "v5-calls": _calls,
    "v9-packed": _packed,
    "v8-linked": _linked,
    "v11-bound": _linked,
    "v11-heard": _linked,
}


def _keep(world: World, folder: Path) -> None:
    with world.database.server.superuser(world.database.name) as connection:
        rows = connection.execute(
            "SELECT e.id, e.stream, e.version, e.header, e.facts, e.commitment, e.sealed, p.data,"
            " (SELECT jsonb_object_agg(w.recipient, encode(w.wrap, 'hex'))"
            "  FROM register.wrapped_key w WHERE w.entry = e.id), t.lookup, t.wrapped_private"
            " FROM register.pending p JOIN register.entry e ON e.id = p.entry"
            " LEFT JOIN register.thread t ON t.stream = e.stream ORDER BY p.n"
        ).fetchall()
        for number, row in enumerate(rows):
            held = _held(*row)
            path = folder / f"{number:02}-{held['kind']}.json"
            path.write_text(json.dumps(held, indent=1, ensure_ascii=False) + "\n")
        tables = {f"facts.{table}": _rows(connection, f"facts.{table}") for table in FACTS}
        tables |= {f"words.{table}": _rows(connection, f"words.{table}") for table in WORDS}
    (folder / "tables.json").write_text(json.dumps(tables, indent=1, ensure_ascii=False) + "\n")


def _held(*row: Any) -> dict[str, Any]:
    entry, stream, version, header, facts, commitment, sealed, leaf, wraps, lookup, private = row
    ours = {n: bytes.fromhex(w) for n, w in wraps.items() if n in ("intake", "organisation")}
    opened = KEYS.open(header, commitment, sealed, ours)
    return {
        "entry": str(entry),
        "stream": str(stream),
        "version": version,
        "kind": opened.header.kind,
        "header": header.decode(),
        "facts": facts.decode(),
        "commitment": commitment.hex(),
        "sealed": sealed.hex(),
        "wraps": wraps,
        "leaf": leaf.hex(),
        "door": {"lookup": lookup.hex(), "wrapped_private": private.hex()} if lookup else None,
        "envelope": canonical.loads(opened.envelope.encode()),
        "body": opened.body,
    }


def _rows(connection: psycopg.Connection, table: str) -> list[list[str]]:
    written = connection.execute(  # what the database derives from other columns is not kept
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND attgenerated = ''",
        (table,),
    ).fetchone()
    assert written is not None
    found = connection.execute(f"SELECT {written[0]} FROM {table}".encode()).fetchall()
    return sorted([plain(value) for value in row] for row in found)


def plain(value: Any) -> str:
    """A column's value as text, the same from the database and from a fold."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(plain, value)) + "]"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


if __name__ == "__main__":
    main(sys.argv[1])
