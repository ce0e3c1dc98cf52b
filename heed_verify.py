#!/usr/bin/env python3
"""Checks, without us and without the internet, that a receipt or a promise from a record is good.

    python heed_verify.py RECEIPT --key LOG.VKEY           the record keeper's public key
    python heed_verify.py RECEIPT --policy FILE            the keys of keeper and co-signers
    python heed_verify.py RECEIPT --key LOG.VKEY --words FILE
    python heed_verify.py PROMISE --key PROMISE.VKEY

One file for Python 3.8 or newer; nothing to install. Exit 0: proved; 1: not proved; 2: could not
be used. Formats: C2SP tlog-proof, tlog-checkpoint, tlog-cosignature, signed-note and tlog-policy;
the tree of RFC 6962; Ed25519 of RFC 8032.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import sys
import time
from datetime import datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Point = tuple[int, int, int, int]

RECEIPT_MAGIC = b"c2sp.org/tlog-proof@v1\n"
PROMISE_MAGIC = b"heed-promise/v1\n"
MAX_FILE = 1000000
MAX_WORDS = 256 * 1024 * 1024
MAX_SIGNATURES = 100
LOG_KEY, COSIGNER_KEY, COSIGNER_MLDSA = 1, 4, 6
STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
ENTRY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HEX32 = re.compile(r"[0-9a-f]{64}")


class Unusable(Exception):
    """The input is not of a kind that can be checked."""


class NotProved(Exception):
    """The input can be read, but what it claims is not shown."""


# Ed25519 for checking only (RFC 8032 §5.1): no secret passes through here, so plain numbers do.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def added(a: Point, b: Point) -> Point:
    """The sum of two points in extended coordinates (X, Y, Z, T)."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    w, x, y, z = f - e, h - g, h + g, f + e
    return (w * x % P, y * z % P, x * y % P, w * z % P)


def doubled(a: Point) -> Point:
    """The sum of a point with itself, without the product T that doubling does not need."""
    xx, yy = a[0] * a[0] % P, a[1] * a[1] % P
    h = xx + yy
    e, g = h - (a[0] + a[1]) * (a[0] + a[1]), xx - yy
    f = (2 * a[2] * a[2] + g) % P
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_of(data: bytes) -> Point | None:
    """The point of 32 bytes, or None where they are no point's one encoding."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if len(data) != 32 or y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7 % P, (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (v * x * x - u) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


def bytes_of(a: Point) -> bytes:
    """The 32-byte encoding of a point."""
    inverse = pow(a[2], P - 2, P)
    x, y = a[0] * inverse % P, a[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def is_weak(a: Point) -> bool:
    """Whether the point has small order: such a key 'signs' whatever anyone likes."""
    return bytes_of(doubled(doubled(doubled(a)))) == bytes_of(NEUTRAL)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the 64-byte Ed25519 signature of the message is the public key's (32 bytes)."""
    key = point_of(public)
    if key is None or len(signature) != 64 or is_weak(key):
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    factor = int.from_bytes(digest, "little") % ORDER
    base = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    if base is None:
        raise AssertionError("the base point is a point")
    minus = (P - key[0], key[1], 1, P - key[3])
    table = (NEUTRAL, base, minus, added(base, minus))
    # scalar x base - factor x key in one walk over both numbers' bits.
    found = NEUTRAL
    for bit in range(max(scalar.bit_length(), factor.bit_length()) - 1, -1, -1):
        found = doubled(found)
        pick = (scalar >> bit & 1) | (factor >> bit & 1) << 1
        if pick:
            found = added(found, table[pick])
    return bytes_of(found) == signature[:32]


# Reading, strictly: everything has one spelling, so nothing altered can be read as the same.
def raw(text: str) -> bytes:
    """The octets of a text; what is not UTF-8 came from a policy file and goes back as it was."""
    return text.encode("utf-8", "surrogateescape")


def unbase64(text: str, what: str) -> bytes:
    """The bytes of standard base64."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unusable(what + " is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise Unusable(what + " is not base64 in its usual spelling")
    return data


def number(text: str, what: str) -> int:
    """A whole number in plain digits."""
    if not re.fullmatch(r"(0|[1-9][0-9]{0,18})", text, re.ASCII):
        raise Unusable(what + " is not a number in plain digits")
    return int(text)


def is_instant(stamp: object) -> bool:
    """Whether this is an instant as the record writes it: UTC, to the microsecond."""
    try:
        return bool(
            isinstance(stamp, str) and STAMP.fullmatch(stamp) and datetime.fromisoformat(stamp[:-1])
        )
    except ValueError:
        return False


def unjson(data: bytes, what: str) -> dict[str, Any]:
    """The object of canonical JSON (RFC 8785 with ASCII keys and whole numbers below 2**53)."""

    def whole(digits: str) -> int:
        if len(digits) > 17 or abs(int(digits)) >= 2**53:
            raise ValueError
        return int(digits)

    def fraction(digits: str) -> None:
        raise ValueError

    def named(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if not all(name.isascii() for name, _ in pairs):
            raise ValueError
        return dict(pairs)

    try:
        held = json.loads(
            data.decode("utf-8"),
            parse_int=whole,
            parse_float=fraction,
            parse_constant=fraction,
            object_pairs_hook=named,
        )
        again = json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        same = isinstance(held, dict) and again.encode("utf-8") == data
    except (ValueError, TypeError, RecursionError):
        same = False
    if not same:
        raise Unusable(what + " is not in the form that a record keeper writes")
    return dict(held)


def is_first_version(held: dict[str, Any]) -> bool:
    """Whether an object says that it is of version 1 (which True and 1.0 only equal)."""
    return type(held.get("v")) is int and held["v"] == 1


class Key:
    """A public key with its name, as a verifier key line gives it (C2SP signed-note)."""

    def __init__(self, line: str) -> None:
        parts = line.split("+", 2)
        if len(parts) != 3 or not is_key_name(parts[0]):
            raise Unusable("a key is a name, an id and the key itself, joined by +")
        data = unbase64(parts[2], "a key")
        self.name, self.kind, self.public = parts[0], data[:1], data[1:]
        self.id = hashlib.sha256(raw(self.name) + b"\n" + data).digest()[:4]
        if self.id.hex() != parts[1]:
            raise Unusable("the id of the key " + shown(self.name) + " is not its own")
        if self.kind in (b"\x01", b"\x04"):
            point = point_of(self.public)
            if point is None or is_weak(point):
                raise Unusable("the key " + shown(self.name) + " is not a sound Ed25519 key")

    def is_of(self, *kinds: int) -> bool:
        """Whether the key is of one of these signature types."""
        return self.kind in [bytes([kind]) for kind in kinds]


def is_key_name(name: str) -> bool:
    """Whether a name may stand in a signature line."""
    return bool(name) and "+" not in name and not any(c.isspace() or c < " " for c in name)


def split_note(note: bytes) -> tuple[bytes, list[tuple[str, bytes, bytes]]]:
    """The signed text, and for each signature its key's name and id and its bytes."""
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise Unusable("the signed part is not text") from None
    text, blank, block = whole.rpartition("\n\n")
    lines = block[:-1].split("\n")
    if not blank or not block.endswith("\n") or any(c < " " and c != "\n" for c in whole):
        raise Unusable("the signed part is not a text with signatures")
    if len(lines) > MAX_SIGNATURES:
        raise Unusable("there are too many signatures")
    found = []
    for line in lines:
        name, _, encoded = line[2:].partition(" ")
        data = unbase64(encoded, "a signature")
        if line[:2] != "— " or not is_key_name(name) or len(data) < 5:
            raise Unusable("a signature line is misspelt")
        found.append((name, data[:4], data[4:]))
    return (text + "\n").encode(), found


class Policy:
    """Whose signatures are wanted (C2SP tlog-policy): any of `logs`, and the quorum."""

    def __init__(self, logs: list[Key]) -> None:
        self.logs = logs
        self.witnesses: dict[str, Key] = {}
        self.groups: dict[str, tuple[int, list[str]]] = {}
        self.quorum: str | None = None

    @classmethod
    def parse(cls, data: bytes) -> Policy:
        """From the policy file's bytes."""
        if any((c < 32 and c not in b"\t\n") or c == 127 for c in data):
            raise Unusable("the policy holds a character that is not allowed, such as a return")
        policy = cls([])
        used: set[str] = set()
        for line in data.decode("utf-8", "surrogateescape").split("\n"):
            words = [word for word in re.split("[ \t]+", line) if word]
            if not words or words[0].startswith("#"):
                continue
            if words[0] == "log" and len(words) in (2, 3):
                policy.logs.append(Key(words[1]))
            elif words[0] == "witness" and len(words) in (3, 4):
                policy.witnesses[policy.new_name(words[1])] = Key(words[2])
            elif words[0] == "group" and len(words) >= 4:
                members = words[3:]
                if len(set(members)) != len(members) or used & set(members):
                    raise Unusable("the policy counts a co-signer twice")
                used |= set(members)
                policy.add_group(words[1], words[2], members)
            elif words[0] == "quorum" and len(words) == 2 and policy.quorum is None:
                if words[1] != "none" and not policy.has(words[1]):
                    raise Unusable("the policy's quorum is not defined before it")
                policy.quorum = words[1]
            else:
                raise Unusable("the policy has a line that cannot be read")
        policy.check()
        return policy

    def has(self, name: str) -> bool:
        """Whether a co-signer or group has this name."""
        return name in self.witnesses or name in self.groups

    def new_name(self, name: str) -> str:
        """The name, if it is free."""
        if name == "none" or self.has(name):
            raise Unusable("the policy uses a name twice")
        return name

    def add_group(self, name: str, threshold: str, members: list[str]) -> None:
        """Defines a group of which `threshold` members (a number, any or all) are wanted."""
        words = {"any": 1, "all": len(members)}
        wanted = words[threshold] if threshold in words else number(threshold, "a group's number")
        if not 1 <= wanted <= len(members) or not all(map(self.has, members)):
            raise Unusable("a group in the policy wants too many, or somebody not named before it")
        self.groups[self.new_name(name)] = (wanted, members)

    def check(self) -> None:
        """Refuses a policy that names no log, wants no quorum, or counts one key as two."""
        keys = [key.public for key in [*self.logs, *self.witnesses.values()]]
        if not self.logs or self.quorum is None:
            raise Unusable("the policy names no log, or does not say who must co-sign")
        if len(set(keys)) != len(keys):
            raise Unusable("the policy gives one key two parts")
        if not all(key.is_of(LOG_KEY) for key in self.logs):
            raise Unusable("the policy has a log key that this program cannot check")
        if not all(key.is_of(COSIGNER_KEY, COSIGNER_MLDSA) for key in self.witnesses.values()):
            raise Unusable("the policy has a co-signer whose key is not a co-signer's")

    def is_met(self, name: str, signed: set[str]) -> bool:
        """Whether the named co-signer or group has co-signed."""
        if name not in self.groups:
            return name in signed
        wanted, members = self.groups[name]
        return sum(self.is_met(member, signed) for member in members) >= wanted


# Checking.
def check_signatures(note: bytes, policy: Policy, told: dict[str, Any]) -> bytes:
    """The text under the signatures; tells who signed it, and refuses if not enough did."""
    text, signatures = split_note(note)
    origin = text.split(b"\n")[0].decode()
    told["origin"], told["quorum"] = origin, policy.quorum
    signers, unchecked = [], []
    cosigned: dict[str, int] = {}
    for name, key_id, data in signatures:
        keys = [*policy.logs, *policy.witnesses.values()]
        key = next((key for key in keys if (key.name, key.id) == (name, key_id)), None)
        if key is None or key.is_of(COSIGNER_MLDSA):
            unchecked.append(name)
        elif key.is_of(LOG_KEY):
            if not is_signed(key.public, text, data):
                raise NotProved("the signature of " + shown(name) + " is false")
            signers.append(name)
        else:
            when = int.from_bytes(data[:8], "big")
            message = b"cosignature/v1\ntime " + str(when).encode() + b"\n" + text
            if when >= 2**63 or not is_signed(key.public, message, data[8:]):
                raise NotProved("the co-signature of " + shown(name) + " is false")
            part = next(part for part in policy.witnesses if policy.witnesses[part] is key)
            cosigned[part] = min(when, cosigned.get(part, when))
    told["signed_by"], told["unchecked_signatures"] = sorted(set(signers)), unchecked
    told["cosigned_by"] = [
        {"name": policy.witnesses[part].name, "time": utc(when)}
        for part, when in sorted(cosigned.items())
    ]
    if not signers:
        raise NotProved("the key that you gave did not sign this")
    if policy.quorum not in (None, "none") and not policy.is_met(policy.quorum, set(cosigned)):
        raise NotProved("too few of the co-signers that the policy wants have signed")
    return text


def root_of(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes | None:
    """The root to which a proof leads from a leaf hash (RFC 9162 §2.1.3.2), or None."""
    node, last, found = index, size - 1, leaf
    if not 0 <= index < size:
        return None
    for beside in proof:
        if last == 0:
            return None
        if node & 1 or node == last:
            found = hashlib.sha256(b"\x01" + beside + found).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + beside).digest()
        node, last = node >> 1, last >> 1
    return None if last else found


def split_receipt(data: bytes) -> tuple[dict[str, Any], int, list[bytes], bytes]:
    """A receipt's extra part, index, proof and checkpoint."""
    head, _, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")[1:]
    except UnicodeDecodeError:
        raise Unusable("the proof holds a character that is not allowed") from None
    if not lines or not lines[0].startswith("extra "):
        raise Unusable("the receipt does not say what entry it is for")
    if len(lines) < 2 or not lines[1].startswith("index ") or len(lines) > 65:
        raise Unusable("the receipt does not say what place the entry has")
    extra = unjson(unbase64(lines[0][6:], "the receipt's extra part"), "the receipt's extra part")
    proof = [unbase64(line, "a line of the proof") for line in lines[2:]]
    if any(len(node) != 32 for node in proof):
        raise Unusable("a line of the proof has the wrong length")
    if set(extra) != {"envelope", "header", "salt", "v"} or not is_first_version(extra):
        raise Unusable("the receipt is of a kind that this program does not know")
    texts = [extra[part] for part in ("envelope", "header", "salt")]
    if not all(isinstance(part, str) for part in texts):
        raise Unusable("the receipt's extra part is misspelt")
    if not HEX32.fullmatch(extra["salt"]):
        raise Unusable("the receipt's extra part is misspelt")
    return extra, number(lines[1][6:], "the receipt's index"), proof, note


def check_receipt(data: bytes, policy: Policy, words: bytes | None, told: dict[str, Any]) -> None:
    """Tells what a receipt proves; NotProved or Unusable if it proves nothing."""
    extra, index, proof, note = split_receipt(data)
    header, envelope = extra["header"].encode(), extra["envelope"].encode()
    salt = bytes.fromhex(extra["salt"])
    commitment = hmac.new(salt, envelope, hashlib.sha256).digest()
    told.update(index=index, commitment=commitment.hex())
    lines = check_signatures(note, policy, told).decode().split("\n")
    if len(lines) != 4 or lines[3] or not is_key_name(lines[0]):
        raise Unusable("the signed part is not the head of a record")
    if lines[0] not in told["signed_by"]:
        raise NotProved("the head of the record is not signed by the record that it names")
    size, root = number(lines[1], "the record's length"), unbase64(lines[2], "the record's root")
    told.update(size=size, root=root.hex())
    held = b"\x01" + hashlib.sha256(header + commitment).digest()
    leaf = hashlib.sha256(b"\x00" + held).digest()
    if root_of(leaf, index, size, proof) != root:
        raise NotProved("this entry is not in the record at the place that the receipt names")
    about = unjson(envelope, "the envelope")
    check_header(unjson(header, "the header"), about, index, told)
    if words is not None:
        body = hmac.new(salt, b"body\0" + words, hashlib.sha256).hexdigest()
        told["words"] = about.get("body") == body
        if not told["words"]:
            raise NotProved("these are not the words that were recorded")


def check_header(
    header: dict[str, Any], about: dict[str, Any], index: int, told: dict[str, Any]
) -> None:
    """Tells what the header says, and refuses one that is another entry's or out of order."""
    prev = header.get("prev")
    if not is_first_version(header) or not isinstance(prev, dict):
        raise Unusable("the header is of a kind that this program does not know")
    if type(prev.get("size")) is not int:
        raise Unusable("the header is of a kind that this program does not know")
    if not is_instant(header.get("recorded_at")) or not HEX32.fullmatch(str(prev.get("root"))):
        raise Unusable("the header is of a kind that this program does not know")
    if not isinstance(header.get("id"), str) or not ENTRY.fullmatch(header["id"]):
        raise Unusable("the header is of a kind that this program does not know")
    if (about.get("type"), about.get("allegation")) != (header.get("kind"), header.get("stream")):
        raise NotProved("the envelope belongs to another entry than the header")
    if not 0 <= prev["size"] <= index:
        raise NotProved("the entry names an earlier head of the record that cannot be earlier")
    told.update(entry=header["id"], prev_size=prev["size"], prev_root=prev["root"])
    told["demonstration"] = header.get("demonstration") is True
    for part in ("recorded_at", "kind", "stream", "version", "role"):
        told[part] = header.get(part)


def check_promise(data: bytes, policy: Policy, told: dict[str, Any]) -> None:
    """Tells what a promise says; NotProved or Unusable if nobody stands behind it."""
    text = split_note(data)[0].decode().split("\n")
    if len(text) != 6 or not all(map(is_instant, text[3:5])) or text[4] < text[3]:
        raise Unusable("the promise is not in the form that a record keeper writes")
    commitment = unbase64(text[2], "the promise")
    if len(commitment) != 32:
        raise Unusable("the promise is not in the form that a record keeper writes")
    check_signatures(data, policy, told)
    told.update(origin=text[1], commitment=commitment.hex(), time=text[3], deadline=text[4])
    if text[1] + "/promise" not in told["signed_by"]:
        raise NotProved("the promise is not signed by the record that it names")


# Telling.
def shown(text: object) -> str:
    """A text from the input, made safe to print: no control or direction characters, no flood."""
    return "".join(c if c.isprintable() else "?" for c in str(text)[:200])


def utc(seconds: int) -> str:
    """A co-signer's clock, readable."""
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return "a time beyond all calendars"


def receipt_words(told: dict[str, Any]) -> list[str]:
    """What a good receipt proves and does not prove, a line each."""
    cosigned, unchecked = told["cosigned_by"], told["unchecked_signatures"]
    lines = ["PROVED: this entry is in the record, and it has not been changed.", ""]
    if told["demonstration"]:
        lines += ["THIS RECORD IS A DEMONSTRATION. Nothing in it is real.", ""]
    lines += [
        "What is proved",
        f"- Entry {told['entry']} ({shown(told['kind'])}) has place {told['index']}, counting",
        f"  from 0, in the record {shown(told['origin'])}, which then held {told['size']}.",
        "- Its header and envelope are, byte for byte, those that were recorded.",
    ]
    if told["words"]:
        lines += ["- The words that you gave are, byte for byte, those that were recorded."]
    lines += ["", "Who signed", "- The record keeper: " + shown(", ".join(told["signed_by"]))]
    for one in cosigned:
        lines += [f"- Co-signed by {shown(one['name'])} at {one['time']}, by its own clock."]
    if not cosigned:
        lines += [
            "- NOT CO-SIGNED. No outside body that you trust vouches for this record here. The",
            "  record keeper alone does, and could show other people another record.",
        ]
    elif told["quorum"] == "none":
        lines += ["- Your policy asks for no co-signer."]
    if unchecked:
        lines += ["- Not checked, for want of a key: " + shown(", ".join(unchecked))]
    lines += [
        "",
        "When",
        f"- The record keeper's database says: recorded at {told['recorded_at']}. It is its claim.",
        f"- After the record held {told['prev_size']}, and before it held {told['size'] + 1}.",
        "",
        "What is not proved",
        "- That what was said is true, or that anybody has read it or acted on it.",
    ]
    if cosigned:
        earliest = min(one["time"] for one in cosigned)
        lines.insert(-3, f"- By {earliest} at the latest, if that co-signer's clock was right.")
    else:
        lines += ["- The time: only the record keeper's own clock stands behind it."]
    if told["words"] is None:
        lines += ["- What the words were. To check them, give them with --words."]
    return lines


def promise_words(told: dict[str, Any]) -> list[str]:
    """What a good promise says, a line each."""
    past = told["deadline"][:19] < time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    return [
        "PROVED: the record keeper gave this promise.",
        "",
        "What is proved",
        f"- At {told['time']}, by its own clock, the keeper of the record {shown(told['origin'])}",
        f"  promised that an entry would be in the record by {told['deadline']}.",
        f"- The entry's commitment is {told['commitment']}.",
        "- Signed by " + shown(", ".join(told["signed_by"])),
        "",
        "What is not proved",
        "- That the entry is in the record. Only a receipt with the same commitment shows that.",
        "- "
        + (
            "By this computer's clock that time has passed: ask for the receipt."
            if past
            else "By this computer's clock that time has not come yet."
        ),
    ]


def read_file(path: str, limit: int, what: str) -> bytes:
    """A file's bytes, up to a limit."""
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError):
        raise Unusable(what + " cannot be read") from None
    if len(data) > limit:
        raise Unusable(what + " is too large")
    return data


def wanted_policy(args: argparse.Namespace) -> Policy:
    """The policy file, or one that wants only the given key."""
    if args.policy is not None:
        return Policy.parse(read_file(args.policy, MAX_FILE, "the policy file"))
    try:
        lines = read_file(args.key, MAX_FILE, "the key file").decode("utf-8").split()
    except UnicodeDecodeError:
        raise Unusable("the key file is not text") from None
    if len(lines) != 1:
        raise Unusable("the key file does not hold exactly one key")
    policy = Policy([Key(lines[0])])
    policy.quorum = "none"
    policy.check()
    return policy


def verdict(args: argparse.Namespace, told: dict[str, Any]) -> int:
    """Checks, tells what was found in `told`, and gives the exit code."""
    try:
        data = read_file(args.file, MAX_FILE, "the receipt or promise")
        policy = wanted_policy(args)
        words = None
        if args.words is not None:
            words = read_file(args.words, MAX_WORDS, "the file of words")
        if data.startswith(RECEIPT_MAGIC):
            told["what"] = "receipt"
            check_receipt(data, policy, words, told)
        elif data.startswith(PROMISE_MAGIC):
            told["what"] = "promise"
            if words is not None:
                raise Unusable("words are checked against a receipt, not against a promise")
            check_promise(data, policy, told)
        else:
            raise Unusable("this file is neither a receipt nor a promise")
    except NotProved as reason:
        told.update(verdict="not proved", reason=str(reason))
        return 1
    except Unusable as reason:
        told.update(verdict="unusable", reason=str(reason))
        return 2
    except Exception as reason:
        told.update(verdict="unusable", reason="it could not be read: " + type(reason).__name__)
        return 2
    told["verdict"] = "proved"
    return 0


def in_words(told: dict[str, Any]) -> list[str]:
    """The whole answer in plain words."""
    if told["verdict"] == "unusable":
        return ["COULD NOT BE USED: " + told["reason"] + ".", "Nothing is proved or disproved."]
    if told["verdict"] == "not proved":
        lines = ["NOT PROVED: " + told["reason"] + "."]
        if told["words"] is False:
            lines += ["The receipt itself is good: its entry is in the record with other words."]
        return lines
    return receipt_words(told) if told["what"] == "receipt" else promise_words(told)


def main(argv: list[str] | None = None) -> int:
    """Runs the command; gives the exit code."""
    parser = argparse.ArgumentParser(
        description="Checks a receipt or a promise from a record. Exit code 0: proved; "
        "1: not proved; 2: could not be used."
    )
    parser.add_argument("file", metavar="RECEIPT", help="a .tlog-proof file, or a promise")
    keys = parser.add_mutually_exclusive_group(required=True)
    keys.add_argument("--key", metavar="FILE", help="the record keeper's public key, one line")
    keys.add_argument("--policy", metavar="FILE", help="the keys of keeper and co-signers")
    parser.add_argument("--words", metavar="FILE", help="the exact words, to compare")
    parser.add_argument("--json", action="store_true", help="answer as one JSON object")
    args = parser.parse_args(argv)
    told: dict[str, Any] = {"v": 1, "what": None, "verdict": None, "reason": None, "words": None}
    code = verdict(args, told)
    answer = json.dumps(told, sort_keys=True) if args.json else "\n".join(in_words(told))
    try:
        # A console that lacks a character must not stop the answer.
        print(answer.encode("ascii", "backslashreplace").decode())
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough, as `head` does; the answer stands.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except (OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 2
    return code


if __name__ == "__main__":
    sys.exit(main())
