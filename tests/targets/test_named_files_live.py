"""One file of an Alias for many paths, on httpd and on nginx: a rule leads there, and no mapping takes it away."""

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
    ServerName rest.test
    DocumentRoot {root}/www.example
    Alias /rest/ {root}/rest/
    RewriteEngine On
    RewriteCond %{HTTP:X-Night} =1
    RewriteRule ^/reports/ /rest/night.html [PT,L]
    RewriteCond %{HTTP:X-Night} =2
    RewriteRule ^/reports/ /rest/lost.html [PT,L]
    Header set X-Set yes
    <Directory {root}/rest>
        Header always set Retry-After 600
    </Directory>
    <Directory {root}>
        Require all granted
    </Directory>
    ProxyPass /rest/ !
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName folder.test
    DocumentRoot {root}/www.example
    Alias /rest/ {root}/rest/
    <Location /rest/>
        <LimitExcept GET HEAD>
            Require all denied
        </LimitExcept>
        Header set X-Set "expr=%{REQUEST_METHOD}"
        <If "%{HTTP:X-Night} == '1'">
            Require all denied
        </If>
    </Location>
    <Directory {root}>
        Require all granted
    </Directory>
</VirtualHost>
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("named") as box:
        box.write("rest/night.html", "<p>good night\n")
        box.write("rest/in/index.html", "<p>index\n")
        box.write("www.example/index.html", "<p>nobody asks for me\n")
        modules = *MODULES, "alias_module", "rewrite_module", "headers_module"
        with fronts(_CONFIG.replace("{root}", str(box.path)), tmp_path_factory.mktemp("named"), modules) as found:
            yield found


@pytest.mark.live
@pytest.mark.parametrize("path", ["/", "/reports/x", "/reports/a/b?q=1", "/rest/night.html", "/rest/x", "/rest", "/x"])
@pytest.mark.parametrize("night", ["", "1", "2"])
def test_a_rule_that_leads_to_a_file(night: str, path: str, running: Fronts) -> None:
    """NGX-150: it is served with the headers of its folder, or is not found, and no origin is asked."""
    theirs, ours = (_answer(running.at[each], path, night) for each in ("httpd", "nginx"))
    assert ours == theirs
    if path.startswith("/reports"):
        assert theirs[0] == {"": "200", "1": "200", "2": "404"}[night]


@pytest.mark.live
@pytest.mark.parametrize("path", ["/rest/night.html", "/rest/none", "/rest/in/", "/rest/in", "/rest", "/in/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("night", ["", "1"])
def test_a_folder_that_not_all_may_ask(night: str, method: str, path: str, running: Fronts) -> None:
    """NGX-150: it ends as the path does, so that a location with a name, which can have no alias, has it as well."""
    theirs, ours = (_answer(running.at[each], path, night, "folder.test", method) for each in ("httpd", "nginx"))
    assert ours == theirs


def _answer(port: int, path: str, night: str, name: str = "rest.test", method: str = "GET") -> tuple[object, ...]:
    lines, body = exchange(port, name, path, header=f"X-Night: {night}", method=method)
    fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
    shown = body if body.startswith("<p>") or body[:1].isdigit() else "stock"
    return lines[0].split()[1], {key: fields.get(key) for key in ("retry-after", "x-set")}, shown


def test_what_is_told(tmp_path: Path) -> None:
    """A folder of an Alias is served in a location of its own; where no file can be told, that is said."""
    lines = ("DocumentRoot /srv", "Alias /rest/ /rest/", "RewriteEngine On", "RewriteCond %{HTTP:X} =1",
             "RewriteRule ^/reports/(.*) /rest/$1 [PT,L]", "ProxyPass /rest/ !",
             "ProxyPass / http://10.0.0.1/")  # fmt: skip
    for rule in ("RewriteRule ^/reports/ /rest/x.html [PT,L]", lines[4]):
        found = outcomes(translated(tmp_path, host(*lines[:4], rule, *lines[5:]), "nginx"))
        assert found["Alias"] == "exact" and found["ProxyPass"] == "equivalent"
    lines = (*lines[:4], "RewriteRule ^/reports(/.*) $1 [PT,L]", *lines[5:])
    assert outcomes(translated(tmp_path, host(*lines), "nginx"))["RewriteRule"] == "unsupported"
