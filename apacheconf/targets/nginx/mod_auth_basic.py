"""mod_auth_basic and mod_authz_core in nginx: who may, where a name is asked for (NGX-141, NGX-143).

A list of users needs no file of its own: whoever isn't on it is looked up in an empty one.
"""

from __future__ import annotations

from pathlib import Path

from apacheconf.program.conditions import NEVER
from apacheconf.targets.claims import Claim, equivalent, exact, unsupported
from apacheconf.targets.gates import Gate, gate_of
from apacheconf.targets.nginx.conditions import can_ask, flag_of
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.patterns import escape
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.routes import Route

_NOBODY = "/dev/null"
#: Hashes that nginx computes itself: those of htpasswd -m and -s.
_OWN = ("$apr1$", "{SHA}")


def can_admit(route: Route) -> bool:
    """Whether all that a route asks of users can be asked; what can't keeps everyone out."""
    try:
        gate = gate_of(route)
    except CannotAsk:
        return False
    return gate is None or (can_ask(gate.refused) and can_ask(gate.unasked))


def emit_gate(low: Lowering, route: Route, location: Block) -> bool:
    """The password that a route asks for. False where what follows must be nothing: everyone is refused."""
    if not can_admit(route):
        said_by = [each for step in route.admits for each in route.host.said_by(step)]
        why = "these rules about users can't be asked in nginx, so everyone is refused where they hold"
        location.add("return", "403", claims=(unsupported(said_by, why, "refuses-everyone"),))
        return False
    gate = gate_of(route)
    if gate is not None:
        _emit(low, route, gate, location)
    return True


def _emit(low: Lowering, route: Route, gate: Gate, location: Block) -> None:
    said_by = route.host.said_by(gate.step)
    if gate.refused != NEVER:
        location.open("if", flag_of(low.maps, gate.refused), "=", "1").add("return", "403")
    realm = literal(gate.realm)
    if gate.unasked != NEVER:
        entries = (("1", "off"), ("default", realm))
        realm = low.maps.make("realm", Map(flag_of(low.maps, gate.unasked), entries, "whom nobody asks for a password"))
    file = literal(gate.file)
    if gate.users is not None:
        listed = rf"~^(?:{'|'.join(map(escape, gate.users))})\z" if gate.users else r"~^\b\B"
        entries = ((listed, file), ("default", _NOBODY))
        file = low.maps.make("users", Map("$remote_user", entries, "where a user's password is, if they may"))
    claims = tuple(_claims(route, gate))
    location.add("auth_basic", realm, comment=low.sources.comment(said_by), claims=claims)
    location.add("auth_basic_user_file", file)


def _claims(route: Route, gate: Gate) -> list[Claim]:
    said_by = route.host.said_by(gate.step)
    claims = [exact(said_by)]
    if gate.from_groups:
        why = "who is in the group was read when this was written: translate anew when the group file changes"
        claims.append(equivalent(said_by, why, "groups-as-read"))
    if not _only_own_hashes(gate.file):
        why = "passwords that are not of htpasswd -m or -s go to the system's crypt, which must know their kind"
        claims.append(equivalent(said_by, why, "password-kinds"))
    return claims


def _only_own_hashes(file: str) -> bool:
    try:
        lines = Path(file).read_text("latin-1").splitlines()
    except OSError:
        return False
    return all(line.partition(":")[2].startswith(_OWN) for line in lines if line.strip() and line[0] != "#")
