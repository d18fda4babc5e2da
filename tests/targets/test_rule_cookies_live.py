"""Cookies that rules set (CO), asked on httpd and both targets: what a browser makes of them is the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from apacheconf.program.conditions import Regex
from apacheconf.program.values import Joined, Literal, Matched, Variable
from apacheconf.targets import TARGETS
from apacheconf.targets.rule_cookies import EXPIRES, TIME, cookie_line
from tests.targets.configs import outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_CONFIG = """
<VirtualHost *:{port}>
    ServerName a.test
    RewriteEngine on
    RewriteRule ^/hour - [CO=seen:yes:.a.test:60:/x:secure:httponly:lax]
    RewriteRule ^/past - [CO=seen:yes:.a.test:-5:/]
    RewriteCond %{HTTP_COOKIE} !(^|;)seen=
    RewriteRule ^/plain - [CO=seen:no:.a.test]
    RewriteCond %{QUERY_STRING} (?:^|&)lang=([a-z]{2})(?:&|$)
    RewriteRule ^/lang - [CO=lang:%1:.a.test:1440:/]
    RewriteRule ^/away http://elsewhere.test/ [CO=seen:away:.a.test:10,R,L]
    ProxyPass /hour/down http://127.0.0.1:1/
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("cookies"), (*MODULES, "rewrite_module")) as started:
        yield started


def _cookies(port: int, path: str, cookie: str) -> list[tuple[list[str], timedelta | None]]:
    """The attributes of each cookie, and how long it lives from now on."""
    now = datetime.now(UTC).replace(tzinfo=None)  # as what is parsed has none
    lines, _ = exchange(port, "a.test", path, header=f"Cookie: {cookie}")
    found = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("set-cookie:")]
    return [_told(each, now) for each in found]


def _told(line: str, now: datetime) -> tuple[list[str], timedelta | None]:
    attributes, lives = [], None
    for part in line.split("; "):
        name, _, value = part.partition("=")
        if name == "Max-Age":
            lives = timedelta(seconds=int(value))
        elif name == "expires":
            lives = datetime.strptime(value, TIME) - now
        attributes.append("lives" if name in ("Max-Age", "expires") else part)
    return attributes, lives


@pytest.mark.live
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("cookie", ["a=b", "seen=yes"])
@pytest.mark.parametrize(
    "path",
    ["/hour", "/hour/down", "/past", "/plain", "/away", "/none", "/lang?lang=de", "/lang?x&lang=fr&y", "/lang?lang=d"],
)
def test_browsers_keep_the_same(path: str, cookie: str, target: str, running: Fronts) -> None:
    """RW-22, NGX-206: the attributes are httpd's, in its order, and a cookie lives as long."""
    theirs, ours = (_cookies(running.at[name], path, cookie) for name in ("httpd", target))
    assert [attributes for attributes, _ in ours] == [attributes for attributes, _ in theirs]
    for (_, one), (_, other) in zip(ours, theirs, strict=True):
        assert (one is None) == (other is None)
        assert one is None or other is None or abs(one - other) < timedelta(seconds=5)


@pytest.mark.parametrize(("target", "outcome"), [("nginx", "equivalent"), ("haproxy", "exact")])
def test_what_is_said_of_them(target: str, outcome: str, tmp_path: Path) -> None:
    """NGX-206: nginx has Max-Age for the time, which it says; HAProxy writes the time itself."""
    config = _CONFIG
    for key in ("port", "one"):
        config = config.replace(f"{{{key}}}", "8080")
    assert outcomes(translated(tmp_path, config, target))["RewriteRule"] == outcome


def test_a_line() -> None:
    """RW-22: the time is told apart from what is the same for everybody."""
    line = cookie_line(Literal("a:b:.c:2:/d:secure"))
    assert line is not None
    assert line.value == Joined((Literal("a=b; path=/d; domain=.c; "), Variable(EXPIRES, "120"), Literal("; secure")))
    assert cookie_line(Variable("HTTP_HOST")) is None


@pytest.mark.parametrize(("group", "carried"), [("[a-z]+", True), ("[a-z]*", False), (".+", False)])
def test_a_line_with_what_was_captured(group: str, carried: bool) -> None:
    """RW-22: a group may be the value, where it can be neither nothing nor several parts."""
    captured = Matched(Variable("QUERY_STRING"), Regex(f"^l=({group})$"), 1)
    line = cookie_line(Joined((Literal("l:"), captured, Literal(":.c"))))
    expected = Joined((Literal("l="), captured, Literal("; path=/; domain=.c")))
    assert (line.value if line else None) == (expected if carried else None)
