"""The request that a command line asks about: URL, method, headers, client."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from apacheconf.diagnostics import UsageError
from apacheconf.program.request import Request
from apacheconf.source import ENCODING

_PORTS = {"http": 80, "https": 443}
_URL = re.compile(r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?P<authority>[^/?#]*)(?P<target>[^#]*)", re.DOTALL)
_ADDRESS = re.compile(r"\[[0-9A-Fa-f:.%]+\]$|\d+\.\d+\.\d+\.\d+$")
#: Characters of a URL that a browser or curl sends as they are.
_SAFE = "!#$%&'()*+,/:;=?@[]~\"<>\\^`{|}"


def request_for(url: str, method: str = "GET", headers: Iterable[str] = (), sender: str = "127.0.0.1") -> Request:
    """The request that a client would send for ``url`` (``http://host[:port]/path``, ``host/path`` or ``/path``).

    ``headers`` are ``Name: value`` lines; a Host among them takes the place of the URL's. ``local`` of the request
    is the URL's address if it names one, else empty: ``explain`` finds the listener. Raises UsageError.
    """
    scheme, authority, target = _split(url)
    host, port = _host_and_port(authority, scheme, url)
    given = [_header(line) for line in headers]
    if not any(name.lower() == "host" for name, _ in given):
        given.insert(0, ("Host", authority or "localhost"))
    address = host.strip("[]") if _ADDRESS.match(host) else ""
    return Request(
        method=_token(method),
        target=target,
        headers=tuple(given),
        local=(address, port),
        peer=(_client(sender), 40000),
        scheme=scheme,
        sni=host if scheme == "https" and not address else "",
        imagined=True,
    )


def _split(url: str) -> tuple[str, str, str]:
    match = _URL.match(url)
    assert match is not None
    scheme = (match["scheme"] or "http").lower()
    if scheme not in _PORTS:
        raise UsageError(f"{url}: a URL of scheme {scheme} never reaches httpd", "write http://host/path or https://")
    authority = match["authority"].rpartition("@")[2]
    if match["scheme"] and not authority:
        raise UsageError(f"{url}: the URL names no host", "write http://host/path")
    if re.search(r"[\s\x00-\x1f\x7f]", authority):
        raise UsageError(f"{url!r}: no host has such a name", "write http://host/path")
    target = match["target"] or "/"
    target = target if target.startswith("/") else "/" + target
    return scheme, _latin(authority), quote(_latin(target).encode(ENCODING), safe=_SAFE)


def _latin(text: str) -> str:
    """UTF-8 bytes as latin-1 characters, as everything inside this program is."""
    return text.encode("utf-8", "surrogateescape").decode(ENCODING)


def _host_and_port(authority: str, scheme: str, url: str) -> tuple[str, int]:
    if authority.startswith("[") != ("]" in authority) or re.match(r"[^\[]*:.*:", authority):
        raise UsageError(f"{url}: an address of IPv6 stands in brackets", "write http://[2001:db8::1]/path")
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        return authority, _PORTS[scheme]
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise UsageError(f"{url}: {port or 'an empty text'} is no port", "a port is a number from 1 to 65535")
    return host, int(port)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = _latin(line).partition(":")
    if not colon or not name.strip():
        raise UsageError(f"-H {line!r} is no header", "write it as 'Name: value'")
    return _token(name.strip()), value.strip()


def _token(text: str) -> str:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", text):
        raise UsageError(f"{text!r} may not stand there", "a method or header name is one word of letters and signs")
    return text


def _client(sender: str) -> str:
    from ipaddress import ip_address

    try:
        return str(ip_address(sender))
    except ValueError:
        raise UsageError(f"--from {sender} is no IP address", "write it as 192.0.2.1 or 2001:db8::1") from None
