"""httpd's side of deliberate differences (``modules --differences``), beside ours where both can be played."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, free_ports
from apacheconf.engines import httpd as engine_httpd
from apacheconf.prove.client import Turn, exchange
from apacheconf.prove.threaded import Origins
from tests import wire
from tests.engines.real import need
from tests.runtime import contest, handshakes
from tests.runtime.script_members import BODIES
from tests.runtime.scripted import OK, Act, Gate, Head, Pause, Play, Reset, Until, get, play
from tests.runtime.test_handshakes import host

pytestmark = pytest.mark.live

_MAP = "ProxyPass / http://{P}/"


def _chunks(sizes: tuple[int, ...], directive: str = "") -> dict[str, list[int]]:
    """How many bytes each chunk has that reaches the client, of chunks that an origin sends at once."""
    body = b"".join(b"%x\r\n%b\r\n" % (size, b"x" * size) for size in sizes)
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"
    asked = Play("", f"{directive}\n{_MAP}", ((get(last=True),),), ((Head(), answer),))
    told = {"httpd": play(asked, need("httpd")), "ours": play(asked, None)}
    found = {}
    for who, lines in told.items():
        heads = [re.fullmatch(r"client 1: ([0-9a-f]+)", line) for line in lines]
        found[who] = [int(head[1], 16) for head in heads if head]
    return found


def test_httpd_cuts_an_answer_as_it_reads_it_and_serve_does_not() -> None:
    """RS-8."""
    assert _chunks((300, 400)) == {"httpd": [300, 400, 0], "ours": [700, 0]}
    assert _chunks((9000,)) == {"httpd": [8192, 808, 0], "ours": [9000, 0]}
    assert _chunks((900, 1300), "ProxyIOBufferSize 600") == {"httpd": [600, 300, 600, 600, 100, 0], "ours": [2200, 0]}


@pytest.mark.parametrize(
    "before", [(), (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",)], ids=["no answer", "half an answer"]
)
def test_an_origin_learns_at_once_from_serve_that_nobody_waits_any_more(before: tuple[Act, ...]) -> None:
    """KP-1: httpd reads the rest, and the connection serves the next client."""
    rest = b"whole" if before else OK
    leaves: tuple[Act, ...] = (get("/1"), *((Until(b"half"),) if before else (Pause(0.3),)), Gate("left"), Reset())
    asks = (Gate("left"), Pause(0.7), get("/2", last=True))
    peer = (Head(), *before, Pause(0.7), rest, Head(), OK)
    asked = Play("", _MAP, (leaves, asks), (peer,), together=True)
    theirs, ours = play(asked, need("httpd")), play(asked, None)
    assert [line for line in theirs if line[0] == "P"] == ["P1 GET /1 HTTP/1.1", "P1 GET /2 HTTP/1.1"]
    assert [line for line in ours if line[0] == "P"] == ["P1 GET /1 HTTP/1.1", "P2 GET /2 HTTP/1.1"]


def _heard(requests: bytes, answer: bytes = OK) -> dict[str, list[str]]:
    """What one client hears whose origin answers so, of httpd and of us."""
    asked = Play("", _MAP, ((requests,),), answers=(answer, OK))
    return {"httpd": play(asked, need("httpd")), "ours": play(asked, None)}


def test_a_client_may_ask_again_after_417() -> None:
    """RQ-22."""
    told = _heard(get("/1", "Expect: x\r\n") + get("/2", last=True))
    asked = {who: [line for line in lines if line.startswith("P")] for who, lines in told.items()}
    assert asked == {"httpd": [], "ours": ["P0 GET /2 HTTP/1.1"]}
    assert told["httpd"][-1] == "client 1: closed" and "client 1: Connection: close" not in told["httpd"]


@pytest.mark.parametrize("second", [9000, 9001])
def test_httpd_shows_two_lengths(second: int) -> None:
    """RS-10."""
    lengths = b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\nContent-Length: %d\r\n\r\n" % second
    told = _heard(get(last=True), lengths + b"x" * 9000)
    shown = {who: [line.rpartition(" ")[2] for line in lines if "Length" in line] for who, lines in told.items()}
    assert shown == {"httpd": ["9000", str(second)], "ours": ["9000"]}


def test_httpd_relays_any_interim_answer() -> None:
    """RS-18, RS-19."""
    told = _heard(get(last=True), b"HTTP/1.1 103 Early\r\nLink: a\x01\r\n\r\n" + OK)
    assert {who: "client 1: Link: a\x01" in lines for who, lines in told.items()} == {"httpd": True, "ours": False}


_CHILDREN = "StartServers 3\nServerLimit 3\nThreadLimit 1\nThreadsPerChild 1\nMaxRequestWorkers 3\nMaxSpareThreads 3"
_TURNS = """
CustomLog {box}/logs/turns.log "%P %{BALANCER_WORKER_NAME}e %U"
<Proxy balancer://c>
BalancerMember http://{P}
BalancerMember http://{Q}
</Proxy>
ProxyPass / balancer://c/
"""


def _by_children(engine: str) -> tuple[list[str], dict[str, set[str]]]:
    """The members in the order of the requests, and by connection to one, the processes that have used it.

    There are three requests at a time, and a child of httpd has one thread.
    """
    clients = tuple((Pause(0.15 * n + (0.6 if n > 2 else 0)), get(f"/{n}", last=True)) for n in range(6))
    slowly = (Head(), Pause(0.5), OK) * 6
    asked = Play("", _TURNS, clients, (slowly,) * 6, (slowly,) * 6, _CHILDREN, together=True, logs=("turns.log",))
    lines = play(asked, need("httpd") if engine == "httpd" else None)
    logged = [line.split()[1:] for line in lines if line.startswith("turns.log: ")]
    process = {path: pid for pid, _, path in logged}
    used: dict[str, set[str]] = {}
    for line in lines:
        if found := re.match(r"([PQ]\d) GET (\S+)", line):
            used.setdefault(found[1], set()).add(process[found[2]])
    return [member for _, member, _ in sorted(logged, key=lambda each: each[2])], used


def test_children_of_httpd_share_turns_but_no_connection_and_serve_is_one() -> None:
    """WK-6."""
    (theirs, by_theirs), (ours, by_ours) = _by_children("httpd"), _by_children("serve")
    assert ours == theirs and len(set(theirs[::2])) == len(set(theirs[1::2])) == 1 and theirs[0] != theirs[1]
    assert all(len(processes) == 1 for processes in by_theirs.values())
    assert len(set.union(*by_theirs.values())) > 1
    assert len(set.union(*by_ours.values())) == 1


# --- the page of the balancer ----------------------------------------------------------------------------------------

_NAMES = ("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80")
_MODULES = ("authz_core_module", "proxy_module", "proxy_http_module", "proxy_balancer_module",
            "lbmethod_byrequests_module", "lbmethod_bybusyness_module", "slotmem_shm_module")  # fmt: skip
_PAGE = """
ServerName example.com
<Proxy balancer://c>
{members}
ProxySet nonce=n
</Proxy>
<Location /bm>
SetHandler balancer-manager
</Location>
ProxyPass /bm !
ProxyPass / balancer://c/
"""


@dataclass(frozen=True)
class _Page:
    """httpd's page about three members, of which requests ask in turn."""

    port: int
    origins: Origins

    def _exchange(self, raw: str) -> str:
        (answer,) = exchange(("127.0.0.1", self.port), (Turn(raw.encode()),)).answers
        return answer.body.decode()

    def ask(self, times: int = 1) -> str:
        """So many requests, told by the letters of those who were asked."""
        for _ in range(times):
            self._exchange("GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")
        letters = dict(zip(_NAMES, "ABC", strict=True))
        return "".join(letters[each.origin] for each in self.origins.take())

    def change(self, form: str, letter: str = "") -> None:
        at = f"&w=http://127.0.0.1:{self.origins.ports[_NAMES['ABC'.index(letter)]]}" if letter else ""
        body = f"b=c{at}&nonce=n&{form}"
        kind = "Content-Type: application/x-www-form-urlencoded\r\nReferer: http://example.com/bm"
        head = f"POST /bm HTTP/1.1\r\nHost: example.com\r\n{kind}\r\nContent-Length: {len(body)}\r\nConnection: close"
        self._exchange(f"{head}\r\n\r\n{body}")

    def _rows(self) -> list[list[str]]:
        text = self._exchange("GET /bm HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")
        rows = re.findall(r"<tr>\n?(<td.*?)</tr>", text, re.DOTALL)
        return [re.findall(r"<td[^>]*>(?:<a[^>]*>)?([^<]*)", row) for row in rows][1:]

    @property
    def status(self) -> list[str]:
        return [row[5].strip() for row in self._rows()]

    @property
    def lbstatus(self) -> list[int]:
        return [int(row[8]) for row in self._rows()]

    @property
    def elected(self) -> list[int]:
        return [int(row[6]) for row in self._rows()]


@contextmanager
def _paged(box: Sandbox, origins: Origins, lines: str = "") -> Iterator[_Page]:
    httpd = need("httpd")
    (port,) = free_ports(1)
    members = "\n".join(f"BalancerMember http://127.0.0.1:{origins.ports[name]}" for name in _NAMES)
    text = f"{engine_httpd.preamble(httpd, box, _MODULES)}\nListen 127.0.0.1:{port}\n{lines}{_PAGE}"
    with engine_httpd.start(httpd, box, text.replace("{members}", members), [("127.0.0.1", port)]):
        origins.up(_NAMES)
        yield _Page(port, origins)


def test_only_the_page_of_httpd_changes_lbstatus() -> None:
    """LB-13: everybody's factor where a factor is said, nought with another method, nothing else."""
    with Sandbox("page") as box, Origins(_NAMES) as origins, _paged(box, origins) as page:
        assert page.lbstatus == [0, 0, 0]
        assert page.ask() == "A" and page.lbstatus == [-200, 100, 100]
        page.change("w_lf=2", "B")
        assert page.lbstatus == [100, 200, 100]
        page.change("w_status_D=1", "B")
        assert page.ask() == "A" and page.lbstatus == [0, 200, 200]
        page.change("w_status_D=0", "B")
        assert page.lbstatus == [0, 200, 200]
        page.change("b_lbm=bybusyness")
        assert page.lbstatus == [0, 0, 0]


_SHOWN = {
    "I": "Init Ign Ok", "N": "Init Drn Ok", "D": "Init Dis", "S": "Init Stop", "H": "Init Stby Ok",
    "R": "Init Spar Ok", "C": "Init HcFl",
}  # fmt: skip


def test_the_page_of_httpd_names_states() -> None:
    """LB-22."""
    with Sandbox("page") as box, Origins(_NAMES) as origins, _paged(box, origins) as page:
        assert page.status == ["Init Ok"] * 3
        for letter, shown in _SHOWN.items():
            page.change(f"w_status_{letter}=1", "A")
            assert page.status == [shown, "Init Ok", "Init Ok"]
            page.change(f"w_status_{letter}=0", "A")
        origins.up(_NAMES[:2])
        assert page.ask(3) == "ABA" and page.status == ["Init Ok", "Init Ok", "Init Err"]


@pytest.mark.parametrize("kept", [True, False], ids=["BalancerPersist On", "Off"])
def test_httpd_keeps_states_over_a_restart_where_it_is_told_to(kept: bool) -> None:
    """BP-19: an error is, too."""
    lines = "BalancerPersist On\n" if kept else ""
    with Sandbox("page") as box, Origins(_NAMES) as origins:
        with _paged(box, origins, lines) as page:
            page.change("w_status_N=1", "B")
            origins.up(_NAMES[:2])
            assert page.ask(2) == "AA" and page.status == ["Init Ok", "Init Drn Ok", "Init Err"]
        with _paged(box, origins, lines) as page:
            assert page.status == (["Init Ok", "Init Drn Ok", "Init Err"] if kept else ["Init Ok"] * 3)
            assert page.elected[0] == (2 if kept else 0)
            assert page.ask(3) == ("AAA" if kept else "ABC")


def test_httpd_tells_the_next_script_of_a_body_that_it_does_not_send() -> None:
    """FC-11, FO-5: where the one that was asked first has left without an answer."""
    told = {who: contest.play(BODIES, engine) for who, engine in (("httpd", need("httpd")), ("ours", None))}
    asks = ("AB", 500), ("BA", 100_000)
    asked = [f"{who} 503 CONTENT_LENGTH=['{size}', '{size}'] came=[{size}, %d]" for who, size in asks]
    assert told["httpd"][:2] == [each % 0 for each in asked]
    assert told["ours"][:2] == [asked[0] % 500, asked[1] % 100_000]
    assert told["httpd"][2:] == told["ours"][2:] == ["B 200 CONTENT_LENGTH=['500'] came=[500]"] * 2


def test_httpd_takes_a_client_that_sends_more_for_one_without_a_certificate() -> None:
    """TL-10: it is asked for one, and its next request comes before the answer."""
    section = "SSLCACertificateFile {certs}/ca.pem\n<Location /mine>\nSSLVerifyClient require\n</Location>\n"
    get = b"GET /mine HTTP/1.1\r\nHost: a.example\r\n\r\n"
    last = get.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    asks = handshakes.Ask(client="named-client", late=True, pieces=(get, last))
    trial = handshakes.Trial("early", host("a.example", "a", section), (asks,))
    told = {who: handshakes.play(trial, engine) for who, engine in (("httpd", need("httpd")), ("ours", None))}
    statuses = {who: re.findall(r"HTTP/1\.1 (\d+)", "\n".join(lines)) for who, lines in told.items()}
    assert statuses == {"httpd": ["403", "403"], "ours": ["404", "404"]}


def _played(main: str, config: str, ask: str) -> list[str]:
    """What httpd and serve say to one request of a wire case."""
    text = f"--- main\n{main}--- config\n{config}--- ask {ask}\n"
    found = [wire.Part(kind, words.strip(), below) for kind, words, below in wire._ENTRY.findall(text)]
    case = wire.Case(Path("unlike"), "", tuple(found))
    return [wire.play(case, engine)[0] for engine in (need("httpd"), None)]


def test_a_host_at_an_address_is_called_as_dns_calls_that() -> None:
    """VH-16."""
    lines = 'UseCanonicalName On\nHeader always set X-Name "expr=%{SERVER_NAME}"'
    main = f"<VirtualHost 127.0.0.1:{{port}}>\n{lines}\n</VirtualHost>\n"
    theirs, ours = _played(main, "", "GET /none")
    assert f"X-Name: {socket.getnameinfo(('127.0.0.1', 0), 0)[0].lower()}\n" in theirs
    assert "X-Name: main.example\n" in ours


def test_httpd_looks_up_whom_a_client_names() -> None:
    """FW-9."""
    lines = "ProxyRemote * http://{C}\nNoProxy 127.0.0.1\nProxyPass / http://{A}/\n"
    theirs, ours = _played("", lines, "GET /x\nHost: localhost")
    assert "> A GET /x HTTP/1.1" in theirs
    assert "> C GET http://{A}/x HTTP/1.1" in ours


def test_the_page_of_server_status() -> None:
    """SS-1: serve has none, and says so by a 500."""
    lines = (
        "ProxyStatus On\n<Location /status>\nSetHandler server-status\n</Location>\n"
        "<Proxy balancer://b>\nBalancerMember http://{A}\n</Proxy>\nProxyPass /b balancer://b/\n"
    )
    theirs, ours = _played("ExtendedStatus On\n", lines, "GET /status?auto")
    told = dict(re.findall(r"(?m)^([\w\[\]]+): (.*)$", theirs))
    assert told["ProxyBalancer[0]Name"] == "balancer://b" and told["ProxyBalancer[0]Worker[0]Name"] == "http://{A}"
    parts = {"Status", "Elected", "Busy", "Sent", "Rcvd"}
    assert {f"ProxyBalancer[0]Worker[0]{part}" for part in parts} <= told.keys()
    assert ours.startswith("500 ")
