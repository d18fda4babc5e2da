"""mod_auth_basic and mod_authz_core in nginx: who may, where a name is asked for (NGX-141, NGX-143).

A list of users needs no file of its own: whoever isn't on it is looked up in an empty one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from apacheconf.program.conditions import Condition
from apacheconf.program.mod_auth_basic import quoted
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.gates import Case, Gate, gate_of, narrowed
from apacheconf.targets.nginx.conditions import can_ask, flag_of
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.tree import Block, glued, literal
from apacheconf.targets.patterns import escape
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.restrictions import GROUPS_AS_READ, asked_by
from apacheconf.targets.routes import Route

#: What is said of the names of clients, which nginx doesn't look up.
UNASKED = "nginx looks up no names of clients, so nobody has them: write their addresses in Require ip"
_NOBODY = "/dev/null"
#: Hashes that nginx computes itself: those of htpasswd -m and -s.
_OWN = ("$apr1$", "{SHA}")
#: Those that nginx takes, and httpd for none: nobody gets in with them there.
_NGINX_ONLY = ("{PLAIN}", "{SSHA}")
_READ_OTHERWISE = "a line with {PLAIN} or {SSHA} lets its user in, and one that begins with a blank does not"


def emit_gate(low: Lowering, route: Route, location: Block) -> bool:
    """The password that a route asks for. False where what follows must be nothing: everyone is refused."""
    said_by = [each for step in route.admits for each in route.host.said_by(step)]
    try:
        found = gate_of(route)
        if found is not None:
            gate, lost = narrowed(found, can_ask)
            _emit(low, route, gate, lost, location)
    except CannotAsk as missing:
        why = f"nginx can't ask {missing}, so everyone is refused where these rules hold"
        location.add("return", "403", claims=(unsupported(said_by, why, "refuses-everyone"),))
        return False
    return True


def user_of(low: Lowering, route: Route) -> str | None:
    """The word for who has shown a password, empty where nobody is asked for one; None where nginx can't ask."""
    try:
        found = gate_of(route)
        if found is None:
            return ""
        gate, _ = narrowed(found, can_ask)
        if not any(case.unasked for _, case in gate.cases):
            return "$remote_user"
        asked = glued(flag_of(low.maps, each) for each in gate.conditions)
        entries = (*_bits(gate, lambda case: case.unasked, ""), ("default", "$remote_user"))
        return low.maps.make("user", Map(asked, entries, "who has shown a password"))
    except CannotAsk:
        return None


def _emit(low: Lowering, route: Route, gate: Gate, lost: tuple[Condition, ...], location: Block) -> None:
    said_by = [each for step in gate.steps for each in route.host.said_by(step)]
    asked = glued(flag_of(low.maps, each) for each in gate.conditions)
    statuses = {case.status for _, case in gate.cases if case.status}
    for status in sorted(statuses):
        _emit_refusal(low, gate, asked, status, location)
    realm = literal(quoted(gate.realm))
    if any(case.unasked for _, case in gate.cases):
        entries = (*_bits(gate, lambda case: case.unasked, "off"), ("default", realm))
        realm = low.maps.make("realm", Map(asked, entries, "whom nobody asks for a password"))
    location.add("auth_basic", realm, comment=low.sources.comment(said_by), claims=tuple(_claims(route, gate, lost)))
    location.add("auth_basic_user_file", _file(low, asked, gate))


def _emit_refusal(low: Lowering, gate: Gate, asked: str, status: int, location: Block) -> None:
    """Who is refused before anybody is asked for a password."""
    if not asked:
        location.add("return", str(status))
        return
    entries = (*_bits(gate, lambda case: case.status == status, "1"), ("default", "0"))
    location.open("if", low.maps.make(f"refused_with_{status}", Map(asked, entries, ""))).add("return", str(status))


Which = Callable[[Case], bool]


def _bits(gate: Gate, which: Which, value: str) -> Iterator[tuple[str, str]]:
    """The entry of a map over the answers that lead to such a case."""
    found = [_text(answers) for answers, case in gate.cases if which(case)]
    if found:
        yield f"~^(?:{'|'.join(found)})$", value


def _text(answers: tuple[bool, ...]) -> str:
    return "".join("1" if each else "0" for each in answers)


def _file(low: Lowering, asked: str, gate: Gate) -> str:
    """Where a user's password is, if they may: nobody is in an empty file."""
    cases: dict[Case, list[str]] = {}
    for answers, case in gate.cases:
        if not (case.unasked or case.status):
            cases.setdefault(case, []).append(_text(answers))
    last = literal(gate.files[-1][0])
    if len(gate.files) == 1 and all(case.others and not case.named for case in cases):
        return last
    entries = [each for case, found in cases.items() for each in _of_case(gate, case, found if asked else [])]
    source = f"{asked}:$remote_user" if asked else "$remote_user"
    plain = not asked and all(case.others for case in cases)
    made = Map(source, (*entries, ("default", last if plain else _NOBODY)), "where a user's password is, if they may")
    return low.maps.make("users", made)


def _of_case(gate: Gate, case: Case, bits: list[str]) -> Iterator[tuple[str, str]]:
    """The users of one case, each in the first file that knows them."""
    before = f"(?:{'|'.join(bits)}):" if bits else ""
    named = [name for name, may in case.named if may is not case.others]
    left = set(named)
    if case.others and named:
        yield rf"~^{before}{_any_of(named)}\z", _NOBODY
    for file, users in gate.files[:-1]:
        here = list(users) if case.others else [name for name in named if name in users]
        left -= set(here)
        if here:
            yield rf"~^{before}{_any_of(here)}\z", literal(file)
    if case.others and bits:
        yield f"~^{before}", literal(gate.files[-1][0])
    elif not case.others and left:
        yield rf"~^{before}{_any_of([name for name in named if name in left])}\z", literal(gate.files[-1][0])


def _any_of(names: list[str]) -> str:
    return f"(?:{'|'.join(map(escape, names))})"


def _claims(route: Route, gate: Gate, lost: tuple[Condition, ...]) -> list[Claim]:
    said_by = [each for step in gate.steps for each in route.host.said_by(step)]
    left_out = [each for condition in lost for each in asked_by(said_by, condition)]
    claims = [exact([each for each in said_by if each not in left_out])]
    if left_out:
        claims.append(unsupported(left_out, UNASKED, "condition"))
    if gate.from_groups:
        claims.append(equivalent(said_by, GROUPS_AS_READ, "groups-as-read"))
    if len(gate.files) > 1:
        why = "who is in which file was read when this was written: translate anew when users come or go"
        claims.append(equivalent(said_by, why, "users-as-read"))
    lines = [line for file, _ in gate.files for line in _lines_of(file)]
    if not all(line.partition(":")[2].startswith(_OWN) for line in lines):
        why = "passwords that are not of htpasswd -m or -s go to the system's crypt, which must know their kind"
        claims.append(equivalent(said_by, why, "password-kinds"))
    if any(line.partition(":")[2].startswith(_NGINX_ONLY) or line != line.lstrip() for line in lines):
        files = [each for each in said_by if each.name.lower() == "authuserfile"]
        claims.append(approximated(files, _READ_OTHERWISE, "password-lines"))
    return claims


def _lines_of(file: str) -> list[str]:
    """The users of a file and their passwords; one whose password nobody knows where it can't be read here."""
    try:
        lines = Path(file).read_text("latin-1").splitlines()
    except OSError:
        return [":"]
    return [line for line in lines if line.strip() and line[0] != "#"]
