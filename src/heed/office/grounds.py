"""Why somebody must not see a record, in plain words."""

from heed.access.walls import PERSONAL, Ground

GROUNDS: dict[str, str] = {
    Ground.ACCUSED: "The concern is about them",
    Ground.CONCEALING: "They may have kept it from people who had to know",
    Ground.LEAKING: "They may have passed it on to people who must not know",
    Ground.CLOSE: "They are close to somebody the concern is about",
    Ground.DECLARED: "They told us that they must not see it",
    Ground.MATCH: "Their name stands in what was told. Nobody has checked yet if it is about them",
    Ground.BODY: "The concern is about this unit, or about what it did or did not do",
    Ground.COLLUSION: "People in this unit may have helped each other to keep it hidden",
}

OF_PEOPLE: tuple[Ground, ...] = PERSONAL
OF_UNITS: tuple[Ground, ...] = (Ground.BODY, Ground.COLLUSION)
"""What people may choose; a match by name is found, never chosen."""
