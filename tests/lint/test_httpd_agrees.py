"""What the rules say of httpd, asked of httpd."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Engine
from apacheconf.engines.httpd import preamble, start
from apacheconf.engines.sandbox import Sandbox, free_ports
from apacheconf.expand import Input, Options, expand
from apacheconf.model.views.modules import needed
from apacheconf.source import SourceFile
from tests.engines.real import need
from tests.lint.cases import FIXTURES, cases, findings

pytestmark = pytest.mark.live

MODULES = ("authz_core", "authz_host", "proxy", "proxy_http", "proxy_ajp", "proxy_fcgi", "proxy_wstunnel",
           "proxy_balancer", "slotmem_shm", "lbmethod_byrequests", "ssl", "macro")  # fmt: skip
FRAGMENTS = [case.path for kind in ("fires", "silent") for case in cases(kind) if case.path.is_file()]


@pytest.fixture(scope="module")
def httpd() -> Engine:
    return need("httpd")


def check(httpd: Engine, box: Sandbox, text: str) -> subprocess.CompletedProcess[str]:
    """``httpd -t`` with warnings on stderr."""
    source = SourceFile("site.conf", text)
    asked_for = needed(expand(Input((source,), str(box.path)), Options(environ={})))
    modules = [f"{name}_module" for name in MODULES]
    head = preamble(httpd, box, [*modules, *sorted(asked_for.keys() - set(modules))])
    file = box.write("httpd.conf", f"{head}\nErrorLog /dev/stderr\n{text}")
    command = [str(httpd.path), "-t", "-d", str(box.path), "-f", str(file), "-e", "warn"]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, cwd=box.path)


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_httpd_accepts_what_the_rules_are_shown(httpd: Engine, path: Path):
    """A rule is about what httpd accepts: what it refuses is an error and no lint."""
    with Sandbox("lint") as box:
        answer = check(httpd, box, path.read_text())
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("name", ["fires", "silent"])
def test_httpd_warns_where_worker_parameters_are_ignored(httpd: Engine, name: str):  # WK-3, LOC-16, AH01146
    path = FIXTURES / "ignored-worker-parameters" / f"{name}.conf"
    # While it checks, httpd has no log for a virtual host yet: the first one's lines are asked outside of it.
    text = re.sub(r"<VirtualHost.*>", "", path.read_text().split("</VirtualHost>")[0])
    with Sandbox("lint") as box:
        said = check(httpd, box, text).stderr
    warned = re.findall(r"AH0(?:1146|1150): Ignoring parameter '(\w+)=", said)
    assert sorted(warned) == sorted(_parameters(path))


def _parameters(path: Path) -> Iterator[str]:
    """The parameters that the rule calls ignored; those of a member that is none are all of them."""
    for finding in findings(path):
        if finding.name != "ignored-worker-parameters":
            continue
        listed = re.match(r"ignored here: ([\w, ]+);", finding.message)
        written = finding.place.span.text if finding.place else ""
        yield from listed[1].split(", ") if listed else re.findall(r"(\w+)=", written)


def statuses(httpd: Engine, text: str, paths: Iterable[str], host: str = "example.com") -> list[int]:
    """What httpd answers for each path of a configuration whose port is ``{port}``."""
    (port,) = free_ports(1)
    with Sandbox("lint") as box:
        head = preamble(httpd, box, [f"{name}_module" for name in MODULES])
        conf = f"{head}\nListen 127.0.0.1:{port}\n" + text.replace("{port}", str(port))
        with start(httpd, box, conf, [("127.0.0.1", port)]):
            return [_status(port, path, host) for path in paths]


def _status(port: int, path: str, host: str) -> int:
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": host})
    status = connection.getresponse().status
    connection.close()
    return status


#: rule, configuration, path, status: the claim of the rule's page about what a client gets.
CLAIMS = [
    ("trailing-slash-mismatch", 'ProxyPass "/" "http://127.0.0.1:1"', "/x", 500),
    ("trailing-slash-mismatch", '<Proxy "balancer://c">\nBalancerMember "http://127.0.0.1:1"\n</Proxy>\n'
     'ProxyPass "/" "balancer://c"', "/x", 500),
    ("empty-balancer", 'ProxyPass "/" "balancer://nobody/"', "/x", 503),
    ("missing-module", 'ProxyPass "/" "h2c://127.0.0.1:1/"', "/x", 500),
    ("https-origin-without-ssl-proxy-engine", 'ProxyPass "/" "https://127.0.0.1:{port}/"', "/x", 500),
    ("shadowed-proxy-pass", 'ProxyPass "/" "http://127.0.0.1:1/"\nProxyPass "/static" "!"', "/static", 503),
    ("shadowed-proxy-pass", '<Location "/a">\nProxyPass "http://127.0.0.1:1/"\n</Location>\nProxyPass "/a/b" "!"',
     "/a/b", 503),
    ("unmatchable-proxy-pass", 'ProxyPass "^/app" "http://127.0.0.1:1/"', "/app", 404),
    ("unmatchable-proxy-pass", '<LocationMatch "^/only">\nProxyPass "http://127.0.0.1:1/"\n</LocationMatch>',
     "/only", 404),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "text", "path", "status"), CLAIMS)
def test_what_a_client_gets_is_what_the_page_says(httpd: Engine, rule: str, text: str, path: str, status: int):
    assert statuses(httpd, text, [path]) == [status]
