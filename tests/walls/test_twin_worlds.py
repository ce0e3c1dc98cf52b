"""Whoever an allegation is kept from lives in the same world as if it had never been made."""

from collections.abc import Callable
from functools import cache

import pytest

from tests.servers import Server
from tests.walls.twin_events import (
    joined_and_restricted,
    letter,
    letter_restricted,
    nothing,
    restricted,
    told,
    worked_on,
    worked_on_unasked,
)
from tests.walls.twin_questions import OWN, RULES, WORDS, Rule
from tests.walls.twin_worlds import Compared, Twins, compare
from tools.write_access import FACES, routes

COLLEAGUE = Twins("colleague", worked_on, nothing, holds=OWN["colleague"])
NOBODY = Twins(None, with_it=worked_on, without_it=nothing, holds=OWN["colleague"])
TWINS = {
    "nobody": NOBODY,
    "a colleague": COLLEAGUE,
    # Whoever is not walled and has the reference may open it in an emergency: so this one has it not.
    "the outside contact": Twins("contact", worked_on_unasked, nothing, knows=False),
    "the outside contact, who is walled": Twins("contact", restricted("contact"), nothing),
    "an administrator": Twins("administrator", restricted("colleague"), nothing),
    "its owner, before it is screened": Twins("lead", told, nothing, opener=False),
    "its owner, who is walled": Twins("lead", restricted("lead"), nothing),
    "its owner, who joined it with their own, and is walled": Twins(
        "lead", joined_and_restricted, nothing
    ),
    "a colleague, who is walled": Twins(
        "colleague", restricted("colleague"), nothing, holds=OWN["colleague"]
    ),
    "who put in the letter, and is walled": Twins(
        "colleague", letter_restricted, letter, holds=OWN["colleague"], knows=False
    ),
    "an overseer, before it is screened": Twins("overseer", told, nothing, opener=False),
    "an overseer, who is walled": Twins("overseer", restricted("overseer"), nothing),
    "a custodian, who is walled": Twins("custodian", restricted("custodian"), nothing),
    "a manager who reads by remit, and is walled": Twins("manager", restricted("manager"), nothing),
    "a manager who reads by remit, before it is screened": Twins(
        "manager", told, nothing, opener=False
    ),
}
"""One line for each person from whom something is kept."""


@pytest.fixture(scope="module")
def comparing(pg18: Server) -> Callable[[str], Compared]:
    """Compares twins by name, each once."""
    return cache(lambda name: compare(pg18, TWINS[name]))


@pytest.mark.parametrize("name", TWINS)
def test_who_may_not_know_lives_in_the_same_world_as_if_it_were_not(
    comparing: Callable[[str], Compared], name: str
) -> None:
    assert comparing(name).differences == []


@pytest.mark.parametrize("server", [15], indirect=True)
def test_so_it_is_on_the_oldest_database_too(server: Server) -> None:
    only = {"office.queue", "office.record", "office.answer", "office.letter"}
    assert compare(server, COLLEAGUE, only=only).differences == []


def test_the_same_report_from_a_second_reporter_gets_the_same_answers(
    comparing: Callable[[str], Compared],
) -> None:
    """Word for word what was told before; by the accused too, whom no sign-in tells apart here."""
    compared = comparing("nobody")
    again = {("step", "send"), *WORDS.items()}
    sent = [
        answer.body
        for asked, answer in compared.answers.items()
        if asked.route == "public.tell" and again <= set(asked.body.filled or ())
    ]
    assert sent
    assert all(b"It is on the record." in body for body in sent)
    assert [said for said in compared.differences if said.startswith("public.")] == []


def test_an_accused_learns_nothing_by_claiming_ties_with_everybody(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is close to them is walled too, until nobody is left to answer for what there is."""
    ties = tuple(
        {"person": "{colleague}", "other": other, "how": "family", "step": "record"}
        for other in ("{lead}", "{contact}", "{overseer}")
    )
    monkeypatch.setitem(RULES, "office.tie", Rule(ties, page="/ties/new"))
    twins = Twins("colleague", restricted("colleague"), nothing)
    assert compare(server, twins, only={"office.tie"}).differences == []


def test_a_pack_goes_by_a_link_in_both_worlds_alike(server: Server) -> None:
    """Of one's own record: the page finds a whole pack, and makes a link to it."""
    compared = compare(server, COLLEAGUE, only={"office.referral_link"})
    own = f"/records/{OWN['colleague'].record}/"
    made = [
        asked
        for asked, answer in compared.answers.items()
        if own in asked.address and b"The link is made" in answer.body
    ]
    assert made
    assert compared.differences == []


def test_the_comparison_comes_as_far_as_every_page(
    comparing: Callable[[str], Compared],
) -> None:
    answers = [one for name in TWINS for one in comparing(name).answers.items()]
    went_through = {
        asked.route
        for asked, answer in answers
        if answer.status == 200 or (asked.person and "Location" in dict(answer.headers))
    }
    assert went_through == {route.name for face in FACES for route in routes(face)}
    shown = b"".join(answer.body for _, answer in answers)
    for words in (b"what was seen", b"It is on the record", b"Later in the queue"):
        assert words in shown
    assert "office.queue" in {asked.route for asked, _ in answers if asked.followed}
