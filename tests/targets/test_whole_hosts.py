"""No host of the sites is wholly unsupported, but for reasons that the specification gives (HAP-120)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, find
from apacheconf.ledger import Outcome, Row
from apacheconf.program import load
from apacheconf.program.program import Program
from apacheconf.targets import TARGETS, translate
from apacheconf.targets.scopes import Scopes
from tests import sites

SPEC = Path(__file__).parents[1] / "spec" / "translation.md"
_FILES = "HAP-120", "Static files"
#: Target -> site and host -> the statement that says why nothing of it can be had, and its words.
WHOLLY: dict[str, dict[tuple[str, str], tuple[str, str]]] = {
    "nginx": {
        ("http2-and-ajp-origins", "h2.example.com"): ("NGX-159", "h2:// `proxy_http_version 2` only newest"),
        ("reverse-proxy-with-ldap-left-out", "reports.example.com"): ("NGX-143", "LDAP"),
    },
    "haproxy": {
        ("drupal", "museum.example.org"): _FILES,
        ("matrix-synapse", "example.com"): _FILES,
        ("php-fpm-site", "club.example.org"): _FILES,
        ("phpmyadmin-guarded", "localhost:80"): _FILES,
        ("vhost-alias-mass-hosting", "hosting.example.net"): _FILES,
        ("vhost-alias-mass-hosting", "ip.hosting.example.net"): _FILES,
        ("wordpress", "blog.example.com"): _FILES,
    },
}
#: Directives that say who answers.
_ANSWERING = (
    "proxypass", "redirect", "rewriterule", "alias", "scriptalias", "documentroot", "sethandler", "virtualdocumentroot",
    "virtualscriptalias",
)  # fmt: skip


def _hosts(program: Program, rows: tuple[Row, ...]) -> Iterator[tuple[str, list[Row]]]:
    """Each virtual host with the rows of its lines that say who answers and have an effect."""
    by_place = {(id(row.place.span.file), row.place.span.start): row for row in rows}
    scopes = Scopes(program)
    for host in program.hosts:
        section = scopes.section(host)
        walk = getattr(section, "walk", None)
        spans = [each.place.span for each in walk()] if walk else []
        found = (by_place[id(span.file), span.start] for span in spans)
        yield (
            host.title,
            [row for row in found if row.name.lower().startswith(_ANSWERING) and row.outcome >= Outcome.EXACT],
        )


@pytest.mark.parametrize("target", TARGETS)
def test_no_host_is_wholly_unsupported_but_for_a_reason(target: str) -> None:
    """A host that is named and has something by now fails, so that the table only gets shorter."""
    found = set()
    for name in sites.names():
        with Sandbox("whole") as box:
            program = load([], sites.lay_out(name, box, find("httpd")).options()).require()
            for title, rows in _hosts(program, translate(program, target).rows):
                if rows and all(row.outcome is Outcome.UNSUPPORTED for row in rows):
                    found.add((name, title))
    assert found == set(WHOLLY[target])


def test_the_reasons_stand_in_the_specification() -> None:
    text = re.sub(r"\n +(?=\S)", " ", SPEC.read_text("utf-8"))
    said = dict(re.findall(r"^- \*\*((?:HAP|NGX)-\d+)\*\* (.*)$", text, re.MULTILINE))
    for statement, words in (reason for table in WHOLLY.values() for reason in table.values()):
        assert words in said[statement], (statement, words)
