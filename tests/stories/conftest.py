"""The office of a fresh invented register, for the stories that end there."""

from tests.office.conftest import browser, lead, office, world

__all__ = ["browser", "lead", "office", "world"]
