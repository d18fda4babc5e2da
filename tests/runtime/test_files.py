"""Files on their way: bounded pieces, slow and vanishing clients, what is no plain file, what changes meanwhile."""

from __future__ import annotations

import contextlib
import errno
import gzip
import itertools
import os
import random
import socket
import time
from pathlib import Path

import pytest

from apacheconf.program.loading import load
from apacheconf.program.program import Program
from apacheconf.runtime import client, files, sending, watching
from tests.runtime.live import Serving
from tests.runtime.stage import converse, get
from tests.wire import plain_line

BIG = 3 * sending.PIECE + 12345


def site(root: Path, more: str = "") -> Program:
    file = root / "site.conf"
    file.write_text(
        f"Listen 80\nServerName a.example\nDocumentRoot {root}\n<Directory {root}>\nRequire all granted\n{more}\n"
        "</Directory>\n"
    )
    return load([str(file)]).require()


def ask(path: str, *lines: str, method: str = "GET", last: bool = True) -> bytes:
    closing = ["Connection: close"] if last else []
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: a.example", *closing, *lines, "", ""]).encode()


def fetch(serving: Serving, request: bytes) -> tuple[bytes, bytes]:
    """The head and the body of the last answer of a connection."""
    with socket.create_connection(serving.address, 20) as client:
        client.sendall(request)
        received = b"".join(iter(lambda: client.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def open_files(below: Path) -> int:
    """How many files below a folder this process has open; none where the system doesn't tell."""
    found = 0
    for each in Path("/proc/self/fd").glob("*"):
        with contextlib.suppress(OSError):  # others close theirs meanwhile
            found += str(below) in str(each.readlink())
    return found


@pytest.fixture
def big(tmp_path: Path) -> bytes:
    data = os.urandom(BIG)
    (tmp_path / "big.bin").write_bytes(data)
    return data


def test_a_big_file_arrives_whole_and_in_parts(tmp_path: Path, big: bytes) -> None:
    """DR-4: more than one piece; ranges reach over the seams."""
    across = f"bytes={sending.PIECE - 5}-{2 * sending.PIECE + 5}"
    with Serving(site(tmp_path), {}) as serving:
        head, body = fetch(serving, ask("/big.bin"))
        assert b"Content-Length: %d\r\n" % BIG in head and body == big
        head, body = fetch(serving, ask("/big.bin", f"Range: {across}"))
        assert head.startswith(b"HTTP/1.1 206") and body == big[sending.PIECE - 5 : 2 * sending.PIECE + 6]
        head, body = fetch(serving, ask("/big.bin", "Range: bytes=0-9,200000-399999"))
        assert big[:10] in body and big[200000:400000] in body and body.endswith(b"--\r\n")


def test_the_kernel_copies_what_a_slow_client_takes(
    tmp_path: Path, big: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full socket is waited for, nothing is sent twice, and the log counts what sendfile(2) has sent."""
    sent: list[int] = []
    real = os.sendfile
    monkeypatch.setattr(sending.os, "sendfile", lambda *asked: sent.append(real(*asked)) or sent[-1])
    with Serving(site(tmp_path), {}) as serving, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(20)
        client.connect(serving.address)
        client.sendall(ask("/big.bin"))
        received = b"".join(iter(lambda: client.recv(1 << 15), b""))
    assert received.partition(b"\r\n\r\n")[2] == big
    assert sent and sum(sent) <= BIG
    assert f'" 200 {BIG}' in serving.lines[0]


def test_two_big_files_follow_each_other_on_one_connection(tmp_path: Path, big: bytes) -> None:
    with Serving(site(tmp_path), {}) as serving:
        received = fetch(serving, ask("/big.bin", last=False) + ask("/big.bin"))
    first, second = received[1][:BIG], received[1][BIG:]
    assert first == big and second.partition(b"\r\n\r\n")[2] == big


def test_a_client_that_goes_away_leaves_no_file_open(tmp_path: Path, big: bytes) -> None:
    with Serving(site(tmp_path), {}) as serving:
        for _ in range(3):
            with socket.create_connection(serving.address, 20) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.sendall(ask("/big.bin"))
                assert client.recv(100).startswith(b"HTTP/1.1 200 OK")
        assert fetch(serving, ask("/big.bin"))[1] == big  # the server is up, and has seen the others go
        serving.stop()
    assert open_files(tmp_path) == 0


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["fifo", "device"])
def test_what_is_no_plain_file_is_refused(tmp_path: Path, make: object) -> None:
    """httpd waits for a FIFO's writer for ever, and reads devices; we refuse both. DR-7."""
    make(tmp_path / "odd")  # type: ignore[operator]
    heard = converse(site(tmp_path), ask("/odd"))
    assert heard.statuses == [403]


def test_a_file_that_may_not_be_read_is_403(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may read everything; the system's no is played."""
    (tmp_path / "a.txt").write_text("secret")

    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files.os, "open", denied)
    heard = converse(site(tmp_path), ask("/a.txt"))
    assert heard.statuses == [403] and b"secret" not in heard.client


def test_a_file_that_becomes_shorter_never_looks_whole(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("0123456789")

    segments: list[sending.Segment] = [(0, 20)]
    with (tmp_path / "a.txt").open("rb") as file:
        assert sending.read_segments(file.fileno(), segments) is None
        assert sending.read_segments(file.fileno(), [b"--", (2, 3), (8, 2)]) == b"--23489"


def test_a_vanished_document_root_is_404(tmp_path: Path) -> None:
    program = site(tmp_path)
    (tmp_path / "gone").mkdir()
    program = load([str(tmp_path / "site.conf")]).require()
    for path in ("/gone/x", "/nothing"):
        assert converse(program, ask(path)).statuses == [404]


def test_a_weak_etag_for_what_has_just_changed(tmp_path: Path) -> None:
    """DR-4: within a second of its change a file may change again and keep its date."""
    (tmp_path / "new.txt").write_text("x")
    heard = converse(site(tmp_path), ask("/new.txt"))
    assert b'ETag: W/"1-' in heard.client


def asked_again(serving: Serving, request: bytes, times: int = 4) -> list[tuple[bytes, bytes]]:
    """The heads without their dates, and the bodies, of answers under the same bytes; all but two may be remembered."""
    found = []
    with socket.create_connection(serving.address, 20) as client, client.makefile("rb") as received:
        for _ in range(times):
            client.sendall(request)
            head = [line for line in iter(received.readline, b"\r\n") if not line.startswith(b"Date: ")]
            size = next(int(line.split(b":")[1]) for line in head if line.startswith(b"Content-Length"))
            found.append((b"".join(head), received.read(size)))
    return found


@pytest.mark.parametrize("tick", [0, 3_600_000_000_000], ids=["settled", "always changing"])
def test_what_was_remembered_of_a_file_goes_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tick: int
) -> None:
    """A decision about a file is kept while no folder on the way changes: a new .htaccess, link or file ends it.

    In folders that change all the time it is kept, too, while what it rests on is the same.
    """
    monkeypatch.setattr(watching, "_TICK", tick)  # the folders of tests are young
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("first")
    os.utime(folder, (1500000000, 1500000000))
    os.utime(folder / "a.txt", (1500000000, 1500000000))
    program = site(tmp_path, "AllowOverride All\nOptions -FollowSymLinks")
    with Serving(program, {}) as serving:
        request = ask("/in/deep/a.txt", last=False)

        def bodies() -> list[bytes]:
            return [body for _, body in asked_again(serving, request)]

        assert bodies() == [b"first"] * 4
        (folder / "a.txt").write_text("second")
        assert bodies() == [b"second"] * 4
        (folder / ".htaccess").write_text("Require all denied\n")
        assert not {b"first", b"second"} & {*bodies()}
        (folder / ".htaccess").unlink()
        assert bodies() == [b"second"] * 4
        (folder / "b.txt").write_text("another")
        assert bodies() == [b"second"] * 4
        folder.rename(tmp_path / "in" / "moved")
        folder.mkdir()
        (folder / "a.txt").write_text("third")
        (folder / ".htaccess").write_text("ErrorDocument 404 no\n")
        assert bodies() == [b"third"] * 4
        (folder / ".htaccess").unlink()
        (folder / "a.txt").unlink()
        (tmp_path / "other.txt").write_text("second")
        (folder / "a.txt").symlink_to(tmp_path / "other.txt")
        assert b"second" not in bodies()


@pytest.mark.parametrize("tick", [0, 3_600_000_000_000], ids=["settled", "always changing"])
def test_a_folder_is_watched_through_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tick: int) -> None:
    """A release that a link leads to gets a .htaccess, then the link leads to another one."""
    monkeypatch.setattr(watching, "_TICK", tick)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(name)
    (tmp_path / "current").symlink_to("one")
    with Serving(site(tmp_path, "AllowOverride All\nOptions +FollowSymLinks"), {}) as serving:
        request = ask("/current/a.txt", last=False)
        assert [body for _, body in asked_again(serving, request)] == [b"one"] * 4
        (tmp_path / "one" / ".htaccess").write_text("Require all denied\n")
        assert {head.split(b"\r\n")[0] for head, _ in asked_again(serving, request)} == {b"HTTP/1.1 403 Forbidden"}
        (tmp_path / "new").symlink_to("two")
        (tmp_path / "new").rename(tmp_path / "current")
        assert [body for _, body in asked_again(serving, request)] == [b"two"] * 4


@pytest.mark.parametrize("size", [0, 7, 100_000, BIG])
def test_what_was_sent_before_is_sent_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """DR-4: the head is remembered with the file's date and size, and follows them; logs count every answer."""
    monkeypatch.setattr(watching, "_TICK", 0)
    sent: list[int] = []
    real = client.sent_known_file
    monkeypatch.setattr(client, "sent_known_file", lambda *asked: sent.append(real(*asked)) or sent[-1])
    first, second = os.urandom(size), os.urandom(size + 5)
    file = tmp_path / "a.bin"
    file.write_bytes(first)
    os.utime(file, (1500000000, 1500000000))
    with Serving(site(tmp_path, "Header set X-A b\nAddType image/x-odd .bin"), {}) as serving:
        request = ask("/a.bin", last=False)
        told = asked_again(serving, request, 8)
        assert len({*told}) == 1 and told[0][1] == first and b"Last-Modified: Fri, 14 Jul 2017" in told[0][0]
        file.write_bytes(second)
        os.utime(file, (1600000000, 1600000000))
        later = asked_again(serving, request, 8)
        assert {body for _, body in later} == {second}
        [head] = {head for head, _ in later}
        assert b"Last-Modified: Sun, 13 Sep 2020" in head and b"X-A: b\r\n" in head and b"image/x-odd" in head
        file.write_bytes(first)  # as if just changed: its validator is weak, and nothing is kept of it
        os.utime(file, (time.time() + 1000,) * 2)
        assert b'ETag: W/"' in asked_again(serving, request, 8)[-1][0]
        serving.stop()
    assert [line.split('"')[2] for line in serving.lines] == [
        *[f" 200 {size or '-'} "] * 8,
        *[f" 200 {size + 5} "] * 8,
        *[f" 200 {size or '-'} "] * 8,
    ]
    assert [each for each, _ in itertools.groupby(sent)] == [True, False, True, False]
    assert open_files(tmp_path) == 0


def test_a_known_file_waits_for_a_slow_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, big: bytes) -> None:
    monkeypatch.setattr(watching, "_TICK", 0)
    os.utime(tmp_path / "big.bin", (1500000000, 1500000000))
    request = ask("/big.bin", last=False)
    with Serving(site(tmp_path), {}) as serving, socket.socket() as slow:
        asked_again(serving, request)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(20)
        slow.connect(serving.address)
        slow.sendall(request + request + ask("/big.bin"))
        received = b"".join(iter(lambda: slow.recv(1 << 15), b""))
    assert received.count(b"HTTP/1.1 200 OK") == received.count(big) == 3


@pytest.mark.parametrize("size", [100, 120_000, BIG])
def test_a_filtered_file_comes_whole_whatever_its_size(tmp_path: Path, size: int) -> None:
    """DF-1, DF-4: what is filtered in many pieces is what would be filtered in one."""
    text = random.Random(1).randbytes(size).hex()[:size] + "\none\n"
    (tmp_path / "a.txt").write_text(text)
    program = site(tmp_path, 'SetOutputFilter SUBSTITUTE;DEFLATE\nSubstitute "s/one/ONE/"')
    with Serving(program, {}) as serving:
        head, body = fetch(serving, ask("/a.txt", "Accept-Encoding: gzip"))
        assert gzip.decompress(unchunked(head, body)).decode() == text.replace("\none", "\nONE")
        head, body = fetch(serving, ask("/a.txt"))
        assert unchunked(head, body).decode() == text.replace("\none", "\nONE")


def unchunked(head: bytes, body: bytes) -> bytes:
    if b"Transfer-Encoding: chunked" not in head:
        return body
    found = b""
    while body:
        line, _, body = body.partition(b"\r\n")
        size = int(line, 16)
        found, body = found + body[:size], body[size + 2 :]
    return found


@pytest.mark.parametrize(("before", "cut"), [(0, False), (BIG, True)], ids=["at once", "in the middle"])
def test_a_filter_that_gives_up(tmp_path: Path, before: int, cut: bool) -> None:
    """DF-4: a line that is too long is a 500, or ends an answer that has begun, and no file stays open."""
    (tmp_path / "a.txt").write_text("x\n" * before + "x" * 500 + "one\n")
    program = site(tmp_path, 'SetOutputFilter SUBSTITUTE\nSubstitute "s/one/ONE/"\nSubstituteMaxLineLength 100')
    with Serving(program, {}) as serving:
        head, body = fetch(serving, ask("/a.txt"))
    assert head.startswith(b"HTTP/1.1 200" if cut else b"HTTP/1.1 500") and not body.endswith(b"\r\n0\r\n\r\n")
    assert open_files(tmp_path) == 0


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DR-4, as httpd's children say it of a file that is another's."""
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "shut").write_text("not for you")
    file = tmp_path / "site.conf"
    file.write_text(f"ServerName example.com\nDocumentRoot {tmp_path}/html\nErrorLog {tmp_path}/log\n")
    opened = os.open

    def denied(path: str | bytes, *how: int) -> int:
        if os.fsencode(path).endswith(b"/shut"):
            raise PermissionError(errno.EACCES, "")
        return opened(path, *how)

    monkeypatch.setattr(os, "open", denied)
    assert converse(load([str(file)]).require(), get(path=b"/shut")).statuses == [403]
    said = f"AH00132: file permissions deny server access: {tmp_path}/html/shut"
    line = plain_line((tmp_path / "log").read_text().strip())
    assert line == f"[core:error] (13)Permission denied: [client 192.0.2.7] {said}"
