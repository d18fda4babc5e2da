"""Binding: httpd's walk phase, up to the point where a directive's handler has its value.

Each node gets its declaration, its words and its value; unknown names, wrong contexts, wrong argument counts and
refused values are reported in httpd's words, all of them, in the order in which httpd would meet them (MOD-4 says
that it stops at the first). What needs the directives around it is the business of ``build``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.expand.collecting import no_collection
from apacheconf.expand.surroundings import HTACCESS, Surroundings, htaccess_around
from apacheconf.expand.tree import Expanded, Node
from apacheconf.model import refusals
from apacheconf.model.arguments import WrongArguments, shape
from apacheconf.model.bound import Bound, Directive
from apacheconf.modules import registry
from apacheconf.modules.declare import Context, NotHere, Scope, SectionArgument, Spec, ValueRefused
from apacheconf.syntax.words import split

_SERVERS = (Context.SERVER, Context.VHOST)
#: The context that a section makes for what stands in it.
_INSIDE = {
    "virtualhost": Context.VHOST,
    "directory": Context.DIRECTORY,
    "directorymatch": Context.DIRECTORY,
    "location": Context.LOCATION,
    "locationmatch": Context.LOCATION,
    "files": Context.FILES,
    "filesmatch": Context.FILES,
    "if": Context.IF,
    "elseif": Context.IF,
    "else": Context.IF,
    "proxy": Context.PROXY,
    "proxymatch": Context.PROXY,
    "limit": Context.LIMIT,
    "limitexcept": Context.LIMIT,
    "requireall": Context.REQUIRE,
    "requireany": Context.REQUIRE,
    "requirenone": Context.REQUIRE,
}
#: Sections that need an argument, which is all of the core's but Else.
_NEEDS_ARGUMENT = frozenset(name for name in _INSIDE if not name.startswith(("else", "require", "proxy"))) | {"elseif"}

#: For so many unknown names we look for the one that was meant, 2 ms each; a file with more is no configuration.
_GUESSED = 100


def bind(expanded: Expanded, named: Mapping[tuple[str, str], Any] | None = None) -> Bound:
    """Bind every node. The diagnostics are complete; a directive that was refused has no value.

    ``named`` are names that are known before the first line (``Scope.named``).
    """
    binder = _Binder(expanded)
    with no_collection():
        top = Scope(Context.SERVER, "", binder.is_loaded, server_root=expanded.server_root, named=dict(named or {}))
        directives = binder.walk(expanded.nodes, (), top)
    return Bound(expanded, directives, (*_mpms(expanded), *refusals.retold(binder.diagnostics, expanded)))


def _mpms(expanded: Expanded) -> tuple[Diagnostic, ...]:
    """A server has one MPM (MOD-10); without any, one may be compiled in, so that is only a warning."""
    loaded = [module for module in expanded.modules if module.startswith("mpm_")]
    if len(loaded) == 1 or expanded.fragment:
        return ()
    level, said = (Level.ERROR, "More than one MPM loaded.") if loaded else (Level.WARNING, "No MPM loaded.")
    help = f"keep one of {', '.join(loaded)}" if loaded else "load mpm_event_module, unless this httpd has one built in"
    message = f"Configuration error: {said}"
    return (Diagnostic(level, "one-mpm", message, help=help, httpd=f"AH00534: {{argv0}}: {message}"),)


class _Plan(NamedTuple):
    """What to do with one name in one kind of place.

    ``values`` remembers arguments already read there: under the text of the arguments, or with what else of the
    scope counts if ``by_scope``.
    """

    spec: Spec | None
    refusal: refusals.Refusal | None
    values: dict[object, tuple[tuple[str, ...], Any]]
    by_scope: bool


class _Place(NamedTuple):
    """A kind of place: the contexts around, and the plans for the directives and the sections there."""

    enclosing: Context
    plain: dict[str, _Plan]
    sections: dict[str, _Plan]


class _Binder:
    """One walk. Plans are kept per place, so that a directive costs two look-ups when its like was seen before."""

    def __init__(self, expanded: Expanded) -> None:
        self.expanded = expanded
        self.loaded = frozenset(expanded.modules)
        if not any(module.startswith("mpm_") for module in self.loaded):
            self.loaded |= {"mpm_event_module"}
        self.diagnostics: list[Diagnostic] = []
        self.places: dict[tuple[object, ...], _Place] = {}
        self.around: Surroundings | None = None
        self.unknown = 0

    def is_loaded(self, module: str) -> bool:
        """Whether a module (``mod_proxy``) counts as loaded: in a fragment all that we know do."""
        return self.expanded.fragment or registry.identifier(module) in self.loaded

    def walk(self, nodes: tuple[Node, ...], parents: tuple[Node, ...], scope: Scope) -> tuple[Directive, ...]:
        enclosing, plain, sections = self._place(parents, scope)
        context, where, bound = scope.context, _where(scope), []
        make = tuple.__new__  # half the cost of a NamedTuple's own constructor
        for node in nodes:
            if node.children is not None:
                if node.name == HTACCESS and (around := htaccess_around(node)):
                    bound.append(self._htaccess(node, around, scope))
                    continue
                plan = sections.get(node.name) or self._plan(node, parents, enclosing, sections)
                bound.append(self._section(node, parents, scope, plan))
                continue
            plan = plain.get(node.name) or self._plan(node, parents, enclosing, plain)
            known = plan.values.get((node.args, where) if plan.by_scope else node.args)
            words, value = known if known is not None else self._value(node, parents, scope, plan)
            bound.append(make(Directive, (node, plan.spec, words, context, value, None)))
        return tuple(bound)

    def _place(self, parents: tuple[Node, ...], scope: Scope) -> _Place:
        """What is remembered of the place that these sections around make."""
        names = (self.around, *[parent.name for parent in parents])
        known = self.places.get(names)
        if known is None:
            known = self.places[names] = _Place(self._enclosing(parents, scope), {}, {})
        return known

    def _enclosing(self, parents: tuple[Node, ...], scope: Scope) -> Context:
        """The contexts of all sections around, as handlers look up the whole chain (STR-5)."""
        if scope.context in _SERVERS:
            return scope.context
        around = Context.HTACCESS if self.around else Context(0)
        for parent in parents:
            around |= _INSIDE.get(parent.name.lower(), Context.DIRECTORY)
        return around & ~Context.VHOST

    def _plan(self, node: Node, parents: tuple[Node, ...], enclosing: Context, plans: dict[str, _Plan]) -> _Plan:
        name, section = node.name, node.children is not None
        spec = registry.spec(name, section)
        refusal: refusals.Refusal | None = None
        if spec is None or not any(map(self.is_loaded, registry.providers(name, section))):
            self.unknown += 1
            refusal = refusals.unknown(name, section, spec, self.expanded, guess=self.unknown <= _GUESSED)
            if refusal is not None and self.around:
                refusal = refusals.unknown_in_htaccess(f"<{name}" if section else name, refusal, self.around)
        elif self.around and not self._is_granted(spec, self.around):
            refusal = refusals.not_granted(spec, self.around, enclosing, parents)
        elif enclosing not in spec.contexts and not (self.around and refusals.bare(spec).lower() in self.around.names):
            refusal = refusals.misplaced(spec, enclosing, parents)
        by_scope = spec is not None and spec.parse_in is not None and enclosing not in _SERVERS
        plan = plans[name] = _Plan(spec, refusal, {}, by_scope)
        return plan

    def _is_granted(self, spec: Spec, around: Surroundings) -> bool:
        return around.grants(refusals.bare(spec), Context.HTACCESS in spec.contexts, spec.override)

    def _value(self, node: Node, parents: tuple[Node, ...], scope: Scope, plan: _Plan) -> tuple[tuple[str, ...], Any]:
        words = split(node.args)
        if plan.refusal is not None:
            self.diagnostics.append(plan.refusal.at(node, parents))
            return tuple(words), None
        spec = plan.spec
        if spec is None:  # another's module has it; nothing is known of its arguments
            return tuple(words), None
        try:
            words = shape(spec.args, words)
            given = [node.args] if spec.raw else words
            if spec.parse_in is not None:
                value = spec.parse_in(given, scope)
            else:
                value = spec.parse(given) if spec.parse is not None else None
        except WrongArguments as wrong:
            self.diagnostics.append(refusals.wrong_arguments(node, spec, wrong))
            return tuple(words), None
        except NotHere as missing:
            self.diagnostics.append(refusals.not_here(node, missing))
            return tuple(words), missing.value
        except ValueRefused as refused:
            self.diagnostics.append(refusals.refused_value(node, refused))
            return tuple(words), None
        found = tuple(words), value
        if spec.rereads:
            for place in self.places.values():
                place.plain.clear()
                place.sections.clear()
        plan.values[(node.args, _where(scope)) if plan.by_scope else node.args] = found
        return found

    def _htaccess(self, node: Node, around: Surroundings, scope: Scope) -> Directive:
        """A .htaccess file: what is in it stands in no section, and AllowOverride decides (STR-31)."""
        inside = scope._replace(context=Context.HTACCESS, argument=node.args, options=around.options)
        self.around = around
        children = self.walk(node.children or (), (), inside)
        self.around = None
        return Directive(node, None, (node.args,), Context.SERVER, SectionArgument(HTACCESS, node.args), children)

    def _section(self, node: Node, parents: tuple[Node, ...], scope: Scope, plan: _Plan) -> Directive:
        spec = plan.spec
        if plan.refusal is not None or spec is None:
            if plan.refusal is not None:
                self.diagnostics.append(plan.refusal.at(node, parents))
            return Directive(node, spec, tuple(split(node.args)), scope.context, None, _unbound(node, scope.context))
        words, value = self._tag(node, parents, scope, plan)
        inside = self._scope_in(node, spec, words, value, scope)
        children = self.walk(node.children or (), (*parents, node), inside)
        if spec.gathers is not None and value is not None:
            try:
                value = spec.gathers(value, [child.value for child in children], scope)
            except ValueRefused as refused:
                self.diagnostics.append(refusals.refused_value(node, refused))
                value = None
        return Directive(node, spec, words, scope.context, value, children)

    def _tag(self, node: Node, parents: tuple[Node, ...], scope: Scope, plan: _Plan) -> tuple[tuple[str, ...], Any]:
        """The words and value of a section's tag, after what httpd asks of every tag (LEX-54, LEX-55)."""
        spec = plan.spec
        assert spec is not None
        if not node.tail:
            message = f"{spec.name} directive missing closing '>'"
            self.diagnostics.append(refusals.diagnostic(node, "missing-closing-bracket", message))
            return tuple(split(node.args)), None
        if node.name.lower() in _NEEDS_ARGUMENT and not node.args.strip():
            message = f"{spec.name} directive requires additional arguments"
            self.diagnostics.append(refusals.diagnostic(node, "argument-count", message))
            return (), None
        known = plan.values.get((node.args, _where(scope)) if plan.by_scope else node.args)
        return known if known is not None else self._value(node, parents, scope, plan)

    def _scope_in(self, node: Node, spec: Spec, words: tuple[str, ...], value: Any, scope: Scope) -> Scope:
        context = _INSIDE.get(node.name.lower(), Context.DIRECTORY)
        if context is Context.REQUIRE:
            return scope._replace(context=context, combined_by=spec.name.strip("<>"))
        if isinstance(value, SectionArgument):
            argument = value.pattern
        else:
            argument = "" if context is Context.VHOST else " ".join(words)
        limited = scope.limited
        if context is Context.LIMIT:
            limited = limited.narrowed(words, spec.name == "<LimitExcept>") or limited
        return Scope(context, argument, scope.has_module, "", limited, scope.server_root, scope.named, scope.options)


def _where(scope: Scope) -> tuple[object, ...]:
    """What of a scope differs between places of one kind. Names only add up, so a value that is right stays so."""
    return scope.argument, scope.combined_by, scope.limited, scope.options


def _unbound(node: Node, context: Context) -> tuple[Directive, ...]:
    """What stands in a section that nobody knows: kept, not looked at."""
    return tuple(
        Directive(
            child, None, tuple(split(child.args)), context, None,
            None if child.children is None else _unbound(child, context),
        )
        for child in node.children or ()
    )  # fmt: skip
