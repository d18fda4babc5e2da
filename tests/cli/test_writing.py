"""Where results go, and that nothing is overwritten by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.cli.writing import Places
from apacheconf.diagnostics import UsageError


def test_one_file_to_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Places(None).write({"nginx.conf": "# caf\xe9\n"})
    assert capfdbinary.readouterr().out == b"# caf\xe9\n"


def test_many_files_need_a_folder() -> None:
    with pytest.raises(UsageError, match="2 files"):
        Places(None).write({"a": "", "b": ""})


@pytest.mark.parametrize("name", ["new/", "old"])
def test_a_folder_gets_the_files_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "old").mkdir()
    Places(f"{tmp_path}/{name}").write({"nginx.conf": "x"})
    assert (tmp_path / name / "nginx.conf").read_text() == "x"


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(UsageError, match="b exists") as refused:
        Places(f"{tmp_path}/").write({"a": "1", "b": "2"})
    assert refused.value.help == "--force overwrites it"
    assert not (tmp_path / "a").exists() and (tmp_path / "b").read_text() == "mine"
    Places(str(tmp_path / "b"), force=True).write({"b": "2"})
    assert (tmp_path / "b").read_text() == "2"


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write"):
        Places(str(tmp_path / "file" / "below")).write_one("x")


def test_folders_are_not_made_by_a_slip_of_the_pen(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        Places(str(tmp_path / "typo" / "nginx.conf")).write({"nginx.conf": ""})
    assert not (tmp_path / "typo").exists()


def test_a_report_in_the_way_is_said_first(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("mine")
    with pytest.raises(UsageError, match="exists"):
        Places(str(tmp_path / "report.json")).check_one()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "yours").write_text("")
    with pytest.raises(UsageError, match="isn't empty: it holds mine and 1 more") as refused:
        Places(str(tmp_path)).write({"nginx.conf": "1"})
    assert refused.value.help == "name a new folder, or --force writes beside what is there"
    assert not (tmp_path / "nginx.conf").exists()
    Places(str(tmp_path), force=True).write({"nginx.conf": "1"})
    assert (tmp_path / "nginx.conf").read_text() == "1"


def test_many_files_do_not_go_where_one_was_asked_for(tmp_path: Path) -> None:
    """``-o haproxy.cfg`` makes no folder of that name; ``-o out`` does."""
    files = {"haproxy.cfg": "", "names.map": ""}
    with pytest.raises(UsageError, match=r"2 files: haproxy\.cfg, names\.map") as refused:
        Places(f"{tmp_path}/my.cfg").write(files)
    assert refused.value.help == f"name a folder: -o {tmp_path}/my/"
    assert list(tmp_path.iterdir()) == []
    Places(f"{tmp_path}/out").write(files)
    assert {each.name for each in (tmp_path / "out").iterdir()} == set(files)


def test_a_dash_is_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Places("-").write({"a": "text\n"})
    assert capfdbinary.readouterr().out == b"text\n"
