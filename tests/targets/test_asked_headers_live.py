"""Who may where a client sends a header several times: to httpd these lines are one (RQ-4, HAP-54)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.targets.configs import host
from tests.targets.echoes import ask, exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_MODULES = (*MODULES, "headers_module", "rewrite_module", "setenvif_module", "remoteip_module")
_HOST = (
    'SetEnvIf X-Key "^k$" known',
    "RewriteEngine On",
    "RewriteCond %{HTTP:X-Key} !^k$",
    "RewriteRule ^/rule/ - [F]",
    "RewriteCond %{HTTP_COOKIE} ^a=1$",
    "RewriteRule ^/cookie/ /login [R=302,L]",
    "RequestHeader append X-List mine",
    "RequestHeader edit X-Edited ^a b",
    "RequestHeader edit* X-Edited c d",
    'ProxyPass "/" "http://127.0.0.1:{one}/"',
    "<Location /expr/>\nRequire expr \"%{HTTP:X-Key} == 'k'\"\n</Location>",
    "<Location /not/>\nRequire expr \"%{HTTP:X-Key} != 'k'\"\n</Location>",
    "<Location /env/>\nRequire env known\n</Location>",
    '<Location /number/>\nRequire expr "%{HTTP:X-Key} -gt 5"\n</Location>',
    "RemoteIPHeader X-Client",
    "RemoteIPInternalProxy 127.0.0.0/8 10.0.0.0/8",
    "<Location /client/>\nRequire ip 192.0.2.7\n</Location>",
)
_PATHS = ("/expr/", "/not/", "/env/", "/rule/", "/number/", "/cookie/")
#: The values of X-Key, each in a line of its own.
_KEYS = ((), ("k",), ("j",), ("k", "j"), ("j", "k"), ("k", "k"), ("", "k"), ("9", "3"), ("3", "9"), tuple("kjkj"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(host(*_HOST, address="*:{port}"), tmp_path_factory.mktemp("asked"), _MODULES) as found:
        yield found


def _lines(name: str, values: tuple[str, ...]) -> str:
    return "\r\n".join(f"{name}: {value}" for value in values)


@pytest.mark.parametrize("values", _KEYS, ids=" and ".join)
@pytest.mark.parametrize("path", _PATHS)
def test_who_may(path: str, values: tuple[str, ...], running: Fronts) -> None:
    theirs, ours = (ask(running.at[name], "a.test", path, header=_lines("X-Key", values))[0]
                    for name in ("httpd", "haproxy"))  # fmt: skip
    assert ours == theirs


@pytest.mark.parametrize("values", [("a=1",), ("a=1", "b=2"), ("b=2", "a=1")], ids=" and ".join)
def test_a_cookie_that_a_rule_asks_for(values: tuple[str, ...], running: Fronts) -> None:
    theirs, ours = (ask(running.at[name], "a.test", "/cookie/", header=_lines("Cookie", values))[:2]
                    for name in ("httpd", "haproxy"))  # fmt: skip
    assert ours == theirs


@pytest.mark.parametrize("values", [("192.0.2.7",), ("192.0.2.7", "10.0.0.1", "10.0.0.2", "10.0.0.3"),
                                    ("192.0.2.7", "192.0.2.8", "10.0.0.2")], ids=" and ".join)  # fmt: skip
def test_a_client_that_several_lines_name(values: tuple[str, ...], running: Fronts) -> None:
    theirs, ours = (ask(running.at[name], "a.test", "/client/", header=_lines("X-Client", values))
                    for name in ("httpd", "haproxy"))  # fmt: skip
    assert ours == theirs


@pytest.mark.parametrize("name", ["X-List", "X-Edited", "X-Key"])
@pytest.mark.parametrize("values", [("a",), ("a c", "a c c"), ("c", "a", "b")], ids=" and ".join)
def test_what_the_origin_sees_is_one_line(name: str, values: tuple[str, ...], running: Fronts) -> None:
    theirs, ours = (exchange(running.at[server], "a.test", "/x", header=_lines(name, values))[1]
                    for server in ("httpd", "haproxy"))  # fmt: skip
    assert f"{name.lower()}=" in theirs
    assert ours == theirs
