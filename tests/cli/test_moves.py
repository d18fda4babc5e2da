"""--listen and --origin: every form that is understood, and what is said about the others."""

from __future__ import annotations

import pytest

from apacheconf.cli.moves import listens, origins
from apacheconf.diagnostics import UsageError


@pytest.mark.parametrize(
    ("word", "written", "to"),
    [
        ("80=8080", 80, ("", 8080)),
        ("80=127.0.0.1:8080", 80, ("127.0.0.1", 8080)),
        ("*:80=8080", 80, ("", 8080)),
        ("192.0.2.1:80=[::1]:8080", ("192.0.2.1", 80), ("::1", 8080)),
        ("[2001:db8::1]:443=127.0.0.1:8443", ("2001:db8::1", 443), ("127.0.0.1", 8443)),
    ],
)
def test_listen(word: str, written: tuple[str, int] | int, to: tuple[str, int]) -> None:
    assert listens([word]) == {written: to}


@pytest.mark.parametrize(
    ("word", "moves"),
    [
        ("10.0.0.1:8080=127.0.0.1:9001", {"10.0.0.1:8080": ("127.0.0.1", 9001)}),
        ("App.Example:80=9001", {"app.example:80": ("127.0.0.1", 9001)}),
        ("[::1]:80=127.0.0.1:9001", {"[::1]:80": ("127.0.0.1", 9001)}),
        ("app:80=unix:/run/app.sock", {"app:80": "unix:/run/app.sock"}),
    ],
)
def test_origin(word: str, moves: dict[str, object]) -> None:
    assert origins([word]) == moves


@pytest.mark.parametrize("word", ["80", "80=", "=80", "80=70000", "80=0", "80=a:b", "80 = 8080", ""])
def test_listen_says_what_it_expects(word: str) -> None:
    with pytest.raises(UsageError, match="--listen") as refused:
        listens([word])
    assert refused.value.help and "80=8080" in refused.value.help


@pytest.mark.parametrize("word", ["10.0.0.1=127.0.0.1:1", "8080=9001", "a:80", "a:80=unix:relative"])
def test_origin_says_what_it_expects(word: str) -> None:
    with pytest.raises(UsageError, match="--origin"):
        origins([word])
