"""The one note that says how HAProxy finds keys (HAP-110)."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from apacheconf.targets.haproxy.key_links import note_of

_WHY = "HAProxy looks for keys beside their certificates: "


def _pairs(*sites: str) -> list[tuple[str, str]]:
    return [(f"/live/{site}/key.pem", f"/live/{site}/chain.pem.key") for site in sites]


def _elsewhere(*sites: str) -> list[tuple[str, str]]:
    return [(f"/private/{site}.key", f"/certs/{site}.crt.key") for site in sites]


@pytest.mark.parametrize(
    ("links", "note"),
    [
        ([], ""),
        ([("/private/a.key", "/certs/a.crt.key")], f"{_WHY}ln -s /private/a.key /certs/a.crt.key"),
        ([("/a b/k", "/a b/c.key")], f"{_WHY}ln -s '/a b/k' '/a b/c.key'"),
        (_pairs("a"), f"{_WHY}ln -s /live/a/key.pem /live/a/chain.pem.key"),
        (_pairs("a", "b"), f"{_WHY}for site in a b; do ln -s key.pem /live/$site/chain.pem.key; done"),
        (_pairs(*"abcdefgh"), f"{_WHY}for site in /live/*/; do ln -s key.pem ${{site}}chain.pem.key; done"),
        (_elsewhere(*"ab"), f"{_WHY}for site in a b; do ln -s /private/$site.key /certs/$site.crt.key; done"),
        (
            _elsewhere(*"abcdefgh"),
            f"{_WHY}for key in /private/*.key; do ln -s $key /certs/$(basename $key .key).crt.key; done",
        ),
        (
            [(f"/keys/{site}/k", f"/certs/{site}/c.key") for site in "abcdef"],
            f"{_WHY}{'; '.join(f'ln -s /keys/{site}/k /certs/{site}/c.key' for site in 'abcd')}; and so on, for 2 more",
        ),
    ],
    ids=["none", "elsewhere", "blanks", "beside", "two", "many", "two elsewhere", "many elsewhere", "unlike"],
)
def test_it_is_said_once(links: list[tuple[str, str]], note: str) -> None:
    assert note_of(links) == note


@pytest.mark.parametrize("sites", ["a", "ab", "abcdefgh"])
@pytest.mark.parametrize("pairs", [_pairs, _elsewhere])
def test_the_shell_makes_the_links(pairs: Callable[..., list[tuple[str, str]]], sites: str, tmp_path: Path) -> None:
    found = [(Path(f"{tmp_path}{key}"), Path(f"{tmp_path}{link}")) for key, link in pairs(*sites)]
    for key, link in found:
        key.parent.mkdir(parents=True, exist_ok=True)
        link.parent.mkdir(parents=True, exist_ok=True)
        key.write_text(str(key))
    note = note_of((str(key), str(link)) for key, link in found)
    subprocess.run(["sh", "-c", note.removeprefix(_WHY)], check=True)
    assert [link.read_text() for _, link in found] == [str(key) for key, _ in found]
