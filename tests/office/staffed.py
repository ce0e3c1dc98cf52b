"""A world with bodies, units and posts: an administrator, two overseers of whom one keeps the restrictions."""

import uuid
from dataclasses import dataclass, field

from heed.access import commands
from heed.access.walls import Ground
from heed.store.readable import Desk
from tests.office.browser import Browser, form, forms
from tests.world import CHANCE, World

WORKING = {
    "lead": ("first", ()),
    "colleague": ("second", ()),
    "contact": ("oversight", ()),
    "administrator": ("partnership", ("administrator",)),
    "overseer": ("oversight", ("overseer",)),
    "custodian": ("oversight", ("custodian", "overseer")),
    "outside": ("oversight", ("administrator",)),
}
"""Who works in which unit, and with which posts; `outside` is the other body's administrator."""


@dataclass
class Staffed:
    """A world and its units by short name: partnership, first, second; oversight, a body of its own."""

    world: World
    units: dict[str, uuid.UUID] = field(default_factory=dict)

    def browser(self, name: str) -> Browser:
        """A browser in which this person has signed in."""
        self.world.give_password(name)
        browser = Browser()
        assert browser.sign_in(name).status_code == 302
        return browser

    def add_unit(self, name: str, title: str, parent: str | None = None) -> uuid.UUID:
        unit = uuid.uuid4()
        self.append(
            commands.add_unit(
                CHANCE,
                self.world.office_recipients,
                unit=unit,
                name=title,
                parent=self.units[parent] if parent else None,
            )
        )
        self.units[name] = unit
        return unit

    def append(self, entry: object) -> None:
        """As whoever sets up the system."""
        self.world.register().append(entry)  # type: ignore[arg-type]

    def act(self, name: str, entry: object) -> None:
        """As this person."""
        desk = Desk(self.world.link("heed_office"))
        desk.append(self.world.sign_in(name), entry)  # type: ignore[arg-type]

    def restrict(self, record: uuid.UUID, *, person: str = "", unit: str = "", by: str) -> None:
        """`by` answers for the record, and names a person or a unit."""
        to, reason = self.world.office_recipients, "named in it"
        if person:
            named = self.world.people[person]
            entry = commands.wall_person(
                CHANCE, to, record=record, person=named, ground=Ground.ACCUSED, reason=reason
            )
        else:
            entry = commands.wall_unit(
                CHANCE, to, record=record, unit=self.units[unit], ground=Ground.BODY, reason=reason
            )
        self.act(by, entry)
        self.world.open()

    def without(self, function: str, old: str, new: str = "") -> None:
        """Take a control out of one of the database's functions, as the superuser."""
        with self.world.database.server.superuser(self.world.database.name) as connection:
            row = connection.execute(
                "SELECT pg_get_functiondef(%s::regprocedure)", (function,)
            ).fetchone()
            assert row is not None
            assert old in row[0], f"{function} no longer says {old!r}"
            connection.execute(row[0].replace(old, new).encode())

    def facts(self, statement: str, *parameters: object) -> list[tuple]:
        return self.world.as_owner(statement, parameters)

    def entries(self) -> int:
        return int(self.facts("SELECT count(*) FROM register.entry")[0][0])


def staffed(world: World) -> Staffed:
    """Everybody of WORKING in their unit."""
    made, to = Staffed(world), world.office_recipients
    made.add_unit("partnership", "Aldermere Safeguarding Partnership")
    made.add_unit("first", "First team", "partnership")
    made.add_unit("second", "Second team", "partnership")
    made.add_unit("oversight", "Independent Oversight")
    for name, (unit, posts) in WORKING.items():
        if name not in world.people:
            world.add_person(name, name.capitalize(), "worker")
        person = world.people[name]
        made.append(commands.employ(CHANCE, to, person=person, unit=made.units[unit]))
        if posts:
            made.append(commands.set_posts(CHANCE, to, person=person, posts=posts))
    world.open()
    return made


def plain(browser: Browser, path: str) -> bytes:
    """A page without what differs from one showing to the next: the tokens of its forms."""
    answer = browser.get(path)
    content: bytes = answer.content
    for each in forms(answer):
        for name in ("csrfmiddlewaretoken", "token"):
            content = content.replace(each.fields.get(name, " ").encode(), b" ")
    return content


def sent_twice(
    browser: Browser, path: str, with_field: str, to: str = "", **said: str
) -> list[int]:
    """Send one form twice; the statuses."""
    filled = form(browser.get(path), with_field)
    return [browser.send(filled, to, **said).status_code for _ in range(2)]
