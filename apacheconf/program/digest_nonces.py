"""Nonces of mod_auth_digest: whether one is still good, how often it was used, and the next one (AD-3 to AD-5).

Where uses are counted, or a nonce is for one use, a client has a number, which its challenge names as ``opaque``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from apacheconf.program.admission import Digest
from apacheconf.program.authority import DigestClient

if TYPE_CHECKING:
    from apacheconf.program.course import Course

#: Seconds before its end at which a nonce is replaced by a next one.
_SOON = 30
#: What C's ``strtol`` reads as a number to the base of 16.
_HEX = re.compile(r"\s*([+-]?)(?:0x(?=[\da-f]))?([\da-f]*)", re.IGNORECASE)


def hex_number(text: str) -> tuple[int, str]:
    """The hexadecimal number at the start of a text, 0 if there is none, and what follows it."""
    found = _HEX.match(text)
    if found is None or not found[2]:
        return 0, text
    number = min(int(found[2], 16), (1 << 63) - 1)
    return -number if found[1] == "-" else number, text[found.end() :]


def client_of(opaque: str | None, course: Course) -> DigestClient | None:
    """The client that says to have this number, if it is still known."""
    number = hex_number(opaque)[0] if opaque else 0
    return course.state.authority.digest_client(number) if number else None


def is_stale(digest: Digest, given: Mapping[str, str], realm: str, course: Course) -> bool | None:
    """Whether a nonce is too old, or not from here: then it gets a new one. None where it is of the future."""
    nonce, state = given["nonce"], course.state
    made = state.authority.nonce_made(nonce, realm, given.get("opaque", ""))
    if made is None:
        course.log("error", "auth_digest", f"AH01776: invalid nonce {nonce} received - hash is not that of a nonce")
        return True
    age = state.started - made
    if digest.lifetime > 0 and age < 0:
        course.log("error", "auth_digest", f"AH01777: invalid nonce {nonce} received - user attempted time travel")
        return None
    if 0 < digest.lifetime < age:
        said = f"nonce expired ({age:.2f} seconds old - max lifetime {digest.lifetime:.2f}) - sending new nonce"
        course.log("info", "auth_digest", f"AH01778: user {state.user}: {said}")
        return True
    if digest.lifetime and not digest.counts:
        return False
    client = client_of(given.get("opaque"), course)
    if client is None:
        number = hex_number(given.get("opaque", ""))[0]
        course.log("info", "auth_digest", f"AH10618: client {number:x} is no longer known - sending new nonce")
        return True
    if digest.lifetime or made > client.once or _is_again(client, given, course):
        return False
    used = f"one-time-nonce {nonce} already used - sending new nonce"
    course.log("info", "auth_digest", f"AH01779: user {state.user}: {used}")
    return True


def is_further(digest: Digest, given: Mapping[str, str], realm: str, course: Course) -> bool:
    """Whether a use is a further one (AuthDigestNcCheck): counts may skip some, and a new nonce has any count."""
    client = client_of(given.get("opaque"), course)
    if not digest.counts or client is None:
        return True
    said, rest = hex_number(given["nc"])
    if rest and not rest[0].isspace():
        course.log("error", "auth_digest", f"AH01773: invalid nc {given['nc']} received - not a number")
        return False
    if _is_again(client, given, course):
        return True
    count, nonce = said % (1 << 64), given["nonce"]
    made = course.state.authority.nonce_made(nonce, realm, given["opaque"]) or 0.0
    if count <= client.count if nonce == client.nonce else made < client.made:
        replay = f"nonce-count check failed: {count} is not above {client.count} for nonce {nonce}"
        course.log("error", "auth_digest", f"AH01774: Warning, possible replay attack: {replay}")
        return False
    client.nonce, client.made, client.count, client.turn = nonce, made, count, course.state.request.turn
    return True


def _is_again(client: DigestClient, given: Mapping[str, str], course: Course) -> bool:
    """Whether it is the request that this nonce was counted for before: it is decided once more."""
    return client.nonce == given["nonce"] and client.turn == course.state.request.turn != (0, 0)


def next_nonce(digest: Digest, given: Mapping[str, str], realm: str, course: Course) -> str:
    """The nonce that the client shall use from now on, empty if it may keep its own."""
    state, opaque = course.state, given.get("opaque", "")
    if digest.lifetime > 0:
        made = state.authority.nonce_made(given["nonce"], realm, opaque) or 0.0
        return state.authority.nonce(realm, opaque) if state.started - made > digest.lifetime - _SOON else ""
    client = client_of(given.get("opaque"), course)
    if digest.lifetime < 0 or client is None:
        return ""
    client.nonce, client.turn = given["nonce"], state.request.turn
    client.once = state.authority.nonce_made(given["nonce"], realm, opaque) or 0.0
    return state.authority.nonce(realm, opaque, once=True)


def challenge_nonce(
    digest: Digest, given: Mapping[str, str] | None, opaque: str | None, realm: str, course: Course
) -> tuple[str, str, bool]:
    """A new nonce, the number to name beside it (or none), and whether the old one is stale for want of its client.

    ``given`` is None where what the client sent lacks something; ``opaque`` is what it named.
    """
    authority = course.state.authority
    client = None if given is None else client_of(opaque, course)
    forgotten = opaque is not None and client is None
    if forgotten or (opaque is None and (digest.counts or not digest.lifetime)):
        client = authority.new_digest_client()
        opaque = client.opaque
    return authority.nonce(realm, opaque or "", once=not digest.lifetime), opaque or "", forgotten
