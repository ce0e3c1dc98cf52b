"""What the pages call the reasons and the people rung that entries name by a word."""

from heed.intake.beside import Whom
from heed.intake.sorting import NO_FURTHER_ACTION, Reason

REASONS: dict[str, str] = {
    Reason.ANOTHER_MATTER: "About another matter: no child in it",
    Reason.ENQUIRY: "Asks for information",
    Reason.COMPLAINT: "A complaint, with no harm to a child in it",
    Reason.THANKS: "Thanks or praise",
    Reason.PUBLICITY: "Advertising, or a mass mailing",
    Reason.SENT_BY_MISTAKE: "A test, or sent by mistake",
}
"""What each reason is called, in the order of the keys 1 to 6; 0 is a concern."""
SAMPLED: dict[str, str] = REASONS | {
    NO_FURTHER_ACTION: "No further action, where no child is named",
}
"""The same, and for what was decided on instead."""
WHOM: dict[str, str] = {
    Whom.EMERGENCY: "999",
    Whom.CHILDREN: "Children’s services (the front door)",
    Whom.POLICE: "The police, not by 999",
    Whom.OTHER: "Somebody else",
}
"""Who can be rung, in the order in which the form asks."""
