"""Every site of ``fixtures/sites``: read without loss, without an error, and as httpd itself reads it (LEX-1, CLI-20,
CLI-21, CLI-22, CLI-23).

A few sites are compared with the real httpd in the first ring, all of them in ``make prove-all``; httpd is asked
once per site and set of ``-D`` names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import pytest

from apacheconf.engines import Sandbox
from apacheconf.expand import Options
from apacheconf.model.views import dump_config, dump_includes, modules, vhosts
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


@cache
def look(name: str) -> tuple[tuple[sites.Views, sites.Views], ...]:
    """The site as we see it and as httpd does, once for each set of ``-D`` names."""
    engine = need("httpd")
    with Sandbox("sites") as box:
        laid_out = sites.lay_out(name, box, engine)
        asked = sites.DEFINES.get(name, ((),))
        return tuple((ours(laid_out, defines), sites.ask_httpd(engine, laid_out, defines)) for defines in asked)


def ours(laid_out: sites.LaidOut, defines: tuple[str, ...]) -> sites.Views:
    loaded = load([], laid_out.options(defines))
    hosts = sites.in_order(vhosts(loaded.model))
    return sites.Views(dump_includes(loaded.expanded), hosts, dump_config(loaded.expanded), modules(loaded.model))


def each(check: str, names: Iterable[str]) -> Iterator[object]:
    """The parameters of a check: a site's name, marked when its failure is known."""
    return (pytest.param(name, marks=marks(check, name)) for name in names)


def live(check: str) -> Iterator[object]:
    """As ``each``, in two rings."""
    for name in sites.names():
        ring = [] if name in SAMPLE else [pytest.mark.prove_all]
        yield pytest.param(name, marks=[pytest.mark.live, *ring, *marks(check, name)])


@pytest.mark.parametrize("name", list(each("bytes", sites.names())))
def test_prints_the_same_bytes(name: str) -> None:
    files = sites.files(name)
    assert files
    for file in files:
        written = file.read_bytes()
        assert str(parse(SourceFile.read(file))).encode("latin-1") == written, file


@pytest.mark.parametrize("name", list(each("load", sites.names())))
def test_has_no_error(name: str) -> None:
    with Sandbox("sites") as box:
        laid_out = sites.lay_out(name, box, None)
        if laid_out.is_whole:
            loaded = load([], laid_out.options())
        else:
            loaded = load([str(laid_out.folder)], Options(environ=laid_out.environ))
    assert [str(error) for error in loaded.errors] == []
    assert loaded.program is not None


@pytest.mark.parametrize("name", list(live("config")))
def test_dumps_the_configuration_that_httpd_dumps(name: str) -> None:
    for we, httpd in look(name):
        assert we.config == httpd.config


@pytest.mark.parametrize("name", list(live("hosts")))
def test_prints_the_hosts_that_httpd_prints(name: str) -> None:
    for we, httpd in look(name):
        assert we.hosts == httpd.hosts


@pytest.mark.parametrize("name", list(live("includes")))
def test_prints_the_files_that_httpd_includes(name: str) -> None:
    for we, httpd in look(name):
        assert we.includes == httpd.includes


@pytest.mark.parametrize("name", list(live("modules")))
def test_lists_the_modules_that_httpd_lists(name: str) -> None:
    for we, httpd in look(name):
        assert we.modules == httpd.modules


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
