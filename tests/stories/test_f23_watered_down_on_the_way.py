"""Failure F23: a concern was strong when it was told, and mild when the next agency read it.

Not here yet: reading in a pack that another office made. What a receiver has is the pack and a program
of one file, with which it needs nobody to check what it got.
"""

import hashlib
import json

from heed.core.vocabulary import Danger
from heed.store.rebuild import check
from tests.office.browser import Browser, form
from tests.office.test_files import BYTES, put_on, sent
from tests.office.test_packing import on_paper, packed, unzipped
from tests.office.test_referring import CHILDREN, referred
from tests.walls.bodies import Bodies
from tests.world import Told, World

STRONG = "He locks her in at night. She has told three of us, and she is afraid to go home."
MILD = "Some worries about bedtimes."


def telling(office: World, lead: Browser) -> Told:
    """The strong words come, with a file, and the lead writes mild ones above them."""
    told = office.tell(STRONG, danger=Danger.NO)
    office.open()
    path = f"/records/{told.record}"
    assert lead.get(path).status_code == 200
    put_on(office, lead, path, sent())
    assert lead.send(form(lead.get(f"{path}/note"), "words"), words=MILD).status_code == 302
    place = {"postcode": "SW1A 1AA", "how": "email", "words": MILD}
    assert referred(lead, told, CHILDREN, **place).status_code == 302
    office.open()
    return told


def test_the_mild_summary_travels_beside_the_strong_words_and_never_instead(
    office: World, lead: Browser
) -> None:
    """A neighbour writes plainly what she heard, and gives a file. The lead notes it as "some worries",
    and says so to children's services. The pack that goes has that as the lead's own words to them, and
    the neighbour's words beside it, letter for letter, and the file byte for byte. The hash of each
    stands in the pack; the same bytes are what was recorded on the day. The note stays here.
    """
    told = telling(office, lead)
    held = unzipped(lead, packed(office, lead, told))
    pack = json.loads(held["pack.json"])
    [words] = office.words_behind(told.code)
    assert words in held["pack.json"]
    [original] = pack["told"]
    assert original["words"]["saw"] == STRONG
    assert original["sha256"] == hashlib.sha256(words).hexdigest()
    assert pack["to"]["words"] == MILD
    assert MILD not in json.dumps(pack["told"])
    assert held["files/01.pdf"] == BYTES
    assert pack["files"][0]["sha256"] == hashlib.sha256(BYTES).hexdigest()
    assert held["pack.json"].decode().count(MILD) == 1  # to them; what was noted stays here
    paper = " ".join(on_paper(held["pack.pdf"]).split())
    assert STRONG in paper
    assert MILD in paper


def test_words_made_mild_behind_everybodys_back_are_found(office: World, lead: Browser) -> None:
    """Somebody with every right in the database changes the words and the file. The file does not
    travel. The mild words would; the check that opens what was sealed on the day says which they are.
    """
    told = telling(office, lead)
    owner = office.urls["heed_owner"]
    assert check(owner, office.keys).differences == ()
    Bodies(office).without(
        f"UPDATE words.item SET body = replace(body, '{STRONG}', '{MILD}')"
        f" WHERE entry = '{told.entry.id}'",
        "UPDATE words.file SET bytes = '\\x00'",
    )
    held = unzipped(lead, packed(office, lead, told))
    assert "files/01.pdf" not in held
    assert json.loads(held["pack.json"])["told"][0]["words"]["saw"] == MILD
    [words] = office.words_behind(told.code)
    assert STRONG.encode() in words  # whoever told us still reads what they told
    found = check(owner, office.keys).differences
    assert any(str(told.entry.id) in str(one) for one in found), found
