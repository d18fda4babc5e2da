"""``.htaccess`` files that lie in the folders of a site: their lines stand in the nginx that is written (NGX-129)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, free_ports, httpd, nginx
from apacheconf.expand import Options
from apacheconf.ledger import Outcome, Row
from apacheconf.program import load
from apacheconf.targets import Translation, translate
from tests.engines.real import need
from tests.live import php
from tests.targets.configs import host, translated
from tests.targets.test_htaccess_live import lay_out_files, seen_at

_SECTION = "<Directory {0}/www>\nAllowOverride {1}\nRequire all granted\n</Directory>\n"


def _translated(folder: Path, override: str, files: dict[str, str], version: str = "nginx") -> Translation:
    for name, text in files.items():
        file = folder / "www" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return translated(folder, _SECTION.format(folder, override) + host(f"DocumentRoot {folder}/www"), version)


def _row(made: Translation, name: str) -> Row:
    return next(row for row in made.rows if row.name == name)


def test_each_line_has_its_row(tmp_path: Path) -> None:
    """DES-5: with the path of the file and the line in it; what is lost is that it may change."""
    made = _translated(tmp_path, "All", {"below/.htaccess": "# no\nRedirect /below/old /new\n"})
    row = _row(made, "Redirect")
    assert (row.place.span.file.name, row.place.line) == (f"{tmp_path}/www/below/.htaccess", 2)
    assert row.outcome is Outcome.EQUIVALENT
    assert "# from www/below/.htaccess:2 (Redirect /below/old)\n        location = /below/old {" in made.text
    assert [answer.key for answer in _row(made, "AllowOverride").answers] == ["htaccess"]
    assert _row(made, "AllowOverride").outcome is Outcome.EQUIVALENT


@pytest.mark.parametrize("target", ["nginx", "haproxy"])
def test_nobody_reads_it(target: str, tmp_path: Path) -> None:
    """DES-6: AllowOverride None loses nothing."""
    made = _translated(tmp_path, "None", {".htaccess": "Require all denied\n"}, target)
    assert "Require" not in {row.name for row in made.rows if "htaccess" in row.place.span.file.name}
    assert _row(made, "AllowOverride").outcome is Outcome.NO_EFFECT


def test_haproxy_says_which_lines_it_loses(tmp_path: Path) -> None:
    """HAP-121: each has its row, and that of AllowOverride names them; what is about files alone has no effect."""
    text = "AddType text/x .x\nRequire all denied\n\nHeader always set X-A a\nRedirect /old /new\n"
    made = _translated(tmp_path, "All", {"below/.htaccess": text}, "haproxy")
    file = f"{tmp_path}/www/below/.htaccess"
    found = {row.name: row for row in made.rows if row.place.span.file.name == file}
    outcomes = {name: row.outcome for name, row in found.items()}
    assert outcomes == {
        "AddType": Outcome.NO_EFFECT, "Require": Outcome.NO_EFFECT,
        "Header": Outcome.UNSUPPORTED, "Redirect": Outcome.UNSUPPORTED,
    }  # fmt: skip
    override = _row(made, "AllowOverride")
    assert override.outcome is Outcome.UNSUPPORTED
    assert [answer.caveat for answer in override.answers] == [
        f"no .htaccess is read; lost: {file}: 4 Header, 5 Redirect"
    ]


def test_haproxy_loses_nothing_where_files_say_nothing_that_others_would_meet(tmp_path: Path) -> None:
    made = _translated(tmp_path, "All", {".htaccess": "Require all denied\n"}, "haproxy")
    assert _row(made, "AllowOverride").outcome is Outcome.NO_EFFECT


def test_haproxy_names_a_file_that_is_wrong(tmp_path: Path) -> None:
    """HAP-121: httpd answers 500 in its folder."""
    made = _translated(tmp_path, "All", {".htaccess": "Nonsense\n"}, "haproxy")
    assert f"{tmp_path}/www/.htaccess, which is wrong: " in _row(made, "AllowOverride").answers[0].caveat


def test_without_files_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "www").mkdir()
    assert _row(_translated(tmp_path, "All", {}), "AllowOverride").outcome is Outcome.NO_EFFECT


def test_a_file_that_is_wrong(tmp_path: Path) -> None:
    """STR-30: httpd answers 500 in its folder, which is told with httpd's reason."""
    made = _translated(tmp_path, "FileInfo", {"a/.htaccess": "Require all denied\n"})
    row = _row(made, "AllowOverride")
    assert row.outcome is Outcome.UNSUPPORTED
    assert "Require not allowed here" in row.caveats[0]
    assert f"{tmp_path}/www/a/.htaccess" in row.caveats[0]


def test_a_deeper_file_has_the_last_word(tmp_path: Path) -> None:
    """MRG-1: folders merge from the root down, and AccessFileName's first file counts."""
    made = _translated(
        tmp_path, "All", {".htaccess": "Require all denied\n", "open/.htaccess": "Require all granted\n"}
    )
    assert 'location ~ "^/open(?:/|\\z)"' in made.text
    inlined = [row for row in made.rows if "htaccess" in row.place.span.file.name]
    assert [(row.args, row.outcome) for row in inlined] == [
        ("all denied", Outcome.EXACT),
        ("all granted", Outcome.NO_EFFECT),
    ]


def test_hosts_that_share_a_folder(tmp_path: Path) -> None:
    """A file that two hosts have has one row for each of its lines."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / ".htaccess").write_text("Redirect /old /new\n")
    root = f"DocumentRoot {tmp_path}/www"
    hosts = f"{root}\n" + host("ServerName a.test", root) + host("ServerName b.test", root)
    made = translated(tmp_path, _SECTION.format(tmp_path, "All") + hosts, "nginx")
    rows = [row for row in made.rows if row.name == "Redirect"]
    assert [(row.outcome, row.instances) for row in rows] == [(Outcome.EQUIVALENT, 3)]  # nobody gets to the main server


# --- against the real servers --------------------------------------------------------------------------------

#: By folder: a front controller at the root, and others that add to it.
_TREE = {
    "": """
SetEnvIf X-Kind "^(.+)$" KIND=$1
RewriteEngine On
RewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule ^ index.php [L]
ErrorDocument 404 /404.html
Header always set X-Tree root
<FilesMatch "\\.(sql|bak)$">
    Require all denied
</FilesMatch>
""",
    "sub": "RewriteEngine Off\nHeader always set X-Tree sub\nDirectoryIndex x.txt\n",
    "private": "Require all denied\nErrorDocument 403 private\n",
    "core": "RewriteEngine On\nRewriteRule ^old/(.*)$ new/$1 [R=301,L]\nRewriteRule ^up$ /plain.txt [L]\n",
}
_PATHS = (
    "/", "/?a=b", "/plain.txt", "/none", "/none.php", "/a.sql", "/backup/old.bak", "/sub", "/sub/", "/sub/x.txt",
    "/sub/none", "/private", "/private/", "/private/x.txt", "/private/none", "/core/old/x", "/core/old/x?y=1",
    "/core/up", "/core/none", "/core/install.php", "/a%2Fb", "/index.php", "/wp-config.php/more",
)  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[int, int]]:
    """The ports of httpd and of nginx with one tree."""
    modules = ("alias_module", "dir_module", "mime_module", "rewrite_module", "headers_module", "setenvif_module",
               "authz_core_module", "authz_host_module", "proxy_module", "proxy_fcgi_module")  # fmt: skip
    with ExitStack() as stack:
        box, own = (stack.enter_context(Sandbox("inlined")) for _ in range(2))
        php_port, _ = stack.enter_context(php.running(box))
        lay_out_files(box)
        for folder, text in _TREE.items():
            box.write(f"site/{folder}/.htaccess".replace("//", "/"), text)
        one, two = free_ports(2)
        engine = need("httpd")
        text = f"{httpd.preamble(engine, box, modules)}\nListen 127.0.0.1:{one}\nServerName a.test\n"
        text += f"DocumentRoot {box.path}/site\nDirectoryIndex index.html index.php\n"
        text += f"<Directory {box.path}/site>\nAllowOverride All\nRequire all granted\n</Directory>\n"
        text += f'<FilesMatch "\\.php$">\nSetHandler "proxy:fcgi://127.0.0.1:{php_port}"\n</FilesMatch>\n'
        stack.enter_context(httpd.start(engine, box, text, [("127.0.0.1", one)]))
        made = translate(load([], Options(file=str(box.write("httpd.conf", text)))).require(), "nginx")
        written = made.text.replace(f"listen 127.0.0.1:{one}", f"listen 127.0.0.1:{two}")
        stack.enter_context(nginx.start(need("nginx"), own, written, [("127.0.0.1", two)]))
        yield one, two


@pytest.mark.live
@pytest.mark.parametrize("path", _PATHS)
def test_the_same_answers(path: str, running: tuple[int, int]) -> None:
    """NGX-129, RW-5 to RW-9, MRG-1: files in several folders, one after the other."""
    theirs, ours = (seen_at(port, path, ("x-tree",)) for port in running)
    assert ours == theirs
