"""Work in line with what a host says: so many lines more cost so many calls more, whatever they are.

Calls are counted and not seconds. What 40 lines more cost is compared with what 20 more did: twice as much where all is
in line, four times where each line is compared with each.
"""

from __future__ import annotations

import cProfile
from collections.abc import Callable
from pathlib import Path

import pytest

from apacheconf.targets import TARGETS
from tests.targets.configs import host, translated

#: Twice, and what cells, indexes and printing add.
MOST = 3.1
#: Four times: each section is asked where each other one holds, or stands in each place. Less than what would ask all
#: in each order.
MOST_PAIRWISE = 4.2
PAIRWISE = frozenset({
    "sections of paths", "sections on one header", "folders", "names of files", "rules that look for files",
    "rules among places", "cookies mapped back",
})  # fmt: skip
_PROXIED = "ProxyPass / http://10.0.0.1/"
_FILES = "DocumentRoot /srv/www\n<Directory /srv/www>\nRequire all granted\n</Directory>"
_NOT_BAD = "<RequireAll>\nRequire all granted\nRequire not env bad\n</RequireAll>"


def _lines(line: str, before: str = "", behind: str = _PROXIED) -> Callable[[int], str]:
    return lambda count: host(before, *(line.replace("@", str(n)) for n in range(count)), behind)


SHAPES = {
    "rules that go on": _lines("RewriteRule ^/n@/page-([0-9]+)$ /s/@/$1 [PT,L]", "RewriteEngine On"),
    "rules that redirect": _lines("RewriteRule ^/old@/(.*)$ /new/@/$1 [R=301,L]", "RewriteEngine On"),
    "rules of single pages": _lines(r"RewriteRule ^/old/page-@\.html$ /page@ [R,L]", "RewriteEngine On"),
    "conditions on one page": _lines(
        "RewriteCond %{QUERY_STRING} ^id=@$\nRewriteRule ^/index$ /item/@? [R,L]", "RewriteEngine On"
    ),
    "redirects": _lines("Redirect 301 /moved@ http://elsewhere.test/@", behind="ProxyPass /app http://10.0.0.1/"),
    "lines that set one variable": _lines(
        'SetEnvIfNoCase User-Agent "bot@" bad',
        behind=f"{_PROXIED}\n<Location />\n{_NOT_BAD}\n</Location>",
    ),
    "variables that nothing reads": _lines("SetEnvIf Request_URI ^/x@/ v@=1"),
    "sections of paths": _lines("<LocationMatch ^/area@/>\nRequire ip 10.@.0.0/16\n</LocationMatch>"),
    "sections on one header": _lines("<If \"%{HTTP:X-A} == '@'\">\nHeader set X-@ @\n</If>"),
    "headers": _lines("Header set X-@ v@"),
    "folders": _lines("<Directory /srv/www/area@>\nRequire ip 10.@.0.0/16\n</Directory>", _FILES, ""),
    "folders behind aliases": _lines(
        "Alias /area@ /srv/area@\n<Directory /srv/area@>\nRequire all granted\n</Directory>"
    ),
    "names of files": _lines('<Files "secret@.txt">\nRequire all denied\n</Files>', _FILES, ""),
    "rules that look for files": _lines(
        "RewriteCond %{DOCUMENT_ROOT}/c@%{REQUEST_URI} !-f\nRewriteRule ^/a@/(.*)$ /index@.php/$1 [L]",
        f"RewriteEngine On\n{_FILES}",
        "",
    ),
    "rules that ask for the name": _lines(
        r"RewriteCond %{HTTP_HOST} ^w@\.test$ [NC]\nRewriteRule ^/(.*)$ http://v@.test/$1 [R=301,L]".replace(
            r"\n", "\n"
        ),
        "RewriteEngine On",
    ),
    "rules among places": _lines(
        "ProxyPass /area@ http://10.0.0.1/area@\nRewriteRule ^/old@$ /area@ [R,L]", "RewriteEngine On", ""
    ),
    "cookies mapped back": _lines(
        "ProxyPass /area@ http://10.0.0.1/area@\nProxyPassReverseCookiePath /area@ /there@", behind=""
    ),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_lines_are_twice_the_work(shape: str, target: str, tmp_path: Path) -> None:
    calls = [_calls(SHAPES[shape](count), target, tmp_path) for count in (20, 40, 80)]
    most = MOST_PAIRWISE if shape in PAIRWISE else MOST
    assert calls[2] - calls[1] <= most * (calls[1] - calls[0]), calls


def _calls(text: str, target: str, folder: Path) -> int:
    """How many functions a translation calls."""
    translated(folder, text, target)  # what is only done once has been done
    profile = cProfile.Profile(builtins=False)
    profile.enable()
    translated(folder, text, target)
    profile.disable()
    return sum(entry.callcount for entry in profile.getstats())
