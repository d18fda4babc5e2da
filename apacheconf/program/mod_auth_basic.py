"""mod_auth_basic at work: user and password out of Authorization, and the providers asked in order (AB-1, AB-4)."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from typing import TYPE_CHECKING

from apacheconf.program.admission import Basic
from apacheconf.program.authority import Finding, Verdict
from apacheconf.program.evaluate import text_of
from apacheconf.program.messages import Message

if TYPE_CHECKING:
    from apacheconf.program.course import Course


def authenticate(basic: Basic, course: Course) -> int | None:
    """Set ``state.user``; 401 or 500 if that can't be."""
    state = course.state
    if basic.realm is None:
        course.log("error", "auth_basic", f"AH01615: need AuthName: {state.path}")
        return 500
    state.auth_type = "Basic"
    scheme, _, credentials = (course.headers.get("Authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        if scheme:
            course.log("error", "auth_basic", f"AH01614: client used wrong authentication scheme: {state.path}")
        return _again(basic, course)
    state.user, _, password = _decoded(credentials).partition(":")
    found = _ask(basic, state.user, password, course)
    for message in found.messages:
        tell(message, course)
    if found.verdict is Verdict.GRANTED:
        return None
    if not basic.authoritative and found.verdict is not Verdict.DENIED:
        course.log("error", "authn_core", "AH01796: AuthType Basic configured without corresponding module")
        return 500
    if found.verdict is Verdict.BROKEN:
        return 500
    if found.verdict is Verdict.DENIED:
        said = f'AH01617: user {state.user}: authentication failure for "{state.path}": Password Mismatch'
    else:
        said = f"AH01618: user {state.user} not found: {state.path}"
    course.log("error", "auth_basic", said)
    return _again(basic, course)


def tell(message: Message, course: Course) -> None:
    """Have a message of a provider written; it may name the path and the user."""
    text = message.text.replace("{path}", course.state.path).replace("{user}", course.state.user or "")
    course.log(message.level, message.module, text, message.system, message.bare)


def _decoded(credentials: str) -> str:
    """What the client sent, up to a NUL; what isn't base64 ends it, as in httpd."""
    text = credentials.lstrip(" \t")
    end = next(
        (at for at, char in enumerate(text) if not (char.isascii() and (char.isalnum() or char in "+/"))), len(text)
    )
    try:
        decoded = b64decode(text[:end] + "=" * (-end % 4))
    except Error:  # a single letter too many
        decoded = b64decode(text[: end - 1])
    return decoded.decode("latin-1").partition("\0")[0]


def _ask(basic: Basic, user: str, password: str, course: Course) -> Finding:
    """The first provider that knows the user decides."""
    authority = course.state.authority
    found = Finding(Verdict.UNKNOWN)
    for provider in basic.providers:
        if basic.digest and basic.realm is not None:
            found = authority.digest_password(provider, user, text_of(basic.realm, course.state), password)
        else:
            found = authority.password(provider, user, password)
        if found.verdict is not Verdict.UNKNOWN:
            break
    return found


def _again(basic: Basic, course: Course) -> int:
    challenge(basic, course)
    return 401


def challenge(basic: Basic, course: Course) -> None:
    """Tell the client how to say who it is."""
    realm = text_of(basic.realm, course.state) if basic.realm is not None else ""
    course.early.replace("WWW-Authenticate", f'Basic realm="{quoted(realm)}"')


def quoted(text: str) -> str:
    """A realm within quotes: quotes in it are escaped, what is escaped already stays."""
    out, at = "", 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            out += text[at : at + 2]
            at += 2
            continue
        out += '\\"' if text[at] == '"' else text[at]
        at += 1
    return out
