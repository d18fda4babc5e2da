"""Digest authentication, played as a conversation: what httpd answered is kept in ``fixtures/recorded/digests.json``.

A nonce is new each time, so a client has to answer it: ``TURNS`` says what each request does with the last challenge
that it got. ``python -m tests.runtime.digests`` asks the installed httpd again.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path

from apacheconf.engines import Engine, find
from apacheconf.engines import httpd as engine_httpd
from apacheconf.prove.client import Answer, Turn, exchange
from tests import wire
from tests.runtime.served import Served

RECORDED = Path(__file__).resolve().parents[2] / "fixtures/recorded/digests.json"
PLAIN = "alice:inner:" + md5(b"alice:inner:pw").hexdigest()
CONFIG = """ProxyPass /a.txt !
ProxyPass / http://{A}/
<Location />
  AuthType Digest
  AuthName inner
  AuthUserFile {box}/digests
  Require valid-user
</Location>
<Location /domain>
  AuthDigestDomain /domain /other http://elsewhere.example/
  AuthDigestNonceLifetime -1
</Location>
<Location /short>
  AuthDigestNonceLifetime 1
</Location>
<Location /a.txt>
  AuthDigestDomain / /other
</Location>
<Location /group>
  AuthGroupFile {box}/groups
  Require group staff
</Location>
<Location /forbidden>
  Require user bob
  AuthzSendForbiddenOnFailure On
</Location>
<Location /bob>
  Require user bob
</Location>
<Location /quoted>
  AuthName "an \\"inner\\" circle"
</Location>
<Location /unset/inner>
  AuthDigestNonceLifetime 100
</Location>
<Location /missing>
  AuthUserFile {box}/missing
</Location>
<Location /unset>
  AuthDigestProvider other
</Location>
"""
MAIN = "<AuthnProviderAlias file other>\n  AuthUserFile {box}/others\n</AuthnProviderAlias>\n"
#: Name, path, and what the client makes of the last challenge: fields to change, None to leave out. "fresh" asks again
#: without credentials first, "plain" sends these instead.
TURNS: tuple[tuple[str, str, dict[str, str | None]], ...] = (
    ("no credentials", "/x", {"send": ""}),  # AD-1
    ("right", "/x", {}),
    ("the nonce again", "/x", {"nc": "00000002"}),
    ("the count again", "/x", {"nc": "00000002"}),  # AD-3
    ("with a query", "/x?a=b", {}),
    ("wrong password", "/x", {"password": "wrong"}),  # AD-2
    ("unknown user", "/x", {"username": "nobody"}),  # AD-2
    ("another realm", "/x", {"realm": "outer"}),  # AD-2
    ("no nonce of ours", "/x", {"nonce": "MDEyMzQ1Njc=" + "0" * 40}),  # AD-3
    ("a short nonce", "/x", {"nonce": "abc"}),  # AD-2
    ("another uri", "/x", {"uri": "/y"}),  # AD-2
    ("the uri without its query", "/x?a=b", {"uri": "/x"}),
    ("an absolute uri", "/x", {"uri": "http://example.com/x"}),
    ("without qop", "/x", {"qop": None, "nc": None, "cnonce": None}),  # AD-2
    ("qop without a count", "/x", {"nc": None}),
    ("another qop", "/x", {"qop": "auth-int"}),
    ("another algorithm", "/x", {"algorithm": "SHA-256"}),  # AD-2
    ("an algorithm that is named", "/x", {"algorithm": "MD5"}),
    ("without a response", "/x", {"response": None}),  # AD-2
    ("without a user", "/x", {"username": None}),  # AD-2
    ("by Basic", "/x", {"send": "Basic YWxpY2U6cHc="}),
    ("nothing but the scheme", "/x", {"send": "Digest"}),
    ("a domain", "/domain", {"send": ""}),  # AD-1
    ("right there", "/domain", {}),
    ("somebody else's place", "/bob", {}),
    ("a quoted realm", "/quoted", {"send": ""}),
    ("no file", "/missing", {}),  # AD-3
    ("another file", "/unset", {}),
    ("within another file's", "/unset/inner", {}),
    ("by HEAD", "/x", {"method": "HEAD"}),
    ("made for another method", "/x", {"method": "POST", "hashed": "GET"}),
    ("a domain of files", "/a.txt", {"send": ""}),  # AD-1
    ("a file", "/a.txt", {}),
    ("a file by HEAD", "/a.txt", {"method": "HEAD"}),
    ("in a group", "/group", {}),
    ("forbidden", "/forbidden", {}),
    ("forbidden with a wrong password", "/forbidden", {"password": "wrong"}),
    ("in time", "/short", {}),
    ("too late", "/short", {"wait": "2.1"}),  # AD-1, AD-5
    ("a nonce that lives for ever", "/domain", {"wait": "1.1"}),  # AD-1
    ("a path that is encoded", "/%78", {}),
    ("a path that is encoded in the request alone", "/%78", {"uri": "/x"}),
    ("a path that is encoded in the field alone", "/x", {"uri": "/%78"}),  # AD-2
    ("a query that is encoded otherwise", "/x?a=%62", {"uri": "/x?a=b"}),
    ("an empty query", "/x?", {}),
    ("an empty query in the request alone", "/x?", {"uri": "/x"}),
    ("a uri with its host", "/x", {"uri": "//example.com/x"}),
    ("double slashes", "//x", {}),
    ("dots", "/y/../x", {}),
    ("dots in the request alone", "/y/../x", {"uri": "/x"}),  # AD-2
    ("a uri of *", "/x", {"uri": "*"}),
    ("an empty uri", "/x", {"uri": ""}),
    ("a uri with its host and port", "/x", {"uri": "//example.com:{port}/x"}),
    ("an absolute uri with its port", "/x", {"uri": "http://Example.com:{port}/x"}),  # AD-2
    ("an absolute uri of another host", "/x", {"uri": "http://example.org:{port}/x"}),
    ("another scheme", "/x", {"uri": "ftp://example.com:{port}/x"}),
    ("dots in the field alone", "/x", {"uri": "/y/../x"}),
    ("double slashes in the request alone", "//x", {"uri": "/x"}),
    ("double slashes within", "/y//x", {"uri": "/y/x"}),
    ("a fragment", "/x", {"uri": "/x#y"}),
    ("a slash that is encoded", "/y/x", {"uri": "/y%2Fx"}),
    ("an algorithm of another case", "/x", {"algorithm": "md5"}),
    ("MD5-sess", "/x", {"algorithm": "MD5-sess"}),
    ("a qop of another case", "/x", {"qop": "AUTH"}),
    ("a count that is none", "/x", {"nc": "xyz"}),
    ("a short count", "/x", {"nc": "1"}),
    ("an empty cnonce", "/x", {"cnonce": ""}),
    ("a user with a quote", "/x", {"username": 'al\\"ice'}),
    ("a user of another case", "/x", {"username": "Alice"}),
    ("an empty user", "/x", {"username": ""}),
    ("a response of another case", "/x", {"upper": "yes"}),
)


def case() -> wire.Case:
    modules = "auth_digest_module authn_core_module authn_file_module authz_user_module authz_groupfile_module"
    parts = (
        wire.Part("file", "digests", f"{PLAIN}\nbob:inner:00\n"),
        wire.Part("file", "others", "alice:other:00\n"),
        wire.Part("file", "groups", "staff: alice\n"),
        wire.Part("file", "html/a.txt", "a\n"),
        wire.Part("modules", modules, ""),
        wire.Part("main", "", MAIN),
        wire.Part("config", "", CONFIG),
        wire.Part("logged", "AH0", ""),
    )
    return wire.Case(wire.FOLDER / "none.txt", "", parts)


@contextmanager
def at_work(engine: Engine | None, case: wire.Case) -> Iterator[wire.Scene]:
    """httpd with the configuration of a case, or serve without an engine."""
    with wire.scene(case, engine) as found:
        if engine is None:
            with Served(found.box.path / "httpd.conf"):
                yield found
        else:
            with engine_httpd.start(engine, found.box, found.text, [("127.0.0.1", found.port)]):
                yield found


def play(engine: Engine | None) -> dict[str, list[str]]:
    """Each turn's status and challenge, with the nonces taken out, and what was logged of it."""
    told: dict[str, list[str]] = {}
    with at_work(engine, case()) as scene:
        log = scene.box.path / "logs" / "error.log"
        challenge = ""
        for name, path, changes in TURNS:
            seen = len(log.read_text("latin-1")) if log.exists() else 0
            if not challenge or changes.get("send") is None:
                challenge = challenge_of(ask(scene.port, path, "GET", "")) or challenge
                seen = len(log.read_text("latin-1")) if log.exists() else 0
            time.sleep(float(changes.get("wait") or 0))
            method = changes.get("method") or "GET"
            answer = ask(scene.port, path, method, credentials(challenge, path, method, _filled(changes, scene.port)))
            lines = log.read_text("latin-1")[seen:].splitlines() if log.exists() else []
            nonce = re.search(r'nonce="([^"]*)"', challenge)
            said = [wire.plain_line(line) for line in lines if "auth" in line and "AH0" in line]
            said = [re.sub("hash is not .*", "hash is not HASH", line) for line in said]
            told[name] = [
                str(answer.status),
                hidden(challenge_of(answer)),
                *(scene.hide(line.replace(nonce[1], "NONCE") if nonce else line) for line in said),
            ]
    return told


def _filled(changes: dict[str, str | None], port: int) -> dict[str, str | None]:
    return {name: value and value.replace("{port}", str(port)) for name, value in changes.items()}


def ask(port: int, path: str, method: str, authorization: str) -> Answer:
    head = f"{method} {path} HTTP/1.1\r\nHost: example.com\r\n"
    head += f"Authorization: {authorization}\r\n" if authorization else ""
    head += "Content-Length: 0\r\n" if method == "POST" else ""
    return exchange(("127.0.0.1", port), (Turn(f"{head}\r\n".encode("latin-1"), (method,)),)).answers[0]


def challenge_of(answer: Answer) -> str:
    return next((value for name, value in answer.headers if name.lower() == "www-authenticate"), "")


def hidden(challenge: str) -> str:
    return re.sub(r'nonce="[^"]*"', 'nonce="NONCE"', challenge)


def credentials(challenge: str, path: str, method: str, changes: Mapping[str, str | None]) -> str:
    """What a client sends that has got this challenge."""
    send = changes.get("send")
    if send is not None:
        return send
    nonce = re.search(r'nonce="([^"]*)"', challenge)
    fields: dict[str, str | None] = {
        "username": "alice", "realm": "inner", "nonce": nonce[1] if nonce else "", "uri": path, "qop": "auth",
        "nc": "00000001", "cnonce": "client",
    }  # fmt: skip
    opaque = re.search(r'opaque="([^"]*)"', challenge)
    if opaque or "opaque" in changes:
        fields["opaque"] = opaque[1] if opaque else None
    fields.update({name: value for name, value in changes.items() if name in fields or name == "algorithm"})
    secret = _hash(f"{fields['username']}:{fields['realm']}:{changes.get('password') or 'pw'}")
    asked = _hash(f"{changes.get('hashed') or method}:{fields['uri']}")
    middle = ":".join(str(fields[name]) for name in ("nonce", "nc", "cnonce", "qop") if fields[name] is not None)
    fields["response"] = changes.get("response", _hash(f"{secret}:{middle}:{asked}"))
    if changes.get("upper"):
        fields["response"] = str(fields["response"]).upper()
    bare = ("qop", "nc", "algorithm")
    pairs = (f"{n}={v}" if n in bare else f'{n}="{v}"' for n, v in fields.items() if v is not None)
    return "Digest " + ", ".join(pairs)


def _hash(text: str) -> str:
    return md5(text.encode()).hexdigest()


def record(file: Path, play: Callable[[Engine], object]) -> None:
    """Write down what the installed httpd says."""
    engine = find("httpd")
    if engine is None:
        sys.exit("httpd is not installed")
    file.write_text(json.dumps(play(engine), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    record(RECORDED, play)
