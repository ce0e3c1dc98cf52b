"""What a referral hands over."""

from typing import NamedTuple


class Document(NamedTuple):
    """One file of a pack: its name, its media type (`application/pdf`) and its bytes."""

    name: str
    media_type: str
    content: bytes
