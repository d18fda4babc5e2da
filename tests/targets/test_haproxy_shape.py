"""What haproxy.cfg looks like whatever stands in it: the order of rules, names, and how much each frontend asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from apacheconf.targets import translate
from tests.live.mutations import CONFIGS, laid_out
from tests.targets.configs import host, translated
from tests.targets.languages import read_haproxy

Sections = list[tuple[str, list[list[str]]]]
#: HAProxy runs rules by these classes, whatever the order that they stand in.
_CLASSES = ("http-request", "use_backend", "default_backend")
_PROXIES = ("frontend", "backend", "defaults", "userlist")
_each_config = pytest.mark.parametrize("config", CONFIGS)


@cache
def _sections(config: str) -> Sections:
    with laid_out(config) as loaded:
        return read_haproxy(translate(loaded.require(), "haproxy").text)


@_each_config
def test_rules_stand_in_the_order_in_which_they_run(config: str) -> None:
    """HAP-2: what leads to a backend stands behind all that is stored for it."""
    for name, lines in _sections(config):
        order = [_CLASSES.index(line[0]) for line in lines if line[0] in _CLASSES]
        assert order == sorted(order), name


@_each_config
def test_frontends_leave_the_path_to_those_behind_them(config: str) -> None:
    """HAP-2, HAP-21: they bring it into the form that httpd maps, and no further."""
    for name, lines in _sections(config):
        if name.startswith("frontend"):
            changed = [line[2] for line in lines if line[1:2] in (["set-path"], ["replace-path"])]
            assert len(changed) <= 3, name
            assert all(re.match(r'%\[path,(url_dec,url_enc|regsub\("%(25)?\(2\[Ff\]\))', each) for each in changed)


@_each_config
def test_the_host_is_worked_out_once(config: str) -> None:
    """HAP-7: rules ask what it came to."""
    for name, lines in _sections(config):
        if name.startswith("frontend"):
            assert sum(line[1:2] == ["set-var(txn.name)"] for line in lines) <= 1, name


@_each_config
def test_nothing_is_said_twice_or_in_vain(config: str) -> None:
    """DIF-13: no line stands twice in a section, none asks for a thing and its contrary, and what is set is read."""
    everything = [" ".join(line) for _, lines in _sections(config) for line in lines]
    for name, lines in _sections(config):
        said = [tuple(line) for line in lines]
        assert len(set(said)) == len(said), name
        for line in lines:
            terms = set(re.findall(r"!?\{ .*? \}", " ".join(line)))
            assert "||" in line or not any(f"!{term}" in terms for term in terms), line
    for variable in set(re.findall(r"set-var(?:-fmt)?\((txn\.\w+)\)", "\n".join(everything))):
        named = re.compile(rf"(?<!set-var\()(?<!set-var-fmt\(){re.escape(variable)}\b")
        assert any(map(named.search, everything)), variable


def _names(sections: Sections) -> Iterator[tuple[str, str, str]]:
    """What has a name: its kind, what it is in, and its name."""
    for words, lines in sections:
        kind, _, name = words.partition(" from ")[0].partition(" ")
        if kind in _PROXIES and name:
            yield kind, "", name
        yield from (("server", words, line[1]) for line in lines if line[0] == "server")


def _are_good(sections: Sections) -> bool:
    names = list(_names(sections))
    return len(set(names)) == len(names) and all(re.fullmatch(r"[A-Za-z0-9_.:-]+", name) for _, _, name in names)


@_each_config
def test_names_are_such_that_haproxy_takes(config: str) -> None:
    """HAP-4."""
    assert _are_good(_sections(config))


def test_names_that_meet_are_told_apart(tmp_path: Path) -> None:
    """HAP-4: of balancers, of members, of sockets, of sections that are always there, and of realms."""

    def pool(name: str, *members: str) -> str:
        lines = "\n".join(f'BalancerMember "{member}"' for member in members)
        return f'<Proxy "balancer://{name}">\n{lines}\n</Proxy>\nProxyPass "/{name}" "balancer://{name}/"'

    realm = '<Location /b>\nAuthType Basic\nAuthName "a b/c*"\nAuthUserFile /x/y\nRequire valid-user\n</Location>'
    text = "".join([
        host(pool("my_set", "http://10.0.0.1:81/a/b", "unix:/run/a b.sock|http://x", "unix:/run/a/b.sock|http://x")),
        host(pool("my_set", "http://10.0.0.2:81"), names="ServerName A.Test", address="*:81"),
        host("ProxyPass / http://[::1]:8080/", names="ServerName a.test:82", address="[::]:82"),
        host("ProxyPass / http://10.0.0.1:80/y/", realm, names="ServerName not-found\nServerAlias *"),
        host(pool("not-found", "http://10.0.0.2"), pool("proxied", "http://10.0.0.3"), realm, names="ServerName main"),
    ])  # fmt: skip
    sections = read_haproxy(translated(tmp_path, text, "haproxy").text)
    assert _are_good(sections)
    assert {name for kind, _, name in _names(sections) if "my_set" in name} == {"my_set", "my_set-2"}


def test_rules_of_a_host_stand_in_its_backend(tmp_path: Path) -> None:
    """HAP-32: a frontend asks as much for a host with many rules as for one with none."""

    def frontend(lines: int) -> int:
        rules = [f'RequestHeader set X-{number} 1\nHeader set X-{number} "a"' for number in range(lines)]
        text = host("ProxyPass / http://10.0.0.1/") + host(*rules, "ProxyPass / http://10.0.0.2/", names="ServerName b")
        sections = read_haproxy(translated(tmp_path, text, "haproxy").text)
        return next(len(found) for name, found in sections if name.startswith("frontend"))

    assert frontend(0) == frontend(40)


def test_a_rule_that_takes_every_path_leaves_nothing_to_others(tmp_path: Path) -> None:
    """A second ``default_backend`` would win over the first; backends are called by their host and path."""
    rules = ("RewriteEngine On", "RewriteRule ^/old/(.*)$ http://10.0.0.2/$1 [P]", "RewriteRule ^/?(.*) "
             "http://10.0.0.1/$1 [P]")  # fmt: skip
    sections = dict(read_haproxy(translated(tmp_path, host(*rules), "haproxy").text))
    routing = [line for line in sections["frontend http-all-80"] if line[0].endswith("_backend")]
    assert routing == [
        ["use_backend", "a.test-old", "if", "{", "path,url_dec", "-m", "reg", "--", r"(?s)^/old/(.*)\z", "}"],
        ["default_backend", "a.test"],
    ]
    (backend,) = (lines for name, lines in sections.items() if name == "backend a.test")
    assert not [line for line in backend if "set-path" in line]  # the path stays as it is
