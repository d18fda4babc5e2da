"""What is remembered of a request serves the next ones that say the same, and no others."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from apacheconf.program.loading import load
from apacheconf.program.program import Program
from apacheconf.runtime import http_origin, reading
from apacheconf.runtime.client import ClientConnection
from tests.runtime.stage import DATE, Pipe, Stage

SITE = """
Listen 80
ServerName main.example
RewriteEngine On
RewriteCond %{HTTP_COOKIE} theme=(\\w+)
RewriteRule ^/theme$ /themes/%1 [PT]
RewriteRule ^/gone$ - [G]
SetEnvIf User-Agent Old old
SetEnvIf Remote_Addr "^192\\.0\\.2\\.7$" friend
RequestHeader set X-Old yes env=old
Header set X-Seen old env=old
Header always set X-New yes env=!old
Header set X-Status "%{REQUEST_STATUS}s" "expr=%{REQUEST_STATUS} == 404"
<Location /who>
RequestHeader set X-Friend yes env=friend
</Location>
<Location /leaves>
RequestHeader set Connection close
</Location>
<Location /comes>
RequestHeader unset Connection
</Location>
ProxyPass /plain http://10.0.0.2/
ProxyPass / http://10.0.0.1/
"""
#: The same with lines of Header that are settled when the request is decided, by its URL and its fields.
SETTLED = SITE.replace(
    'X-Status "%{REQUEST_STATUS}s" "expr=%{REQUEST_STATUS} == 404"', 'X-Plain 1 "expr=%{REQUEST_URI} =~ m#^/plain#"'
)
ANSWER = b"HTTP/1.1 200 OK\r\nServer: o\r\nContent-Length: 2\r\n\r\nhi"
LINES = (
    b"GET /theme", b"GET /gone", b"GET /a?b", b"GET /who", b"POST /a", b"HEAD /a", b"GET /plain/x", b"OPTIONS /a",
    b"GET /leaves", b"GET /comes",
)  # fmt: skip
BLOCKS = (
    b"",
    b"Cookie: theme=dark\r\n",
    b"Cookie: theme=light\r\nUser-Agent: Old/1\r\n",
    b"X-Forwarded-For: 10.9.9.9, 192.0.2.7\r\nConnection: X-A\r\nX-A: 1\r\n",
    b"User-Agent: Old\r\nMax-Forwards: 4\r\n",
    b"Range: bytes=0-0\r\n",
    b"Connection: close\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: 3\r\nConnection: close\r\nUser-Agent: Old\r\n",
    b"Content-Length: 0\r\n",
)
PEERS = ("192.0.2.7", "198.51.100.9")


def program_of(tmp_path: Path, text: str) -> Program:
    site = tmp_path / "site.conf"
    site.write_text(f"DocumentRoot {tmp_path}/none\n{text}")
    return load([str(site)]).require()


def ask(
    stage: Stage, line: bytes, block: bytes, peer: str, apart: int = 0, port: int = 40000, answer: bytes = ANSWER
) -> tuple[bytes, bool, bytes]:
    """What the client hears and what an origin does, for a request on a connection of its own.

    In between stands whether the client's connection was closed. A body comes ``apart`` from its head, or with it.
    """
    client = ClientConnection(stage, stage.door(("127.0.0.1", 80)), (peer, port))
    pipe = Pipe(stage)
    pipe.protocol = client
    client.connection_made(pipe)
    before = {id(each): len(each.transport.written) for each in stage.origins if each.transport is not None}
    body = b"abc" if b"Content-Length: 3" in block else b""
    head = line + b" HTTP/1.1\r\nHost: main.example\r\n" + block + b"\r\n"
    for piece in (head, body) if apart and body else (head + body,):
        client.data_received(piece)
        stage.settle()
    heard = b""
    for origin in stage.origins:
        if origin.exchange is not None:
            heard += origin.transport.written[before.get(id(origin), 0) :]
            origin.data_received(answer)
    stage.settle()
    return DATE.sub(b"Date: *", pipe.written), pipe.closed or pipe.ended, heard


def asked_twice() -> Iterable[tuple[bytes, bytes, str, int]]:
    every = [(line, block, peer, apart) for line in LINES for block in BLOCKS for peer in PEERS for apart in (0, 1)]
    chosen = random.Random(1)
    for _ in range(3):
        chosen.shuffle(every)
        yield from every


@pytest.mark.parametrize("site", [SITE, SETTLED], ids=["asks the answer", "settled"])
def test_an_answer_does_not_depend_on_what_was_asked_before(tmp_path: Path, site: str) -> None:
    """RQ-13 and HD-7 hold under a plan that was remembered: the address and the conditions are the request's own."""
    program = program_of(tmp_path, site)
    stage = Stage(program)
    for request in asked_twice():
        assert ask(stage, *request) == ask(Stage(program), *request), request


def test_the_head_of_an_answer_is_made_once_however_the_urls_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for each way in which the conditions of Header turn out."""
    made: list[object] = []
    real = http_origin.read_reply_head
    monkeypatch.setattr(http_origin, "read_reply_head", lambda *asked, **more: made.append(1) or real(*asked, **more))
    stage = Stage(program_of(tmp_path, SETTLED))
    for number in range(4):
        for line, block in ((b"GET /a%d", b""), (b"GET /b%d", b"User-Agent: Old\r\n"), (b"GET /plain/%d", b"")):
            heard, _, _ = ask(stage, line % number, block, "192.0.2.7")
            assert (b"X-Plain: 1" in heard) is (b"plain" in line)
            assert (b"X-Seen: old" in heard) is (b"X-New: yes" not in heard) is bool(block)
    assert len(made) == 3


def test_requests_in_one_piece_are_each_answered(tmp_path: Path) -> None:
    """What follows a body, or a request without one, is the next request, whatever was seen before."""
    program = program_of(tmp_path, SITE)
    stage = Stage(program)
    get = b"GET /a HTTP/1.1\r\nHost: main.example\r\n\r\n"
    post = b"POST /a HTTP/1.1\r\nHost: main.example\r\nContent-Length: 3\r\n\r\nabc"
    for _ in range(3):
        client = stage.client()
        for sent in (get, post, get + get, post + post + get, post[:-1]):
            client.data_received(sent)
            stage.settle()
        client.data_received(b"c")
        asked = 0
        while any(origin.exchange is not None for origin in stage.origins):
            for origin in [each for each in stage.origins if each.exchange is not None]:
                asked += 1
                origin.data_received(ANSWER)
            stage.settle()
        assert (asked, client.transport.written.count(b"HTTP/1.1 200 OK")) == (8, 8)


@pytest.mark.parametrize("most", ["KeepAlive Off", "MaxKeepAliveRequests 1", "MaxKeepAliveRequests 2"])
def test_the_last_answer_of_a_connection_is_known_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: str
) -> None:
    """RQ-19: it says Connection: close, and the client that has not asked for it may still be sending."""
    program = program_of(tmp_path, f"{most}\nListen 80\nServerName main.example\nProxyPass / http://10.0.0.1/\n")
    read: list[object] = []
    real = reading.read_request_head
    monkeypatch.setattr(reading, "read_request_head", lambda *asked: read.append(1) or real(*asked))
    stage = Stage(program)
    heard = []
    for _ in range(4):
        client = stage.client()
        pipe = client.transport
        for _ in range(4):
            client.data_received(b"GET /a HTTP/1.1\r\nHost: main.example\r\n\r\n")
            stage.settle()
            for origin in [each for each in stage.origins if each.exchange is not None]:
                origin.data_received(ANSWER)
            stage.settle()
        heard.append((DATE.sub(b"Date: *", pipe.written), pipe.ended, pipe.closed, client.deadline - stage.now))
    answers = int(most[-1]) + 1 if most[-1].isdigit() else 1
    said = heard[0][0]
    assert said.count(b"HTTP/1.1 200 OK") == answers
    assert said.count(b"Connection: close\r\n") == 1 and said.endswith(b"Connection: close\r\n\r\nhi")
    assert heard == [(said, True, False, 2.0)] * 4
    assert len(read) == 1


def test_what_went_wrong_with_a_request_does_not_reach_the_next_one(tmp_path: Path) -> None:
    """An exchange is used again when it went straight; ``Stage`` looks at each whether it is as new."""
    site = """
Listen 80
ServerName main.example
<Proxy balancer://members>
BalancerMember http://10.0.0.1 route=a
BalancerMember http://10.0.0.2 route=b
ProxySet stickysession=S
</Proxy>
ErrorDocument 502 /error
ProxyPass /error http://10.0.0.3/
ProxyPass / balancer://members/
"""
    stage = Stage(program_of(tmp_path, site))
    blocks = (b"", b"Cookie: S=1.a\r\n", b"Cookie: S=1.b\r\n", b"Content-Length: 3\r\n", b"Connection: close\r\n")
    answers = (
        ANSWER, ANSWER, b"HTTP/1.1 103 Early\r\n\r\n" + ANSWER, ANSWER[:-1], b"nonsense\r\n\r\n",
        ANSWER.replace(b"200 OK", b"404 No"), ANSWER.replace(b"2\r\n\r\nhi", b"0\r\n\r\n"), ANSWER + b"more",
    )  # fmt: skip
    chosen = random.Random(2)
    used = []
    for _ in range(600):
        before = len(stage.spares)
        ask(stage, b"GET /a", chosen.choice(blocks), PEERS[0], answer=chosen.choice(answers))
        for origin in list(stage.origins):  # whoever still waits is gone
            if origin.exchange is not None and origin.transport is not None:
                origin.transport.close()
        stage.settle()
        stage.now += 61
        used.append(before)
    assert used.count(1) > 100


@pytest.mark.parametrize(
    ("lines", "remembered"),
    [
        ('SetEnvIf User-Agent Old old\nHeader set X-Seen old env=old', 1),
        ('RewriteEngine On\nRewriteRule ^/a /b [PT]', 1),
        ('SetEnvIf Remote_Addr "^192" friend', 1),
        ('RewriteEngine On\nRewriteCond %{TIME_SEC} <30\nRewriteRule ^/a /b [PT]', 0),
        ('RewriteEngine On\nRewriteCond /etc/passwd -f\nRewriteRule ^/a /b [PT]', 0),
        ('Header set X-Asked "expr=%{REQUEST_URI} %{REQUEST_STATUS}"\nSetEnvIf User-Agent Old old', 0),
    ],
)  # fmt: skip
def test_remembers_what_follows_from_the_request_alone(lines: str, remembered: int, tmp_path: Path) -> None:
    program = program_of(tmp_path, f"Listen 80\nServerName main.example\n{lines}\nProxyPass / http://10.0.0.1/\n")
    stage = Stage(program)
    for _ in range(2):  # what never comes again isn't worth remembering
        ask(stage, b"GET /a", b"User-Agent: x\r\n", "192.0.2.7")
    blocks = stage.door(("127.0.0.1", 80)).blocks.values()
    kept = sum(len(block.plans) for block in blocks)
    settled = sum(len(block.site.plans) for block in blocks)
    assert kept + settled == remembered


@pytest.mark.parametrize(
    "site", [SITE, "Listen 80\nServerName main.example\nProxyPass / http://10.0.0.1/\n"], ids=["decided", "settled"]
)
def test_a_log_line_is_of_its_own_request(tmp_path: Path, site: str) -> None:
    """LG-2: what is remembered of a line is neither another client's nor another answer's, and no format itself."""
    log = tmp_path / "log"
    items = '%h %u \\"%r\\" %>s %O \\"%{User-Agent}i\\" %{Cookie}i %I 100%% %v %p %{remote}p %H %U %q'
    program = program_of(tmp_path, f'{site}CustomLog {log} "{items}"\n')

    def written(*requests: tuple[bytes, bytes, str, int, int, bytes]) -> list[str]:
        stage = Stage(program)
        log.unlink(missing_ok=True)
        for host in program.hosts:
            stage.loggers(host)
        for request in requests:
            ask(stage, *request)
        stage.logs.close()
        return log.read_text().splitlines()

    blocks = (*BLOCKS[:3], b"User-Agent: 5%s %%\r\n")
    peers = ((PEERS[0], 40000), (PEERS[0], 40001), (PEERS[1], 40000))
    answers = (ANSWER, ANSWER.replace(b"200 OK", b"404 No"))
    lines = LINES[2:4] if site is SITE else LINES[:5]
    every = [
        (line, block, *peer[:1], 0, *peer[1:], answer)
        for line in lines for block in blocks for peer in peers for answer in answers
    ]  # fmt: skip
    alone = [written(request)[0] for request in every]
    assert len(set(alone)) == len(every)
    assert written(*every * 4) == alone * 4
