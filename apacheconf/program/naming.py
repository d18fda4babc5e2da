"""How a server calls itself: UseCanonicalName and UseCanonicalPhysicalPort (VH-60), ServerSignature (ED-5).

Each section may say it anew, so a request has a naming of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apacheconf.modules.core import CoreDirConf

if TYPE_CHECKING:
    from collections.abc import Iterable

    from apacheconf.program.hosts import Host, Layer

_PORT = re.compile(r":\d*$")
#: Who is named where there is no ServerAdmin.
NO_ADMIN = "[no address given]"
#: ServerTokens' words, of which the full ones name who it really is.
_TOKENS = {"prod": "Apache", "productonly": "Apache", "major": "Apache/2", "min": "Apache/2.4", "minor": "Apache/2.4"}


@dataclass(frozen=True, slots=True)
class Naming:
    """``canonical``: the ServerName, whatever the client calls the server. ``by_dns``: the name that DNS knows for the
    address where the client has come in. ``physical_port``: the port where it has come in, where none is known.
    ``signature`` stands below pages made here: Off, On or EMail."""

    canonical: bool = False
    by_dns: bool = False
    physical_port: bool = False
    signature: str = "Off"


def banner(tokens: str) -> str:
    """How the server calls itself in the Server header, by ServerTokens (RS-3)."""
    return _TOKENS.get(tokens.lower(), "Apache/2.4 (apacheconf)")


def naming_of(conf: CoreDirConf) -> Naming:
    """What settings come to."""
    said = conf.use_canonical_name.value
    physical, signature = conf.use_canonical_physical_port.value == "On", conf.server_signature.value
    return Naming(said == "On", said == "DNS", physical, signature)


def naming_for(layers: tuple[Layer, ...]) -> Naming | None:
    """The naming where these layers apply; None where no section says anything of it."""
    confs = _confs(layers)
    if not any(map(_says_naming, confs[1:])):
        return None
    conf = confs[0]
    for each in confs[1:]:
        conf = conf.merge(each)
    return naming_of(conf)


def sections_name(layers: tuple[Layer, ...]) -> bool:
    """Whether any section of a host says how the server calls itself."""
    return any(map(_says_naming, _confs(layers[1:])))


def _confs(layers: Iterable[Layer]) -> list[CoreDirConf]:
    return [conf for layer in layers for _, conf in layer.confs if isinstance(conf, CoreDirConf)]


def _says_naming(conf: CoreDirConf) -> bool:
    said = conf.use_canonical_name, conf.use_canonical_physical_port, conf.server_signature
    return any(each.is_set for each in said)


def own_name(host: Host, naming: Naming, asked: str | None, found: str) -> str:
    """The server's name; ``asked`` is the client's, ``found`` that of DNS, empty where it knows none."""
    if naming.by_dns:
        return found or host.name
    return host.name if naming.canonical or not asked else asked


def own_port(host: Host, naming: Naming, usual: int, arrived: int) -> int:
    """The server's own port: that of ServerName, or the real one where UseCanonicalPhysicalPort wants it."""
    if naming.physical_port and (host.port is None or not naming.canonical):
        return arrived
    return host.port or usual


def port_of(naming: Naming, asked: str, own: int) -> int:
    """The port of a Host header, else the server's ``own``."""
    _, colon, port = asked.rpartition(":")
    return int(port) if colon and port.isdecimal() and not naming.canonical else own


def self_url(host: Host, naming: Naming, scheme: str, asked: str, arrived: int, found: str = "") -> str:
    """``scheme://host[:port]`` of URLs that ``host`` makes about itself (VH-60, RV-4).

    ``asked`` is the Host header, ``arrived`` the port where the client has come in, ``found`` the name in DNS.
    """
    scheme = "https" if host.scheme == "https" else scheme
    name, port = _name_and_port(host, naming, scheme, asked, arrived, found)
    return f"{scheme}://{name}" + (f":{port}" if port != _usual(scheme) else "")


def signature(host: Host, naming: Naming, scheme: str, asked: str, arrived: int, found: str = "") -> str:
    """The line below a page made here, empty where ServerSignature is Off (ED-5); arguments are as ``self_url``'s."""
    if naming.signature == "Off":
        return ""
    from html import escape  # only here: it loads a table of 2,000 names

    name, port = _name_and_port(host, naming, "https" if host.scheme == "https" else scheme, asked, arrived, found)
    shown = escape(name, quote=False)
    if naming.signature == "EMail":
        admin = host.admin or NO_ADMIN
        shown = f'<a href="{"" if "://" in admin else "mailto:"}{escape(admin)}">{shown}</a>'
    return f"<address>{banner(host.shape.limits.server_tokens)} Server at {shown} Port {port}</address>\n"


def _name_and_port(host: Host, naming: Naming, scheme: str, asked: str, arrived: int, found: str) -> tuple[str, int]:
    name = own_name(host, naming, _PORT.sub("", asked).lower().removesuffix("."), found)
    return name, port_of(naming, asked, own_port(host, naming, _usual(scheme), arrived))


def _usual(scheme: str) -> int:
    return 443 if scheme == "https" else 80
