"""``.htaccess`` files that find out where they lie, asked on httpd and nginx: at the root of a host, and in
a folder below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.program.conditions import ALWAYS, AllOf, Matches, Regex
from apacheconf.program.phases import Phase
from apacheconf.program.steps import Rewrite, SetEnv, Step
from apacheconf.program.values import REQUEST_URI, Capture, Joined, Literal, Variable
from apacheconf.targets.own_folders import compares_with_itself, knowing_its_folder
from tests.targets.configs import outcomes, translated, with_htaccess
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_SYMFONY = r"""
RewriteEngine On
RewriteCond %{REQUEST_URI}::$0 ^(/.+)/(.*)::\2$
RewriteRule .* - [E=BASE:%1]
RewriteCond %{ENV:REDIRECT_STATUS} =""
RewriteRule ^index\.html(?:/(.*)|$) %{ENV:BASE}/$1 [R=301,L]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteRule ^ %{ENV:BASE}/index.html [L]
Header set X-Base "%{BASE}e"
"""
_LAMINAS = r"""
RewriteEngine On
RewriteCond %{REQUEST_URI}::$1 ^(.*?/)(.*)::\2$
RewriteRule ^(.*)$ - [E=BASE:%1]
RewriteRule ^old/(.*) %{ENV:BASE}new/$1 [R=302,L]
RewriteRule ^whole/([a-z]+)/.* %{ENV:BASE}$1?all=$0 [R=302,L]
RewriteRule a.b$ %{ENV:BASE}sign?all=$0 [R=302,L]
RewriteCond %{HTTP:X-Name} ^b+
RewriteRule ^named/(.*) - [E=NAMED:%0-]
Header set X-Base "%{BASE}e"
Header set X-Named "%{NAMED}e"
"""
#: As PrestaShop has it: the variable is there for every path but that of the folder itself.
_NAMED = r"""
RewriteEngine On
RewriteRule . - [E=REWRITEBASE:/]
RewriteRule ^old/(.*) %{ENV:REWRITEBASE}new/$1 [R=302,L]
RewriteCond %{REQUEST_FILENAME} -f
RewriteRule ^.*$ - [NC,L]
RewriteRule ^.*$ %{ENV:REWRITEBASE}index.html [NC,L]
"""
_FILES = {
    "index.html": "front", "plain.txt": "plain", "sub/plain.txt": "plain below", "named/x.txt": "named",
}  # fmt: skip
_SITES = {"symfony": _SYMFONY, "laminas": _LAMINAS, "below/symfony/web": _SYMFONY, "below/laminas": _LAMINAS,
          "named": _NAMED}  # fmt: skip
_MODULES = (*MODULES, "rewrite_module", "headers_module")
_BELOW = (
    "/", "/plain.txt", "/sub/plain.txt", "/none", "/none/x?y=1", "/index.html", "/index.html/", "/index.html/a/b?c",
    "/old/x/y", "/whole/one/two", "/xa-bx/a-b", "/named/x.txt", "/sub/sub/", "/a%20b",
)  # fmt: skip

_PLACES = (("symfony", ""), ("laminas", ""), ("named", ""), ("below", "/symfony/web"), ("below", "/laminas"))


def _config(folder: Path) -> str:
    return with_htaccess(folder, _SITES, _FILES, ("symfony", "laminas", "below", "named"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    folder = tmp_path_factory.mktemp("folders")
    folder.chmod(0o755)
    with fronts(_config(folder), tmp_path_factory.mktemp("fronts"), _MODULES, targets=("nginx",)) as started:
        yield started


def _seen(port: int, host: str, path: str) -> tuple[str, str, dict[str, str]]:
    lines, body = exchange(port, f"{host}.test", path, header="X-Name: bbc")
    fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
    status = lines[0].split()[1]
    return status, body if status == "200" else "", {
        name: value for name, value in fields.items() if name in ("location", "x-base", "x-named")
    }  # fmt: skip


@pytest.mark.live
@pytest.mark.parametrize(("host", "folder", "path"), [
    (host, folder, path) for host, folder in _PLACES for path in _BELOW
    if host != "named" or not path.startswith("/index.html/")  # difference "file-paths"
])  # fmt: skip
def test_where_they_lie(host: str, folder: str, path: str, running: Fronts) -> None:
    """NGX-205: rules that need the folder's URL lead where they lead in httpd, and $0 is what was tried."""
    theirs, ours = (_seen(running.at[name], host, folder + path) for name in ("httpd", "nginx"))
    assert ours == theirs


def test_nothing_of_them_is_lost(tmp_path: Path) -> None:
    """NGX-205: what compares the path with itself has a caveat, and the rest is exact."""
    config = _config(tmp_path).replace("{port}", "8080")
    made = translated(tmp_path, config, "nginx")
    assert [row.args for row in made.rows if row.outcome.words in ("approximated", "unsupported")] == []
    keys = {answer.key for row in made.rows if row.name == "RewriteCond" for answer in row.answers}
    assert "own-folder" in keys
    assert outcomes(made)["RewriteCond"] in ("equivalent", "exact")


_HERE = Variable("REWRITTEN_HERE")


def _rule(pattern: str, of_rule: str = ".*", group: int = 0) -> Step:
    asked = Joined((REQUEST_URI, Literal("::"), Capture("rule", group)))
    when = AllOf((Matches(_HERE, Regex(of_rule), "rule"), Matches(asked, Regex(pattern), "cond")))
    return Step(Phase.FIXUPS, Rewrite(None, sets=(SetEnv("BASE", Capture("cond", 1)),)), (0,), when)


@pytest.mark.parametrize(("pattern", "url", "base"), [
    (r"^(/.+)/(.*)::\2$", "/app/", "/app"), (r"^(.*?/)(.*)::\2$", "/", "/"), (r"^(.*?/)(.*)::\2$", "/a/b/", "/a/b/"),
])  # fmt: skip
def test_the_text_is_known(pattern: str, url: str, base: str) -> None:
    """NGX-205: whatever is asked for, the folder is the same."""
    action = knowing_its_folder(_rule(pattern), url).action
    assert isinstance(action, Rewrite)
    assert action.sets == (SetEnv("BASE", Literal(base)),)


def test_at_the_root_it_never_holds() -> None:
    made = knowing_its_folder(_rule(r"^(/.+)/(.*)::\2$"), "/")
    assert isinstance(made.action, Rewrite)
    assert (made.when, made.action.sets) == (ALWAYS, ())


@pytest.mark.parametrize("pattern", [r"^(/.+)/(.*)$", r"^(/app)/(.*)::\2$", r"^(/.+)/(.+)::\2$"])
def test_what_a_request_decides_stays(pattern: str) -> None:
    """A pattern that names words, compares nothing, or holds for some requests alone, is asked as it is."""
    step = _rule(pattern)
    assert knowing_its_folder(step, "/app/") == step
    assert compares_with_itself(r"^(/.+)/(.*)::\2$")
