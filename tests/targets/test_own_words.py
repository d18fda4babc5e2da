"""Hosts of many that differ in words of what they do: folders, balancers and rules that name them (DES-18)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from apacheconf.engines import check
from apacheconf.program import build
from apacheconf.program.own_words import named_in
from apacheconf.targets import TARGETS, Translation
from apacheconf.targets.haproxy import frontends
from apacheconf.targets.nginx import copies
from apacheconf.targets.nginx import emit as nginx
from apacheconf.targets.own_words import OwnName
from tests.targets.configs import host, translated
from tests.targets.echoes import ask, exchange
from tests.targets.fronts import MODULES, fronts

#: Lines of hosts, by what is their own in them; ``N`` is the number of the host, ``OWN`` its ServerName.
_FOLDERS = (
    "DocumentRoot /var/www/OWN/public",
    "<Directory /var/www/OWN/public>\nOptions -Indexes\nRequire all granted\n</Directory>",
    "Alias /img /var/www/OWN/img",
    "ProxyPass /api http://10.0.0.N:8080/",
)
_CERTBOT = (
    "RewriteEngine on",
    "RewriteCond %{SERVER_NAME} =www.OWN [OR]",
    "RewriteCond %{SERVER_NAME} =OWN",
    "RewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [END,NE,R=permanent]",
    "DocumentRoot /var/www/OWN/public",
)
_RULES = (
    "RewriteEngine On",
    r"RewriteCond %{HTTP_HOST} ^www\.OWN$ [NC]",
    "RewriteRule ^/(.*)$ https://OWN/$1 [R=301,L]",
    'Header set Access-Control-Allow-Origin "https://OWN"',
    'CustomLog logs/OWN.log "%h %s"',
    "ProxyPass / http://10.0.0.N:8080/",
    "ProxyPassReverse / http://10.0.0.N:8080/",
)
_BALANCED = (
    "<Proxy balancer://webN>\nBalancerMember http://10.0.1.N:8080\nBalancerMember http://10.0.2.N:8080\n</Proxy>",
    "ProxyPass /static !",
    "ProxyPass / balancer://webN/",
    "ProxyPassReverse / balancer://webN/",
)
#: All of it in one host; members of its balancers are the origins that run.
_ALL = (
    "DocumentRoot {folder}/OWN/public",
    "<Directory {folder}/OWN/public>\nRequire all granted\n</Directory>",
    "RewriteEngine On",
    r"RewriteCond %{HTTP_HOST} ^(www|web)\.OWN(:\d+)?$ [NC]",
    "RewriteRule ^/(.*)$ https://OWN/$1 [R=301,L]",
    "RewriteCond %{HTTP:X-Site} =OWN",
    "RewriteRule ^/guarded - [F]",
    'Header set X-Site "https://OWN"',
    "ProxyPreserveHost On",
    "<Proxy balancer://firstN>\nBalancerMember http://127.0.0.1:{one}\n</Proxy>",
    "<Proxy balancer://secondN>\nBalancerMember http://127.0.0.1:{two}/app\nBalancerMember http://127.0.0.1:{none}/app"
    " status=+H\n</Proxy>",
    "ProxyPass /files !",
    "ProxyPass /second balancer://secondN/x",
    "ProxyPass / balancer://firstN/",
    "ProxyPassReverse /second balancer://secondN/",
    "ProxyPassReverse / balancer://firstN/",
)
_SITES = {"all of it": _ALL, "folders": _FOLDERS, "certbot": _CERTBOT, "rules": _RULES, "a balancer": _BALANCED}
_MANY = 70
_PLACES = {"{one}": "8001", "{two}": "8002", "{none}": "8003", "{folder}": "/var/www"}


def _hosts(lines: tuple[str, ...], count: int, address: str = "*:80") -> str:
    text = "".join(_host(lines, number, address) for number in range(count))
    return text if "{port}" in address else re.sub(r"\{\w+\}", lambda found: _PLACES.get(found[0], found[0]), text)


def _host(lines: tuple[str, ...], number: int, address: str) -> str:
    """Names with hyphens, dots and digits, of two and of more labels."""
    name = (f"h{number}.test", f"my-site{number}.example.test")[number % 2]
    pattern = name.replace(".", r"\.")
    own = (line.replace(r"\.OWN", rf"\.{pattern}").replace("OWN", name) for line in lines)
    numbered = (re.sub("N(?![A-Za-z_])", str(number), line) for line in own)
    return host(*numbered, names=f"ServerName {name}\nServerAlias www.{name}", address=address)


def _one_by_one(folder: Path, text: str, target: str, monkeypatch: pytest.MonkeyPatch) -> Translation:
    with monkeypatch.context() as patch:
        patch.setattr(copies, "find_kinds", lambda *_: [])
        patch.setattr(frontends.hosts, "find_kinds", lambda *_: iter(()))
        return translated(folder, text, target)


def _rows(translation: Translation) -> list[tuple[str, str, str, set[str]]]:
    return [(row.name, row.args, row.outcome.words, {each.caveat for each in row.answers}) for row in translation.rows]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("what", _SITES)
def test_each_is_told_as_if_it_were_lowered_by_itself(
    what: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = _hosts(_SITES[what], _MANY)
    alone = _one_by_one(tmp_path, text, target, monkeypatch)
    made = translated(tmp_path, text, target)
    assert _rows(made) == _rows(alone)
    whole, before = ("".join(each.files.values()) for each in (made, alone))
    assert not named_in(whole)
    assert target == "nginx" or len(whole) < len(before)


@pytest.mark.parametrize("what", _SITES)
def test_few_are_lowered_however_many_there_are(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In nginx the default, the first and two that prove it right; in HAProxy the default, the first and a trial. Nor
    are more compiled.
    """
    lowered: list[str] = []
    for module, name in ((nginx, "emit_server"), (frontends, "_places"), (build._Compiler, "_compiled")):
        whole = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *words, whole=whole, name=name: lowered.append(name) or whole(*words))
    found = set()
    for count in (_MANY, 2 * _MANY):
        lowered.clear()
        for target in TARGETS:
            translated(tmp_path, _hosts(_SITES[what], count), target)
        found.add(tuple(lowered.count(name) for name in ("emit_server", "_places", "_compiled")))
    (counted,) = found
    assert all(count <= most for count, most in zip(counted, (4, 3, 20), strict=True))


#: Lines that hold what a server maps back, and variables that number maps.
_BACK = ("mapped_back", "proxy_redirect", "$public_", "(ProxyPassReverse")


@pytest.mark.parametrize("what", _SITES)
def test_a_copy_of_nginx_is_what_its_host_is_by_itself(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = _hosts(_SITES[what], _MANY)
    made, alone = translated(tmp_path, text, "nginx"), _one_by_one(tmp_path, text, "nginx", monkeypatch)
    ours, theirs = (_servers(each.text) for each in (made, alone))
    assert len(ours) == len(theirs) == _MANY
    for copy, by_itself in zip(ours, theirs, strict=True):
        assert copy == by_itself
    assert made.text.count("\n    map ") <= alone.text.count("\n    map ") / 10 + 30


def _servers(text: str) -> list[list[str]]:
    """The servers of hosts, without the lines of what is mapped back, and without the names of maps and locations.

    A comment is broken where that of the first host is.
    """
    text = re.sub(r"(\n +#.*)\n +# (?!from )", r"\1 ", text)
    text = re.sub(r"@to-[\w.-]+", "@to", re.sub(r"\$(\w*own_name\w*|host_\w+|who_\w+|path_\w+)", "$map", text))
    found = (each.split("\n    }\n")[0].splitlines() for each in text.split("\n    server {\n")[1:])
    return [
        [re.sub(r"(\$[a-z_]+?)(_\d+)+\b", r"\1", line) for line in lines if not any(each in line for each in _BACK)]
        for lines in found
        if not any("unix:/run/nginx-member-" in line for line in lines)
    ]


@pytest.mark.live
@pytest.mark.parametrize("target", TARGETS)
def test_the_targets_take_what_is_made_of_them(target: str, tmp_path: Path) -> None:
    text = "".join(_hosts(lines, _MANY, f"*:{8000 + at}") for at, lines in enumerate(_SITES.values()))
    result = check(target, translated(tmp_path, text, target).files)
    assert result.ok, result.output


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"^own\-n0\.invalid\z", r"^(?=(?s:.*)\|([^|]*)\z)(?:\1)\|\1\z"),
        (r"(?s)^(www\.)?own-n0\.invalid\z", r"(?s)^(?=(?s:.*)\|([^|]*)\z)(www\.)?(?:\1)\|\1\z"),
        (r"^own-n0\.invalid", None),  # what follows it is any
        (r"^a|own-n0\.invalid\z", None),
        (r"^(a)\1own-n0\.invalid\z", None),
        (r"^own-n0\.invalid\.own-f0\.invalid\z", None),
    ],
)
def test_a_pattern_that_names_its_host_names_whoever_is_asked(pattern: str, expected: str | None) -> None:
    assert OwnName("n0").pattern(pattern) == expected


_LIVE = (*MODULES, "rewrite_module", "headers_module", "proxy_balancer_module", "lbmethod_byrequests_module",
         "slotmem_shm_module", "watchdog_module")  # fmt: skip


@pytest.mark.live
def test_they_answer_as_httpd_does(tmp_path: Path) -> None:
    names = ("h0.test", "my-site1.example.test", "h2.test", "my-site69.example.test")
    for name in names:
        file = tmp_path / "sites" / name / "public/files/a.txt"
        file.parent.mkdir(parents=True)
        file.write_text(f"of {name}")
    text = _hosts(_ALL, _MANY, "*:{port}").replace("{folder}", f"{tmp_path}/sites")
    asked = [
        (f"{before}{name}{behind}", path, header)
        for name in names
        for before, behind in (("", ""), ("www.", ""), ("WEB.", ":81"), ("www.", "|x"), ("x.", ""))
        for path, header in (("/a%20b?c", ""), ("/second/y", ""), ("/guarded", f"X-Site: {name}"))
    ]
    asked += [(names[1], "/guarded", f"X-Site: {other}") for other in (names[0], names[1].upper(), f"{names[1]}|", "")]
    with fronts(text, tmp_path, _LIVE) as found:
        for name, path, header in asked:
            for origin in (f"http://127.0.0.1:{found.one}/back", f"http://127.0.0.1:{found.two}/app/back", ""):
                theirs, *ours = (ask(found.at[each], name, path, origin, header=header) for each in ("httpd", *TARGETS))
                assert ours == [theirs] * len(TARGETS), (name, path, header, origin)
        for name in names:
            # httpd's user may not read it.
            assert exchange(found.at["nginx"], name, "/files/a.txt")[1] == f"of {name}"


@pytest.mark.live
def test_what_certbot_writes_leads_to_where_it_does_in_httpd(tmp_path: Path) -> None:
    text = _hosts((*_CERTBOT[:-1], "ProxyPass / http://127.0.0.1:{one}/"), _MANY, "*:{port}")
    with fronts(text, tmp_path, _LIVE) as found:
        for name in ("h0.test", "my-site1.example.test", "H68.test", "my-site69.example.test.", "x.test"):
            for host_asked in (name, f"www.{name}", f"WWW.{name}:81", f"web.{name}"):
                for path in ("/", "/a%20b?c=d", "/%3fx"):
                    theirs, *ours = (ask(found.at[each], host_asked, path) for each in ("httpd", *TARGETS))
                    assert ours == [theirs] * len(TARGETS), (host_asked, path)
