"""ErrorDocument on httpd and on both targets: texts and URLs, for guards, answers made here and origins that fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, fronts

_CONFIG = """
<VirtualHost *:{port}>
    ServerName texts.test
    ErrorDocument 403 "No, $you; \\"not\\" here"
    ErrorDocument 404 "nothing # here"
    ErrorDocument 417 http://help.test/expect?a=$b
    ErrorDocument 502 "broken"
    ErrorDocument 503 "down, back soon"
    Header always set X-All yes
    Redirect 403 /closed
    Redirect 410 /gone
    <Location /own>
        ErrorDocument 403 "mine"
        ErrorDocument 410 http://help.test/gone
    </Location>
    <Location /own/also>
        Redirect 403
    </Location>
    <Location /own/went>
        Redirect 410
    </Location>
    ProxyPass /own/dead http://127.0.0.1:{none}/
    ProxyPass /app http://127.0.0.1:{one}/app
    ProxyPass /dead http://127.0.0.1:{none}/
    ProxyPass /text http://127.0.0.1:{two}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName urls.test
    ErrorDocument 403 https://help.test/no?x=1
    ErrorDocument 502 http://help.test/502
    ErrorDocument 503 http://help.test/503
    Redirect 403 /closed
    ProxyPass /dead http://127.0.0.1:{none}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName half.test
    ErrorDocument 503 "only this"
    ProxyPass / http://127.0.0.1:{none}/
</VirtualHost>
"""
_ASKED = (
    *(("texts.test", path) for path in ("/closed", "/closed/x", "/gone", "/app/x", "/app/%2f", "/dead/x", "/nowhere",
      "/own", "/own/also", "/own/went", "/own/dead/x")),
    *(("urls.test", path) for path in ("/closed", "/dead", "/nowhere")), ("half.test", "/x"), ("half.test", "/%2F"),
)  # fmt: skip
_KEPT = ("location", "content-type", "x-all")


def _answer(port: int, name: str, path: str, method: str, header: str = "") -> tuple[object, ...]:
    lines, body = exchange(port, name, path, method=method, header=header)
    fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
    # HAProxy's redirects have no page at all.
    stock = body.lstrip().lower().startswith(("<html", "<!doctype")) or (not body and "location" in fields)
    kept = {key: value for key, value in fields.items() if key in _KEPT and not (stock and key == "content-type")}
    return lines[0].split()[1], kept if method != "HEAD" else fields.get("location"), "stock" if stock else body


@pytest.mark.live
@pytest.mark.parametrize("target", ["nginx", "haproxy"])
def test_documents_of_errors(target: str, tmp_path: Path) -> None:
    """SEM-22, NGX-90, HAP-65: status, type and text; a URL becomes a 302."""
    with fronts(_CONFIG, tmp_path, (*MODULES, "alias_module", "headers_module")) as found:
        for name, path in _ASKED:
            for method in ("GET", "HEAD", "POST"):
                header = "Content-Length: 0" if method == "POST" else ""
                theirs, ours = (_answer(found.at[each], name, path, method, header) for each in ("httpd", target))
                assert ours == theirs, (name, path, method)
        for order in ("Expect: whatever",):
            theirs, ours = (_answer(found.at[each], "texts.test", "/app", "GET", order) for each in ("httpd", target))
            assert ours == theirs


_PAGES = """
<VirtualHost *:{port}>
    ServerName pages.test
    DocumentRoot {root}/www
    Alias /errors {root}/errors
    ErrorDocument 403 /errors/closed.html
    ErrorDocument 404 /errors/nowhere.txt
    ErrorDocument 502 /errors/down.html
    ErrorDocument 503 /errors/down.html
    ErrorDocument 410 /app/from-the-origin
    Header set X-All "yes, 100%"
    Redirect 403 /closed
    Redirect 410 /gone
    <Location /plain>
        ErrorDocument 503 /plain.html
    </Location>
    ProxyPass /errors !
    ProxyPass /plain.html !
    ProxyPass /plain http://127.0.0.1:{none}/
    ProxyPass /dead http://127.0.0.1:{none}/
    ProxyPass /app http://127.0.0.1:{one}/app
</VirtualHost>
"""


@pytest.mark.live
def test_pages_that_are_files(tmp_path: Path) -> None:
    """HAP-65: HAProxy reads them when it starts, and sends them with their status and their type."""
    with Sandbox("pages") as box:
        for name in ("errors/closed.html", "errors/down.html", "www/plain.html", "errors/nowhere.txt"):
            box.write(name, f"this is {name}\n")
        config = _PAGES.replace("{root}", str(box.path))
        with fronts(config, tmp_path, (*MODULES, "alias_module", "headers_module")) as found:
            for path in ("/closed", "/nowhere", "/a%2Fb", "/dead/x", "/plain/x", "/app/x"):
                for method in ("GET", "HEAD"):
                    theirs, ours = (
                        _answer(found.at[each], "pages.test", path, method) for each in ("httpd", "haproxy")
                    )
                    assert ours == theirs, (path, method)


def test_what_is_told_of_pages(tmp_path: Path) -> None:
    """A page that isn't there yet, and one that an origin would be asked for, are told apart from one that is."""
    (tmp_path / "there.html").write_text("there")
    proxied = "ProxyPass /app http://127.0.0.1:81/", f"DocumentRoot {tmp_path}"
    (tmp_path / "script.php").write_text("<?php // nobody may read this ?>")
    told = {"/there.html": "equivalent", "/there.html?x": "equivalent", "/absent.html": "approximated",
            "/app/asked.html": "unsupported", "/script.php": "unsupported"}  # fmt: skip
    for path, outcome in told.items():
        made = translated(tmp_path, host(f"ErrorDocument 503 {path}", *proxied), "haproxy")
        assert outcomes(made)["ErrorDocument"] == outcome, path
        assert ("file" in made.text) == (outcome == "equivalent")


@pytest.mark.parametrize("target", ["nginx", "haproxy"])
def test_what_is_told(target: str, tmp_path: Path) -> None:
    """Only what the target has words for is carried; each line answers for itself though they merge as one setting."""
    proxied = "ProxyPass / http://127.0.0.1:81/"
    made = translated(tmp_path, host('ErrorDocument 403 "no"', "ErrorDocument 404 http://a/", proxied), target)
    assert outcomes(made)["ErrorDocument"] == "exact"
    made = translated(tmp_path, host('ErrorDocument 403 "no"', "ErrorDocument 404 /local", proxied), target)
    rows = {row.args: row.outcome.words for row in made.rows if row.name == "ErrorDocument"}
    assert rows == {'403 "no"': "exact", "404 /local": "exact" if target == "nginx" else "unsupported"}


@pytest.mark.parametrize("text", ['"you are %{REMOTE_ADDR}"', "http://a.test/?$1"])
def test_texts_that_depend_on_the_request(text: str, tmp_path: Path) -> None:
    """httpd reads the text as an expression: it isn't written as it stands."""
    made = translated(tmp_path, host(f"ErrorDocument 403 {text}", "ProxyPass / http://127.0.0.1:81/"), "nginx")
    assert outcomes(made)["ErrorDocument"] == "unsupported"
