"""The people of a story at work: they go through the faces page by page, as anybody does."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from html import unescape
from uuid import UUID

from heed.cli.browsing import Browser, Page
from heed.cli.story import Deed, StoryReferral, StoryWrong
from heed.intake.events import Concern
from heed.referral.rules import CRITICISED, IN_LINE, Route

REFUSED = 400
WHY_NOT = (CRITICISED, IN_LINE.partition("{}")[2])
"""What only the refusal says of a body that would judge itself, or its own line."""
PATIENCE = 20.0
"""Seconds until the words of what came in must be there."""


def tell(port: int, concern: Concern) -> tuple[str, ...]:
    """Through the public face, page by page; the eight words of the return code."""
    browser = Browser(port)
    words = concern.body()
    page = browser.get("/tell")
    for fields, step in (
        (("danger",), "words"),
        (("saw", "told", "worried"), "people"),
        (("who", "where", "when", "keep_from", "rung"), "check"),
        ((), "send"),
    ):
        said = {name: words[name] for name in fields}
        page = browser.send(page, page.form("form"), **said, step=step)
    return _code(page)


class Staff:
    """Those of a story who sign in; each stays signed in."""

    def __init__(self, port: int, credential: Callable[[str], tuple[str, str]]) -> None:
        """`credential` gives the user name and password of a person of the story."""
        self._port = port
        self._credential = credential
        self._at_work: dict[str, Browser] = {}

    def put_in(self, person: str, concern: Concern) -> tuple[str, ...]:
        """Somebody puts in a paper, a call or an email; the eight words of the return code."""
        browser = self._desk(person)
        page = browser.get("/letters/new")
        words = {name: value for name, value in concern.body().items() if value}
        page = browser.send(page, page.form("form"), **words)
        return _code(page)

    def shut_out(self, person: str, id: UUID, by: str, renew: Callable[[], None]) -> bool:
        """`by` invites `person` to sign in anew, and they do; whether that ended their session elsewhere."""
        stolen, browser = self._desk(person), self._desk(by)
        page = browser.get(f"/people/{id}/invite")
        page = browser.send(page, page.form("token"))
        code = page.texts.get("invitation", "")
        ended = stolen.get("/").address.endswith("/sign-in")
        renew()
        username, password = self._credential(person)
        del self._at_work[person]
        browser = Browser(self._port)
        page = browser.get("/welcome")
        said = {"code": code, "username": username, "password": password, "again": password}
        _taken(browser.send(page, page.form("code"), **said))
        return ended

    def look_back(self, person: str, address: str, said: dict[str, str]) -> bytes:
        """The answer to a question about what was there by a day, as it is saved."""
        browser = self._desk(person)
        page = browser.get(address)
        answer = browser.send(page, page.form("by"), **said, file="1")
        _taken(answer)
        return answer.content

    def act(self, person: str, record: UUID, deed: Deed) -> int:
        """How often a criticised body could not be asked about itself.

        Whoever answers reads it, sorts it as a concern, names the child, decides, and rings."""
        browser = self._desk(person)
        self._sort(browser, record)
        if deed.child:
            page = browser.get(f"/records/{record}/child")
            _taken(browser.send(page, page.form("known"), name=deed.child))
        page = browser.get(_deciding(browser, record))
        said = {"decision": str(deed.decision), "reason": deed.reason}
        _taken(browser.send(page, page.form("reason"), **said))
        refused = 0
        for body in deed.criticises:
            page = browser.get(f"/records/{record}/criticised")
            said = {"body": body, "reason": "As it was told.", "step": "record"}
            _taken(browser.send(page, page.form("reason"), **said))
            itself = StoryReferral(Route.ACCOUNTABILITY, body, "Front desk", "01632 960 100", "It")
            refused += _turned_away(_refer(browser, record, itself))
        for referral in deed.referrals:
            _taken(_refer(browser, record, referral))
        return refused

    def _sort(self, browser: Browser, record: UUID) -> None:
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            page = browser.get("/sort")
            for form in page.forms:
                for name, value in form.fields.items():
                    if name.startswith("all-") and record.hex in value.split():
                        said = {f"is-{name.removeprefix('all-')}": "concern"}
                        browser.send(page, form, **said)
                        return
            time.sleep(0.1)
        raise StoryWrong(f"nobody could sort record {record}: run `heed doctor`")

    def _desk(self, person: str) -> Browser:
        if person not in self._at_work:
            browser = Browser(self._port)
            page = browser.get("/sign-in")
            username, password = self._credential(person)
            browser.send(page, page.form("username"), username=username, password=password)
            self._at_work[person] = browser
        return self._at_work[person]


def _deciding(browser: Browser, record: UUID) -> str:
    """Where the owner decides for the first person who waits for it, or for the record."""
    page = browser.get(f"/records/{record}")
    found = re.search(rf'"(/records/{record}/decide[^"]*)"', page.content.decode())
    if found is None:
        raise StoryWrong(f"the page of record {record} answered {page.status}: nothing to decide")
    return unescape(found[1])


def _refer(browser: Browser, record: UUID, referral: StoryReferral) -> Page:
    """For the first person who is named, or for the record: the body by its id, then how it was told."""
    page = browser.get(f"/records/{record}/refer")
    named = re.search(r'name="concerned"[^>]* value="([^"]+)"', page.content.decode())
    whom = {"route": str(referral.route), "concerned": named[1] if named else "record"}
    page = browser.send(page, page.form("find"), **whom, body=referral.body)
    form = page.form("reach")
    said = {"step": "record", "how": "telephone", "at": form.fields["at"], "warned": "yes"}
    said |= {"person": referral.person, "reach": referral.reach}
    if referral.name:
        back = {
            "rung_back": "Their switchboard, by the number on our own list",
            "back_at": said["at"],
        }
        said |= back | {"unlisted": referral.name}
    return browser.send(page, form, **said)


def _turned_away(answer: Page) -> bool:
    """Whether it was refused for that reason: the page holds the sentence of ReferredToTheCriticised."""
    said = unescape(answer.content.decode())
    return answer.status == REFUSED and any(why in said for why in WHY_NOT)


def _taken(answer: Page) -> None:
    if answer.status != 200:
        raise StoryWrong(f"the office at {answer.address} answered {answer.status}")


def _code(page: Page) -> tuple[str, ...]:
    words = page.texts.get("return-code", "").replace("-", " ").split()
    if len(words) != 8:
        raise StoryWrong(
            f"the face at {page.address} answered {page.status} and gave no return code"
        )
    return tuple(words)
