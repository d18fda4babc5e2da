"""What of a deliberate difference is announced against serve: its own sign, where the configuration is about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program.loading import load
from apacheconf.prove.announced import Announcements
from apacheconf.prove.compare import Aspect
from apacheconf.prove.deliberate import SIGNS, signs_of
from apacheconf.runtime.differences import DIFFERENCES

PLAIN = "ProxyPass / http://10.0.0.1/\n"
SCRIPTS = "ProxyPass / fcgi://10.0.0.1:9000/srv/\n"
CHUNKED, EXPECT, CUT = "body: chunked, 50000 bytes", "down: Expect", "origin: breaks off in the body"
VIA = Aspect("origin: header Via", "1.1 a (Apache/2.4.71)", "1.1 a (Apache/2.4)")


def _said(folder: Path, text: str) -> Announcements:
    (folder / "site.conf").write_text(f"ServerName example.com\n{text}")
    return Announcements(signs=tuple(signs_of(load([str(folder / "site.conf")]).require())))


def test_every_sign_is_of_a_row() -> None:
    """The table of deliberate differences is where they come from; a sign whose row has gone announces nothing."""
    assert {sign.title for sign in SIGNS} <= {row.title for row in DIFFERENCES}


@pytest.mark.parametrize(
    ("text", "probe", "aspect", "title"),
    [
        ("ProxyVia Full\n" + PLAIN, "path: /", VIA, "ProxyVia Full"),
        ("Protocols h2 http/1.1\n" + PLAIN, "path: /", Aspect("header Upgrade", "h2", "(absent)"), "HTTP/2"),
        ("Protocols h2c\n" + PLAIN, "path: /", Aspect("header Connection", "Upgrade, close", "close"), "HTTP/2"),
        (SCRIPTS, EXPECT, Aspect("interims", "()", "(100,)"), "a client of a script that says Expect: 100-continue"),
        (SCRIPTS, CUT, Aspect("whole", "True", "False"), "an answer of a script that breaks off"),
        (SCRIPTS, CUT, Aspect("connection afterwards", "kept", "closed"), "an answer of a script that breaks off"),
        (
            SCRIPTS,
            CHUNKED,
            Aspect("origin: header CONTENT_LENGTH", "(absent)", "50000"),
            "a long body in chunks, for a script",
        ),
    ],
)
def test_a_deliberate_difference_is_announced(
    tmp_path: Path, text: str, probe: str, aspect: Aspect, title: str
) -> None:
    """RQ-16, HP-2, FC-11, FC-14."""
    assert _said(tmp_path, text).announce(probe, [aspect]) == title
    assert _said(tmp_path, PLAIN).announce(probe, [aspect]) is None
    assert _said(tmp_path, text).announce(probe, [Aspect(aspect.what, aspect.other, aspect.reference)]) is None
    assert _said(tmp_path, text).announce(probe, [aspect, Aspect("status", "200", "404")]) is None


def test_a_sign_holds_in_its_probes_alone(tmp_path: Path) -> None:
    said = _said(tmp_path, SCRIPTS)
    assert said.announce("origin: empty body", [Aspect("whole", "True", "False")]) is None
    assert said.announce("body: chunked", [Aspect("origin: header CONTENT_LENGTH", "(absent)", "50000")]) is None


def test_an_answer_that_comes_early_may_be_lost_to_httpd(tmp_path: Path) -> None:
    """FO-16: where the origin has left, httpd has a 502 of its own; no other status is announced."""
    said, early = _said(tmp_path, PLAIN), "origin: answers before the body"
    assert said.announce(early, [Aspect("status", "502", "413"), Aspect("header X-Origin", "(absent)", "10.0.0.1")])
    assert said.announce(early, [Aspect("status", "413", "502")]) is None
    assert said.announce("origin: status 404", [Aspect("status", "502", "413")]) is None


def test_only_the_patch_level_is_left_out_of_via(tmp_path: Path) -> None:
    said = _said(tmp_path, "ProxyVia Full\n" + PLAIN)
    assert said.announce("path: /", [Aspect("header Via", "1.1 a (Apache/2.4.71)", "1.1 b (Apache/2.4)")]) is None


@pytest.mark.parametrize("probe", ["condition: GET /x%0Ax, Upgrade: websocket", "path: GET /a%0db"])
def test_a_line_end_that_a_path_puts_into_a_field_is_refused(tmp_path: Path, probe: str) -> None:
    """HD-12: where RequestHeader stands, and only as far as a 400 goes."""
    said = _said(tmp_path, 'RequestHeader set X-Path "expr=%{REQUEST_URI}"\n' + PLAIN)
    refused = [
        Aspect("status", "200", "400"), Aspect("body", "hello", "(stock page)"),
        Aspect("origin: request", "GET /", "(none)"),
        Aspect("header Content-Type", "text/plain", "(absent)"), Aspect("header Connection", "(absent)", "close"),
    ]  # fmt: skip
    assert said.announce(probe, refused)
    assert _said(tmp_path, PLAIN).announce(probe, refused) is None
    assert said.announce("path: GET /ab", refused) is None
    assert said.announce(probe, [Aspect("status", "200", "403")]) is None
    assert said.announce(probe, [Aspect("header X-Path", "a", "b")]) is None
