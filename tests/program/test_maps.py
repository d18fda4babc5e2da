"""RewriteMap by files and programs (RW-43): what is read, when it is read again, and what a program may do."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from apacheconf.program.dbm_files import read_dbm
from apacheconf.program.map_programs import ask_program, stop_programs
from apacheconf.program.messages import Message
from apacheconf.program.rewrite_maps import look_up
from apacheconf.program.values import Literal, Lookup


def asked(kind: str, file: Path, key: str, dbm: str = "") -> str | None:
    """What a map says to a key, without any complaint."""
    messages: list[Message] = []
    found = look_up(Lookup("map", Literal(key), Literal(""), kind, str(file), dbm), key, messages)
    assert not messages
    return found


HTTXT2DBM = shutil.which("httxt2dbm", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@pytest.mark.skipif(HTTXT2DBM is None, reason="httxt2dbm is not installed")
@pytest.mark.parametrize("kind", ["SDBM", "DB", "GDBM"])
def test_reads_what_httxt2dbm_writes(tmp_path: Path, kind: str):
    """RW-43"""
    pairs = {f"key{n}": "v" * (n * 7 % 900) + str(n) for n in range(1 if kind == "SDBM" else 300)}
    pairs |= {f"short{n}": f"value{n}" for n in range(400)}
    (tmp_path / "map.txt").write_text("".join(f"{key} {value}\n" for key, value in pairs.items()))
    made, into = tmp_path / "map", tmp_path / "map.txt"
    assert HTTXT2DBM is not None
    subprocess.run([HTTXT2DBM, "-i", into, "-o", made, "-f", kind], check=True, capture_output=True)
    assert read_dbm(str(made), kind.lower()) == pairs
    assert asked("dbm", made, "short7", kind.lower()) == "value7"
    assert asked("dbm", made, "none", kind.lower()) is None


#: GDBM's magic number with sizes and places that lead nowhere.
_DAMAGED = [b"\xcf\x9a\x57\x13" + each for each in (b"\x01" * 36, b"\xff" * 4000, b"\0" * 4000, b"\x08\0\0\0" * 1000)]


@pytest.mark.parametrize("data", [b"\0" * 12 + b"\x61\x15\x06\0" + b"\xff" * 4000, *_DAMAGED])
def test_a_damaged_dbm_has_what_can_be_read_of_it(tmp_path: Path, data: bytes):
    (tmp_path / "map").write_bytes(data)
    assert read_dbm(str(tmp_path / "map"), "gdbm" if data[:4] == _DAMAGED[0][:4] else "db") == {}


@pytest.mark.parametrize("kind", ["sdbm", "gdbm", "db"])
def test_no_file_is_more_than_a_refusal(tmp_path: Path, kind: str) -> None:
    """RW-43, AB-3: any bytes are a database with what can be read of it, or an OSError."""
    random = Random(7)
    heads = (b"", b"\0" * 12 + b"\x61\x15\x06\0", b"\xcf\x9a\x57\x13", b"\x13\x57\x9a\xcf", b"\x02\0\x10\0\x08\0")
    (tmp_path / "map.dir").write_bytes(b"")
    for number in range(3000):
        data = bytearray(heads[number % len(heads)] + random.randbytes(random.choice((0, 8, 70, 1100, 4200))))
        if number % 3:
            data[20:24] = random.choice((b"\0\x02\0\0", b"\0\x10\0\0", b"\x40\0\0\0", b""))
        for name in ("map", "map.pag"):
            (tmp_path / name).write_bytes(data)
        with suppress(OSError):
            read_dbm(str(tmp_path / "map"), kind)


def test_a_text_is_read_again_when_it_has_changed(tmp_path: Path):
    """RW-43"""
    file = tmp_path / "map.txt"
    file.write_text("key old\n")
    assert asked("txt", file, "key") == "old"
    file.write_text("key newer\n")
    assert asked("txt", file, "key") == "newer"
    file.unlink()
    messages: list[Message] = []
    assert look_up(Lookup("map", Literal("key"), Literal(""), "txt", str(file)), "key", messages) is None
    assert [each.text for each in messages] == [f"AH00661: mod_rewrite: can't access text RewriteMap file {file}"]


def test_a_text_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """RW-43, as httpd's children say it of a file that is another's."""
    file = tmp_path / "map.txt"
    file.write_text("key value\n")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "")

    monkeypatch.setattr(Path, "open", denied)
    messages: list[Message] = []
    assert look_up(Lookup("map", Literal("key"), Literal(""), "txt", str(file)), "key", messages) is None
    said = f"AH00655: mod_rewrite: can't open text RewriteMap file {file}"
    assert messages == [Message("error", "rewrite", said, "(13)Permission denied")]


def test_a_program_is_asked_line_by_line_and_started_anew_when_it_ends(tmp_path: Path):
    """RW-43"""
    file = tmp_path / "program.py"
    file.write_text(
        "import sys\nfor n, line in enumerate(sys.stdin):\n    print(n, line.strip(), flush=True)\n    n or 0\n"
    )
    command = shlex.join([sys.executable, str(file)])
    try:
        assert [ask_program(command, key) for key in ("a", "b c")] == ["0 a", "1 b c"]
        assert ask_program(command, "two\nlines") is None
        stop_programs()
        assert ask_program(command, "a") == "0 a"
    finally:
        stop_programs()


@pytest.mark.parametrize("command", ["/no/such/program", shlex.join([sys.executable, "-c", "pass"])])
def test_a_program_that_is_not_there_or_ends_has_nothing(command: str):
    assert ask_program(command, "key") is None
