"""mod_headers in nginx (NGX-67, NGX-84 to NGX-87)."""

from __future__ import annotations

from apacheconf.ledger import Written
from apacheconf.program.steps import EditHeader, Step, Table
from apacheconf.program.values import Literal
from apacheconf.targets.claims import Claim, approximated, exact, unsupported
from apacheconf.targets.headers import Lines, fold_headers, is_plain
from apacheconf.targets.nginx.conditions import can_ask, flag_of, text_of
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import SHARED, Map
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.routes import Route

#: What nginx makes itself.
_SPECIAL = frozenset({"host", "connection", "te",
                        "content-length", "transfer-encoding", "expect", "proxy-connection", "trailer"})  # fmt: skip


#: What the proxy adds its own to: the variable that holds it.
_FORWARDED = {"x-forwarded-for": "remote_addr", "x-forwarded-host": "asked_host", "x-forwarded-server": "server_is"}


def emit_request_headers(low: Lowering, route: Route, location: Block) -> None:
    """RequestHeader as ``proxy_set_header``, which replaces all lines of a name."""
    folded = fold_headers(route.headers, Table.REQUEST, _SPECIAL)
    _report(low, route, folded.lost)
    for lines in folded.lines.values():
        own = _FORWARDED.get(lines.name.lower()) if route.forwarded else None
        if (not lines.hidden and lines.values) or (own and not lines.hidden):
            _report(low, route, lines.steps)  # nginx sends one line of a name
            continue
        value = ", ".join(text_of(low.maps, each) for each in lines.values)
        if lines.if_none is not None:
            variable = f"$http_{_variable(lines.name)}"
            entries = (("", text_of(low.maps, lines.if_none)), ("default", variable))
            value = low.maps.make(f"own_{_variable(lines.name)}", Map(variable, entries, ""))
        if own is not None:
            value = _extended(low, lines.name, value, low.maps.use(own) if own in SHARED else f"${own}")
        _add(low, route, "proxy_set_header", lines, value, location)


def edits_forwarded(route: Route, name: str) -> bool:
    """Whether RequestHeader lines say what a header is to which the proxy adds its own (RQ-13)."""
    lines = fold_headers(route.headers, Table.REQUEST, _SPECIAL).lines.get(name.lower())
    return lines is not None and lines.hidden


def _extended(low: Lowering, name: str, value: str, own: str) -> str:
    """What a line sets, and what the proxy adds to it where it has something to add."""
    if not value:
        return own
    return low.maps.make(f"set_{_variable(name)}", Map(own, (("", value), ("default", f"{value}, {own}")), ""))


def hidden_headers(route: Route) -> list[str]:
    """The names of origins' headers that lines of the table onsuccess replace or take away."""
    folded = fold_headers(route.headers, Table.ONSUCCESS)
    return [lines.name for lines in folded.lines.values() if lines.hidden]


def emit_response_headers(low: Lowering, route: Route, location: Block) -> None:
    """Header: the table always first, as httpd sends it; what is hidden was said by ``hidden_headers``."""
    emit_always(low, route, location)
    folded = fold_headers(route.headers, Table.ONSUCCESS)
    _report(low, route, folded.lost)
    for lines in folded.lines.values():
        if not lines.values and lines.if_none is None:
            low.dropped.append(exact(_said_by(route, lines.steps)))
        for value in lines.values:
            _add(low, route, "add_header", lines, text_of(low.maps, value), location)
        if lines.if_none is not None:
            _emit_if_none(low, route, lines, location)


def _emit_if_none(low: Lowering, route: Route, lines: Lines, location: Block) -> None:
    assert lines.if_none is not None
    entries = (("", text_of(low.maps, lines.if_none)), ("default", ""))
    made = Map(f"$upstream_http_{_variable(lines.name)}", entries, "")
    value = low.maps.make(f"missing_{_variable(lines.name)}", made)
    _add(low, route, "add_header", lines, value, location)


def emit_always(low: Lowering, route: Route, location: Block) -> None:
    """The table always, which answers made here have too."""
    folded = fold_headers(route.headers, Table.ALWAYS)
    _report(low, route, folded.lost)
    for lines in folded.lines.values():
        if not lines.values and lines.if_none is None:
            low.dropped.append(exact(_said_by(route, lines.steps)))
        for value in lines.values:
            _add(low, route, "add_header", lines, text_of(low.maps, value), location)


def conditional(route: Route, table: Table) -> list[tuple[Step, EditHeader]]:
    """Lines of a table that only add, where their condition holds, and that are alone with their name."""
    lines = [(each, each.action) for each in (*route.headers, *route.unsure) if isinstance(each.action, EditHeader)]
    names = [action.name.lower() for _, action in lines if action.table is table]
    return [
        (step, action)
        for step, action in lines
        if step in route.unsure and action.table is table and names.count(action.name.lower()) == 1
        and (action.operation == "add" or (action.operation == "set" and table is Table.ALWAYS))
        and action.value is not None and action.value != Literal("")
        and is_plain(action.value) and can_ask(step.when)
    ]  # fmt: skip


def emit_conditional(low: Lowering, route: Route, location: Block, *tables: Table) -> None:
    """Lines with a condition: nginx sends no header whose value is empty."""
    for step, action in (each for table in tables for each in conditional(route, table)):
        said_by = route.host.said_by(step)
        location.add("add_header", action.name, _where(low, step, action), "always",
                     comment=low.sources.comment(said_by), claims=(exact(said_by),))  # fmt: skip


def _where(low: Lowering, step: Step, action: EditHeader) -> str:
    """The variable that holds the header's value where the condition of its line holds."""
    assert action.value is not None
    entries = (("1", text_of(low.maps, action.value)), ("default", ""))
    return low.maps.make(f"added_{_variable(action.name)}", Map(flag_of(low.maps, step.when), entries, ""))


def emit_for_failures(low: Lowering, routes: list[Route], server: Block) -> None:
    """The table always at the server, for answers that no location makes."""
    tables = [fold_headers(route.headers, Table.ALWAYS).lines for route in routes]
    asked = [conditional(route, Table.ALWAYS) for route in routes]
    if not any(tables) and not any(asked):
        return
    values = [{key: lines.values for key, lines in table.items()} for table in tables]
    if any(each != values[-1] for each in values) or any(each != asked[-1] for each in asked):
        steps = [step for table in tables for lines in table.values() for step in lines.steps]
        steps += [step for each in asked for step, _ in each]
        why = "answers of failures have the headers of the whole host, not of their path"
        low.dropped.append(approximated(_said_by(routes[-1], steps), why, "always"))
    for lines in tables[-1].values():
        for value in lines.values:
            server.add("add_header", lines.name, text_of(low.maps, value), "always")
    for step, action in asked[-1]:
        server.add("add_header", action.name, _where(low, step, action), "always")


def _variable(name: str) -> str:
    return name.lower().replace("-", "_")


def _said_by(route: Route, steps: list[Step]) -> list[Written]:
    return [each for step in steps for each in route.host.said_by(step)]


def _add(low: Lowering, route: Route, directive: str, lines: Lines, value: str, block: Block) -> None:
    """One line of output, said by all that made it."""
    said_by = _said_by(route, lines.steps)
    claim: Claim = exact(said_by)
    if lines.if_none is not None:
        claim = approximated(said_by, "a header that is there without a value counts as missing", "empty-header")
    always = ("always",) if directive == "add_header" else ()
    block.add(directive, lines.name, value, *always, comment=low.sources.comment(said_by), claims=(claim,))


def _report(low: Lowering, route: Route, steps: list[Step]) -> None:
    if steps:
        why = "this edit of a header is not supported yet for nginx"
        low.dropped.append(unsupported(_said_by(route, steps), why, "header-edit"))
