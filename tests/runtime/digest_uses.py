"""How often and how long a nonce is good, and what a client is told (AD-3 to AD-5), played as a conversation.

Each turn answers one of the challenges that were kept under a name, and may keep the new one. What httpd answered is
in ``fixtures/recorded/digest-uses.json``; ``python -m tests.runtime.digest_uses`` asks the installed httpd again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from apacheconf.engines import Engine
from apacheconf.prove.client import Answer
from tests import wire
from tests.runtime import digests

RECORDED = digests.RECORDED.with_name("digest-uses.json")
CONFIG = """LogLevel auth_digest:info
Options Indexes
ErrorDocument 410 /counted/x
Redirect gone /counted/documented
RedirectMatch ^/moved$ /x
ProxyPass /proxied http://{A}/
<Location />
  AuthType Digest
  AuthName inner
  AuthUserFile {box}/digests
  Require valid-user
</Location>
<Location /counted>
  AuthDigestNcCheck On
</Location>
<Location /counted/short>
  AuthDigestNcCheck On
  AuthDigestNonceLifetime 1
</Location>
<Location /counted/inner>
  AuthDigestNonceLifetime 100
</Location>
<Location /counted/qop>
  AuthDigestQop auth
</Location>
<Location /counted/named>
  AuthName named
</Location>
<Location /counted/domain>
  AuthDigestDomain /counted/domain
</Location>
<Location /counted/domain/provider>
  AuthDigestProvider file
</Location>
<Location /once>
  AuthDigestNonceLifetime 0
</Location>
<Location /short>
  AuthDigestNonceLifetime 1
</Location>
<Location /ever>
  AuthDigestNonceLifetime -1
</Location>
<Location /free>
  Require all granted
</Location>
<Location /bob>
  Require user bob
</Location>
"""
FILES = (
    *("counted/list/x", "counted/x", "counted/index.html", "counted/short"),
    *("once/list/x", "once/x", "once/index.html", "short", "ever", "free", "x"),
)


class Turn(NamedTuple):
    """``answers`` names the challenge that is answered (empty: none), ``keeps`` the name for the one that comes.

    ``changes`` are fields of the credentials; ``next`` takes the nonce that the last answer told. ``wait`` in seconds.
    """

    name: str
    path: str
    answers: str = ""
    changes: Mapping[str, str | None] = MappingProxyType({})
    keeps: str = ""
    next: bool = False
    wait: float = 0.0
    method: str = "GET"


TURNS = (
    Turn("counted: asked", "/counted/x", keeps="a"),
    Turn("first use", "/counted/x", "a"),
    Turn("second use", "/counted/x", "a", {"nc": "00000002"}),
    Turn("second use again", "/counted/x", "a", {"nc": "00000002"}, keeps="b"),
    Turn("after that, a third use", "/counted/x", "a", {"nc": "00000003"}),
    Turn("the new nonce", "/counted/x", "b"),
    Turn("a count that skips some", "/counted/x", "b", {"nc": "00000009"}),
    Turn("one that was skipped", "/counted/x", "b", {"nc": "00000005"}, keeps="c"),
    Turn("a wrong password takes no use", "/counted/x", "c", {"password": "no"}),
    Turn("so that the use is good", "/counted/x", "c"),
    Turn("the older nonce", "/counted/x", "b", {"nc": "0000000a"}),
    Turn("no use at all", "/counted/x", "c", {"nc": "00000000"}, keeps="d"),
    Turn("no use of a new nonce", "/counted/x", "d", {"nc": "00000000"}),
    Turn("no number", "/counted/x", "d", {"nc": "zz"}),
    Turn("a number and more", "/counted/x", "d", {"nc": "1zz"}),
    Turn("a number with its base", "/counted/x", "d", {"nc": "0x2"}),
    Turn("a large number", "/counted/x", "d", {"nc": "ffffffffffffffffff"}),
    Turn("below zero", "/counted/x", "d", {"nc": "-1"}),
    Turn("which nothing is above", "/counted/x", "d", {"nc": "ffffffff"}, keeps="d"),
    Turn("where nobody is asked", "/free", "d"),
    Turn("takes no use", "/counted/x", "d"),
    Turn("where uses aren't counted", "/ever", "d"),
    Turn("nor a use there", "/counted/x", "d", {"nc": "00000002"}),
    Turn("without its number", "/counted/x", "d", {"opaque": None, "nc": "00000003"}),
    Turn("with another number", "/counted/x", "d", {"opaque": "777", "nc": "00000003"}),
    Turn("with what is no number", "/counted/x", "d", {"opaque": "zz", "nc": "00000003"}),
    Turn("with nothing for a number", "/counted/x", "d", {"opaque": "", "nc": "00000003"}),
    Turn("a nonce without a number: asked", "/ever", keeps="e"),
    Turn("where it is counted", "/counted/x", "e", keeps="f"),
    Turn("and with the number", "/counted/x", "f"),
    Turn("a folder with an index", "/counted/", "f", {"nc": "00000002"}),
    Turn("a folder without a slash", "/counted", "f", {"nc": "00000003"}),
    Turn("what isn't there", "/counted/nothing", "f", {"nc": "00000004"}),
    Turn("by HEAD", "/counted/x", "f", {"nc": "00000005"}, method="HEAD"),
    Turn("a list of a folder", "/counted/list/", "f", {"nc": "00000006"}),
    Turn("a document that is protected", "/counted/documented", "f", {"nc": "00000007"}),
    Turn("old and used too often: asked", "/counted/short", keeps="g"),
    Turn("used", "/counted/short", "g"),
    Turn("used again", "/counted/short", "g", wait=1.2),
    Turn("within, with another lifetime", "/counted/inner"),
    *(Turn(f"within: {name}", f"/counted/{name}") for name in ("qop", "named", "domain", "domain/provider")),
    Turn("once: asked", "/once/x", keeps="o"),
    Turn("once", "/once/x", "o"),
    Turn("twice", "/once/x", "o", {"nc": "00000002"}, keeps="o"),
    Turn("once anew", "/once/x", "o"),
    Turn("the nonce that was told", "/once/x", "o", next=True),
    Turn("and the next one", "/once/x", "o", next=True),
    Turn("a second nonce for a client", "/once/x", "o", {"password": "no"}, keeps="o"),
    Turn("a third one", "/once/x", "o", {"password": "no"}, keeps="p"),
    Turn("the second one is good still", "/once/x", "o"),
    Turn("the third one, too", "/once/x", "p"),
    Turn("a fourth one", "/once/x", "p", {"password": "no"}, keeps="o"),
    Turn("a fifth one", "/once/x", "p", {"password": "no"}, keeps="p"),
    Turn("the fifth one is used", "/once/x", "p"),
    Turn("and the fourth one after it", "/once/x", "o", keeps="o"),
    Turn("a nonce for one use, without its number", "/once/x", "o", {"opaque": None}, keeps="o"),
    Turn("a nonce for one use, elsewhere", "/x", "o"),
    Turn("a nonce for one use, where none ends", "/ever", "o"),
    Turn("a nonce without a number, where there is one use", "/once/x", "e"),
    Turn("once more for a folder", "/once/", keeps="p"),
    Turn("whose index is looked up", "/once/", "p"),
    Turn("once for a list: asked", "/once/list/", keeps="p"),
    Turn("once for a list", "/once/list/", "p"),
    Turn("short: asked", "/short", keeps="s"),
    Turn("in time", "/short", "s"),
    Turn("too late", "/short", "s", wait=1.2),
    Turn("too late where none ends", "/ever", "s"),
    Turn("what an origin answers", "/proxied", "e"),
    Turn("a redirect", "/moved", "e"),
    Turn("somebody else's place", "/bob", "e"),
)  # fmt: skip


def case() -> wire.Case:
    modules = "auth_digest_module authn_core_module authn_file_module authz_user_module autoindex_module"
    parts = (
        wire.Part("file", "digests", f"{digests.PLAIN}\n"),
        *(wire.Part("file", f"html/{name}", "x\n") for name in FILES),
        wire.Part("modules", modules, ""),
        wire.Part("main", "", "AuthDigestShmemSize 100K\n"),  # else clients would be forgotten meanwhile
        wire.Part("config", "", CONFIG),
    )
    return wire.Case(wire.FOLDER / "none.txt", "", parts)


def play(engine: Engine | None) -> dict[str, list[str]]:
    """Each turn's status, challenge and Authentication-Info, without nonces and hashes, and what was logged of it."""
    told: dict[str, list[str]] = {}
    kept: dict[str, str] = {}
    following = ""
    with digests.at_work(engine, case()) as scene:
        log = scene.box.path / "logs" / "error.log"
        for turn in TURNS:
            time.sleep(turn.wait)
            seen = log.stat().st_size if log.exists() else 0
            challenge = kept.get(turn.answers, "")
            if turn.next:
                challenge = re.sub(r'nonce="[^"]*"', f'nonce="{following}"', challenge)
            said = digests.credentials(challenge, turn.path, turn.method, turn.changes) if challenge else ""
            answer = digests.ask(scene.port, turn.path, turn.method, said)
            if turn.keeps:
                kept[turn.keeps] = digests.challenge_of(answer)
            info = _info(answer)
            following = (re.findall(r'nextnonce="([^"]*)"', info) or [""])[0]
            lines = log.read_bytes()[seen:].decode("latin-1").splitlines() if log.exists() else []
            told[turn.name] = [
                f"{answer.status} {digests.challenge_of(answer)}".rstrip(),
                info,
                *(wire.plain_line(line) for line in lines if "[auth" in line),
            ]
    return {name: [_hidden(text) for text in said if text] for name, said in told.items()}


def _info(answer: Answer) -> str:
    return next((f"{n}: {v}" for n, v in answer.headers if n.lower() == "authentication-info"), "")


def _hidden(text: str) -> str:
    text = re.sub(r'(nonce="|nonce )[A-Za-z0-9+/]{11}=[0-9a-f]{40}', r"\1NONCE", text)
    text = re.sub(r'rspauth="[0-9a-f]{32}"', 'rspauth="HASH"', text)
    text = re.sub(r"hash is not .*", "hash is not HASH", text)
    return re.sub(r"\(\d+\.\d\d seconds old", "(AGE seconds old", text)


if __name__ == "__main__":
    digests.record(RECORDED, play)
