"""The same sets of rules and the same bytes: httpd still does what was written down, and ``serve`` does it too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apacheconf.engines import Sandbox, free_ports
from apacheconf.prove.client import Turn, exchange
from tests.engines.real import need
from tests.rewriting import FILES, Start, ask_all, recorded, start_httpd, start_serve

pytestmark = pytest.mark.live

#: What serve answers in place of a file, whose text it never shows.
FILE, NO_FILE = "200", "500"


def differences(found: dict[str, dict[str, str]], files_differ: bool) -> Iterator[str]:
    for title, requests in found.items():
        for line, answer in requests.items():
            wanted = recorded()[title][line]
            if answer != wanted and not (files_differ and (wanted, answer) == (FILE, NO_FILE)):
                yield f"{title}: {line}: {answer}, not {wanted}"


@pytest.mark.parametrize("file", FILES)
def test_httpd_still_does_so(file: str) -> None:
    need("httpd")
    assert not list(differences(ask_all(file, start_httpd), files_differ=False))


@pytest.mark.parametrize("file", FILES)
def test_serve_does_what_httpd_does(file: str) -> None:
    assert not list(differences(ask_all(file, start_serve), files_differ=True))


STATUSES = [300, 301, 302, 303, 304, 305, 307, 308, *range(400, 418), *range(421, 425), 426, 428, 429, 431, 451,
            *range(500, 509), 510, 511]  # fmt: skip


def pages(start: Start) -> dict[int, tuple[int, str, bytes]]:
    """Status, Location and page of a rule for each status that R takes."""
    found = {}
    with Sandbox("statuses") as box:
        (port,) = free_ports(1)
        (box.path / "www").mkdir()
        rules = "\n".join(f"RewriteRule ^/{status}$ /target [R={status}]" for status in STATUSES)
        text = f"ServerName a.example\nListen 127.0.0.1:{port}\nDocumentRoot {box.path}/www\nRewriteEngine On\n{rules}"
        with start(box, text, port):
            for status in STATUSES:
                turn = Turn(f"GET /{status} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode())
                (answer,) = exchange(("127.0.0.1", port), (turn,)).answers
                found[status] = answer.status, "".join(answer.values("location")), answer.body
    return found


def test_answers_made_by_rules_are_httpds_pages() -> None:  # RW-14, RW-26
    need("httpd")
    assert pages(start_serve) == pages(start_httpd)
