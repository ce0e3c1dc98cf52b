"""Behind the code a reporter asks again, and says that a decision they were told of is wrong."""

import uuid

from heed.core.ports import SealedEntry
from heed.oversight.asked_commands import tell_reporter
from heed.register.entry import Recipients
from heed.register.vault import SealingKey
from heed.store.append import append_within
from heed.triage.concerned_commands import Choice, decide
from tests.public.conftest import Face
from tests.public.test_coming_back import identify, newest, owner_looks
from tests.world import CHANCE, World

KEPT = b"We have kept that you ask again"


def acts(world: World, entry: SealedEntry) -> None:
    with world.link("heed_office").transaction() as connection:
        identify(world, connection)
        append_within(connection, entry)


def tells(world: World, record: uuid.UUID, words: str) -> uuid.UUID:
    """The owner decides, and tells the reporter what; which telling it is."""
    decision = decide(
        CHANCE,
        world.office_recipients,
        record=record,
        concerned=None,
        choice=Choice.NO_FURTHER_ACTION,
        reason="looked at",
    )
    acts(world, decision)
    return says(world, record, decision.id, words)


def says(world: World, record: uuid.UUID, decision: uuid.UUID, words: str) -> uuid.UUID:
    """The owner tells the reporter of a decision; which telling it is."""
    public = world.as_owner("SELECT public_key FROM register.thread WHERE stream = %s", (record,))
    keys = world.office_recipients.keys | {"thread": SealingKey(bytes(public[0][0]))}
    said = tell_reporter(CHANCE, Recipients(keys), record=record, decision=decision, words=words)
    acts(world, said)
    return said.id


def written(world: World, record: uuid.UUID) -> list[str]:
    rows = world.as_owner(
        "SELECT convert_from(header, 'UTF8')::jsonb->>'kind' FROM register.entry"
        " WHERE stream = %s ORDER BY version",
        (record,),
    )
    return [str(row[0]) for row in rows]


def test_who_asks_again_is_answered_alike_each_time_and_loses_no_word(face: Face) -> None:
    last = face.tell(saw="Something that worries me.")
    record = newest(face.world)
    browser, page = face.come_back(last)
    first = browser.send(page, page.form("way_back"), step="ask", words="Has anybody gone there?")
    second = browser.send(first, first.form("way_back"), step="ask", words="")
    resent = browser.send(first, first.form("way_back"), step="ask", words="")
    for kept in (first, second, resent):
        assert kept.status == 200
        assert KEPT in kept.content
        assert b"once a day" in kept.content
    assert written(face.world, record) == ["filed", "added", "asked_again", "asked_again"]
    told = face.world.as_owner("SELECT cardinality(told) FROM facts.ask ORDER BY version")
    assert [row[0] > 0 for row in told] == [True, False]
    assert b"Has anybody gone there" not in second.content  # one's own words, until asked for
    assert second.content.count(b"You asked again") == 2


def test_a_code_that_nobody_gave_asks_nothing(face: Face) -> None:
    last = face.tell(saw="Something else.")
    record = newest(face.world)
    browser = face.browser()
    page = browser.get("/return")
    code = " ".join(reversed(last.texts["return-code"].split()))
    assert browser.send(page, page.form("code"), code=code).status == 404
    _, mine = face.come_back(last)
    sent = {"way_back": "nothing", "step": "ask", "words": "still here"}
    old = browser.send(mine, mine.form("way_back"), **sent)
    assert b"still here" in old.content
    assert written(face.world, record) == ["filed"]


def test_only_what_somebody_told_them_can_be_called_wrong_and_once(face: Face) -> None:
    last = face.tell(saw="A third thing.")
    record = newest(face.world)
    owner_looks(face.world, record)
    browser, page = face.come_back(last)
    assert b"I think this is wrong" not in page.content
    telling = tells(face.world, record, "We spoke to the school. They look after her now.")
    _, page = face.come_back(last)
    assert b"They look after her now" in page.content
    assert f'name="wrong" value="{telling}"'.encode() in page.content
    done = browser.send(
        page, page.form("way_back"), wrong=str(telling), words="She is not safe there."
    )
    assert b"We have kept that you say this was wrong" in done.content
    assert b"I think this is wrong" not in done.content
    assert b"You said that this was the wrong choice" in done.content
    assert written(face.world, record)[-2:] == ["added", "challenged"]
    forged = browser.send(page, page.form("way_back"), wrong=str(uuid.uuid4()))
    assert forged.status == 503
    garbled = browser.send(page, page.form("way_back"), wrong="'; --")
    assert garbled.status == 200
    assert written(face.world, record)[-2:] == ["added", "challenged"]


def test_who_is_told_again_of_what_they_called_wrong_gets_no_button_that_does_nothing(
    face: Face,
) -> None:
    last = face.tell(saw="A fourth thing.")
    record = newest(face.world)
    owner_looks(face.world, record)
    first = tells(face.world, record, "We spoke to the school.")
    ((decision,),) = face.world.as_owner(
        "SELECT decision FROM facts.telling WHERE entry = %s", (first,)
    )
    again = says(face.world, record, decision, "As we told you, we spoke to the school.")
    other = tells(face.world, record, "We looked once more.")
    browser, page = face.come_back(last)
    assert page.content.count(b"I think this is wrong") == 3
    done = browser.send(page, page.form("way_back"), wrong=str(again), words="")
    assert done.content.count(b"I think this is wrong") == 1
    assert f'name="wrong" value="{other}"'.encode() in done.content
    assert done.content.count(b"You said that this was the wrong choice.") == 3


def test_words_stay_kept_where_the_button_beside_them_is_refused(face: Face) -> None:
    last = face.tell(saw="Something that worries me.")
    browser, page = face.come_back(last)
    sent = browser.send(
        page, page.form("way_back"), wrong=str(uuid.uuid4()), words="It is still going on."
    )
    assert sent.status == 200
    assert b"Not recorded" not in sent.content
    assert b"What you wrote is kept. We could not keep that you pressed the button." in sent.content
    assert written(face.world, newest(face.world)) == ["filed", "added"]
