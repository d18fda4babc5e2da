"""ProxyVia on httpd and on both targets: what origins and clients read in Via (RQ-16, RS-7, NGX-70)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.targets import TARGETS
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_HOSTS = {
    "on.test": ("ProxyVia On",),
    "full.test:8443": ("ProxyVia Full",),
    "block.test": ("ProxyVia Block",),
    "off.test": ("ProxyVia Off",),
    "canonical.test:81": ("ProxyVia On", "UseCanonicalName On"),
    "edited.test": ("ProxyVia On", 'RequestHeader set Via "1.0 mine"'),
}
_REVERSE = "ProxyPassReverse / http://inner.test/"
#: Their names are those of the address in httpd, which the report speaks of.
_BY_DNS = {
    "dns.test": ("ProxyVia On", "UseCanonicalName DNS", _REVERSE),
    "dns-at.test:81": ("ProxyVia On", "UseCanonicalName DNS", _REVERSE),
    "dns-physical.test": ("ProxyVia On", "UseCanonicalName DNS", "UseCanonicalPhysicalPort On", _REVERSE),
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    config = "".join(
        host(*lines, "ProxyPass / http://127.0.0.1:{one}/", names=f"ServerName {name}", address="*:{port}")
        for name, lines in (_HOSTS | _BY_DNS).items()
    )
    with fronts(config, tmp_path_factory.mktemp("via"), (*MODULES, "headers_module")) as found:
        yield found


def _vias(port: int, name: str, via: str) -> tuple[str, ...]:
    """What the origin reads, and what the client does; without the number of httpd's version."""
    order = f"Via: {via}\r\nX-Reply: Via: 1.1 theirs" if via else ""
    head, body = exchange(port, name, "/x", header=order)
    read = body.partition(" via=")[2].partition(" x-")[0]
    said = [line for line in head if line.lower().startswith("via:")]
    return tuple(re.sub(r"/2\.4[\d.]*", "/2.4", each) for each in (read, "|".join(sorted(said))))


@pytest.mark.live
@pytest.mark.parametrize("via", ["", "1.0 before"])
@pytest.mark.parametrize("asked", [":80", "", ":8443", ":81"])
@pytest.mark.parametrize("name", [name.partition(":")[0] for name in _HOSTS])
def test_via(name: str, asked: str, via: str, running: Fronts) -> None:
    expected = _vias(running.at["httpd"], name + asked, via)
    assert ("1.1" in expected[0]) == (name not in ("block.test", "off.test"))
    for target in TARGETS:
        made = _vias(running.at[target], name + asked, via)
        assert tuple(re.sub("(?m)^via:|(?<=[|])via:", "Via:", each) for each in made) == expected, target


@pytest.mark.live
@pytest.mark.parametrize("asked", ["", ":80", ":8443"])
@pytest.mark.parametrize("name", [name.partition(":")[0] for name in _BY_DNS])
def test_the_port_under_dns_is_the_clients(name: str, asked: str, running: Fronts) -> None:
    """VH-60: in Via both ways, and where redirects lead."""
    httpd, *others = (_ports(running, front, name + asked) for front in ("httpd", *TARGETS))
    assert len(httpd) == 3 and others == [httpd] * len(TARGETS)


def _ports(running: Fronts, front: str, asked: str) -> list[tuple[str, str]]:
    """The port behind the server's own name wherever it stands, empty where none does; that of the front is 0."""
    head, body = exchange(running.at[front], asked, "/x", "http://inner.test/y")
    text = "\n".join((*head, body)).lower().replace(f":{running.at[front]}", ":0")
    return sorted(re.findall(r"(?m)(^location: http://|\bvia[:=] ?1\.1 )[\w.-]+(:\d+)?", text))


def test_the_comment_of_full_is_announced(tmp_path: Path) -> None:
    for target in TARGETS:
        made = {word: outcomes(translated(tmp_path, host(f"ProxyVia {word}", "ProxyPass / http://10.0.0.1/"), target))
                for word in ("On", "Full", "Off")}  # fmt: skip
        assert [each["ProxyVia"] for each in made.values()] == ["exact", "equivalent", "no effect in target"]
