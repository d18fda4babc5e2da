"""ErrorDocument paths that a file or an origin answers, whichever is there (SEM-22, NGX-90)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_CONFIG = """
<VirtualHost *:{port}>
    ServerName either.test
    DocumentRoot "{files}"
    RewriteEngine On
    RewriteCond %{DOCUMENT_ROOT}/%{REQUEST_FILENAME} !-f [OR]
    RewriteCond %{REQUEST_URI} ^/uploads/
    RewriteRule .* http://127.0.0.1:{one}%{REQUEST_URI} [P,QSA,NE]
    ErrorDocument 403 /there.html
    ErrorDocument 404 /missing.html
    ErrorDocument 410 /uploads/there.html?a=b
    ErrorDocument 502 /missing.html
    ErrorDocument 503 /there.html
    ProxyPass /dead http://127.0.0.1:{none}/
    <Location /closed>
        Require all denied
    </Location>
    Redirect 410 /gone
</VirtualHost>
<VirtualHost *:{port}>
    ServerName pages.test
    DocumentRoot "{files}"
    ErrorDocument 403 /there.html
    ErrorDocument 404 /there.html
    ErrorDocument 503 /there.html
    ErrorDocument 410 "gone"
    ProxyErrorOverride On 403 404 410 503
    Header set X-Success yes
    Header always set X-Always yes
    ProxyPass /app http://127.0.0.1:{one}/app
    <Location /closed>
        Require all denied
    </Location>
    Redirect 410 /gone.png
</VirtualHost>
<VirtualHost *:{port}>
    ServerName listed.test:81
    DocumentRoot "{files}"
    ProxyPassReverse / http://127.0.0.1:{one}/
    ProxyPass /app http://127.0.0.1:{one}/app
    Header set X-Success yes
</VirtualHost>
<VirtualHost *:{port}>
    ServerName rules.test
    DocumentRoot "{files}"
    RewriteEngine On
    RewriteRule ^/([a-z]+)$ /there.html
    ErrorDocument 404 /there.html
    ErrorDocument 403 /closed/there.html
    <Location /closed>
        Require all denied
    </Location>
</VirtualHost>
<VirtualHost *:{port}>
    ServerName lost.test
    DocumentRoot "{files}"
    ErrorDocument 404 /docs/nowhere.html
    ErrorDocument 403 /docs/there.html
    ErrorDocument 503 "back soon"
    Header set X-Success yes
    Header always set X-Always yes
    SetEnvIf User-Agent bot robot
    Header set X-Robots noindex env=robot
    Redirect 403 /refused
    ProxyPass /docs/ !
    ProxyPass /refused !
    ProxyPass /dead http://127.0.0.1:{none}/
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("documents") as box:
        box.write("files/there.html", "<p>sorry\n")
        box.write("files/docs/there.html", "<p>no\n")
        config = _CONFIG.replace("{files}", f"{box.path}/files")
        config += f'<Directory "{box.path}/files">\nRequire all granted\n</Directory>\n'
        modules = (*MODULES, "alias_module", "rewrite_module", "headers_module", "setenvif_module")
        with fronts(config, tmp_path_factory.mktemp("documents"), modules) as found:
            yield found


@pytest.mark.live
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("path", ["/closed/x", "/gone", "/gone/x?q=1", "/a%2Fb", "/other", "/dead/x"])
def test_a_file_or_an_origin(path: str, method: str, running: Fronts) -> None:
    theirs, ours = (_answer(running.at[each], "either.test", path, method) for each in ("httpd", "nginx"))
    assert ours == theirs


@pytest.mark.live
@pytest.mark.parametrize("path", ["/there.html", "/name", "/name/x", "/there.html/x"])
def test_rules_that_the_path_answers(path: str, running: Fronts) -> None:
    theirs, ours = (_answer(running.at[each], "rules.test", path, "GET") for each in ("httpd", "nginx"))
    assert ours == theirs


@pytest.mark.live
@pytest.mark.parametrize(
    "path", ["/docs/x", "/docs/nowhere.html", "/a%2Fb", "/dead/x", "/x", "/refused", "/docs/there.html"]
)
@pytest.mark.parametrize("agent", ["a person", "a bot"])
def test_a_document_that_is_not_there(path: str, agent: str, running: Fronts) -> None:
    """SEM-22: the stock page in its place has none of the headers that a file has, those on a condition neither."""
    theirs, ours = (_answer(running.at[each], "lost.test", path, "GET", agent) for each in ("httpd", "nginx"))
    statuses = {"/x": "200", "/docs/there.html": "200", "/dead/x": "503", "/refused": "403"}
    assert ours == theirs and theirs[0] == statuses.get(path, "404")


@pytest.mark.live
@pytest.mark.parametrize(
    ("path", "status"),
    [*((path, "200 OK") for path in ("/nowhere", "/closed/x", "/there.html", "/gone.png", "/app/x")),
     *(("/app/x", f"{status} No") for status in (403, 404, 409, 410, 503))],
)  # fmt: skip
def test_headers_and_types_of_pages(path: str, status: str, running: Fronts) -> None:
    """A page that is a file has what Header sets for files; a text has its own type, whatever the path's suffix."""
    theirs, ours = (_page(running.at[each], "pages.test", path, status) for each in ("httpd", "nginx"))
    assert ours == theirs


def _page(port: int, name: str, path: str, status: str = "200 OK") -> tuple[object, ...]:
    lines, body = exchange(port, name, path, header=f"X-Status: {status}")
    fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
    kept = {key: fields.get(key) for key in ("x-success", "x-always", "content-type", "location")}
    stock = body.lstrip().lower().startswith(("<html", "<!doctype"))
    if stock:  # the type of a stock page is each server's own
        kept.pop("content-type")
    return lines[0].split()[1], kept, "stock" if stock else body[:5]


@pytest.mark.live
@pytest.mark.parametrize("asked", ["listed.test", "listed.test:81", "listed.test:99"])
def test_the_port_of_its_own_urls(asked: str, running: Fronts) -> None:
    """VH-60: the port that was asked for, else ServerName's."""
    found = []
    for each in ("httpd", "nginx"):
        port = running.at[each]
        order = f"X-Location: http://127.0.0.1:{running.one}/new"
        lines, _ = exchange(port, asked, "/app/x", header=order)
        found.append([line for line in lines if line.lower().startswith("location")])
    assert found[0] == found[1]


def _answer(port: int, name: str, path: str, method: str, agent: str = "") -> tuple[str, str, tuple[str, ...]]:
    header = "Content-Length: 0" if method == "POST" else f"User-Agent: {agent}" if agent else ""
    lines, body = exchange(port, name, path, method=method, header=header)
    ours = tuple(sorted(line for line in lines if line.startswith(("X-Success", "X-Always", "X-Robots"))))
    shown = method == "POST" or "sorry" in body or "no\n" in body or body[:1].isdigit()
    return lines[0].split()[1], body if shown else "stock", ours if agent else ()


def test_a_document_that_asks_for_a_password_is_left_out(tmp_path: Path) -> None:
    text = host(
        "DocumentRoot /srv",
        "ErrorDocument 503 /private/x.html",
        "ProxyPass /a http://10.0.0.1/",
        "<Location /private>\nAuthType Basic\nAuthName x\nAuthUserFile /etc/p\nRequire valid-user\n</Location>",
    )
    assert outcomes(translated(tmp_path, text, "nginx"))["ErrorDocument"] == "unsupported"
