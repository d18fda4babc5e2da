"""AddLanguage for files, and FilterProtocol of a whole filter, on httpd and on nginx (NGX-153, DF-4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_CONFIG = """
TypesConfig {root}/mime.types
<VirtualHost *:{port}>
    ServerName files.test
    DocumentRoot {root}/www
    AddLanguage de .de
    AddLanguage pt-BR .pt-br
    FilterDeclare SHRINK CONTENT_SET
    FilterProvider SHRINK DEFLATE "%{CONTENT_TYPE} =~ m#^text/(html|css)#"
    FilterProtocol SHRINK "change=yes"
    FilterChain SHRINK
    <Location /en>
        RemoveLanguage .de
    </Location>
</VirtualHost>
"""
_NAMES = ("a.html", "a.de.html", "a.html.de", "a.DE.html", "a.pt-br.html", "a.de.unknown", "de.html", "en/a.de.html")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("languages") as box:
        for name in _NAMES:
            box.write(f"www/{name}", "<p>hello\n")
        box.write("www/a.txt", "0123456789")
        box.write("mime.types", "text/html html\ntext/plain txt\ntext/css css\n")
        modules = (*MODULES, "deflate_module", "filter_module")
        with fronts(_CONFIG.replace("{root}", str(box.path)), tmp_path_factory.mktemp("languages"), modules) as found:
            yield found


def _fields(port: int, path: str, header: str = "") -> tuple[str, dict[str, str]]:
    lines, _ = exchange(port, "files.test", path, header=header)
    fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
    return lines[0].split()[1], fields


@pytest.mark.live
@pytest.mark.parametrize("name", _NAMES)
def test_languages_of_suffixes(name: str, running: Fronts) -> None:
    theirs, ours = (_fields(running.at[each], f"/{name}") for each in ("httpd", "nginx"))
    assert theirs[0] == ours[0] == "200"
    assert ours[1].get("content-language") == theirs[1].get("content-language")


@pytest.mark.live
@pytest.mark.parametrize(("path", "same"), [("/a.txt", False), ("/a.html", True)])
def test_ranges_of_what_a_whole_filter_may_change(path: str, same: bool, running: Fronts) -> None:
    """Caveat "ranges-sent": httpd sends none where no provider of the filter is at work."""
    theirs, ours = (_fields(running.at[each], path, "Range: bytes=2-4")[0] for each in ("httpd", "nginx"))
    assert ours == "206"
    assert (theirs == ours) == same


def test_what_is_told(tmp_path: Path) -> None:
    lines = "DocumentRoot /srv/a", "AddLanguage de .de", "AddEncoding br .br"
    found = outcomes(translated(tmp_path, host(*lines), "nginx"))
    assert (found["AddLanguage"], found["AddEncoding"]) == ("equivalent", "approximated")


@pytest.mark.parametrize(("suffixes", "outcome"), [(".html .css", "exact"), (".html .utf8", "approximated")])
def test_charsets_of_suffixes_that_say_no_type(suffixes: str, outcome: str, tmp_path: Path) -> None:
    """page.html.utf8 has a type and a charset in httpd; nginx goes by the last suffix."""
    found = outcomes(translated(tmp_path, host("DocumentRoot /srv/a", f"AddCharset utf-8 {suffixes}"), "nginx"))
    assert found["AddCharset"] == outcome


def test_variables_that_nobody_is_told(tmp_path: Path) -> None:
    """An origin that nginx doesn't speak with is not asked: 503."""
    lines = "SetEnvIf Content-Type x form", "ProxyPass / ajp://127.0.0.1:8009/"
    assert outcomes(translated(tmp_path, host(*lines), "nginx"))["SetEnvIf"] == "no effect in target"
