"""Every deliberate difference is shown here: ``SHOWN`` ties each row of the table to the test of what serve does."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from apacheconf.expand import Options
from apacheconf.program.hosts import Host
from apacheconf.program.loading import load
from apacheconf.program.map_programs import ask_program, stop_programs
from apacheconf.program.messages import Message, line_of
from apacheconf.program.remote_proxies import is_excepted
from apacheconf.program.tls import OriginTls, unlike_httpd
from apacheconf.runtime.authority import KEPT, FileAuthority
from apacheconf.runtime.checking import MOST, _body
from apacheconf.runtime.differences import DIFFERENCES, as_json
from apacheconf.runtime.errorlog import About, formatted
from apacheconf.runtime.framing import UNTIL_CLOSE
from apacheconf.runtime.health import Answer
from apacheconf.runtime.http_origin import MAX_HEAD
from apacheconf.runtime.proxy_protocol import read_preamble
from tests import wire
from tests.live import test_sockets as sockets
from tests.program import test_headers as headers
from tests.program.examples import one_origin
from tests.runtime import test_conversations as conversations
from tests.runtime import test_expressions as expressions
from tests.runtime import test_fcgi as fcgi
from tests.runtime import test_handshakes as handshakes
from tests.runtime import test_header_lines as header_lines
from tests.runtime import test_heartbeat as heartbeat
from tests.runtime import test_honesty as honesty
from tests.runtime import test_leaving as leaving
from tests.runtime import test_secured as secured
from tests.runtime.handshakes import Ask, Trial, play
from tests.runtime.stage import OK, Stage, converse, get
from tests.test_spec_ids import citations, defined


def answered(folder: Path, text: str) -> Stage:
    """The stage of a site that has answered one request from its origin."""
    path = folder / "site.conf"
    path.write_text(f"ServerName example.com\n{text}\nProxyPass / http://10.0.0.1/\n")
    stage = Stage(load([str(path)]).require())
    stage.client().data_received(get())
    stage.settle()
    stage.origins[0].data_received(OK)
    return stage


def test_the_server_header() -> None:
    answer = converse(one_origin(), b"GET /%zz HTTP/1.1\r\nHost: example.com\r\n\r\n", ()).client
    assert b"\r\nServer: Apache/2.4 (apacheconf)\r\n" in answer


def test_several_hosts_beside_an_absolute_url() -> None:
    sent = b"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\nHost: other.example\r\n\r\n"
    heard = converse(one_origin(), sent, [OK])
    assert heard.client.startswith(b"HTTP/1.1 400 ") and heard.requests == []


def test_a_document_that_fails_like_what_it_stands_for(tmp_path: Path) -> None:
    (tmp_path / "site.conf").write_text("ProxyPass / http://10.0.0.1/\nErrorDocument 502 /sorry\n")
    bad = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    stage = Stage(load([str(tmp_path / "site.conf")]).require())
    client = stage.client()
    client.data_received(get())
    sent = []
    for number in range(2):
        stage.settle()
        sent.append(stage.origins[number].transport.written.partition(b" HTTP/")[0])
        stage.origins[number].data_received(bad)
    stage.settle()
    assert client.transport.written.startswith(b"HTTP/1.1 502 ") and len(stage.origins) == 2
    assert sent == [b"GET /", b"GET /sorry"]


def test_a_line_without_an_end() -> None:
    client = Stage(one_origin()).client()
    client.data_received(b"GET /" + b"x" * 8190)
    assert client.transport.written.startswith(b"HTTP/1.1 414 ")


def test_an_answer_before_the_end_of_the_body() -> None:
    stage = Stage(one_origin())
    client = stage.client()
    client.data_received(get(b"Content-Length: 40000\r\n", method=b"POST") + b"x" * 30000)
    stage.settle()
    origin = stage.origins[0]
    origin.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha")
    assert client.transport.written.endswith(b"\r\n\r\nha")
    client.data_received(b"y" * 5000)
    assert origin.transport.written.endswith(b"x" + b"y" * 5000)
    origin.data_received(b"lf")
    client.data_received(b"z" * 5000)
    assert client.transport.written.endswith(b"half")
    assert b"z" not in origin.transport.written


def test_the_version_in_via(tmp_path: Path) -> None:
    stage = answered(tmp_path, "ProxyVia Full")
    assert b"Via: 1.1 example.com (Apache/2.4)\r\n" in stage.origins[0].transport.written


def test_the_length_of_a_head() -> None:
    stage = Stage(one_origin())
    client = stage.client()
    client.data_received(get())
    stage.settle()
    line = b"X-Some: " + b"x" * 8000 + b"\r\n"
    stage.origins[0].data_received(b"HTTP/1.1 200 OK\r\n")
    for _ in range(MAX_HEAD // len(line)):
        stage.origins[0].data_received(line)
    assert client.transport.written == b""
    stage.origins[0].data_received(line * 2)
    assert client.transport.written.startswith(b"HTTP/1.1 502 ")


def test_the_length_of_a_check() -> None:
    async def read() -> int:
        reader = asyncio.StreamReader()
        reader.feed_data(b"x" * (2 * MOST))
        reader.feed_eof()
        return len(await _body(reader, Answer(200, (), 2 * MOST)))

    async def read_to_the_end() -> int:
        reader = asyncio.StreamReader()
        reader.feed_data(b"x" * (3 * MOST))
        return len(await _body(reader, Answer(200, (), UNTIL_CLOSE)))

    assert asyncio.run(read()) == MOST
    assert MOST < asyncio.run(read_to_the_end()) < 2 * MOST


def test_lines_wait_for_the_tick(tmp_path: Path) -> None:
    log = tmp_path / "access"
    stage = answered(tmp_path, f'CustomLog {log} "%s"')
    assert log.read_text() == ""
    stage.tick(stage.now)
    assert log.read_text() == "200\n"


def test_names_of_clients(tmp_path: Path) -> None:
    log = tmp_path / "access"
    answered(tmp_path, f'HostnameLookups On\nCustomLog {log} "%h"').logs.close()
    assert log.read_text() == "192.0.2.7\n"


def test_standard_error(tmp_path: Path) -> None:
    stage = answered(tmp_path, "")
    assert stage.errors().for_people
    stage.log("error", "core", "said")
    assert stage.notes[-1].endswith("] said")


def test_what_debug_says(tmp_path: Path) -> None:
    assert answered(tmp_path, "LogLevel trace8").notes == []


def _host() -> Host:
    return one_origin().hosts[0]


def test_source_files() -> None:
    line = line_of("%M file=%F end %-F")
    assert formatted(line, About(Message("debug", "core", "said"), _host())) == "said end -"


def test_start_and_stop() -> None:
    text = "# notices\n--- config\nLogLevel info\n--- ask GET /\n--- logged AH00489 AH00094 AH00491\n"
    case = wire.Case(Path("x"), *_parts(text))
    assert wire.play(case, None)[-1] == ""


def _parts(text: str) -> tuple[str, tuple[wire.Part, ...]]:
    start = text.index("--- ")
    return text[:start], tuple(
        wire.Part(kind, words.strip(), below) for kind, words, below in wire._ENTRY.findall(text)
    )


def test_a_module_that_is_compiled_in(tmp_path: Path) -> None:
    path = tmp_path / "httpd.conf"
    path.write_text("LoadModule unixd_module modules/mod_unixd.so\nLoadModule log_config_module m.so\nListen 80\n")
    found = load([], Options(file=str(path))).expanded
    assert any(each.name == "module-compiled-in" for each in found.diagnostics)


def test_ciphers_of_tls_1_3() -> None:
    assert "OpenSSL's own" in unlike_httpd(OriginTls(ciphers_13="TLS_AES_128_GCM_SHA256"))


def test_optional_no_ca() -> None:
    assert "verifies nothing" in unlike_httpd(OriginTls(verify="optional_no_ca"))


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    file = tmp_path / "site.conf"
    file.write_text(f"ServerName example.com\nDocumentRoot {tmp_path}\n")
    program = load([str(file)]).require()
    assert [converse(program, get(path=path)).statuses for path in (b"/pipe", b"/zero")] == [[403], [403]]


def test_fifos_are_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "htaccess").mkdir()
    for name in ("htaccess/.htaccess", "users", "groups", "database", "map"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "known").write_text("alice:{SHA}GpHWL3ymc5liWkNopqtdSjuqYHM=\n")
    file = tmp_path / "site.conf"
    file.write_text(_FIFOS.replace("TOP", str(tmp_path)))
    program = load([str(file)]).require()
    paths = (b"/htaccess/", b"/by-users", b"/by-groups", b"/by-database", b"/map")
    found = [converse(program, get(_ALICE, path=path)).statuses for path in paths]
    assert found == [[403], [500], [401], [500], [302]]


_ALICE = b"Authorization: Basic YWxpY2U6cHc=\r\n"
_FIFOS = """ServerName example.com
DocumentRoot TOP
<Directory TOP>
  AllowOverride All
  AuthType Basic
  AuthName inner
  AuthUserFile TOP/known
</Directory>
<Location /by-users>
  AuthUserFile TOP/users
  Require valid-user
</Location>
<Location /by-groups>
  AuthGroupFile TOP/groups
  Require group team
</Location>
<Location /by-database>
  AuthBasicProvider dbm
  AuthDBMUserFile TOP/database
  Require valid-user
</Location>
RewriteEngine On
RewriteMap fifo txt:TOP/map
RewriteRule ^/map$ /?${fifo:key} [R]
"""


def test_the_body_of_a_trace(tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    file.write_text("ServerName example.com\nTraceEnable extended\n")
    asked = b"TRACE / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 3\r\n\r\nabc"
    answer = converse(load([str(file)]).require(), asked).client
    assert answer.endswith(b"Content-Length: 3\r\n\r\n\r\n0\r\n\r\n")


def test_beats_are_read_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert heartbeat.shares(tmp_path, heartbeat.A, monkeypatch) == {"a": 11}


_LATER = (
    "<Location /mine>\nSSLVerifyClient require\n</Location>\n<Location /may>\nSSLVerifyClient optional\n</Location>\n"
)


def test_certificates_in_sections() -> None:
    """Over TLS 1.2 nobody can be asked; where the host takes clients without one, no alert says that it is required."""
    old = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    asks = (
        Ask(requests=("a.example /mine",), client="named-client", versions=old),
        Ask(requests=("a.example /may",), client="named-client", versions=old),
        Ask(requests=("a.example /mine",), late=True),
    )
    told = play(Trial("", handshakes.host("a.example", "a", f"{handshakes._CA}{_LATER}\n"), asks), None)
    assert [line.split(" ")[1] for line in told if line.startswith("HTTP/1.1")] == ["403", "404"]
    assert told[-1] == "nothing"


def test_a_program_that_has_ended(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nread key; echo one-$key\n")
    program.chmod(0o755)
    try:
        assert [ask_program(str(program), key) for key in "ab"] == ["one-a", "one-b"]
    finally:
        stop_programs()


def test_clients_of_digests_that_are_forgotten() -> None:
    authority = FileAuthority()
    first, second = authority.new_digest_client(), authority.new_digest_client()
    for _ in range(KEPT - 2):
        authority.new_digest_client()
    assert authority.digest_client(int(first.opaque, 16)) is first
    authority.new_digest_client()
    assert authority.digest_client(int(first.opaque, 16)) is first
    assert authority.digest_client(int(second.opaque, 16)) is None


def test_how_chunks_are_cut() -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\nmore\r\n0\r\n\r\n"
    assert converse(one_origin(), get(), [chunks]).client.endswith(b"\r\n\r\n7\r\nonemore\r\n0\r\n\r\n")


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
def test_a_client_that_leaves(begun: bytes) -> None:
    stage = Stage(one_origin())
    client = stage.client()
    client.data_received(get())
    stage.settle()
    if begun:
        stage.origins[0].data_received(begun)
    assert not stage.origins[0].transport.closed
    client.connection_lost(None)
    assert stage.origins[0].transport.closed


def test_a_certificate_of_an_unknown_authority() -> None:
    lines = f"SSLVerifyClient optional_no_ca\n{handshakes._CA}{handshakes._WHO}"
    asks = (Ask(client="client"), Ask(client="strange-client"), Ask())
    told = play(Trial("", handshakes.host("a.example", "a", lines), asks), None)
    assert [line.split(" ")[0] for line in told] == ["TLSv1.3", "HTTP/1.1", "TLSv1.3", "cut", "TLSv1.3", "HTTP/1.1"]


def test_any_beside_a_demand_for_tls() -> None:
    config = handshakes.host("a.example", "a", handshakes._LAX) + handshakes.plain("a.example", handshakes._LAX)
    told = play(Trial("", config, (Ask(requests=handshakes._LAXLY), Ask(requests=handshakes._LAXLY, port="P"))), None)
    assert [line.split(" ")[1] for line in told if line.startswith("HTTP/1.1")] == ["404", "403", "403", "403"]


def test_after_417() -> None:
    heard = converse(one_origin(), get(b"Expect: x\r\n") + get(), [OK])
    assert heard.statuses == [417, 200] and not heard.closed


def test_two_lengths() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"
    assert converse(one_origin(), get(), [answer]).client.count(b"Content-Length: ") == 1


def test_an_interim_answer_that_is_unfit() -> None:
    early = b"HTTP/1.1 103 Early\r\nLink: a\x01\r\n\r\nHTTP/1.1 103 Early\r\nLink: b\r\n\r\n"
    heard = converse(one_origin(), get(), [early + OK])
    assert heard.statuses == [103, 200] and b"Link: b" in heard.client


def test_a_range_of_an_old_answer_to_head() -> None:
    answer = converse(one_origin(), get(b"Range: bytes=1-1\r\n", method=b"HEAD"), [b"hello\nok"]).client
    assert answer.startswith(b"HTTP/1.1 200 ") and b"Content-Length: 5\r\n" in answer


def test_the_shortest_preamble() -> None:
    line = b"PROXY UNKNOWN\r\n"
    assert read_preamble(line + b"GET / HTTP/1.1\r\n") == (None, len(line))


def test_the_name_of_a_host_without_one(tmp_path: Path) -> None:
    """VH-16."""
    path = tmp_path / "site.conf"
    path.write_text("ServerName main.example\n<VirtualHost 127.0.0.1:80>\n</VirtualHost>\n")
    assert [host.name for host in load([str(path)]).require().hosts] == ["main.example"] * 2


def test_who_is_asked_without_a_proxy() -> None:
    """FW-9: addresses and networks are those of a Host that is one."""
    hosts = ("localhost", "127.0.0.1", "127.0.0.2", "10.1.2.3", "a.example", "example")
    found = [host for host in hosts if is_excepted(host, ("127.0.0.1", "10.1", ".example"), {})]
    assert found == ["127.0.0.1", "10.1.2.3", "a.example"]
    known = {"localhost": {"::1"}}
    assert is_excepted("xlocalhost", ("localhost",), {}) and not is_excepted("xlocalhost", ("localhost",), known)


def test_a_redirect_that_a_later_rule_takes_back(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("one")
    rules = "RewriteEngine On\nRewriteRule ^/x$ http://elsewhere.example/\nRewriteRule elsewhere /one.txt\n"
    granted = f"<Directory {tmp_path}>\nRequire all granted\n</Directory>\n"
    file = tmp_path / "site.conf"
    file.write_text(f"ServerName example.com\nDocumentRoot {tmp_path}\n{granted}{rules}")
    heard = converse(load([str(file)]).require(), get(path=b"/x"))
    assert heard.statuses == [200] and heard.client.endswith(b"\r\n\r\none")


def test_a_line_that_has_become_empty(tmp_path: Path) -> None:
    lines = "SetOutputFilter SUBSTITUTE\nSubstitute s/hi//\nSubstitute s/two/2/"
    path = tmp_path / "site.conf"
    path.write_text(f"ServerName example.com\n{lines}\nProxyPass / http://10.0.0.1/\n")
    heard = converse(load([str(path)]).require(), get(), [OK])
    assert heard.statuses == [200] and heard.client.endswith(b"\r\n\r\n")


#: By the beginning of the title.
SHOWN: dict[str, Callable[..., None]] = {
    "a rule that redirects, without L": test_a_redirect_that_a_later_rule_takes_back,
    "the Server header": test_the_server_header,
    "a handler that": honesty.test_the_text_of_a_script_is_never_shown,
    "ProxyWebsocketFallback": honesty.test_what_ws_would_refuse_without_mod_proxy_http,
    "a client of a script": fcgi.test_a_client_that_waits_is_told_to_go_on,
    "an answer of a script": fcgi.test_an_answer_that_breaks_off_shows_it,
    "a body for the next member": fcgi.test_a_body_is_sent_again_to_the_next_member,
    "a long body in chunks": fcgi.test_a_body_arrives_whole_with_its_length,
    "a line of": test_a_line_without_an_end,
    "a document of an error that fails": test_a_document_that_fails_like_what_it_stands_for,
    "several Host headers": test_several_hosts_beside_an_absolute_url,
    "an answer that comes before": test_an_answer_before_the_end_of_the_body,
    "ProxyVia Full": test_the_version_in_via,
    "the connection of a client": test_after_417,
    "an interim answer": test_an_interim_answer_that_is_unfit,
    "a second Content-Length": test_two_lengths,
    "Satisfy Any beside": test_any_beside_a_demand_for_tls,
    "how an answer": test_how_chunks_are_cut,
    "a member with retry=0": leaving.test_a_member_that_has_failed_is_not_asked_again_by_the_same_request,
    "the line of a client": leaving.test_a_client_that_leaves_stands_in_the_log,
    "%I of a request": leaving.test_what_counts_counts_once,
    "%m, %U and": leaving.test_a_first_line_that_is_refused,
    "a Content-Length that": leaving.test_a_length_that_connection_names,
    "a client that leaves": test_a_client_that_leaves,
    "an answer that comes in": conversations.test_a_final_answer_in_place_of_100_ends_the_client_connection,
    "HEAD with Range": test_a_range_of_an_old_answer_to_head,
    "PROXY UNKNOWN": test_the_shortest_preamble,
    "the head of": test_the_length_of_a_head,
    "the body of": test_the_length_of_a_check,
    "when a line": test_lines_wait_for_the_tick,
    "names of clients": test_names_of_clients,
    "the error log where": test_standard_error,
    "messages of the levels": test_what_debug_says,
    "httpd's source files": test_source_files,
    "notices of start": test_start_and_stop,
    "LoadModule": test_a_module_that_is_compiled_in,
    "the name of a virtual host": test_the_name_of_a_host_without_one,
    "NoProxy": test_who_is_asked_without_a_proxy,
    "the ciphers": test_ciphers_of_tls_1_3,
    "SSLProxyVerify": test_optional_no_ca,
    "SSLVerifyClient optional_no_ca": test_a_certificate_of_an_unknown_authority,
    "SSLVerifyClient in a section": test_certificates_in_sections,
    "no certificate where": test_certificates_in_sections,
    "a client that sends its": secured.test_a_connection_goes_on_when_its_client_has_shown_a_certificate,
    "max= of a worker": conversations.test_max_bounds_all_connections_to_a_worker,
    "the page of balancer-manager": honesty.test_the_page_of_the_balancer,
    "the echo of a TRACE": test_the_body_of_a_trace,
    "beats of members": test_beats_are_read_from_the_file,
    "the children": honesty.test_one_child_serves,
    "clients of mod_auth_digest": test_clients_of_digests_that_are_forgotten,
    "a program of a RewriteMap": test_a_program_that_has_ended,
    "FIFOs": test_what_is_no_file,
    "HTTP/2": honesty.test_http_2_is_not_offered,
    "a line that one Substitute": test_a_line_that_has_become_empty,
    "edit* of Header": headers.test_the_empty_text_is_replaced_once,
    "the end of a line": header_lines.test_no_line_is_made_of_a_path,
    "pieces of a FastCGI": sockets.test_when_pieces_of_fastcgi_reach_the_client,
    "a name on the left": expressions.test_names_are_not_looked_up,
    "env() of": expressions.test_env_means_the_request,
    "$0 to $9": expressions.test_groups_belong_to_their_line,
}


def test_every_row_is_shown_by_a_test_and_every_statement_is_cited() -> None:
    unshown = [each.title for each in DIFFERENCES if sum(each.title.startswith(start) for start in SHOWN) != 1]
    assert not unshown
    assert len(DIFFERENCES) == len(SHOWN)
    others = (names for path, names in citations().items() if not path.endswith("test_differences.py"))
    asked = {name for names in others for name in names}
    for each in DIFFERENCES:
        assert each.statements
        assert set(each.statements) <= defined() & asked, each.title


def test_rows_say_all_there_is_to_say() -> None:
    written = json.loads(json.dumps(as_json()))
    assert written["schema"] == "apacheconf-differences/1"
    for row in written["differences"]:
        assert all(row.values()) and set(row) == {"statements", "title", "httpd", "ours", "reason"}
        assert row["httpd"] != row["ours"]
