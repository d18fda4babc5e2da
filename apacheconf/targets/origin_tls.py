"""TLS with origins, as far as targets say the same of it: what a route asks, and what became of SSLProxy directives."""

from __future__ import annotations

from collections.abc import Mapping

from apacheconf.ledger import Written
from apacheconf.program.steps import SecureOrigin
from apacheconf.program.tls import OriginTls
from apacheconf.targets.claims import Claim, approximated, exact
from apacheconf.targets.routes import Route

#: The words of SSLProxyVerify with which an origin must show a chain that is known.
VERIFIED = ("require", "optional")
#: The word with which what has no list of revoked certificates is believed, and what targets say to it.
WITHOUT_LIST = "no_crl_for_cert_ok"
NEEDS_LISTS = "a certificate whose authority has no list of revoked ones is refused"


def settings_of(route: Route) -> tuple[OriginTls, tuple[Written, ...]]:
    """What a route says of TLS with its origin, and where."""
    for step, _ in route.met:
        if isinstance(step.action, SecureOrigin):
            return step.action.tls, route.host.said_by(step)
    return OriginTls(), ()


def unchecked(tls: OriginTls, mapping: tuple[Written, ...], said_by: tuple[Written, ...]) -> list[Claim]:
    """The claims where the target checks nothing: httpd checks name and dates even of a chain that it doesn't know."""
    checked = [name for asked, name in ((tls.check_name, "its name"), (tls.check_expire, "its dates")) if asked]
    if not checked:
        return [exact(said_by)]
    checks = [each for each in said_by if each.name.lower().startswith("sslproxycheckpeer")]
    worse = [each for each in checks if each.args.strip().lower() != "off"]  # what is off is not done here either
    why = f"the origin's certificate is not checked: httpd checks {' and '.join(checked)}"
    return [
        approximated([*mapping, *worse], why, "origin-certificate"),
        exact([each for each in said_by if each not in worse]),
    ]


def checked_but(differing: Mapping[str, str], said_by: tuple[Written, ...]) -> list[Claim]:
    """The claims where the target checks the chain; ``differing`` tells of directives (small letters) what differs."""
    worse = [each for each in said_by if each.name.lower() in differing]
    claims = [approximated([each], differing[each.name.lower()], "origin-chain") for each in worse]
    return [*claims, exact([each for each in said_by if each not in worse])]


def lists_differ(tls: OriginTls, said_by: tuple[Written, ...]) -> dict[str, str]:
    """What ``checked_but`` is told of lists of revoked certificates: targets ask one for every certificate."""
    name = "sslproxycarevocationcheck"
    if tls.revocation == "leaf":
        return {name: "the whole chain is looked up in the lists, not the origin's own alone"}
    if any(each.name.lower() == name and WITHOUT_LIST in each.args.lower() for each in said_by):
        return {name: NEEDS_LISTS}
    return {}
