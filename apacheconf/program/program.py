"""The program: what a request will meet, said once, as immutable data.

Its shape::

    Program
      listeners      where connections arrive                                       (hosts.Listener)
      index          address and name -> host                                       (hosts.HostIndex)
      hosts          each a Shape plus the tables that fill it                      (hosts.Host)
        shape.server   steps outside sections, in phase order                       (steps.Step)
        shape.layers   sections: matcher, settings, container; folded in order      (hosts.Layer)
        shape.cells    URL space, folded at load time: path -> steps                (hosts.Cell)
      origins        workers and balancers after httpd's sharing                    (workers.Origin)

    Step = phase + condition tree + action + flow + the directives it came from
      conditions.py  one condition type: ap_expr, RewriteCond, SetEnvIf, matchers, Require
      values.py      one value type: expressions, substitutions, Header and log formats
      phases.py      OR-1

Readers: ``decide`` interprets it (explain, prove), ``runtime.compile`` makes closures of it (serve), targets
lower it cell by cell. None of them reads the settings of ``model``; only ``fold`` merges layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from apacheconf.expand.options import Known
from apacheconf.expand.tree import Absent
from apacheconf.ledger import Written
from apacheconf.modules.regex_options import USUAL
from apacheconf.program.hosts import Alike, Host, HostIndex, Listener
from apacheconf.program.workers import Balancer, Ignored, Origin, Worker
from apacheconf.source import SourceFile

if TYPE_CHECKING:
    from apacheconf.program.htaccess import Shelf

#: The modules that a fragment has, of those that anybody asks for: they answer for files and folders, or speak HTTP/2.
OF_FRAGMENTS = frozenset({"dir_module", "autoindex_module", "mime_module", "negotiation_module", "http2_module"})


@dataclass(frozen=True, slots=True)
class Inlined:
    """A ``.htaccess`` file whose lines stand in the program, or what is ``wrong`` with it, in httpd's words."""

    path: str
    wrong: str = ""
    file: SourceFile | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Program:
    """See the head of this module.

    ``modules`` are the loaded ones by their identifiers (``dir_module``); a fragment counts all of ours as loaded.
    ``types_config`` is the file of media types, absolute.

    For the ledger: ``directives`` are all directives of the configuration with a node, ``outermost`` those of them that
    stand in no other; of ``one_reading`` are those to which no Include and no macro led. ``absent`` are those without
    one, ``left_out`` those that the program does not hold yet, each with the reason, ``ignored`` worker parameters that
    are lost because the worker is shared (WK-3). ``checks_at_once`` is ProxyHCTPsize; 0 for one after the other.
    ``backlog`` is how many connections wait for us to accept them, ``most_requests`` MaxRequestWorkers. ``known`` is
    what reading has left known for ``.htaccess`` files, ``shelves`` hold those that requests have met, by the number
    of the host; ``regex_options`` hold for their patterns. ``runtime_directory`` is where relative names of sockets lie
    (UN-3). One that ``judges_anew`` asks who is let in after each internal redirect (AZ-12). ``inlined`` are the
    ``.htaccess`` files whose lines stand among the sections of the hosts: ``with_htaccess``. ``alike`` are
    the hosts of many that say the same. ``filter_protocols`` is what FilterProtocol says of single providers.
    """

    listeners: tuple[Listener, ...]
    index: HostIndex
    hosts: tuple[Host, ...]
    origins: tuple[Origin, ...]
    directives: tuple[Written, ...] = ()
    outermost: tuple[Written, ...] = ()
    one_reading: bool = False
    absent: tuple[Absent, ...] = ()
    modules: frozenset[str] = OF_FRAGMENTS
    types_config: str = ""
    left_out: tuple[tuple[Written, str], ...] = ()
    ignored: tuple[Ignored, ...] = ()
    checks_at_once: int = 16
    backlog: int = 511
    most_requests: int | None = None
    known: Known = Known()
    runtime_directory: str = "/"
    judges_anew: bool = False
    regex_options: frozenset[str] = USUAL
    inlined: tuple[Inlined, ...] = ()
    filter_protocols: dict[str, frozenset[str]] = field(default_factory=dict)
    alike: tuple[Alike, ...] = field(default=(), compare=False, repr=False)
    shelves: dict[int, Shelf] = field(default_factory=dict, compare=False, repr=False)

    def origin(self, host: Host, number: int) -> Origin:
        """The origin that a step of ``host`` names by ``number``."""
        return self.origins[host.origins[number]]

    @cached_property
    def _alike(self) -> dict[int, tuple[Alike, dict[str, str]]]:
        return {host: (each, own) for each in self.alike for host, own in zip(each.hosts, each.own, strict=True)}

    def words_of(self, host: Host) -> tuple[Alike | None, dict[str, str]]:
        """The hosts that a host is like, with the words of its own that what it does says; None if there are none."""
        return self._alike.get(host.number) or (None, {})

    def lines_without_effect(self) -> Iterator[tuple[Written, str]]:
        """Directives that no request can meet, each with the reason."""
        for host in self.hosts:
            for step, why in host.form.dead:
                yield from ((directive, why) for directive in host.said_by(step))
        for each in self.ignored:
            if not each.parameters:
                yield each.directive, f"{each.worker} is the main server's, and has that one's members alone"

    def workers(self) -> tuple[Worker, ...]:
        """Every worker once: the standalone ones and the members of balancers."""
        found: list[Worker] = []
        for origin in self.origins:
            found += origin.members if isinstance(origin, Balancer) else [origin]
        return tuple(found)
