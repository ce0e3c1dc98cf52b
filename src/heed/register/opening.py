"""Opens what was sealed to the organisation, and refuses whatever is not exactly what was committed to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heed.core import canonical
from heed.register import vault
from heed.register.entry import EntryUnreadable, Envelope, Header
from heed.register.vault import OpeningKey, SealingKey, Unwrapper


@dataclass(frozen=True)
class OpenedEntry:
    """An entry in clear: its header, its envelope, and the words as they were written."""

    header: Header
    envelope: Envelope
    body: dict[str, Any]


class OrganisationKeys:
    """The private halves that the organisation holds, by recipient's name."""

    def __init__(self, keys: Mapping[str, OpeningKey]) -> None:
        self._unwrap: dict[str, Unwrapper] = {name: key.opener() for name, key in keys.items()}
        self._organisation = keys["organisation"]

    def token(self, about: bytes) -> bytes:
        """A secret that is the same for the same cause, so that its entry is recorded once; 32 bytes."""
        return vault.derive(self._organisation.seeds, b"heed opener token v1 " + about)

    def public(self) -> dict[str, SealingKey]:
        """To whom the opener itself seals what it writes."""
        return {"organisation": SealingKey(self._organisation.public())}

    def open(
        self, header: bytes, commitment: bytes, sealed: bytes, wraps: Mapping[str, bytes]
    ) -> OpenedEntry:
        """The entry in clear.

        Raises CannotOpen where a byte was altered or no wrap is ours, EntryUnreadable where the
        bytes open but are of a form that this version does not know.
        """
        about = Header.decode(header)
        for name, wrap in wraps.items():
            if about.wraps.get(name) != hashlib.sha256(wrap).hexdigest():
                raise vault.CannotOpen(
                    f"the key wrapped to {name} is not the one that was recorded"
                )
        ours = next((name for name in sorted(wraps) if name in self._unwrap), None)
        if ours is None:
            raise vault.CannotOpen("no key of ours opens this entry")
        key = self._unwrap[ours](wraps[ours], ours, about.id)
        opened = vault.open_sealed(key, about.id, sealed)
        if vault.commit(opened.salt, opened.envelope) != commitment:
            raise vault.CannotOpen("the words are not those that were committed to")
        envelope = Envelope.decode(opened.envelope)
        if vault.body_hash(opened.salt, opened.body) != envelope.body:
            raise vault.CannotOpen("the words are not those that the envelope names")
        if envelope.type != about.kind or envelope.allegation != about.stream:
            raise vault.CannotOpen("the envelope belongs to another entry")
        try:
            body = canonical.loads(opened.body)
        except ValueError as wrong:
            raise EntryUnreadable("the words are not in canonical form") from wrong
        if not isinstance(body, dict):
            raise EntryUnreadable("the words are not an object")
        return OpenedEntry(about, envelope, body)
