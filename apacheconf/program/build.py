"""From the model to the program: the one place where settings become what a request meets."""

from __future__ import annotations

import operator
import posixpath
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from apacheconf.diagnostics import Level
from apacheconf.expand.collecting import no_collection
from apacheconf.expand.options import Known
from apacheconf.expand.tree import Expanded
from apacheconf.ledger import Written
from apacheconf.model import bind, build
from apacheconf.model.directories import runtime_directory
from apacheconf.model.types import Model, Server
from apacheconf.modules.core import CoreServerConf
from apacheconf.modules.mod_heartmonitor import HeartbeatServerConf
from apacheconf.modules.mod_mime import MimeServerConf
from apacheconf.modules.mod_proxy import Definition, ProxyDirConf, ProxyPass, ProxyServerConf
from apacheconf.modules.mod_proxy_hcheck import HealthServerConf
from apacheconf.modules.mod_ssl import SslDirConf
from apacheconf.modules.mpm_common import ListenConf
from apacheconf.program import (
    access,
    by_handler,
    copies,
    core,
    mod_brotli,
    mod_deflate,
    mod_filter,
    mod_log_config,
    mod_proxy,
    mod_proxy_hcheck,
    mod_remoteip,
    mod_rewrite,
    mod_ssl,
    mod_unique_id,
    mod_userdir,
    mod_vhost_alias,
    sayings,
)
from apacheconf.program.cells import make_cells
from apacheconf.program.copies import Template
from apacheconf.program.dead import unreachable
from apacheconf.program.fold import fold, with_server
from apacheconf.program.hosts import Alike, Flipped, Host, Layer, Limits, Listener, Shape
from apacheconf.program.index import make_index
from apacheconf.program.layers import LayerBuilder
from apacheconf.program.link import Linker
from apacheconf.program.mod_proxy import Origins
from apacheconf.program.naming import sections_name
from apacheconf.program.own_words import with_stand_ins
from apacheconf.program.program import OF_FRAGMENTS, Program
from apacheconf.program.rewrite_steps import Place
from apacheconf.program.sayings import Saying
from apacheconf.program.sharing import share
from apacheconf.program.steps import Step
from apacheconf.program.workers import Balancer, Ignored, Origin, Worker

#: So many hosts are compiled one by one.
_FEW = 8


def _judges_anew(expanded: Expanded) -> bool:
    """With mod_allowmethods httpd never trusts a verdict of before; a fragment has it where it names it (AZ-12)."""
    if expanded.fragment:
        return any(node.name.lower() == "allowmethods" for node in expanded.walk())
    return "allowmethods_module" in expanded.modules


def compile(model: Model) -> Program:
    """The program of a model. Directives that it can't hold yet stand in ``Program.left_out``, with the reason."""
    with no_collection():
        return _Compiler(model, unique_ids=tuple(mod_unique_id.server_steps(model.expanded))).program()


@dataclass
class _Compiler:
    model: Model
    shapes: dict[tuple[tuple[Step, ...], tuple[Layer, ...], Limits, Flipped | None], Shape] = field(
        default_factory=dict
    )
    origins: list[Origin] = field(default_factory=list)
    numbers: dict[tuple[Origin, tuple[int, ...]], int] = field(default_factory=dict)
    left_out: list[tuple[Written, str]] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    unique_ids: tuple[Step, ...] = ()
    templates: dict[Hashable, Template | None] = field(default_factory=dict)
    alike: dict[Hashable, Alike] = field(default_factory=dict)

    def program(self) -> Program:
        model = self.model
        hosts = tuple(self._host(number, server) for number, server in enumerate(model.servers))
        written = model.main.server_conf(ListenConf).listen.said_by  # empty for those that nobody wrote
        listeners = tuple(
            Listener(each.host or "", each.port, each.protocol, written[at : at + 1])
            for at, each in enumerate(model.listeners)
        )
        return Program(
            listeners,
            make_index(zip(hosts[1:], (server.addresses for server in model.hosts), strict=True), main=0),
            hosts,
            tuple(self.origins),
            directives=tuple(model.expanded.walk()),
            outermost=model.expanded.nodes,
            one_reading=model.expanded.is_one_reading,
            absent=model.expanded.absent,
            modules=OF_FRAGMENTS if model.expanded.fragment else frozenset(model.expanded.modules),
            types_config=_types_config(model),
            left_out=tuple(self.left_out),
            ignored=tuple(self.ignored),
            backlog=model.main.server_conf(ListenConf).backlog.value,
            most_requests=_most_requests(model),
            checks_at_once=model.main.server_conf(HealthServerConf).size.value,
            known=known_of(model.expanded),
            regex_options=model.main.server_conf(CoreServerConf).regex_options.value,
            runtime_directory=runtime_directory(model.expanded),
            judges_anew=_judges_anew(model.expanded),
            filter_protocols=mod_filter.protocols_of_providers(model.expanded.walk()),
            alike=tuple(self.alike.values()),
        )

    def _host(self, number: int, server: Server) -> Host:
        saying = sayings.said_by(server.directive) if server.directive and self._may_copy else None
        template = self.templates.get(saying.key) if saying else None
        if saying and template:
            self.alike[saying.key].add(number, saying.written, _told_own(saying))
            return self._copy(number, server, saying, template)
        count, odd = len(self.origins), (len(self.left_out), len(self.ignored))
        host = self._compiled(number, server)
        if saying and saying.key not in self.templates:
            plain = odd == (len(self.left_out), len(self.ignored))
            made, root = self.origins[count:], self.model.expanded.server_root
            template = copies.template_of(host, server, root, saying, made, count) if plain else None
            self.templates[saying.key] = template
            self.alike[saying.key] = Alike([number], [saying.written], [_told_own(saying)], self._model)
        return host

    @cached_property
    def _may_copy(self) -> bool:
        """Whether hosts are many, and share no origins with the main server."""
        return len(self.model.hosts) > _FEW and not _definitions(self.model.main)

    def _copy(self, number: int, server: Server, saying: Saying, template: Template) -> Host:
        """A host that says the same as one that is compiled."""
        count = len(self.origins)
        origins, own = template.filled(saying, count)
        self.origins += origins

        made: list[Host] = []

        def compiled() -> Host:
            if not made:
                for at, origin in enumerate(origins, count):
                    self.numbers.setdefault((origin, tuple(map(id, origin.said_by))), at)
                made.append(self._compiled(number, server))
            return made[0]

        def builder() -> LayerBuilder:
            found = compiled().builder
            assert found is not None
            return found

        if not template.knows_clients:
            own |= self._trusted(server)
        if saying.does_own:
            own["make_shape"] = lambda: compiled().form
        return template.hosts.like_it({**own, "number": number, "make_builder": builder})

    def _model(self, host: Host) -> Host | None:
        """A host with what stands for its own words; None where it would do something else for that."""
        directive = self.model.servers[host.number].directive
        saying = None if directive is None else sayings.said_by(directive)
        if directive is None or saying is None:
            return None
        node = with_stand_ins(directive.node, saying.own.with_stand_ins)
        others = (each for each in self.model.expanded.nodes if each.name.lower() != "virtualhost")
        model = build(bind(replace(self.model.expanded, nodes=(*others, node))))
        if any(each.level is Level.ERROR for each in model.all_diagnostics):
            return None
        made = _Compiler(model, unique_ids=self.unique_ids)._compiled(1, model.hosts[0])
        lines = {id(each): line for each, line in zip(node.walk(), saying.written, strict=True)}
        directives = tuple(lines.get(id(each), each) for each in made.directives)
        counts = {(len(each.directives), len(each.texts), len(each.origins)) for each in (made, host)}
        is_like_it = len(counts) == 1 and all(map(operator.is_, directives, host.directives))
        own = {name: getattr(made, name) for name in ("name", "aliases", "form", "texts", "document_root")}
        return replace(host, **own, make_shape=None) if is_like_it else None

    def _compiled(self, number: int, server: Server) -> Host:
        linker = Linker()
        origins = self._origins_of(server)
        builder = self._builder(server, linker, origins)
        shape = self._shape(server, linker, origins, builder)
        host = core.host(number, server, self.model.main, shape, linker, self.model.expanded.server_root)
        return replace(host, **self._trusted(server), make_builder=lambda: builder)

    def _trusted(self, server: Server) -> dict[str, Any]:
        """How a host learns who its clients are."""
        return {
            "front_tls": mod_ssl.front_tls(server, self.model),
            "remote_ip": mod_remoteip.remote_ip(server, self.model.expanded.server_root, self._leave_out),
            "preamble": mod_remoteip.preamble(server),
        }

    def _builder(self, server: Server, linker: Linker, origins: Origins) -> LayerBuilder:
        model = self.model
        tls = any(each.protocol == "https" for each in model.listeners)
        root = core.document_root(server)
        place = Place(linker, origins, self._leave_out, root, model.expanded.server_root, tls)
        maps = mod_rewrite.maps_of(server, model.main, model.expanded.server_root)
        return LayerBuilder(place, access.aliases_of(server, linker), maps)

    def _shape(self, server: Server, linker: Linker, origins: Origins, builder: LayerBuilder) -> Shape:
        """The host's shape; its cells are made once for all hosts with equal steps, layers and limits."""
        rules = mod_rewrite.server_layer(server, self.model.main, builder.place)
        layers = builder.build(server, rules, mod_ssl.front_tls(server, self.model) is not None)
        if by_handler.names_origins(layers) or self._leads_anywhere(server, layers, origins):
            for number in origins.numbers.values():
                linker.origin(number)
        on = server.dir_conf(ProxyDirConf).pass_interpolate_env.value
        mappings = mod_proxy.chain(self._mappings(server, linker, origins, on))
        root = self.model.expanded.server_root
        logs = mod_log_config.server_steps(server, self.model.main, root, linker, self._leave_out)
        filters = (*mod_deflate.server_steps(server, linker), *mod_brotli.server_steps(server, linker))
        files = (*mod_userdir.server_steps(server, linker), *mod_vhost_alias.server_steps(server, linker))
        others = (*files, *core.server_steps(server, linker), *filters, *logs)
        steps = _in_phases((*self.unique_ids, *mappings, *others))
        flipped: Flipped | None = None
        if mod_proxy.sections_interpolate(layers, on):
            turned = mod_proxy.chain(self._mappings(server, linker, origins, not on))
            flipped = not on, _in_phases((*self.unique_ids, *turned, *others))
        parts = steps, layers, core.limits(server, linker), flipped
        known = self.shapes.get(parts)
        if known is None:
            known = self.shapes[parts] = make_shape(*parts)
        return known

    def _origins_of(self, server: Server) -> Origins:
        """The server's origins. A balancer that a host inherits stays the main server's own (BP-18)."""
        main = self.model.main
        shared = share(_definitions(server), 0 if server is main else len(_definitions(main)))
        mod_rewrite.add_workers(server, self.model.main, shared)
        self.ignored += [each for each in shared.ignored if each not in self.ignored]
        numbers: dict[str, int] = {}
        for name, origin in shared.origins():
            numbers[name] = self._number(self._with_inherited(self._with_beats(self._with_sockets(origin))))
        return Origins(shared, numbers)

    def _leads_anywhere(self, server: Server, layers: tuple[Layer, ...], origins: Origins) -> bool:
        """Whether a mapping or a rule makes URLs whose origin is found with the request."""
        mappings = (each for each, _ in _definitions(server) if isinstance(each, ProxyPass))
        sections = mod_proxy.finds_origins(layers)
        listed = any(mod_proxy.names_origin_late(each, origins.shared) for each in mappings)
        return sections or listed or mod_rewrite.proxies(server, self.model.main)

    def _with_sockets(self, origin: Origin) -> Origin:
        """Sockets by their absolute names (UN-3)."""
        if isinstance(origin, Balancer):
            members = tuple(replace(each, socket=self._socket(each)) for each in origin.members)
            return origin if members == origin.members else replace(origin, members=members)
        return replace(origin, socket=self._socket(origin)) if origin.socket else origin

    def _socket(self, worker: Worker) -> str:
        folder = runtime_directory(self.model.expanded)
        return posixpath.normpath(posixpath.join(folder, worker.socket)) if worker.socket else ""

    def _with_beats(self, origin: Origin) -> Origin:
        if not isinstance(origin, Balancer) or origin.lbmethod != "heartbeat":
            return origin
        storage = self.model.main.server_conf(HeartbeatServerConf).storage.value
        return replace(origin, beats=str(PurePosixPath(self.model.expanded.server_root, storage)))

    def _with_inherited(self, origin: Origin) -> Origin:
        """The main server's balancer stands in what a host makes of it as the program holds it."""
        if not isinstance(origin, Balancer) or origin.inherited is None:
            return origin
        known = self.origins[self._number(self._with_beats(self._with_sockets(origin.inherited)))]
        assert isinstance(known, Balancer)
        return replace(origin, inherited=known, members=known.members)

    def _number(self, origin: Origin) -> int:
        key = origin, tuple(map(id, origin.said_by))
        number = self.numbers.setdefault(key, len(self.origins))
        if number == len(self.origins):
            self.origins.append(origin)
        return number

    def _mappings(self, server: Server, linker: Linker, origins: Origins, interpolates: bool) -> Iterator[Step]:
        for definition, said_by in _definitions(server):
            if not isinstance(definition, ProxyPass) or definition.path is None:
                continue
            yield mod_proxy.mapping_step(
                definition,
                definition.path,
                definition.regex,
                (said_by,),
                linker,
                origins,
                interpolates,
            )

    def _leave_out(self, directive: Written, reason: str) -> None:
        if not any(known is directive and said == reason for known, said in self.left_out):
            self.left_out.append((directive, reason))


def _told_own(saying: Saying) -> dict[str, str]:
    return saying.own.words if saying.does_own else {}


def _types_config(model: Model) -> str:
    """The file of media types; for a fragment that names none the system's own, lest its files have no types."""
    setting = model.main.server_conf(MimeServerConf).types_config
    file = Path(model.expanded.server_root, setting.value)
    if model.expanded.fragment and not setting.said_by and not file.exists():
        import mimetypes  # only here: it costs 2 ms to load

        return next((str(known) for known in mimetypes.knownfiles if Path(known).exists()), str(file))
    return str(file)


def known_of(expanded: Expanded) -> Known:
    """What the configuration leaves known to ``.htaccess`` files."""
    main = None if expanded.fragment else expanded.server_root
    return Known(expanded.modules, tuple(expanded.defines.items()), expanded.server_root, main)


def _most_requests(model: Model) -> int | None:
    """How many requests may be at work, where the configuration says it."""
    if not any(each.name.lower() in ("maxrequestworkers", "maxclients") for each in model.expanded.nodes):
        return None
    from apacheconf.model.mpm_limits import most_requests  # only here: it costs 2 ms to load

    return most_requests(model.bound.directives, model.expanded.modules)


def _in_phases(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(sorted(steps, key=lambda step: step.phase))


def make_shape(
    steps: tuple[Step, ...], layers: tuple[Layer, ...], limits: Limits, flipped: Flipped | None = None
) -> Shape:
    """A shape with its cells and its dead steps."""
    cells = make_cells(steps, layers, flipped)
    inert = mod_rewrite.inert([conf for layer in layers for _, conf in layer.confs])
    early = mod_proxy.maps_early(steps, [conf for layer in layers for _, conf in layer.confs])
    dead = (*unreachable(steps, with_server((), fold(layers[:1])), cells), *inert)
    return Shape(steps, layers, cells, limits, dead, early, flipped, sections_name(layers))


@lru_cache(maxsize=4)  # asked twice for a host
def _definitions(server: Server) -> tuple[tuple[Definition, Written], ...]:
    setting = server.server_conf(ProxyServerConf).definitions
    health = server.server_conf(HealthServerConf)
    tls = mod_ssl.origin_tls(server.dir_conf(SslDirConf))
    resolved = (mod_proxy_hcheck.resolved(definition, health, tls) for definition in setting.value)
    return tuple(zip(resolved, setting.said_by, strict=True))
