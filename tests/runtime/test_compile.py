"""What the compiled hot path sends is what ``decide`` decided: host, status, origin, URI, headers."""

from __future__ import annotations

from itertools import product

import pytest

from apacheconf.program.decide import decide
from apacheconf.program.loading import load
from apacheconf.program.program import Program
from apacheconf.program.request import Decision, Request
from apacheconf.program.workers import Balancer
from apacheconf.runtime.compile import CompiledShape
from tests.program import examples
from tests.runtime.stage import OK, Heard, converse

MIXED = """
Listen 80
<VirtualHost *:80>
ServerName one.example
ServerAlias *.one.example
ProxyPass /app/keep !
ProxyPass /app http://10.0.0.1:8001/b
ProxyPass /app2/ http://10.0.0.1:8001/b
ProxyPass /raw http://10.0.0.1:8003/r nocanon
ProxyPassMatch "^/m/(.*)\\.gif$" http://10.0.0.1:8004/g/$1
ProxyPass /bal balancer://c/sub
<Proxy balancer://c>
BalancerMember http://10.0.0.1:8005
BalancerMember http://10.0.0.1:8006
</Proxy>
<Location /keep>
ProxyPreserveHost On
ProxyAddHeaders Off
ProxyPass http://10.0.0.1:8007/k
</Location>
ProxyPass /files !
</VirtualHost>
<VirtualHost *:80>
ServerName two.example
ProxyPass / http://10.0.0.2:8002/
</VirtualHost>
"""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Program:
    path = tmp_path_factory.mktemp("mixed") / "site.conf"
    path.write_text(f"DocumentRoot {path.parent}/none\n{MIXED}")  # whatever this machine has at httpd's own
    return load([str(path)]).require()


PATHS = (
    "/", "/x", "/app", "/app/", "/app/x", "/appx", "/app/keep/y", "/app2", "/app2/x", "//app//x", "/ap%70/x",
    "/raw/%7e/x", "/raw//a", "/m/a.gif", "/m/a.png", "/bal", "/bal/y", "/keep", "/keep/z", "/files/a",
    "/app/a%20b;c=d?q=%zz", "/%zz", "/../x",
    "/a%2fb", "/app/\xe9", "/app/\"|^[]", "*", "/app?", "/app/%3F?a?b", "http://two.example/x", "http://ONE.example:80/app/x",
    "https://two.example/x", "ftp://two.example/x", "two.example:80",
)  # fmt: skip
HOSTS = ("one.example", "TWO.example.:8080", "x.one.example", "nobody.example")
EXTRA = (
    (),
    (("Connection", "X-A"), ("X-A", "1"), ("X-Forwarded-For", "1.2.3.4"), ("Cookie", "a"), ("Cookie", "b")),
    (("Max-Forwards", "3"), ("Via", "1.1 z"), ("X-Empty", "")),
)
METHODS = ("GET", "POST", "TRACE", "FOO", "OPTIONS", "CONNECT")


def played(program: Program, request: Request) -> Heard:
    head = [f"{request.method} {request.target} HTTP/1.1"]
    head += [f"{name}: {value}" for name, value in request.headers]
    return converse(program, ("\r\n".join(head) + "\r\n\r\n").encode("latin-1"), [OK])


#: What a file that isn't there answers to other methods.
_FILE_STATUS = {"TRACE": 200, "CONNECT": 405, "OPTIONS": 200, "FOO": 501}


def agree(decision: Decision, heard: Heard) -> bool:
    """Whether what was heard is what was decided."""
    if decision.origin is None:
        status = decision.status or _FILE_STATUS.get(decision.state.request.method, 404)
        return not heard.requests and heard.statuses == [status] and heard.closed is (status in (400, 500, 501))
    (name, sent), *others = heard.requests
    origin = decision.origin
    worker = origin.members[0] if isinstance(origin, Balancer) else origin
    line, host, *lines = sent.decode("latin-1").split("\r\n")
    expected = [f"{key}: {value}" for key, value in decision.headers]
    path = worker.path if isinstance(origin, Balancer) else ""
    return (
        not others
        and heard.statuses == [200]
        and name == worker.name
        and line == f"{line.split(' ')[0]} {path}{decision.uri} HTTP/1.1"
        and host == f"Host: {decision.host_header or worker.authority}"
        and lines == [*expected, f"Connection: {'Keep-Alive' if worker.reusable else 'close'}", "", ""]
    )


@pytest.mark.parametrize("which", ["mixed", "one_origin", "load_balancer", "two_hosts"])
def test_the_hot_path_comes_to_the_same_decision(which: str, request: pytest.FixtureRequest) -> None:
    """PP-1 to PP-8, PP-22, PU-1 to PU-5, RQ-1 to RQ-14, VH-30 to VH-32."""
    program = request.getfixturevalue("mixed") if which == "mixed" else getattr(examples, which)()
    asked = 0
    for method, path, host, extra in product(METHODS, PATHS, HOSTS, EXTRA):
        asking = Request(method, path, (("Host", host), *extra), peer=("192.0.2.7", 40000))
        decision, heard = decide(program, asking), played(program, asking)
        assert agree(decision, heard), (asking, decision, heard)
        asked += 1
    assert asked == len(METHODS) * len(PATHS) * 4 * 3


def test_settled_cells_have_courses_and_others_do_not(mixed: Program) -> None:
    """A mapping that is certain is compiled; a regex or raw one is left to ``decide``."""
    host = next(host for host in mixed.hosts if host.name == "two.example")
    course = CompiledShape(host.shape).course("/x/y")
    assert course is not None and course.make_path("/x/y", "/x/y") == "/x/y" and course.policy.add_forwarded
    one = next(host for host in mixed.hosts if host.name == "one.example")
    compiled = CompiledShape(one.shape)
    assert compiled.course("/app/x") is not None
    assert compiled.course("/raw/x") is None and compiled.course("/m/a.gif") is None
