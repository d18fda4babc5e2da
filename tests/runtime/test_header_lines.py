"""Header lines of a settled cell do what ``decide`` and the program's own function do, and nothing is remembered
that depends on the request (HD-1 to HD-4, HD-8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.ledger import Outcome
from apacheconf.program import Program, load
from apacheconf.runtime.compile import CompiledShape
from apacheconf.runtime.honesty import account
from tests.runtime.stage import OK, converse

LINES = r"""
    ProxyPass / http://10.0.0.1:8001/
    RequestHeader set X-Forwarded-Proto https
    RequestHeader unset Accept-Encoding
    RequestHeader append X-Many "100%% b"
    RequestHeader edit* Cookie (secret) <$1>
    Header always set X-Always yes
    Header set Server mine
    Header edit Set-Cookie ^(.*)$ "$1; Secure"
    Header add X-Two 1
    Header add X-Two 2
    SetEnv UNUSED 1
"""
#: A line that never acts, but whose condition has to be asked.
ASKED = "    RequestHeader set X-Never 1 env=NEVER\n"
TEXT = f"""
<VirtualHost *:80>
    ServerName settled.example{LINES}</VirtualHost>
<VirtualHost *:80>
    ServerName asked.example{LINES}{ASKED}</VirtualHost>
<VirtualHost *:80>
    ServerName varies.example
    ProxyPass / http://10.0.0.1:8001/
    Header set X-Path "expr=%{{REQUEST_URI}}"
</VirtualHost>
"""
COOKIE = b"HTTP/1.1 200 OK\r\nServer: o\r\nSet-Cookie: a=1\r\nContent-Length: 2\r\nSet-Cookie: b=2\r\n\r\nhi"
GIVEN = b"Accept-Encoding: gzip\r\nX-Many: a\r\nCookie: secret secret\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    file: Path = tmp_path_factory.mktemp("lines") / "site.conf"
    file.write_text(TEXT)
    return load([str(file)]).require()


def course(program: Program, name: str) -> object:
    host = next(host for host in program.hosts if host.name == name)
    return CompiledShape(host.shape).course("/x")


def test_which_cells_are_settled(program: Program) -> None:
    assert course(program, "settled.example") is not None
    assert course(program, "asked.example") is None
    assert course(program, "varies.example") is None


def request(name: str, given: bytes, line: bytes = b"GET /x") -> bytes:
    return b"%b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (line, name.encode(), given)


@pytest.mark.parametrize("given", [b"", GIVEN, b"X-Forwarded-For: 1.2.3.4\r\nAccept: */*\r\n"])
@pytest.mark.parametrize("answer", [OK, COOKIE, b"nonsense\r\n\r\n"])
def test_both_ways_come_to_the_same(program: Program, given: bytes, answer: bytes) -> None:
    """The same bytes for the origin and for the client, also when the same request comes again."""
    heard = []
    for name in ("settled.example", "asked.example"):
        play = converse(program, request(name, given) * 3, [answer] * 3)
        sent = [(worker, data.replace(name.encode(), b"*")) for worker, data in play.requests]
        heard.append((sent, play.client, play.closed))
    assert heard[0] == heard[1]


def test_what_is_sent_and_answered(program: Program) -> None:
    play = converse(program, request("settled.example", GIVEN), [COOKIE])
    ((_, sent),) = play.requests
    assert sent.decode().split("\r\n") == [
        "GET /x HTTP/1.1",
        "Host: 10.0.0.1:8001",
        "X-Many: a, 100% b",
        "X-Forwarded-Proto: https",
        "Cookie: <secret> <secret>",
        "X-Forwarded-For: 192.0.2.7",
        "X-Forwarded-Host: settled.example",
        "X-Forwarded-Server: settled.example",
        "Connection: Keep-Alive",
        "",
        "",
    ]
    assert play.client.decode().split("\r\n") == [
        "HTTP/1.1 200 OK",
        "Date: *",
        "Server: mine",
        "X-Always: yes",
        "Content-Length: 2",
        "Set-Cookie: a=1; Secure",
        "Set-Cookie: b=2; Secure",
        "X-Two: 1",
        "X-Two: 2",
        "",
        "hi",
    ]


def test_what_depends_on_the_request_is_not_remembered(program: Program) -> None:
    sent = b"".join(request("varies.example", b"", line) for line in (b"GET /a", b"GET /b", b"GET /a"))
    answers = converse(program, sent, [OK] * 3).client
    assert [line for line in answers.decode().split("\r\n") if line.startswith("X-Path")] == [
        "X-Path: /a",
        "X-Path: /b",
        "X-Path: /a",
    ]


def test_no_answer_is_split(program: Program) -> None:
    """HD-12: httpd answers 500 too."""
    play = converse(program, request("varies.example", b"", b"GET /%0d%0aX-Injected:%201"), [OK])
    assert play.statuses == [500]
    assert b"X-Injected" not in play.client


def test_what_serve_says_of_them(tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    lines = {
        "Header set X-A 1": Outcome.EXACT,
        "RequestHeader set X-B %{NAME}e": Outcome.EXACT,
        "SetEnvIf Host a NAME=1": Outcome.EXACT,
        "SetEnv suppress-error-charset 1": Outcome.UNSUPPORTED,
        "SetEnv NAME 1": Outcome.EXACT,
        "Header set Connection close": Outcome.UNSUPPORTED,
        "Header set X-C %b": Outcome.UNSUPPORTED,
        'Header set X-D "expr=%{sha1:x}%{file:/x}"': Outcome.EXACT,
        "Redirect /r http://t.example/": Outcome.EXACT,
        "Alias /al /srv": Outcome.EXACT,
    }
    file.write_text("\n".join(["<VirtualHost *:80>", "ServerName a", *lines, "</VirtualHost>"]) + "\n")
    rows = account(load([str(file)]).require())
    assert {f"{row.name} {row.args}": row.outcome for row in rows if f"{row.name} {row.args}" in lines} == lines


def test_lines_about_the_member_stay_on_the_hot_path(tmp_path: Path) -> None:
    """ST-11, HD-5: the sticky-session recipe is decided once, its answers are made one by one."""
    file = tmp_path / "site.conf"
    file.write_text(
        "<VirtualHost *:80>\nServerName a\n<Proxy balancer://c>\nBalancerMember http://10.0.0.1:8001 route=a\n"
        "BalancerMember http://10.0.0.1:8002 route=b\n</Proxy>\nProxyPass / balancer://c/ stickysession=R\n"
        'Header add Set-Cookie "R=.%{BALANCER_WORKER_ROUTE}e" env=BALANCER_ROUTE_CHANGED\n'
        'Header always set X-Bad "%{UNSET}e" "expr=%{REQUEST_STATUS} -ge 500"\n</VirtualHost>\n'
    )
    program = load([str(file)]).require()
    assert CompiledShape(program.hosts[1].shape).course("/x") is not None
    cookies = (b"", b"Cookie: R=1.b\r\n", b"Cookie: R=1.b\r\n", b"")
    heard = converse(program, b"".join(request("a", each) for each in cookies), [OK] * 4).client.decode()
    answers = heard.split("HTTP/1.1 ")[1:]
    assert ["Set-Cookie" in each for each in answers] == [True, False, False, True]
    failed = converse(program, request("a", b""), [b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"]).client.decode()
    assert failed.startswith("HTTP/1.1 502") and "\r\nX-Bad: (null)\r\n" in failed


@pytest.mark.parametrize("path", [b"/p/%0aX-More:%201", b"/elsewhere/%0aX-More:%201"])
def test_no_line_is_made_of_a_path(tmp_path: Path, path: bytes) -> None:
    """HD-12: httpd sends the origin two lines, and makes of its own 404 an empty 500."""
    file = tmp_path / "site.conf"
    lines = """
        RequestHeader set X-Path "expr=%{REQUEST_URI}"
        Header always set X-Path "expr=[%{REQUEST_URI}]"
        ProxyPass /p http://10.0.0.1/
    """
    file.write_text(f"<VirtualHost *:80>\nServerName a\nDocumentRoot {tmp_path}/none\n{lines}</VirtualHost>\n")
    heard = converse(load([str(file)]).require(), request("a", b"", b"GET " + path), ())
    assert heard.statuses == [400 if path.startswith(b"/p") else 404] and not heard.requests
    assert b"X-Path" not in heard.client and b"X-More" not in heard.client


@pytest.mark.parametrize(
    "head",
    [b"GET / HTTP/1.1\r\nno field\r\n\r\n", b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /\x01 HTTP/1.1\r\n\r\n"],
)
def test_a_request_that_cannot_be_read_has_a_client_all_the_same(head: bytes, tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    file.write_text('ServerName a\nHeader always set X-Who "expr=%{REMOTE_ADDR}"\n')
    answer = converse(load([str(file)]).require(), head + b"\r\n\r\n", ()).client
    assert answer.startswith(b"HTTP/1.1 400 ") and b"\r\nX-Who: 192.0.2.7\r\n" in answer
