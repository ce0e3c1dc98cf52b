"""Stories run on an office with bodies, units and posts."""

from tests.office.conftest import browser, lead, office, world

__all__ = ["browser", "lead", "office", "world"]
