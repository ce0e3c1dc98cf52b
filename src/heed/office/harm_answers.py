"""What was answered about an adult in a position of trust, as questions and answers in words."""

from __future__ import annotations

from heed.store.trust import HarmAnswered
from heed.triage import lado
from heed.triage.trust_commands import Employer, Known

KNOWN = ((str(Known.YES), "Yes"), (str(Known.NO), "No"), (str(Known.UNKNOWN), "Not known"))
EMPLOYER = ((str(Employer.TOLD), "Yes"), (str(Employer.NOT_TOLD), "No"))
WORKS, EMPLOYER_TOLD = "They work with other children too", "Their employer was told"
BESIDE = {
    "where": "Where they work with children",
    "who": "Who at the employer was told, and when",
    "why": "Why the employer was not told",
}


def in_words(said: HarmAnswered) -> tuple[tuple[str, str], ...]:
    """Each (question, answer), in the order in which the form asks; words only after a look."""
    known, told = dict(KNOWN), dict(EMPLOYER)
    asked = [(limb.text, known[getattr(said, limb.id)]) for limb in lado.LIMBS]
    asked += [(WORKS, known[said.works]), (EMPLOYER_TOLD, told[said.employer])]
    beside = [
        (BESIDE[name], said.words[name]) for name in BESIDE if said.words.get(name, "").strip()
    ]
    return (*asked, *beside)
