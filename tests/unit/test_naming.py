"""Finding the names of staff in what was told."""

from uuid import UUID

import pytest

from heed.intake.naming import Names
from heed.triage.concerned_commands import TOLD

WHO = UUID(int=1)
OTHER = UUID(int=2)


@pytest.mark.parametrize(
    "told",
    [
        "I saw Renée O'Hara-Vance there.",
        "RENEE O HARA VANCE",
        "It was Renee\nO’Hara – Vance.",
        "Renée O'Hara-Vance",
    ],
)
def test_a_name_is_found_as_people_write_it(told: str) -> None:
    assert Names([(WHO, "Renée O'Hara-Vance")]).found_in({"saw": told}) == (WHO,)


@pytest.mark.parametrize(
    "told",
    [
        "Renée Vance",
        "O'Hara-Vance, Renée",
        "Renée O'Hara-Vances",
        "A Renée. O'Hara. And a vanced one",
        "",
    ],
)
def test_part_of_a_name_is_no_name(told: str) -> None:
    assert Names([(WHO, "Renée O'Hara-Vance")]).found_in({"saw": told}) == ()


def test_one_word_is_no_name_to_look_for() -> None:
    assert Names([(WHO, "Renée"), (OTHER, "")]).found_in({"saw": "Renée"}) == ()


def test_whoever_sent_a_letter_or_gets_one_is_not_looked_for() -> None:
    body = {"sender": "Ash Field", "addressed_to": "Ash Field", "rung": "Ash Field", "saw": "x"}
    assert Names([(WHO, "Ash Field")]).found_in(body) == ()


def test_everybody_who_is_named_is_found_in_every_field() -> None:
    names = Names([(OTHER, "Ash Field"), (WHO, "Kit Lane")])
    for field in ("saw", "told", "worried", "who", "where", "when", "keep_from", "words", *TOLD):
        assert names.found_in({field: "Kit Lane and Ash Field"}) == (WHO, OTHER), field


def test_what_is_no_text_does_no_harm() -> None:
    assert Names([(WHO, "Kit Lane")]).found_in({"saw": None, "told": 3, "who": ["Kit Lane"]}) == (
        WHO,
    )
