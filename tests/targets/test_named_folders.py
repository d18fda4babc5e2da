"""Folders that a host's name or address names: VirtualDocumentRoot and its like, on httpd and on nginx."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product

import pytest

from apacheconf.engines import Sandbox
from apacheconf.program.conditions import Regex
from apacheconf.program.mod_vhost_alias import filled
from apacheconf.program.values import Joined, Literal, Variable
from apacheconf.prove.threaded import StubOrigins
from apacheconf.targets.named_folders import BY_NAME, matches_folder
from apacheconf.targets.nginx.mod_vhost_alias import pattern
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_NUMBERS = [f"{dash}{number}{plus}" for dash, number, plus in product(("", "-"), range(1, 5), ("", "+"))]
_ITEMS = ["0", *_NUMBERS, *(f"{part}.{letters}" for part, letters in product(("0", *_NUMBERS), _NUMBERS))]
_NAMES = ("a", "ab.c", "a.test", "www.shop.test", "a.b.c.d.e", "abcd.ef.g", "10.0.0.1", "aa.bbbb")


@pytest.mark.parametrize("name", _NAMES)
def test_a_part_is_what_its_pattern_finds(name: str) -> None:
    """NGX-20: each item of a format, for a name that has such a part and for one that hasn't."""
    for item in _ITEMS:
        found = re.search(pattern(item), name)
        assert (found[1] if found else "_") == filled(f"%{item}", name, 80), item


_FOLDER = Joined((Literal("/srv/customers/"), Variable(BY_NAME, "1"), Literal("/htdocs")))


@pytest.mark.parametrize(
    ("regex", "held"),
    [
        ("^/srv/customers/[^/]+/htdocs", True),
        ("^/srv/customers/([^/]+)/htdocs(/|$)", True),
        ("^/srv/customers/[^/]*/htdocs/", True),
        ("^/srv/customers", True),
        ("^/srv/customers/", True),
        (r"^/srv/customers/[^/]*/cgi\-bin(/|$)", False),
        ("^/var/www", False),
        ("^/srv/customers/anna/htdocs", None),
        ("^/srv/customers/[a-m]", None),
        ("^/srv/customers/[^/]+/htdocs/private", None),
        ("^/srv/customers/[^/]+/cgi|htdocs", None),
        ("^/srv/customers/[^/]+/htdoc", True),
        ("htdocs", None),
    ],
)
def test_sections_that_hold_for_every_name(regex: str, held: bool | None) -> None:
    """NGX-20: where a pattern says the same of all folders nobody is asked."""
    assert matches_folder(Regex(regex), _FOLDER) is held


def test_a_sign_behind_the_part_belongs_to_its_folder() -> None:
    folder = Joined((Literal("/srv/"), Variable(BY_NAME, "1"), Literal("-web/x")))
    assert matches_folder(Regex("^/srv/[^/]+/y"), folder) is None


_LINES = {
    "*.first.test": "VirtualDocumentRoot {root}/first/%1",
    "*.last.test": "VirtualDocumentRoot {root}/last/%-3.1/%-3.2/%0/",
    "*.more.test": "VirtualDocumentRoot {root}/more/%2+/%-2+/%%",
    "on.test": "UseCanonicalName On\nVirtualDocumentRoot {root}/on/%1\nServerAlias *.on.test",
    "*.private.test": "VirtualDocumentRoot {root}/private/%1\n<Directory {root}/private/b>\nRequire all denied\n"
                      "</Directory>\n<DirectoryMatch ^{root}/private/[^/]+/in>\nHeader set X-In yes\n</DirectoryMatch>",
    "*.overridden.test": "VirtualDocumentRoot {root}/overridden/%1",
    "address.test": "VirtualDocumentRootIP {root}/address/%1/%0",
    "*.php.test": "VirtualDocumentRoot {root}/php/%1\n<FilesMatch \\.php$>\nSetHandler proxy:fcgi://{php}\n</FilesMatch>",
    "*.scripts.test": "VirtualDocumentRoot {root}/first/%1\nVirtualScriptAlias {root}/scripts/%1",
}  # fmt: skip
_FILES = (
    *("first/a/index.html", "first/a/b.txt", "first/a/sub/index.html", "first/_/b.txt", "first/a-b/b.txt"),
    *("last/a/b/ab.last.test/b.txt", "last/a/_/a.last.test/b.txt", "more/more.test/a.more/%/b.txt"),
    *("more/b.more.test/a.b.more/%/b.txt", "on/on/b.txt", "on/a/b.txt", "private/a/b.txt", "private/b/b.txt"),
    *("private/a/in/b.txt", "private/b/in/b.txt", "overridden/a/b.txt", "overridden/b/b.txt"),
    *("php/a/x.php", "php/a/sub/x.php"),
    *("address/127/127.0.0.1/b.txt", "scripts/a/x.sh"),
)
_SAID = {"overridden/b/.htaccess": "Require all denied\n"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("named-folders") as box, StubOrigins() as stubs:
        root = str(box.path)
        for name in _FILES:
            box.write(name, f"{name}\n")
        for name, text in _SAID.items():
            box.write(name, text)
        hosts = "".join(
            host(f"ServerAlias {name}\n{lines}", names=f"ServerName {name.replace('*', 'x')}", address="*:{port}")
            for name, lines in _LINES.items()
        )
        text = (f"<Directory />\nRequire all denied\n</Directory>\n<Directory {root}>\nAllowOverride AuthConfig\n"
                f"Require all granted\n</Directory>\n{hosts}").replace("{root}", root)  # fmt: skip
        text = text.replace("{php}", "{}:{}".format(*stubs.at("php:1")))
        modules = *MODULES, "vhost_alias_module", "headers_module", "authz_user_module", "proxy_fcgi_module"
        with fronts(text, tmp_path_factory.mktemp("fronts"), modules, targets=("nginx",)) as found:
            yield found


_ASKED = {
    "a.first.test": ("/", "/b.txt", "/sub", "/sub/", "/none", "/b.txt/more"),
    "A.First.Test": ("/b.txt",),
    "a.first.test.": ("/b.txt",),
    "a.first.test:8080": ("/b.txt", "/sub"),
    "a-b.first.test": ("/b.txt",),
    "zz.first.test": ("/", "/b.txt"),
    "ab.last.test": ("/b.txt",),
    "a.last.test": ("/b.txt",),
    "a.more.test": ("/b.txt",),
    "a.b.more.test": ("/b.txt",),
    "on.test": ("/b.txt",),
    "a.on.test": ("/b.txt",),
    "a.private.test": ("/b.txt", "/in/b.txt"),
    "b.private.test": ("/b.txt", "/in/b.txt", "/none"),
    "a.overridden.test": ("/b.txt",),
    "b.overridden.test": ("/b.txt",),
    "address.test": ("/b.txt",),
    "a.scripts.test": ("/b.txt", "/cgi-bin"),
}


@pytest.mark.live
@pytest.mark.parametrize(("name", "path"), [(name, path) for name, paths in _ASKED.items() for path in paths])
def test_the_same_file_answers(name: str, path: str, running: Fronts) -> None:
    """NGX-20: by any part of a name, what it names or what is told of it, and what is refused there."""
    theirs, ours = (_answer(running.at[each], name, path) for each in ("httpd", "nginx"))
    assert ours == theirs


_TOLD = ("DOCUMENT_ROOT", "CONTEXT_DOCUMENT_ROOT", "CONTEXT_PREFIX", "SCRIPT_NAME", "PATH_INFO", "PATH_TRANSLATED")


@pytest.mark.live
@pytest.mark.parametrize("path", ["/x.php", "/sub/x.php", "/x.php/more", "/none.php"])
def test_scripts_are_told_the_folder(path: str, running: Fronts) -> None:
    """NGX-20, FC-9: it counts as DocumentRoot."""
    seen = []
    for port in running.at.values():
        lines, body = exchange(port, "a.php.test", path, header="Accept: application/json")
        told = dict(json.loads(body[body.index("{") : body.rindex("}") + 1])["headers"])  # it comes in chunks
        file = told["SCRIPT_FILENAME"].rpartition("/php/a")[2]
        seen.append((lines[0].split()[1], file, [told.get(each, "") for each in _TOLD]))
    assert seen[0] == seen[1]
    assert seen[0][2][0].endswith("/php/a")


@pytest.mark.live
def test_they_do_answer(running: Fronts) -> None:
    seen = {name: _answer(running.at["httpd"], name, "/b.txt")[0] for name in _ASKED}
    refused = {name for name, status in seen.items() if status != "200"}
    assert refused == {"zz.first.test", "b.private.test", "b.overridden.test"}


def _answer(port: int, name: str, path: str) -> tuple[str, ...]:
    lines, body = exchange(port, name, path)
    kept = [each.replace(f":{port}", "") for each in lines if each.lower().startswith(("location:", "x-in:"))]
    stock = body.lstrip().lower().startswith(("<html", "<!doctype"))
    return lines[0].split()[1], *kept, "" if stock else body


def test_a_name_that_dns_knows_names_no_folder() -> None:
    """NGX-20: who has that name isn't known before the request, so no folder is."""
    with Sandbox("dns") as box:
        lines = "UseCanonicalName DNS", "VirtualDocumentRoot /srv/%0"
        told = outcomes(translated(box.path, host(*lines), "nginx"))
    assert (told["VirtualDocumentRoot"], told["UseCanonicalName"]) == ("unsupported", "approximated")


def test_programs_are_refused() -> None:
    with Sandbox("programs") as box:
        made = translated(box.path, host("VirtualDocumentRoot /srv/%0", "VirtualScriptAlias /cgi/%0"), "nginx")
    told = outcomes(made)
    assert (told["VirtualDocumentRoot"], told["VirtualScriptAlias"]) == ("exact", "unsupported")
    assert "return 503;" in made.text.partition("location ^~ /cgi-bin/ {")[2].partition("}")[0]
