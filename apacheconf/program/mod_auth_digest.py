"""mod_auth_digest at work: the client shows that it knows the password without sending it (RFC 2617, qop auth)."""

from __future__ import annotations

import re
from hashlib import md5
from hmac import compare_digest
from typing import TYPE_CHECKING
from urllib.parse import unquote

from apacheconf.program.admission import Digest
from apacheconf.program.authority import Finding, Verdict
from apacheconf.program.evaluate import text_of
from apacheconf.program.mod_auth_basic import quoted, tell
from apacheconf.program.uri import parse_target, resolve_dots, unescape_unreserved

if TYPE_CHECKING:
    from apacheconf.program.course import Course


def authenticate(digest: Digest, course: Course) -> int | None:
    """Set ``state.user``; a status if that can't be."""
    state = course.state
    if digest.realm is None:
        course.log("error", "auth_digest", f"AH01780: need AuthName: {state.path}")
        return 500
    state.auth_type = "Digest"
    said = course.headers.get("Authorization") or ""
    scheme, _, rest = said.partition(" ")
    if scheme.lower() != "digest":
        if scheme:
            course.log(
                "error", "auth_digest", f"AH01781: client used wrong authentication scheme `{scheme}': {state.path}"
            )
        return _again(digest, course)
    given = _parameters(rest)
    wanted = _NEEDED | _COUNTED if given.get("qop") else _NEEDED
    if not wanted <= given.keys() or len(given["nonce"]) != NONCE_LENGTH:
        missing = "missing user, realm, nonce, uri, digest, cnonce, or nonce_count in authorization header"
        course.log("error", "auth_digest", f"AH01782: {missing}: {state.path}")
        return _again(digest, course)
    state.user = given["username"]
    return _checked(digest, given, course)


_NEEDED = frozenset({"username", "realm", "nonce", "uri", "response"})
_COUNTED = frozenset({"nc", "cnonce"})
#: Characters of a nonce: the time in base64, and a hash.
NONCE_LENGTH = 52


def _checked(digest: Digest, given: dict[str, str], course: Course) -> int | None:
    state = course.state
    assert digest.realm is not None
    realm = text_of(digest.realm, state)
    if given["realm"] != realm:
        course.log("error", "auth_digest", f"AH01788: realm mismatch - got `{given['realm']}' but expected `{realm}'")
        return _again(digest, course)
    if given.get("algorithm", "MD5").lower() != "md5":
        said = f"AH01789: unknown algorithm `{given['algorithm']}' received: {state.path}"
        course.log("error", "auth_digest", said)
        return _again(digest, course)
    status = _wrong_uri(given["uri"], course)
    if status is not None:
        return status
    found = _secret(digest, given["username"], realm, course)
    if found.message is not None:
        tell(found.message, course)
    if found.verdict is Verdict.UNKNOWN:
        course.log("error", "auth_digest", f"AH01790: user `{state.user}' in realm `{realm}' not found: {state.path}")
        return _again(digest, course)
    if found.verdict is Verdict.DENIED:
        course.log(
            "error", "auth_digest", f"AH01791: user `{state.user}' in realm `{realm}' denied by provider: {state.path}"
        )
        return _again(digest, course)
    if found.verdict is Verdict.BROKEN:
        return 500
    if given.get("qop", "").lower() != "auth":
        return _again(digest, course)
    if not compare_digest(given["response"].encode("latin-1"), _answer(found.secret, given, course).encode()):
        course.log("error", "auth_digest", f"AH01794: user {state.user}: password mismatch: {state.path}")
        return _again(digest, course)
    return _fresh(digest, given["nonce"], realm, course)


def _secret(digest: Digest, user: str, realm: str, course: Course) -> Finding:
    found = Finding(Verdict.UNKNOWN)
    for provider in digest.providers:
        found = course.state.authority.secret(provider, user, realm)
        if found.verdict is not Verdict.UNKNOWN:
            break
    return found


def _answer(secret: str, given: dict[str, str], course: Course) -> str:
    """What a client that knows the password answers to the nonce (RFC 2617, 3.2.2)."""
    asked = _hash(f"{course.state.request.method}:{given['uri']}")
    return _hash(f"{secret}:{given['nonce']}:{given['nc']}:{given['cnonce']}:{given['qop']}:{asked}")


def _hash(text: str) -> str:
    return md5(text.encode("latin-1", "replace"), usedforsecurity=False).hexdigest()


def _wrong_uri(uri: str, course: Course) -> int | None:
    """400 where the digest was made for another URL than the request's (AD-2)."""
    asked = course.state.request.target
    if uri == asked or _is_asked(uri, course):
        return None
    course.log("error", "auth_digest", f"AH01786: uri mismatch - <{uri}> does not match request-uri <{asked}>")
    return 400


_URL = re.compile(
    r"(?:(?P<scheme>\w+):)?(?://(?P<host>[^/?#:]*)(?::(?P<port>\d+))?)?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?"
)


def _is_asked(uri: str, course: Course) -> bool:
    """Whether a URL is the one asked in other letters: decoded, with its host, dots resolved (RFC 2617, 3.2.2.5)."""
    state, given = course.state, _URL.match(uri)
    assert given is not None
    if given["host"]:
        usual = 443 if state.request.scheme == "https" else 80
        if (given["host"].lower(), int(given["port"] or usual)) != (state.own_name.lower(), state.asked_port):
            return False
    asked = parse_target(state.request.method, state.request.target)
    path = resolve_dots(unescape_unreserved(asked.raw_path), state.host.shape.limits.merge_slashes)
    query = None if given["query"] is None else unquote(given["query"], "latin-1")
    same = query == (None if asked.query is None else unquote(asked.query, "latin-1"))
    return same and unquote(given["path"], "latin-1") == unquote(path, "latin-1")


def _fresh(digest: Digest, nonce: str, realm: str, course: Course) -> int | None:
    """Whether the nonce was made here, and is young enough; else the client gets a new one."""
    age = course.state.authority.nonce_age(nonce, realm)
    if age is None:
        course.log("error", "auth_digest", f"AH01776: invalid nonce {nonce} received - hash is not {_hash(nonce)}")
        return _again(digest, course, stale=True)
    if age < 0:
        course.log("error", "auth_digest", f"AH01777: invalid nonce {nonce} received - user attempted time travel")
        return _again(digest, course)
    if digest.lifetime > 0 and age > digest.lifetime:
        course.log("info", "auth_digest", f"AH01778: user {course.state.user}: nonce expired ({age:.2f} seconds old)")
        return _again(digest, course, stale=True)
    return None


def _again(digest: Digest, course: Course, stale: bool = False) -> int:
    challenge(digest, course, stale)
    return 401


def challenge(digest: Digest, course: Course, stale: bool = False) -> None:
    """Tell the client how to say who it is, with a new nonce."""
    realm = text_of(digest.realm, course.state) if digest.realm is not None else ""
    own = digest.domain if course.origin is None else ()  # an origin's paths may be others
    domain = f', domain="{" ".join(own)}"' if own else ""
    nonce = course.state.authority.nonce(realm)
    line = f'Digest realm="{quoted(realm)}", nonce="{nonce}", algorithm=MD5{domain}{", stale=true" if stale else ""}'
    course.early.replace("WWW-Authenticate", f'{line}, qop="auth"')


_PARAMETER = re.compile(r'([^\s=,]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*))\s*,?\s*')


def _parameters(text: str) -> dict[str, str]:
    """``name=value`` pairs of a header; a quoted value loses its quotes and backslashes."""
    found: dict[str, str] = {}
    for name, inner, bare in _PARAMETER.findall(text):
        found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", inner) if inner else bare)
    return found
