"""What a request learns from the TLS that it came over: variables, and who a certificate says it is (TL-7)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from apacheconf.program.steps import AskCertificate, ExportTls, FakeBasicAuth, NameUser

#: The client's name as OpenSSL wrote it of old: ``/C=../CN=..``. No variable of a configuration is called so.
ONE_LINE = "SSL_CLIENT_S_DN in one line"

if TYPE_CHECKING:
    from apacheconf.program.course import Course


def export_tls(action: ExportTls, course: Course) -> None:
    """Variables of the connection, where it is one over TLS."""
    state = course.state
    if state.request.scheme != "https":
        return
    tls = state.request.tls
    state.env["HTTPS"] = "on"
    for name in ("SSL_TLS_SNI", *(tls if action.standard else ())):
        value = tls.get(name)
        if value is not None:
            state.env[name] = value
    if action.certificates:
        state.env.update({name: tls[name] for name in ("SSL_SERVER_CERT",) if name in tls})
        state.env["SSL_CLIENT_CERT"] = tls.get("SSL_CLIENT_CERT", "")
        number = 0
        while (sent := tls.get(f"SSL_CLIENT_CERT_CHAIN_{number}")) is not None:
            state.env[f"SSL_CLIENT_CERT_CHAIN_{number}"] = sent
            number += 1


def fake_basic_auth(_: FakeBasicAuth, course: Course) -> None:
    """From now on a certificate's name stands for a user, if one is asked for."""
    course.fakes_basic = True


def say_who(course: Course) -> int | None:
    """A user is asked for: write the certificate's name as basic authentication, where that is wanted.

    The status of a client that says such a name by itself, None for others.
    """
    claimed = _user_of(course.headers.get("Authorization") or "")
    if claimed.startswith("/"):
        course.log("error", "ssl", f"AH02035: Encountered FakeBasicAuth spoof: {claimed}")
        return 403
    name = course.state.request.tls.get(ONE_LINE)
    if name:
        word = base64.b64encode(f"{name}:password".encode()).decode()
        course.headers.replace("Authorization", f"Basic {word}")
    return None


def _user_of(said: str) -> str:
    scheme, _, word = said.partition(" ")
    try:
        whole = base64.b64decode(word).decode("latin-1") if scheme.lower() == "basic" else ""
    except ValueError:
        return ""
    name, colon, password = whole.partition(":")
    return name if colon and password == "password" else ""


def ask_certificate(action: AskCertificate, course: Course) -> None:
    """Ask the client for its certificate; it is refused where TLS 1.3 can't ask it now. Nobody asks over TLS 1.2.

    A body that can't be read first is refused, too.
    """
    ask = course.state.request.ask_certificate
    status = ask(action) if ask is not None else 0
    if status:
        course.refuse(status, "")
    if status == 403:
        course.note = "Reason: Cannot perform Post-Handshake Authentication.<br />"
        course.log("error", "ssl", "AH10158: cannot perform post-handshake authentication")
    elif status:
        text = "AH10228: could not buffer message body to allow TLS Post-Handshake Authentication to proceed"
        course.log("error", "ssl", text)


def name_user(action: NameUser, course: Course) -> None:
    """SSLUserName: from now on the user is what the variable says."""
    found = course.state.request.tls.get(action.variable)
    if found:
        course.state.user = found
