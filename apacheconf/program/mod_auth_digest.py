"""mod_auth_digest at work: the client shows that it knows the password without sending it (RFC 2617, qop auth)."""

from __future__ import annotations

import re
from hashlib import md5
from hmac import compare_digest
from typing import TYPE_CHECKING
from urllib.parse import unquote

from apacheconf.program.admission import Digest
from apacheconf.program.authority import Finding, Verdict
from apacheconf.program.digest_nonces import challenge_nonce, hex_number, is_further, is_stale, next_nonce
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
    given = _whole(_parameters(rest))
    if given is None or len(given["nonce"]) != NONCE_LENGTH:
        missing = "missing user, realm, nonce, uri, digest, cnonce, or nonce_count in authorization header"
        course.log("error", "auth_digest", f"AH01782: {missing}: {state.path}")
        return _again(digest, course)
    state.user = given["username"]
    return _checked(digest, given, course)


_NEEDED = frozenset({"username", "realm", "nonce", "uri", "response"})
_COUNTED = frozenset({"nc", "cnonce"})
#: Characters of a nonce: the time in base64, and a hash.
NONCE_LENGTH = 52


def _whole(given: dict[str, str]) -> dict[str, str] | None:
    """What the client sent, if nothing is missing."""
    wanted = _NEEDED | _COUNTED if given.get("qop") else _NEEDED
    return given if wanted <= given.keys() else None


def _checked(digest: Digest, given: dict[str, str], course: Course) -> int | None:
    state = course.state
    assert digest.realm is not None
    realm = text_of(digest.realm, state)
    status = _wrong_uri(given["uri"], course)
    if status is not None:
        return status
    if "opaque" in given and not hex_number(given["opaque"])[0]:
        course.log("error", "auth_digest", f"AH01787: received invalid opaque - got `{given['opaque']}'")
        return _again(digest, course)
    if given["realm"] != realm:
        course.log("error", "auth_digest", f"AH01788: realm mismatch - got `{given['realm']}' but expected `{realm}'")
        return _again(digest, course)
    if given.get("algorithm", "MD5").lower() != "md5":
        said = f"AH01789: unknown algorithm `{given['algorithm']}' received: {state.path}"
        course.log("error", "auth_digest", said)
        return _again(digest, course)
    found = _secret(digest, given["username"], realm, course)
    for message in found.messages:
        tell(message, course)
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
    right = _answer(found.secret, given, state.request.method)
    if not compare_digest(given["response"].encode("latin-1"), right.encode()):
        course.log("error", "auth_digest", f"AH01794: user {state.user}: password mismatch: {state.path}")
        return _again(digest, course)
    status = _good(digest, given, realm, course)
    if status is None and state.before is None and not state.sub:
        _tell(found.secret, digest, given, realm, course)
    return status


def _secret(digest: Digest, user: str, realm: str, course: Course) -> Finding:
    found = Finding(Verdict.UNKNOWN)
    for provider in digest.providers:
        found = course.state.authority.secret(provider, user, realm)
        if found.verdict is not Verdict.UNKNOWN:
            break
    return found


def _answer(secret: str, given: dict[str, str], method: str) -> str:
    """What who knows the password answers to the nonce (RFC 2617, 3.2.2); the server's answer has no method (3.2.3)."""
    asked = _hash(f"{method}:{given['uri']}")
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


def _good(digest: Digest, given: dict[str, str], realm: str, course: Course) -> int | None:
    """Whether the nonce is one of ours, young enough, and not used as often before; else the client gets a new one."""
    stale = is_stale(digest, given, realm, course)
    if stale is not False:
        return _again(digest, course, stale=bool(stale))
    return None if is_further(digest, given, realm, course) else _again(digest, course)


def _tell(secret: str, digest: Digest, given: dict[str, str], realm: str, course: Course) -> None:
    """Show the client that the password is known here, too, and tell it the nonce to use next (AD-5)."""
    told = f'rspauth="{_answer(secret, given, "")}"'
    if nonce := next_nonce(digest, given, realm, course):
        told += f', nextnonce="{nonce}"'
    told += f', cnonce="{given["cnonce"]}", nc={given["nc"]}, qop={given["qop"]}'
    course.early_own.replace("Authentication-Info", told)


def _again(digest: Digest, course: Course, stale: bool = False) -> int:
    challenge(digest, course, stale)
    return 401


def challenge(digest: Digest, course: Course, stale: bool = False) -> None:
    """Tell the client how to say who it is, with a new nonce."""
    realm = text_of(digest.realm, course.state) if digest.realm is not None else ""
    own = digest.domain if course.origin is None else ()  # an origin's paths may be others
    domain = f', domain="{" ".join(own)}"' if own else ""
    scheme, _, rest = (course.headers.get("Authorization") or "").partition(" ")
    said = _parameters(rest) if scheme.lower() == "digest" else {}
    nonce, opaque, forgotten = challenge_nonce(digest, _whole(said), said.get("opaque"), realm, course)
    line = f'Digest realm="{quoted(realm)}", nonce="{nonce}", algorithm=MD5'
    line += (f', opaque="{opaque}"' if opaque else "") + domain + (", stale=true" if stale or forgotten else "")
    course.early.replace("WWW-Authenticate", f'{line}, qop="auth"')


_PARAMETER = re.compile(r'([^\s=,]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*))\s*,?\s*')


def _parameters(text: str) -> dict[str, str]:
    """``name=value`` pairs of a header; a quoted value loses its quotes and backslashes."""
    found: dict[str, str] = {}
    for name, inner, bare in _PARAMETER.findall(text):
        found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", inner) if inner else bare)
    return found
