"""The error log: which messages are wanted, httpd's own line, syslog, and files that can't be opened.

The lines that httpd writes are recorded in ``fixtures/wire/errorlog``.
"""

from __future__ import annotations

import re
import socket
import tempfile
from pathlib import Path

import pytest

from apacheconf.diagnostics import UsageError
from apacheconf.program.hosts import Host
from apacheconf.program.loading import load
from apacheconf.program.messages import LEVELS, Levels, Message, levels_of, line_of, short_name
from apacheconf.runtime import syslog
from apacheconf.runtime.errorlog import About, HostErrors, escaped, formatted, new_id
from apacheconf.runtime.logfiles import LogFiles
from apacheconf.runtime.syslog import Syslog
from tests.runtime.stage import OK, Stage, get


def host(config: str) -> Host:
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(f"ServerName example.com\n{config}\n")
        file.flush()
        return load([file.name]).require().hosts[0]


def errors(config: str, dated: bool = True) -> tuple[HostErrors, list[str]]:
    lines: list[str] = []
    return HostErrors(host(config), lambda line, _: lines.append(line), dated), lines


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((), Levels("warn")),
        ((("", "info"),), Levels("info")),
        ((("", "info"), ("proxy", "debug")), Levels("info", (("proxy", "debug"),))),
        ((("proxy", "debug"), ("", "info")), Levels("info")),
        ((("mod_proxy.c", "debug"), ("proxy_module", "error")), Levels("warn", (("proxy", "error"),))),
    ],
)
def test_a_level_for_all_forgets_what_was_said_of_modules(said: tuple[tuple[str, str], ...], expected: Levels) -> None:
    assert levels_of(said) == expected


@pytest.mark.parametrize(
    ("name", "short"), [("mod_ssl.c", "ssl"), ("ssl_module", "ssl"), ("http_core", "http"), ("core", "core")]
)
def test_modules_have_short_names(name: str, short: str) -> None:
    assert short_name(name) == short


def test_levels_stop_where_they_should() -> None:
    log, _ = errors("LogLevel info")
    assert [level for level in LEVELS if log.wants(level, "core")] == list(LEVELS[:7])


def test_notices_are_kept_out_of_syslog_only() -> None:
    assert errors("LogLevel crit")[0].wants("notice", "core")
    assert not errors("LogLevel crit", dated=False)[0].wants("notice", "core")


def test_a_sections_levels_take_the_place_of_the_hosts() -> None:
    log, _ = errors("LogLevel debug")
    assert not log.wants("error", "proxy", Levels("crit"))
    assert log.wants("error", "proxy", Levels("crit", (("proxy", "error"),)))


def test_httpds_own_line() -> None:
    log, lines = errors("")
    log.write(Message("error", "proxy", "AH00957: a\\b\n"), "(111)Connection refused")
    pattern = (
        r"\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{6} \d{4}\] \[proxy:error\] \[pid \d+:tid \d+\] "
        r"\(111\)Connection refused: AH00957: a\\\\b\\n"
    )
    assert re.fullmatch(pattern, lines[0])


def test_syslog_dates_its_lines_itself() -> None:
    log, lines = errors("", dated=False)
    log.write(Message("warn", "core", "x"))
    assert lines[0].startswith("[core:warn] [pid ")


def test_an_origin_is_remote() -> None:
    log, lines = errors("")
    log.write(Message("error", "core", "x"), remote="10.0.0.1:80")
    assert lines[0].endswith("] [remote 10.0.0.1:80] x")


@pytest.mark.parametrize(
    ("text", "written"), [("plain", "plain"), ('a"b', 'a"b'), ("a\\b", "a\\\\b"), ("\x01\té", "\\x01\\t\\xe9")]
)
def test_what_came_from_the_network_ends_no_line(text: str, written: str) -> None:
    assert escaped(text) == written


def test_times_of_formats() -> None:
    about = About(Message("error", "core", "m"), host(""), now=86400 * 365 + 0.25)
    parts = formatted(line_of("%{cu}t|%{c}t|%{u}t|%t"), about).split("|")
    assert re.fullmatch(r"19(70|71)-\d\d-\d\d \d\d:\d\d:\d\d\.250000", parts[0])
    assert parts[1] == parts[0][:19]
    assert re.fullmatch(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.250000 19\d\d", parts[2])
    assert parts[3] == parts[2].replace(".250000", "")


def test_ids_differ() -> None:
    assert len({new_id() for _ in range(100)}) == 100
    assert all(re.fullmatch(r"[\w+]{11}", new_id()) for _ in range(100))


# --- syslog --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "head"),
    [
        ("syslog", r"<187>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d apache2\[\d+\]: text"),
        ("syslog:user", r"<11>.* apache2\[\d+\]: text"),
        ("syslog:LOCAL0:shop", r"<131>.* shop\[\d+\]: text"),
        ("syslog::shop", r"<187>.* shop\[\d+\]: text"),
    ],
)
def test_what_syslog_gets(target: str, head: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syslog, "SOCKET", str(tmp_path / "log"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(syslog.SOCKET)
        daemon.settimeout(10)
        written = Syslog(target)
        written.write("text", 3)
        assert re.fullmatch(head, daemon.recv(1000).decode())
        written.close()


def test_a_daemon_that_was_started_again_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syslog, "SOCKET", str(tmp_path / "log"))
    written = Syslog("syslog")
    written.write("nobody listens", 3)
    for text in ("first", "second"):
        Path(syslog.SOCKET).unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
            daemon.bind(syslog.SOCKET)
            daemon.settimeout(10)
            written.write(text, 15)
            line = daemon.recv(1000).decode()
            assert line.startswith("<191>") and line.endswith(f": {text}")
    written.close()


def test_an_unknown_facility_is_refused_in_httpds_words() -> None:
    with pytest.raises(UsageError, match="AH10036: could not open syslog error log nofac:tag"):
        LogFiles().error_writer("syslog:nofac:tag")


# --- files ---------------------------------------------------------------------------------------------------


def test_files_that_cannot_be_opened_are_named_in_httpds_words(tmp_path: Path) -> None:
    files = LogFiles()
    missing, folder = tmp_path / "no" / "error.log", tmp_path
    with pytest.raises(UsageError, match=rf"AH02291: Cannot access directory '{missing.parent}/' for error log"):
        files.error_writer(str(missing))
    with pytest.raises(UsageError, match=rf"AH02297: Cannot access directory '{missing.parent}/' for log file"):
        files.writer(str(missing))
    with pytest.raises(UsageError, match=rf"\(21\)Is a directory: AH00091: could not open error log file {folder}"):
        files.error_writer(str(folder))
    with pytest.raises(UsageError, match="AH00089: Couldn't start ErrorLog process '/nonexistent/program x'"):
        files.error_writer("|/nonexistent/program x")


def test_a_full_disk_stops_no_server() -> None:
    files = LogFiles()
    write, write_error = files.writer("/dev/full"), files.error_writer("/dev/full")
    assert write_error is not None
    write("line")
    write_error("line", 3)
    files.flush()
    files.close()


def test_the_error_log_is_written_at_once(tmp_path: Path) -> None:
    files = LogFiles()
    target = tmp_path / "error.log"
    write = files.error_writer(str(target))
    assert write is not None
    write("one", 3)
    assert target.read_text() == "one\n"
    files.close()


def test_nothing_is_opened_where_lines_are_to_be_seen_here() -> None:
    assert LogFiles(print).error_writer("/nonexistent/error.log") is None
    assert LogFiles().error_writer("") is None


def test_the_access_log_knows_the_ids_of_the_error_log(tmp_path: Path) -> None:
    """LG-2l: no id where nothing was said; the connection keeps its own."""
    path = tmp_path / "site.conf"
    path.write_text(
        f"ServerName example.com\nErrorLog {tmp_path}/error\nErrorLogFormat request %L\n"
        f'ErrorLogFormat connection %{{c}}L\nErrorLogFormat "%M"\nCustomLog {tmp_path}/access "%L %{{c}}L"\nProxyPass / http://10.0.0.1/\n'
    )
    stage = Stage(load([str(path)]).require())
    client = stage.client()
    client.data_received(get(path=b"/x"))
    stage.settle()
    stage.origins[0].data_received(OK)
    client.data_received(get(path=b"/x"))
    stage.settle()
    stage.origins[0].data_received(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n")
    stage.logs.close()
    connection, request, said = (tmp_path / "error").read_text().splitlines()
    assert said == "AH01106: bad HTTP/1.1 header returned by /x (GET)"
    assert (tmp_path / "access").read_text() == f"- -\n{request} {connection}\n"
