"""What newer servers do as httpd does and older ones don't: the translation for a version, run by that version."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apacheconf.engines import Sandbox, Verdict, check, find
from apacheconf.program import load
from apacheconf.targets import TARGETS, translate
from tests import sites
from tests.engines.real import need
from tests.targets.configs import host
from tests.targets.echoes import ask, exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = "LimitRequestFields 50\n" + host(
    'RequestHeader append X-Tag "ours"',
    'RequestHeader edit X-Where "^(.*)$" "seen $1"',
    'Header always set X-Answer "always"',
    'ProxyPass "/down" "http://127.0.0.1:{none}/"',
    'ProxyPass "/" "http://127.0.0.1:{one}/"',
    'ProxyPassReverse "/" "http://127.0.0.1:{one}/"',
    'Redirect "/old" "/new"',
    address="*:{port}",
)
_NEWEST = {target: versions[-1] for target, versions in TARGETS.items()}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, "headers_module", "alias_module")
    with fronts(_CONFIG, tmp_path_factory.mktemp("versions"), modules, _NEWEST) as found:
        yield found


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("path", ["/", "/a%20b?q=1", "/old/x?y=1", "/down", "/%2f", "/x/../y"])
def test_they_answer_as_httpd_does(path: str, target: str, running: Fronts) -> None:
    theirs, ours = (ask(running.at[name], "a.test", path) for name in ("httpd", target))
    assert ours == theirs


@pytest.mark.parametrize("target", TARGETS)
def test_one_line_of_a_header_is_edited(target: str, running: Fronts) -> None:
    header = "X-Tag: a\r\nX-Where: here"
    assert len({_told(running, name, header) for name in ("httpd", target)}) == 1


def test_nginx_joins_several_lines(running: Fronts) -> None:
    """NGX-68: from 1.23 on."""
    header = "X-Tag: a\r\nX-Tag: b\r\nX-Where: here\r\nX-Where: there"
    told = [_told(running, name, header) for name in ("httpd", "nginx")]
    assert told[0] == told[1] and "x-tag=a, b, ours" in told[0] and "x-where=seen here, there" in told[0]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("count", "status"), [(40, "200"), (60, "400")])
def test_how_many_fields_there_may_be(count: int, status: str, target: str, running: Fronts) -> None:
    header = "\r\n".join(f"X-{number}: 1" for number in range(count))
    assert {
        exchange(running.at[name], "a.test", "/", header=header)[0][0].split()[1] for name in ("httpd", target)
    } == {status}


def _told(running: Fronts, name: str, header: str) -> str:
    return exchange(running.at[name], "a.test", "/x", header=header)[1].replace(str(running.at[name]), "PORT")


#: Sites that the newest binary at hand has something to say to, and what: it is built without a module that
#: distributions have, or a stand-in of a certificate is its own issuer.
_SAID = {"kibana": 'unknown directive "sub_filter"', "discourse": '"ssl_stapling" ignored'}


@pytest.mark.prove_all
@pytest.mark.parametrize("name", sites.names())
def test_the_newest_nginx_takes_each_site(name: str) -> None:
    """NGX-16, NGX-19: without a warning."""
    engine = need("nginx", _NEWEST["nginx"])
    with Sandbox("newest") as box:
        program = load([], sites.lay_out(name, box, find("httpd")).options()).require()
        found = check(engine, translate(program, "nginx", _NEWEST["nginx"]).files)
    assert _SAID[name] in found.output if name in _SAID else found.verdict is Verdict.VALID, found.output
