"""Times are kept in UTC and shown as people in England say them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def day(on: date) -> str:
    """A day as people say it: 22 November 2026."""
    return f"{on.day} {on:%B %Y}"


def moment(at: datetime) -> str:
    """A day and time in London, of an aware datetime: 22 November 2026 at 3:04pm."""
    local = at.astimezone(LONDON)
    hour = local.hour % 12 or 12
    return f"{local.day} {local:%B %Y} at {hour}:{local:%M}{'am' if local.hour < 12 else 'pm'}"
