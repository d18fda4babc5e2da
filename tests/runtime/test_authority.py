"""Who knows users for serve: verdicts are remembered, files count as they are now, and nobody waits for a hash."""

from __future__ import annotations

import os
from base64 import b64encode
from pathlib import Path

import bcrypt
import pytest

from apacheconf.program.admission import GroupFiles, Provider
from apacheconf.program.authority import Finding, Pending, Verdict
from apacheconf.program.loading import load
from apacheconf.program.program import Program
from apacheconf.runtime import authority, planning
from apacheconf.runtime.authority import FileAuthority, Memory
from tests.runtime.stage import Stage, converse, get

OLD = 1_500_000_000


def users(folder: Path, **passwords: str) -> Path:
    """A file of users by bcrypt, old enough to be remembered."""
    path = folder / "users"
    lines = (f"{u}:{bcrypt.hashpw(p.encode(), bcrypt.gensalt(4)).decode()}\n" for u, p in passwords.items())
    path.write_text("".join(lines))
    os.utime(path, (OLD, OLD))
    return path


def ask(asked: FileAuthority, path: Path, user: str, password: str) -> tuple[Finding, int]:
    """The finding, and how many hashes it took."""
    provider, hashes = Provider("file", "file", str(path)), 0
    while True:
        try:
            return asked.password(provider, user, password), hashes
        except Pending as question:
            question.find()
            hashes += 1


def test_a_verdict_costs_its_hash_once(tmp_path: Path) -> None:
    path, asked = users(tmp_path, alice="pw"), FileAuthority()
    assert ask(asked, path, "alice", "pw") == (Finding(Verdict.GRANTED), 1)
    assert ask(asked, path, "alice", "pw") == (Finding(Verdict.GRANTED), 0)
    assert ask(asked, path, "alice", "wrong") == (Finding(Verdict.DENIED), 1)
    assert ask(asked, path, "alice", "wrong") == (Finding(Verdict.DENIED), 0)
    assert ask(asked, path, "bob", "pw") == (Finding(Verdict.UNKNOWN), 0)


def test_a_changed_file_counts_at_once(tmp_path: Path) -> None:
    """AB-3: httpd reads the file for each request."""
    path, asked = users(tmp_path, alice="pw"), FileAuthority()
    assert ask(asked, path, "alice", "pw")[0].verdict is Verdict.GRANTED
    users(tmp_path, alice="new")
    os.utime(path, (OLD + 1, OLD + 1))
    assert ask(asked, path, "alice", "pw")[0].verdict is Verdict.DENIED
    assert ask(asked, path, "alice", "new")[0].verdict is Verdict.GRANTED
    path.unlink()
    assert ask(asked, path, "alice", "new")[0].verdict is Verdict.BROKEN


def test_no_password_is_kept_in_clear(tmp_path: Path) -> None:
    path, asked = users(tmp_path, alice="the-secret"), FileAuthority()
    ask(asked, path, "alice", "the-secret")
    assert asked._verdicts._known
    assert all(b"secret" not in key and len(key) == 32 for key in asked._verdicts._known)


def test_what_is_remembered_is_bounded_and_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(authority.time, "monotonic", lambda: now)
    memory: Memory[bool] = Memory(lasts=10.0, size=2)
    for name in (b"a", b"b", b"c"):
        memory.put(name, True)
    assert [memory.get(name) for name in (b"a", b"b", b"c")] == [None, True, True]
    now = 111.0
    assert memory.get(b"c") is None


def test_groups_are_compared_without_case_and_files_are_joined(tmp_path: Path) -> None:
    """AB-3."""
    path = tmp_path / "groups"
    path.write_text("# nobody\nAdmins : alice\nteam: bob \\\n  'carol c'\nteam: dave\n")
    files, asked = GroupFiles(str(path)), FileAuthority()
    found = [(u, g) for u in ("alice", "bob", "carol c", "dave") for g in ("ADMINS", "team")
             if asked.membership(files, u, (g,), dbm=False).is_member]  # fmt: skip
    assert found == [("alice", "ADMINS"), ("bob", "team"), ("carol c", "team"), ("dave", "team")]


def test_a_dbm_that_is_not_read_lets_nobody_in() -> None:
    """DES-8: it is 500, by name."""
    asked = FileAuthority()
    found = asked.password(Provider("dbm", "dbm", "/x", "NDBM"), "alice", "pw")
    assert found.verdict is Verdict.BROKEN and found.messages
    membership = asked.membership(GroupFiles(dbm="/x", dbm_type="NDBM"), "alice", ("team",), dbm=True)
    assert membership.is_member is None and membership.messages


@pytest.fixture
def program(tmp_path: Path) -> Program:
    path = tmp_path / "site.conf"
    path.write_text(
        "<VirtualHost *:80>\nServerName example.com\nProxyPass / http://10.0.0.1/\n<Location /in>\nAuthType Basic\n"
        f"AuthName x\nAuthUserFile {users(tmp_path, alice='pw')}\nRequire valid-user\n</Location>\n</VirtualHost>\n"
    )
    return load([str(path)]).require()


def credentials(user: str, password: str) -> bytes:
    return b"Authorization: Basic " + b64encode(f"{user}:{password}".encode()) + b"\r\n"


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_other_clients_don_t_wait_for_a_hash(program: Program) -> None:
    """The request waits beside the loop, and so does what the client sends after it."""
    stage = Stage(program)
    held: list[object] = []
    stage.beside = lambda work, then: held.append((work, then))  # type: ignore[method-assign]
    slow, other = stage.client(), stage.client()
    slow.data_received(get(path=b"/in", extra=credentials("alice", "pw")))
    assert slow.transport.paused and not slow.transport.written
    other.data_received(get(path=b"/in"))
    assert other.transport.written.startswith(b"HTTP/1.1 401 ")
    ((work, then),) = held  # type: ignore[misc]
    work()
    then(None)
    stage.settle()
    assert not slow.transport.paused and stage.origins[0].transport.written.startswith(b"GET /in HTTP/1.1\r\n")


def test_clients_with_one_question_wait_for_one_answer(program: Program) -> None:
    stage = Stage(program)
    held: list[object] = []
    stage.beside = lambda work, then: held.append((work, then))  # type: ignore[method-assign]
    clients = [stage.client() for _ in range(3)]
    for client in clients:
        client.data_received(get(path=b"/in", extra=credentials("alice", "pw")))
    ((work, then),) = held  # type: ignore[misc]
    work()
    then(None)
    stage.settle()
    assert len(stage.origins) == 3


def test_a_client_that_leaves_meanwhile_is_forgotten(program: Program) -> None:
    stage = Stage(program)
    client = stage.client()
    client.data_received(get(path=b"/in", extra=credentials("alice", "pw")))
    client.connection_lost(None)
    stage.settle()
    assert not stage.origins


def test_a_fault_while_a_hash_is_made_is_500(program: Program) -> None:
    stage = Stage(program)
    stage.beside = lambda work, then: then(ValueError("broken"))  # type: ignore[method-assign]
    client = stage.client()
    client.data_received(get(path=b"/in", extra=credentials("alice", "pw")))
    assert client.transport.written.startswith(b"HTTP/1.1 500 ")
    assert any("broken" in note for note in stage.notes)


def test_a_body_is_sent_when_the_verdict_is_there(program: Program) -> None:
    request = (
        b"POST /in HTTP/1.1\r\nHost: example.com\r\n" + credentials("alice", "pw") + b"Content-Length: 4\r\n\r\nbody"
    )
    heard = converse(program, request + get(path=b"/out"), [OK, OK])
    assert heard.statuses == [200, 200]
    assert b"\r\n\r\nbodyGET /out" in heard.requests[0][1]


def test_who_was_let_in_takes_the_short_way_until_the_file_changes(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided: list[object] = []
    real = planning.decide_compiled
    monkeypatch.setattr(planning, "decide_compiled", lambda *asked: decided.append(asked) or real(*asked))
    request = get(path=b"/in", extra=credentials("alice", "pw"))
    heard = converse(program, request * 3, [OK, OK, OK])
    assert heard.statuses == [200, 200, 200] and heard.client.count(b"\r\n\r\nok") == 3
    assert len(decided) == 4  # three by the long way, the first of them twice: they came in one piece
    stage = Stage(program)
    for calls in (6, 7, 7, 7):  # what came twice is remembered
        ask_once(stage, request)
        assert len(decided) == calls
    os.utime(users(tmp_path, alice="new"), (OLD + 1, OLD + 1))
    monkeypatch.setattr(authority, "LOOKS_EVERY", 0.0)
    client = stage.client()
    client.data_received(request)
    stage.settle()
    assert client.transport.written.startswith(b"HTTP/1.1 401 ")


def ask_once(stage: Stage, request: bytes) -> None:
    """One request on a new connection, answered with 200."""
    client = stage.client()
    client.data_received(request)
    stage.settle()
    connection = stage.origins[-1]
    connection.data_received(OK)
    stage.settle()
    assert client.transport.written.startswith(b"HTTP/1.1 200 ")
