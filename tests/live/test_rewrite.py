"""The same sets of rules and the same bytes: httpd still does what was written down, and ``serve`` does it too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.real import need
from tests.rewriting import FILES, ask_all, recorded, start_httpd, start_serve

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
