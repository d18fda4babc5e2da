"""Every site of ``fixtures/sites``: read without loss, without an error, and as httpd itself reads it (LEX-1, CLI-20,
CLI-21, CLI-23).

A few sites are compared with the real httpd in the first ring, all of them in ``make prove-all``; httpd is asked
once per site and set of ``-D`` names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from apacheconf.engines import Engine, Sandbox
from apacheconf.expand import Options
from apacheconf.model.views import dump_config, vhosts
from apacheconf.program import load
from apacheconf.source import SourceFile
from apacheconf.syntax import parse
from tests import sites
from tests.engines.real import need
from tests.known_failures import KNOWN_FAILURES, marks

#: What the first ring asks the real httpd: tenants, trees, macros, addresses, names on the command line.
SAMPLE = frozenset(
    {
        *("gitlab", "nextcloud", "wordpress", "macro-heavy-tenants", "multi-tenant-wildcards"),
        *("ip-based-hosts", "blue-green-by-define", "red-hat-tree-with-sites"),
    }
)


@dataclass(frozen=True)
class Seen:
    """What httpd and we print of one site with the same names defined."""

    config: tuple[str, str]
    hosts: tuple[str, str]


@cache
def look(name: str) -> tuple[Seen, ...]:
    """The site through httpd and through us, once for each set of ``-D`` names."""
    engine = need("httpd")
    with Sandbox("sites") as box:
        laid_out = sites.lay_out(name, box, engine)
        return tuple(_seen(laid_out, engine, defines) for defines in sites.DEFINES.get(name, ((),)))


def _seen(laid_out: sites.LaidOut, engine: Engine, defines: tuple[str, ...]) -> Seen:
    config, hosts = sites.ask_httpd(engine, laid_out, defines)
    loaded = load([], laid_out.options(defines))
    return Seen((dump_config(loaded.expanded), config), (sites.in_order(vhosts(loaded.model)), hosts))


def each(check: str, names: Iterable[str]) -> Iterator[object]:
    """The parameters of a check: a site's name, marked when its failure is known."""
    return (pytest.param(name, marks=marks(check, name)) for name in names)


def live(check: str) -> Iterator[object]:
    """As ``each``, in two rings."""
    for name in sites.names():
        ring = [] if name in SAMPLE else [pytest.mark.prove_all]
        yield pytest.param(name, marks=[pytest.mark.live, *ring, *marks(check, name)])


@pytest.mark.parametrize("name", each("bytes", sites.names()))
def test_prints_the_same_bytes(name: str) -> None:
    files = sites.files(name)
    assert files
    for file in files:
        written = file.read_bytes()
        assert str(parse(SourceFile.read(file))).encode("latin-1") == written, file


@pytest.mark.parametrize("name", each("load", sites.names()))
def test_has_no_error(name: str) -> None:
    with Sandbox("sites") as box:
        laid_out = sites.lay_out(name, box, None)
        if laid_out.is_whole:
            loaded = load([], laid_out.options())
        else:
            loaded = load([str(laid_out.folder)], Options(environ=laid_out.environ))
    assert [str(error) for error in loaded.errors] == []
    assert loaded.program is not None


@pytest.mark.parametrize("name", live("config"))
def test_dumps_the_configuration_that_httpd_dumps(name: str) -> None:
    for seen in look(name):
        ours, theirs = seen.config
        assert ours == theirs


@pytest.mark.parametrize("name", live("hosts"))
def test_prints_the_hosts_that_httpd_prints(name: str) -> None:
    for seen in look(name):
        ours, theirs = seen.hosts
        assert ours == theirs


def test_there_are_enough_sites() -> None:
    assert len(sites.names()) >= 60


def test_known_failures_are_of_sites_that_exist() -> None:
    assert {site for _, site in KNOWN_FAILURES} <= set(sites.names())
    assert set(sites.names()) >= SAMPLE


@pytest.mark.live
def test_accepts_the_htaccess_files_that_httpd_accepts() -> None:
    """Read where they apply, inside <Directory>: ``-t`` reads no .htaccess file by itself."""
    engine = need("httpd")
    found = [file for name in sites.names() for file in sites.files(name) if file.name == ".htaccess"]
    with Sandbox("sites") as box:
        main = sites.including(found, box, engine)
        sites.ask_httpd(engine, main)
        assert [str(error) for error in load([], main.options()).errors] == []
