"""Failure F38: the same facts were typed several times, into a different form for each agency.

Not here yet: each agency's own form, and reading in what another office sent. One pack goes to every
body, with all that is known by field; what other bodies' forms ask for and nobody here records is listed
in it, never guessed. For each body somebody still writes whom they told and how, and the postcode by which
that body is found.
"""

import json

from heed.core.vocabulary import Danger
from tests.office.browser import Browser, form
from tests.office.test_concerned import name, named
from tests.office.test_packing import on_paper, packed, unzipped
from tests.office.test_referring import CHILDREN, FORCE, chosen, referred
from tests.world import World

BODIES = {CHILDREN: "protecting", FORCE: "protecting", "ofsted": "accountability"}
KNOWN = {"name": "Marigold Fen", "age": "12", "place": "a flat in Weir Lane"}


def test_what_was_typed_once_goes_to_each_body_and_is_typed_again_for_none(
    office: World, lead: Browser
) -> None:
    """A child is told of, and the lead writes once who she is. It goes to three bodies. None of the forms
    on which that is done asks for anything that is known of her, and each of the three packs has it all,
    in the same words, as data and on paper. Only to whom it goes differs.
    """
    told = office.tell("She is not let out.", danger=Danger.NO)
    office.open()
    assert lead.get(f"/records/{told.record}").status_code == 200
    name(lead, told, **KNOWN)
    [child] = named(office, told)
    packs = []
    for body, route in BODIES.items():
        place = {"postcode": "SW1A 1AA", "concerned": child, "route": route}
        page = form(chosen(lead, told, body, **place), "reach")
        assert not set(KNOWN) & set(page.fields)
        assert referred(lead, told, body, how="email", **place).status_code == 302
        office.open()
        held = unzipped(lead, packed(office, lead, told))
        packs.append(json.loads(held["pack.json"]))
        paper = " ".join(on_paper(held["pack.pdf"]).split())
        for known in (*KNOWN.values(), "She is not let out."):
            assert known in paper, (body, known)
    assert [pack["to"]["body"]["id"] for pack in packs] == list(BODIES)
    first = packs[0]
    assert sorted(first["concerned"][0]["known"].values()) == sorted(KNOWN.values())
    for pack in packs[1:]:
        assert {key for key in pack if pack[key] != first[key]} <= {"to", "made"}


def test_what_is_learned_later_is_written_once_too_and_the_pack_that_went_stays(
    office: World, lead: Browser
) -> None:
    told = office.tell("She is not let out.", danger=Danger.NO)
    office.open()
    assert lead.get(f"/records/{told.record}").status_code == 200
    name(lead, told, **KNOWN)
    [child] = named(office, told)
    place = {"postcode": "SW1A 1AA", "concerned": child, "how": "email"}
    assert referred(lead, told, CHILDREN, **place).status_code == 302
    office.open()
    first = packed(office, lead, told)
    went = unzipped(lead, first)["pack.json"]
    name(lead, told, age="13", concerned=child)
    assert referred(lead, told, FORCE, **place).status_code == 302
    office.open()
    known = json.loads(unzipped(lead, packed(office, lead, told))["pack.json"])["concerned"][0]
    assert sorted(known["known"].values()) == sorted((KNOWN | {"age": "13"}).values())
    assert unzipped(lead, first)["pack.json"] == went
    assert b'"13"' not in went
