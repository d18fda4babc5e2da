"""What HAProxy asks of requests where httpd's lines say so: limits of heads, groups of rules, and balancers that a
mapping's captures name."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import ask, exchange
from tests.targets.fronts import BALANCER, MODULES, Fronts, fronts

_MODULES = (*MODULES, "auth_basic_module", "authn_core_module", "authn_file_module", "authz_user_module",
            *BALANCER)  # fmt: skip
#: Of the system's crypt: the password of ann is a, that of bob is b.
_USERS = (
    "ann:$5$abcdefgh$GzAL/HPD/MYJIjVUUnvBTiqueLrt/LVxJEZtz0qaNX2\n"
    "bob:$5$abcdefgh$SMPlRZIArBHSlyoqKadbeGqk8etkGO.rq2Hjo1xt7uD\n"
)
_RULES = """
<Location "{path}">
    AuthType Basic
    AuthName all
    AuthUserFile FOLDER/users
    <RequireAll>
        Require valid-user
        {rule}
    </RequireAll>
</Location>
"""
_HOST = (
    "LimitRequestFields 20",
    "LimitRequestFieldSize 300",
    "LimitRequestLine 600",
    "<Proxy balancer://named>",
    "BalancerMember http://127.0.0.1:{one}",
    "</Proxy>",
    'ProxyPassMatch "^/by/(.*)$" "balancer://named/$1"',
    'ProxyPassMatch "^(/all/.*)$" "balancer://named$1"',
    'ProxyPass "/" "http://127.0.0.1:{one}/"',
    _RULES.format(path="/none", rule="<RequireNone>\nRequire method DELETE\nRequire method POST\n</RequireNone>"),
    _RULES.format(path="/ann", rule="Require user ann\n<RequireNone>\nRequire method POST\n</RequireNone>"),
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    folder = Path(mkdtemp(prefix="limits-"))  # one that httpd's children may read
    folder.chmod(0o755)
    (folder / "users").write_text(_USERS)
    text = host(*_HOST, address="*:{port}").replace("FOLDER", str(folder))
    with fronts(text, tmp_path_factory.mktemp("limits"), _MODULES) as found:
        yield found
    rmtree(folder)


def _statuses(running: Fronts, path: str, header: str = "", method: str = "GET") -> set[str]:
    found = (exchange(running.at[name], "a.test", path, method=method, header=header) for name in ("httpd", "haproxy"))
    return {head[0].split()[1] for head, _ in found}


@pytest.mark.live
@pytest.mark.parametrize(("count", "status"), [(10, "200"), (15, "200"), (21, "400"), (30, "400")])
def test_how_many_fields_there_may_be(count: int, status: str, running: Fronts) -> None:
    header = "\r\n".join(f"X-{number}: 1" for number in range(count))
    assert _statuses(running, "/", header) == {status}


@pytest.mark.live
@pytest.mark.parametrize(("length", "status"), [(300, "200"), (301, "200"), (302, "400"), (320, "400")])
def test_how_long_a_field_may_be(length: int, status: str, running: Fronts) -> None:
    """RB-10: by one byte more than its limit says."""
    assert _statuses(running, "/", f"X-Long: {'x' * (length - len('X-Long: '))}") == {status}


@pytest.mark.live
@pytest.mark.parametrize(("length", "status"), [(500, "200"), (601, "200"), (602, "414"), (800, "414")])
def test_how_long_a_request_line_may_be(length: int, status: str, running: Fronts) -> None:
    assert _statuses(running, "/" + "x" * (length - len("GET / HTTP/1.1"))) == {status}


@pytest.mark.live
@pytest.mark.parametrize("user", ["", "ann:a", "bob:b", "ann:b"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/none/x", "/ann/x"])
def test_a_group_of_which_none_may_hold(path: str, method: str, user: str, running: Fronts) -> None:
    header = f"Authorization: Basic {b64encode(user.encode()).decode()}" if user else ""
    assert len(_statuses(running, path, header, method)) == 1


@pytest.mark.live
@pytest.mark.parametrize("path", ["/by/x", "/by/a%20b?q=1", "/by/", "/all/x", "/all/", "/all"])
def test_a_balancer_that_captures_lead_to(path: str, running: Fronts) -> None:
    theirs, ours = (ask(running.at[name], "a.test", path) for name in ("httpd", "haproxy"))
    assert ours == theirs


def test_only_the_name_of_a_client_is_not_asked(tmp_path: Path) -> None:
    rules = "<Location />\nRequire ip 10.0.0.0/8\nRequire host build.example.com\n</Location>"
    made = translated(tmp_path, host('ProxyPass "/" "http://10.0.0.1/"', rules), "haproxy")
    said = [(row.args, row.outcome.words) for row in made.rows if row.name == "Require"]
    assert said == [("ip 10.0.0.0/8", "exact"), ("host build.example.com", "unsupported")]
    assert "use_backend a.test if { src 10.0.0.0/8 }" in made.text


def test_members_are_checked_by_their_own_host(tmp_path: Path) -> None:
    members = [f"BalancerMember http://10.0.0.{number}:81 hcmethod=GET hcuri=/up" for number in (1, 2)]
    lines = ("<Proxy balancer://up>", *members, "</Proxy>", "ProxyPreserveHost On", "ProxyPass / balancer://up/")
    made = translated(tmp_path, host(*lines), "haproxy")
    assert "http-check send meth GET uri /up ver HTTP/1.0 hdr Host %[srv_name]" in made.text
    assert "server 10.0.0.2:81 10.0.0.2:81 check" in made.text
    assert outcomes(made)["BalancerMember"] == "equivalent"


def test_authorities_of_clients_are_read_from_a_folder(tmp_path: Path) -> None:
    tls = ("SSLEngine On", "SSLCertificateFile /a.pem", "SSLVerifyClient optional", "SSLCACertificatePath /staff")
    made = translated(tmp_path, host(*tls, 'ProxyPass "/" "http://10.0.0.1/"'), "haproxy")
    assert "verify optional ca-file /staff" in made.text
    assert outcomes(made)["SSLCACertificatePath"] == "approximated"  # httpd goes by the hashes in their names


def test_the_type_of_an_answer_is_none_of_the_request(tmp_path: Path) -> None:
    """EXPR-32: it has none when rules ask who may, whatever the client sends."""
    rules = '<If "%{CONTENT_TYPE} !~ m#^text/xml#">\nRequire all denied\n</If>'
    made = translated(tmp_path, host('ProxyPass "/" "http://10.0.0.1/"', rules), "haproxy")
    assert "content-type" not in made.text
    assert "    default_backend answers-403\n" in made.text
    assert outcomes(made)["Require"] == "exact"
