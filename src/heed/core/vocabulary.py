"""The few words that say what kind of thing was told, by which door, and how urgent it was said to be."""

from enum import StrEnum


class Danger(StrEnum):
    """What the reporter answered to "is anyone in danger now?"; blank counts as unknown (product.md)."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Channel(StrEnum):
    """The door by which a concern came in."""

    ONLINE = "online"
    LETTER = "letter"
    TELEPHONE = "telephone"
    EMAIL = "email"


class Kind(StrEnum):
    """Every kind of entry that this version writes."""

    BEGUN = "begun"
    PERSON_ADDED = "person_added"
    SLOT_ADDED = "slot_added"
    TURN_ADDED = "turn_added"
    CREDENTIAL_SET = "credential_set"
    FILED = "filed"
    ADDED = "added"
    ANSWERED = "answered"
    LOOKED = "looked"
    UNIT_ADDED = "unit_added"
    UNIT_MOVED = "unit_moved"
    EMPLOYED = "employed"
    EMPLOYMENT_ENDED = "employment_ended"
    POSTS_SET = "posts_set"
    LEFT = "left"
    RELATION_DECLARED = "relation_declared"
    WALLED = "walled"
    NAME_MATCHED = "name_matched"
    WALL_CONFIRMED = "wall_confirmed"
    LIFT_ASKED = "lift_asked"
    WALL_LIFTED = "wall_lifted"
    HAND_OVER_OFFERED = "hand_over_offered"
    HAND_OVER_ACCEPTED = "hand_over_accepted"
    HAND_OVER_DECLINED = "hand_over_declined"
    CONTENT_ASKED = "content_asked"
    SORTED = "sorted"
    REVIEWED = "reviewed"
    NOTED = "noted"
    CALLED = "called"
    PARENTS_TOLD = "parents_told"
    AWAY = "away"
    BACK = "back"
    FALLBACK_SET = "fallback_set"
    INVITED = "invited"
    WITHDRAWAL_ASKED = "withdrawal_asked"
    RELATION_WITHDRAWN = "relation_withdrawn"
    UNIT_NAMED = "unit_named"
    CHILD_NAMED = "child_named"
    ADULT_NAMED = "adult_named"
    DECIDED = "decided"
    CONTACT_JOINED = "contact_joined"
    CONTACT_PARTED = "contact_parted"
    FILE_ADDED = "file_added"
    FILE_FLAGGED = "file_flagged"
    ACCESS_ASKED = "access_asked"
    ACCESS_GRANTED = "access_granted"
    ACCESS_DECLINED = "access_declined"
    GLASS_BROKEN = "glass_broken"
    GLASS_REVIEWED = "glass_reviewed"
    FLAG_WITHDRAWAL_ASKED = "flag_withdrawal_asked"
    FLAG_WITHDRAWN = "flag_withdrawn"
    GLASS_ASKED = "glass_asked"
    GLASS_APPROVED = "glass_approved"
    IDENTITY_SEALED = "identity_sealed"
    IDENTITY_ASKED = "identity_asked"
    IDENTITY_AGREED = "identity_agreed"
    IDENTITY_DECLINED = "identity_declined"
    IDENTITY_OPENED = "identity_opened"
    IDENTITY_REVIEWED = "identity_reviewed"
    REMIT_GIVEN = "remit_given"
    REMIT_ENDED = "remit_ended"
    CHASED = "chased"
    ACCESS_GIVEN = "access_given"
    ACCESS_ENDED = "access_ended"
    CRITICISED = "criticised"
    REFERRED = "referred"
    REFERRAL_HEARD = "referral_heard"
    REACH_KEPT = "reach_kept"
    LINK_MADE = "link_made"
    LINK_SENT = "link_sent"
    LINK_HEARD = "link_heard"
    LINK_ENDED = "link_ended"
    CALL_OUT = "call_out"
    CALL_ANSWERED = "call_answered"
    REACH_SET = "reach_set"


class Actor(StrEnum):
    """Who wrote an entry, as its envelope says; which person it was is a fact, not in the envelope."""

    REPORTER = "reporter"
    WORKER = "worker"
    ADMINISTRATOR = "administrator"
    OPENER = "opener"
    SWEEP = "sweep"
    RECEIVER = "receiver"


BODY_VERSION: dict[str, int] = {str(kind): 1 for kind in Kind}
"""The version of each kind's body that this software writes."""

FACTS_VERSION: dict[str, int] = {str(kind): 1 for kind in Kind}
"""The version of each kind's facts that this software writes (`v` in append.sql)."""
