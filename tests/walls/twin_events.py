"""What happens in the worlds that are compared: before they part, and in only one of them."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from heed.access import asking, identities
from heed.access import commands as access
from heed.access import people as people_access
from heed.access.remits import give_remit
from heed.access.walls import Ground
from heed.core.ports import SealedEntry
from heed.core.vocabulary import Actor, Channel
from heed.intake import commands as intake
from heed.intake import sorting
from heed.intake.events import Concern
from heed.intake.files import SentFile, add_file, ask_to_unflag, flag_file
from heed.intake.identity import Identity, seal_identity
from heed.oversight import asked_commands as asked
from heed.oversight.commands import call_out
from heed.referral import commands as referral
from heed.referral.link import LinkSecret, make_link
from heed.referral.rules import Route
from heed.register.entry import Recipients
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.register.vault import OpeningKey, SealingKey
from heed.store.readable import Desk
from heed.triage import concerned_commands as concerned
from heed.triage import trust_commands as trust
from heed.triage.concerned_commands import Choice
from tests.copies import Scene
from tests.packed import a_pack
from tests.walls.asking_again import to_reporter
from tests.walls.standing_still import CHANCE, SESSIONS, at, stand_still
from tests.walls.twin_questions import (
    ALLEGATION,
    ASKED,
    BEGINNING,
    BODY,
    CHALLENGED,
    FILED,
    JOINED,
    KEPT,
    OFFERED,
    OUTSIDE,
    OWN,
    POSTS,
    SECONDED,
    STRANGE,
    UNIT,
    UNWANTED,
    VISIT,
    WORDS,
    code,
)
from tests.world import World

Build = Callable[[World], None]


def tell(world: World, minute: int, told: ReturnCode, **words: str) -> None:
    """Somebody tells this at that minute; the opener has not come by yet."""
    at(world, minute, told.record)
    world.tell(code=told, token=CHANCE.bytes(32), **(words or {"saw": "what was seen"}))


def seal(world: World, told: ReturnCode) -> None:
    """Whoever told this says who they are, sealed apart."""
    entry = seal_identity(
        CHANCE,
        Recipients(world.public_recipients(told).keys),
        Identity("A neighbour", "Not at work"),
        record=told.record,
        token=CHANCE.bytes(32),
        lookup=told.lookup,
    )
    world.register("heed_intake").append(entry)


def ask_who(world: World, name: str, record: UUID) -> None:
    """Whoever answers for it asks who told us, and then opens it alone."""
    to = world.office_recipients
    act(world, name, identities.ask_who(CHANCE, to, record=record, reason="to warn them"))
    alone = {"record": record, "asking": None, "reason": "her life is in danger"}
    act(world, name, identities.open_who(CHANCE, to, **alone))


def act(world: World, name: str, entry: SealedEntry) -> None:
    """This person puts an entry on the record."""
    Desk(world.link("heed_office")).append(SESSIONS[name], entry)


def restrict(world: World, name: str, record: UUID) -> None:
    """The lead says that it is about this person, who must not see it from now on."""
    entry = access.wall_person(
        CHANCE,
        world.office_recipients,
        record=record,
        person=world.people[name],
        ground=Ground.ACCUSED,
        reason="It is about them.",
    )
    act(world, "lead", entry)


def put_aside(world: World, name: str, record: UUID) -> None:
    """Whoever answers for it and has opened it says that it is no concern."""
    said = {"outcome": sorting.Outcome.NOT_ONE, "reason": sorting.Reason.THANKS}
    act(world, name, sorting.sort(CHANCE, world.office_recipients, record=record, **said))


def ask_to_see(world: World, name: str, record: UUID) -> UUID:
    """This person asks to see a record, by its reference."""
    entry = asking.ask_for_access(CHANCE, world.office_recipients, **_by_name(world, name, record))
    act(world, name, entry)
    return entry.id


def open_in_an_emergency(world: World, name: str, record: UUID) -> None:
    """This person opens a record in an emergency."""
    act(
        world,
        name,
        asking.break_glass(CHANCE, world.office_recipients, **_by_name(world, name, record)),
    )


def ask_for_a_yes(world: World, name: str, record: UUID) -> None:
    """This person asks for a yes to open a record in an emergency."""
    act(
        world,
        name,
        asking.ask_for_approval(CHANCE, world.office_recipients, **_by_name(world, name, record)),
    )


def flag(world: World, name: str, record: UUID) -> None:
    """This person flags the newest file of their record, and asks for the flag to be taken back."""
    (file,) = world.as_owner("SELECT entry FROM facts.file WHERE record = %s", (record,))[0]
    about = {"record": record, "token": CHANCE.bytes(32)}
    flagged = flag_file(CHANCE, world.office_recipients, file=file, reason="not sure", **about)
    act(world, name, flagged)
    doubts = {"flag": flagged.id, "reason": "a mistake", **about}
    act(world, name, ask_to_unflag(CHANCE, world.office_recipients, **doubts))


def _by_name(world: World, name: str, record: UUID) -> dict[str, Any]:
    found = world.as_owner("SELECT reference FROM facts.record WHERE id = %s", (record,))
    return {"person": world.people[name], "reference": found[0][0], "reason": "it is urgent"}


def before(world: World) -> Scene:
    """What both twins share: records, offers and restrictions of other people's; more than a page."""
    stand_still(world)
    at(world, 0)
    # Who is the outside contact was set up before the clock was turned back: it was so from the beginning.
    world.as_owner("UPDATE facts.slot SET since = %s RETURNING id", (BEGINNING,))
    _people(world)
    for minute, name in ((1, "colleague"), (101, "contact"), (102, "lead")):
        world.put_on_duty(name, BEGINNING + timedelta(minutes=minute))
        tell(world, minute, OWN[name])
    for minute in range(2, 62):
        tell(world, minute, code(minute + 100))
    given = {"lead": "colleague", "colleague": "lead", "contact": "lead"}
    offered = [
        (given[taker], taker, each[taker]) for each in (OFFERED, UNWANTED) for taker in given
    ]
    for giver, _, told in offered:
        tell(world, 70 if giver == "colleague" else 103, told)
    for told in (KEPT, ASKED):
        tell(world, 104, told)
    world.open()
    at(world, 110)
    for name, told in OWN.items():
        put_on(world, name, told.record, b"minutes of " + name.encode())
        seal(world, told)
        ask_who(world, name, told.record)
    for giver, taker, told in offered:
        claim = {"record": told.record, "taker": world.people[taker], "note": ""}
        act(world, giver, access.offer_hand_over(CHANCE, world.office_recipients, **claim))
    for told in (KEPT, ASKED):
        restrict(world, "contact", told.record)
    desk, own = Desk(world.link("heed_office")), OWN["contact"].record
    desk.open(SESSIONS["contact"], world.people["contact"], own, CHANCE, world.office_recipients)
    put_aside(world, "contact", own)
    pair = {"record": OWN["colleague"].record, "other": JOINED.record, "reason": "one street"}
    act(world, "colleague", concerned.join(CHANCE, world.office_recipients, **pair))
    _tie(world)
    for name in ("absent", "administrator"):
        gone = people_access.go_away(CHANCE, world.office_recipients, person=world.people[name])
        world.register().append(gone)
    for name in OWN:
        for minute in (0, 1):
            at(world, 112 + minute, OWN[name].record)
            ask_to_see(world, "custodian", OWN[name].record)
        someone = world.people["custodian"]
        brought = {"record": OWN[name].record, "person": someone, "reason": "to help"}
        act(world, name, asking.give_access(CHANCE, world.office_recipients, **brought))
    for name in ("contact", "lead"):
        open_in_an_emergency(world, "colleague", OWN[name].record)
    flag(world, "contact", OWN["contact"].record)
    for name in OWN:
        refer(world, name, OWN[name].record)
    challenge(world, "colleague", CHALLENGED)
    decide_alone(world, "colleague", SECONDED)
    at(world, 114)
    lift = {"record": ASKED.record, "wall": ids_of(world)["asked"], "reason": "a mistake"}
    act(world, "custodian", access.ask_to_lift(CHANCE, world.office_recipients, **lift))
    at(world, VISIT - 30)  # a yes is asked for a day, no longer
    ask_for_a_yes(world, "colleague", OWN["contact"].record)
    world.open()
    _call(world)
    return Scene(world)


def _call(world: World) -> None:
    """Whoever answers for a record of their own is called about it."""
    to = world.office_recipients
    for number, name in enumerate(("lead", "colleague")):
        reach = {"telephone": f"0770090010{number}", "email": ""}
        reached = people_access.set_reach(CHANCE, to, person=world.people[name], **reach)
        world.register().append(reached)
        called = call_out(CHANCE, to, record=OWN[name].record)
        world.register("heed_sweep").append(called)
    world.open()


def _people(world: World) -> None:
    """Who holds which post, who works where, and everybody's password."""
    add, to = world.register().append, world.office_recipients
    for name in POSTS:
        person = world.add_person(name, f"Aldermere {name}", name)
        add(access.set_posts(CHANCE, to, person=person, posts=[name]))
    for unit, parent in ((BODY, None), (UNIT, BODY), (OUTSIDE, None)):
        add(access.add_unit(CHANCE, to, unit=unit, name=f"Unit {unit.hex[-1]}", parent=parent))
    world.add_person("absent", "Aldermere absent", "absent")
    places = {
        "absent": UNIT,
        "colleague": UNIT,
        "lead": BODY,
        "administrator": BODY,
        "custodian": BODY,
        "manager": BODY,
    }
    for name, unit in (places | {"overseer": OUTSIDE}).items():
        add(access.employ(CHANCE, to, person=world.people[name], unit=unit))
    add(give_remit(CHANCE, to, person=world.people["manager"], unit=BODY))
    for name in SESSIONS:
        world.give_password(name)


def _tie(world: World) -> None:
    """Two ties of the colleague's; the custodian asks to withdraw the second."""
    to, people = world.office_recipients, world.people
    for minute, other in ((111, "overseer"), (112, "contact")):
        at(world, minute)
        tie = {"person": people["colleague"], "other": people[other], "how": "family"}
        act(world, "colleague", access.declare_relation(CHANCE, to, **tie))
    asked = ids_of(world)["asked_tie"]
    about = {"person": people["colleague"], "relation": asked, "reason": "a mistake"}
    act(world, "custodian", people_access.ask_to_withdraw(CHANCE, to, **about))


def ids_of(world: World) -> dict[str, UUID]:
    """Ids that are drawn with the world, by the names that questions use."""
    walls = dict(world.as_owner("SELECT record, entry FROM facts.wall ORDER BY at DESC, entry"))
    told = {"wall": ALLEGATION, "kept": KEPT, "asked": ASKED}
    (joined,) = world.as_owner(
        "SELECT id FROM facts.joined WHERE record = %s", (OWN["colleague"].record,)
    )[0]
    files = dict(world.as_owner("SELECT record, entry FROM facts.file ORDER BY entry"))
    own = {f"own file of {name}": files.get(each.record, STRANGE) for name, each in OWN.items()}
    samples = dict(world.as_owner("SELECT record, entry FROM facts.sample"))
    of = {"sample": ALLEGATION, "another": OWN["contact"]}
    ties = world.as_owner("SELECT entry FROM facts.relation ORDER BY at, entry")
    known = dict(zip(("tie", "asked_tie"), (row[0] for row in ties), strict=False))
    return (
        world.people
        | known
        | {name: walls.get(each.record, STRANGE) for name, each in told.items()}
        | {name: samples.get(each.record, STRANGE) for name, each in of.items()}
        | {"joined": joined, "file": files.get(ALLEGATION.record, STRANGE)}
        | own
        | _opened_ids(world)
        | _unsealed_ids(world)
    )


def _opened_ids(world: World) -> dict[str, UUID]:
    """Of requests to read and of emergency openings."""
    glass = dict(world.as_owner("SELECT record, entry FROM facts.opening WHERE how = 'emergency'"))
    known = {
        "glass": glass.get(ALLEGATION.record, STRANGE),
        "shared_glass": glass.get(OWN["contact"].record, STRANGE),
        "late_glass": glass.get(OWN["lead"].record, STRANGE),
    }
    open_ = world.as_owner(
        "SELECT record, entry FROM facts.asking WHERE state = 'open' ORDER BY at"
    )
    for name, table in (("approval", "approval"), ("flag", "flag")):
        ours = dict(world.as_owner(f"SELECT record, entry FROM facts.{table} ORDER BY at DESC"))
        known |= {
            name: ours.get(ALLEGATION.record, STRANGE),
            f"shared_{name}": ours.get(OWN["contact"].record, STRANGE),
        }
    leave = world.as_owner(
        "SELECT record, entry FROM facts.opening WHERE how = 'granted' ORDER BY at"
    )
    rung = "SELECT record, entry FROM facts.referral WHERE how {} 'link'"
    sent, linked = (dict(world.as_owner(rung.format(how))) for how in ("<>", "="))
    known["referral"] = sent.get(ALLEGATION.record, STRANGE)
    known["by_link"] = linked.get(ALLEGATION.record, STRANGE)
    known |= {f"by_link of {name}": linked.get(own.record, STRANGE) for name, own in OWN.items()}
    known |= {f"referral of {name}": sent.get(own.record, STRANGE) for name, own in OWN.items()}
    made = dict(world.as_owner("SELECT record, entry FROM facts.item WHERE kind = 'pack_made'"))
    known["pack"] = made.get(ALLEGATION.record, STRANGE)
    known |= {f"pack of {name}": made.get(own.record, STRANGE) for name, own in OWN.items()}
    wrong = dict(world.as_owner("SELECT record, entry FROM facts.challenge"))
    known["challenge"] = wrong.get(ALLEGATION.record, STRANGE)
    known["shared_challenge"] = wrong.get(CHALLENGED.record, STRANGE)
    coaches = dict(world.as_owner("SELECT record, concerned FROM facts.seconding"))
    known["coach"] = coaches.get(SECONDED.record, STRANGE)
    alone = dict(world.as_owner("SELECT record, entry FROM facts.seconding"))
    known["seconding"] = alone.get(ALLEGATION.record, STRANGE)
    known["shared_seconding"] = alone.get(SECONDED.record, STRANGE)
    known["unheard"] = sent.get(SECONDED.record, STRANGE)
    known["leave"] = dict(leave).get(ALLEGATION.record, STRANGE)
    known |= {f"leave of {name}": dict(leave).get(own.record, STRANGE) for name, own in OWN.items()}
    known["asking"] = dict(open_).get(ALLEGATION.record, STRANGE)
    for name, own in OWN.items():
        mine = [entry for record, entry in open_ if record == own.record]
        known |= dict(zip((f"{name} grants", f"{name} declines"), mine, strict=False))
    return known


def _unsealed_ids(world: World) -> dict[str, UUID]:
    """Of who asks who told us, and of what was opened alone."""
    asked = dict(world.as_owner("SELECT record, entry FROM facts.unsealing"))
    opened = dict(world.as_owner("SELECT record, entry FROM facts.unsealed"))
    own = OWN["lead"].record
    return {
        "unsealing": asked.get(ALLEGATION.record, STRANGE),
        "alone": opened.get(ALLEGATION.record, STRANGE),
        "shared_unsealing": asked.get(own, STRANGE),
        "shared_alone": opened.get(own, STRANGE),
    }


def put_on(world: World, name: str, record: UUID, content: bytes) -> UUID:
    """The owner of a record puts a file on it; its id."""
    sent, token = SentFile("minutes.pdf", "application/pdf", content), CHANCE.bytes(32)
    entry = add_file(CHANCE, world.office_recipients, sent, record=record, token=token)
    act(world, name, entry)
    return entry.id


def refer(world: World, name: str, record: UUID) -> None:
    """Its owner says whose response is criticised, rings another body, and hears of it; and writes to
    it by a link to a pack.
    """
    to = world.office_recipients
    about = {"record": record, "body": "police", "stands": True, "reason": "as told"}
    act(world, name, referral.criticise(CHANCE, to, **about))
    rung = {"how": referral.How.TELEPHONE, "told_at": BEGINNING, "concerned": None}
    told = {"route": Route.ACCOUNTABILITY, "body": "ofsted", "record": record}
    referred = referral.refer(CHANCE, to, {"person": "Second worker"}, **told, **rung)
    act(world, name, referred)
    heard = {"what": referral.Heard.ACKNOWLEDGED, "happened_at": BEGINNING, "words": "so"}
    blank = {"record": record, "referral": referred.id, "person": "", "reference": ""}
    act(world, name, referral.write_down_heard(CHANCE, to, **heard, **blank))
    link = {"how": referral.How.LINK, "told_at": None, "concerned": None}
    by_link = referral.refer(CHANCE, to, {"reach": "duty@example.org"}, **told, **link)
    act(world, name, by_link)
    about = {"record": record, "referral": by_link.id}
    made, sums = a_pack(by_link.id)
    packed = about | {"entries": (), "token": record.bytes}
    pack = referral.make_pack(CHANCE, to, pack=made, sums=sums, **packed)
    act(world, name, pack)
    sent = about | {"pack": pack.id, "email": "duty@example.org"}
    secret = LinkSecret.new(CHANCE.bytes)
    act(world, name, make_link(CHANCE, to, [], secret=secret, **sent))


def challenge(world: World, name: str, holds: ReturnCode) -> None:
    """Its owner decides and tells the reporter, who asks again and says that it is wrong."""
    to, record, token = world.office_recipients, holds.record, CHANCE.bytes(32)
    look = {"records": [record], "purpose": "own queue"}
    act(world, name, access.look(CHANCE, to, person=world.people[name], **look))
    refer = {"choice": Choice.REFER, "reason": "as told", "concerned": None}
    decided = concerned.decide(CHANCE, to, record=record, **refer)
    about = {"record": record, "decision": decided.id, "words": "As told."}
    told = asked.tell_reporter(CHANCE, to_reporter(world, record), **about)
    for entry in (decided, told):
        act(world, name, entry)
    mine = {"record": record, "lookup": holds.lookup, "token": token}
    theirs = world.public_recipients(holds)
    for press in (
        asked.ask_again(CHANCE, theirs, **mine),
        asked.challenge(CHANCE, theirs, telling=told.id, **mine),
    ):
        world.register("heed_intake").append(press)


def decide_alone(world: World, name: str, holds: ReturnCode) -> None:
    """Its owner names a coach, answers the questions of harm, and decides that nothing is done."""
    to, record = world.office_recipients, holds.record
    look = {"records": [record], "purpose": "own queue"}
    act(world, name, access.look(CHANCE, to, person=world.people[name], **look))
    about = {"part": concerned.Part.ABOUT, "trust": concerned.Trust.YES, "record": record}
    coach = concerned.name_adult(CHANCE, to, {"name": "Second worker"}, **about)
    said = dict.fromkeys(("harmed", "offence", "risk", "unsuitable", "works"), "unknown")
    whom = {"record": record, "concerned": coach.id}
    harm = trust.answer_harm(CHANCE, to, said | {"employer": "not told"}, {"why": "so"}, **whom)
    nothing_done = {"choice": Choice.NO_FURTHER_ACTION, "reason": "as told"}
    for entry in (coach, harm, concerned.decide(CHANCE, to, **whom, **nothing_done)):
        act(world, name, entry)
    rung = {"how": referral.How.TELEPHONE, "told_at": BEGINNING, "concerned": None}
    told = {"route": Route.PROTECTING, "body": "police/E23000001", "record": record}
    act(world, name, referral.refer(CHANCE, to, {"person": "Second worker"}, **told, **rung))


def nothing(world: World) -> None:
    """Nothing happens."""


def told(world: World) -> None:
    """The allegation comes in, and waits for the opener."""
    tell(world, FILED, ALLEGATION, **WORDS)
    seal(world, ALLEGATION)


def worked_on(world: World) -> None:
    """The allegation is told; the lead opens and answers it, and its reporter adds to it."""
    told(world)
    world.open()
    _work(world, "lead")
    _review(world)


def _review(world: World) -> None:
    """In time: what nobody reviews reaches the outside contact, who is to know of it then."""
    (glass,) = world.as_owner(
        "SELECT entry FROM facts.opening WHERE record = %s AND how = 'emergency'",
        (ALLEGATION.record,),
    )[0]
    right = {"person": world.people["custodian"], "outcome": "right", "words": "It was needed."}
    reviewed = asking.review_glass(CHANCE, world.office_recipients, glass=glass, **right)
    act(world, "overseer", reviewed)
    world.open()


def worked_on_unasked(world: World) -> None:
    """The same, but that nobody asks who told us: the second person for that would be told of it."""
    told(world)
    world.open()
    _work(world, "lead", who_asked=False)
    _review(world)


def restricted(name: str) -> Build:
    """Told, and at once kept from this person; then the rest goes on without them."""

    def build(world: World) -> None:
        told(world)
        world.open()
        at(world, FILED + 5)
        restrict(world, name, ALLEGATION.record)
        other = "overseer" if name == "custodian" else "custodian"
        # Whoever is walled is not asked for a yes; somebody else is.
        ask_for_a_yes(world, other, ALLEGATION.record)
        _work(world, "contact" if name == "lead" else "lead", other)

    return build


def joined_and_restricted(world: World) -> None:
    """Its owner decides for a child in it and joins it with their own, and is then kept from it."""
    told(world)
    world.open()
    at(world, FILED + 1)
    lead, to, record = world.people["lead"], world.office_recipients, ALLEGATION.record
    child = concerned.name_child(CHANCE, to, {"name": "The second child"}, record=record)
    refer = {"choice": Choice.REFER, "reason": "as told"}
    join = {"other": OWN["lead"].record, "reason": "the same child"}
    for entry in (
        access.look(CHANCE, to, person=lead, records=[record], purpose="own queue"),
        child,
        concerned.decide(CHANCE, to, record=record, concerned=child.id, **refer),
        concerned.join(CHANCE, to, record=record, **join),
    ):
        act(world, "lead", entry)
    world.open()
    at(world, FILED + 5)
    restrict(world, "lead", record)
    _work(world, "contact", sorted_out=False)


def letter(world: World) -> None:
    """The second worker puts in a letter, for which the lead is accountable."""
    at(world, FILED)
    act(world, "colleague", _letter(world.organisation.seeds))
    world.open()


def letter_restricted(world: World) -> None:
    """That letter; whoever put it in is kept from it, and the rest goes on without them."""
    letter(world)
    at(world, FILED + 5)
    restrict(world, "colleague", ALLEGATION.record)
    _work(world, "lead")


@cache
def _letter(organisation: bytes) -> SealedEntry:
    """The very same bytes in both worlds."""
    return intake.file_concern(
        CHANCE,
        Recipients({"organisation": SealingKey(OpeningKey(organisation).public())}, ALLEGATION.key),
        Concern(channel=Channel.LETTER, **WORDS),
        record=ALLEGATION.record,
        token=CHANCE.bytes(32),
        door=new_door(CHANCE, ALLEGATION),
        actor=Actor.WORKER,
    )


def _work(
    world: World,
    name: str,
    other: str = "custodian",
    sorted_out: bool = True,
    who_asked: bool = True,
) -> None:
    """The owner opens and answers it, its reporter adds to it, and somebody else gets to see it."""
    at(world, FILED + 10)
    desk, key = Desk(world.link("heed_office")), SESSIONS[name]
    who = world.people[name]
    opened = desk.open(key, who, ALLEGATION.record, CHANCE, world.office_recipients)
    assert opened.thread is not None
    if sorted_out:
        put_aside(world, name, ALLEGATION.record)
    thread = Recipients({**world.office_recipients.keys, "thread": opened.thread})
    words, token = "We have read it.", CHANCE.bytes(32)
    desk.append(key, intake.answer(CHANCE, thread, words, record=ALLEGATION.record, token=token))
    file = put_on(world, name, ALLEGATION.record, b"minutes about the second worker")
    about = {"record": ALLEGATION.record, "file": file, "token": CHANCE.bytes(32)}
    desk.append(key, flag_file(CHANCE, world.office_recipients, **about))
    put_on(world, name, ALLEGATION.record, b"second worker, photo")
    flag(world, name, ALLEGATION.record)
    sealed = world.as_owner("SELECT 1 FROM facts.identity WHERE record = %s", (ALLEGATION.record,))
    if sealed and who_asked:
        ask_who(world, name, ALLEGATION.record)
    at(world, FILED + 15)
    wanted = ask_to_see(world, other, ALLEGATION.record)
    leave = {"record": ALLEGATION.record, "asking": wanted}
    act(world, name, asking.grant_access(CHANCE, world.office_recipients, **leave))
    brought = {"record": ALLEGATION.record, "person": world.people[other], "reason": "to help"}
    given = asking.give_access(CHANCE, world.office_recipients, **brought)
    act(world, name, given)
    ended = {"record": ALLEGATION.record, "opening": given.id}
    act(world, name, asking.end_access(CHANCE, world.office_recipients, **ended))
    at(world, FILED + 16)
    ask_to_see(world, other, ALLEGATION.record)
    open_in_an_emergency(world, other, ALLEGATION.record)
    refer(world, name, ALLEGATION.record)
    if sorted_out:
        challenge(world, name, ALLEGATION)
        decide_alone(world, name, ALLEGATION)
    at(world, FILED + 20)
    added = intake.add_words(
        CHANCE,
        world.public_recipients(ALLEGATION),
        "There was a second time.",
        record=ALLEGATION.record,
        lookup=ALLEGATION.lookup,
        token=CHANCE.bytes(32),
    )
    world.register("heed_intake").append(added)
    world.open()
