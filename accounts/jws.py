"""Compact JWS (RFC 7515), read as strictly as we write it: one spelling, one key, one algorithm, no second reading.

Refuses whatever we would not have written: padding, white space or stray bits in base64url, a header with a member more
or less, text that is not UTF-8, a member that stands twice, a number that is none. PyJWT signs and judges signatures;
its own reading of the text is more forgiving than ours may be, and slower.
"""

import base64
import binascii
import functools
import json
import re
from typing import Any, NamedTuple, NoReturn

import jwt

from accounts import keys

MOST_CHARACTERS = 4096
COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


class Header(NamedTuple):
    """What whoever signed it says of it. Nothing is believed yet."""

    alg: Any
    kid: Any
    typ: Any


class NotOurs(Exception):
    """Not a JWS of ours. Says why, for the log."""


def write(claims: dict[str, Any], *, typ: str) -> str:
    """Signed by the key that signs now."""
    key = keys.signing_key()
    return jwt.encode(claims, key.material, algorithm=key.algorithm, headers={"typ": typ, "kid": key.kid})


def kid(text: str) -> str:
    """Which key signed what `write` has written."""
    return str(_header(text.partition(".")[0]).kid)


def read(text: str, *, typ: str) -> tuple[dict[str, Any], str]:
    """The claims and the `kid`, once the signature holds. What the claims say is still to be judged."""
    found = COMPACT.fullmatch(text) if len(text) <= MOST_CHARACTERS else None
    if found is None:
        raise NotOurs("not a compact JWS of bearable size")
    header, payload, signature = found.groups()
    key = _key(_header(header), typ)
    signed = text[: found.end(2)].encode()
    if not jwt.get_algorithm_by_name(key.algorithm).verify(signed, key.material, _bytes(signature)):
        raise NotOurs("the signature does not hold")
    return _object(_bytes(payload)), key.kid


@functools.lru_cache(maxsize=64)  # all tokens of one key and kind begin with the same text
def _header(segment: str) -> Header:
    members = _object(_bytes(segment))
    if members.keys() != set(Header._fields):
        raise NotOurs("the header is not one of ours")
    return Header(**members)


def _key(header: Header, typ: str) -> keys.Key:
    if header.typ != typ:
        raise NotOurs("the header is not one of ours")
    # A name to look up, and nothing else.
    key = keys.verifying_key(header.kid) if isinstance(header.kid, str) else None
    if key is None or header.alg != key.algorithm:
        raise NotOurs("the key is not one of ours")
    return key


def _bytes(segment: str) -> bytes:
    try:
        decoded = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error as error:
        raise NotOurs("a part is not base64url") from error
    # The last character may hold bits that decode to nothing: only one of the spellings is the one we wrote.
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != segment.encode():
        raise NotOurs("a part is spelled in another way than ours")
    return decoded


def _object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content.decode(), object_pairs_hook=_members, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise NotOurs("a part is not JSON") from error
    if not isinstance(value, dict):
        raise NotOurs("a part is no object")
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotOurs("a member stands twice")
    return members


def _no_number(name: str) -> NoReturn:
    raise NotOurs(f"{name} is no number")
