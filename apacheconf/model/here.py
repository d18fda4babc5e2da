"""What httpd -t looks at on its own machine once everything is read: folders of logs, its own name (CLI-16, CLI-17).

A configuration is read elsewhere too, so these are notes, and looked for only when somebody asks. This machine is
asked for its name as httpd asks it; nothing else leaves the process.
"""

from __future__ import annotations

import os
import posixpath
import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.expand.tree import Node
from apacheconf.model.bound import Bound, Directive
from apacheconf.modules.values import is_there

#: What httpd calls a machine that it knows no address of.
_ITSELF = "127.0.0.1"
_DEFAULT_ERROR_LOG = "logs/error_log"
_ELSEWHERE = "httpd asks for it here; elsewhere it may be right"


def missing_folders(bound: Bound) -> Iterator[Diagnostic]:
    """DocumentRoots of virtual hosts that are no folders here: httpd warns while it reads (STR-43)."""
    for _, directives in _hosts(bound):
        for each in _named(directives, "DocumentRoot"):
            path = posixpath.join(bound.expanded.server_root, each.words[0])
            if not is_there(path, Path.is_dir):
                message = f"DocumentRoot [{path}] does not exist"
                httpd = f"AH00112: Warning: {message}"
                yield _note("document-root-not-here", message, each.node, _ELSEWHERE, httpd)


def missing_after_the_walk(bound: Bound) -> tuple[Diagnostic, ...]:
    """The name of the server, then the folders of the error logs, then those of the other logs, in httpd's order.

    httpd tells all error logs at once and stops, else all other logs, so one text is that of each of a kind.
    """
    hosts = list(_hosts(bound))[::-1]
    servers: list[tuple[Node | None, Sequence[Directive]]] = [(None, bound.directives), *hosts]
    errors = [found for node, directives in servers for found in _error_log(node, directives, bound)]
    others = [found for _, directives in servers for found in _logs(directives, bound)]
    return (*_own_name(bound), *_together(errors), *_together(others))


def _hosts(bound: Bound) -> Iterator[tuple[Node, Sequence[Directive]]]:
    for each in bound.directives:
        if each.spec is not None and each.spec.name == "<VirtualHost>":
            yield each.node, each.children or ()


def _named(directives: Iterable[Directive], *names: str) -> list[Directive]:
    return [each for each in directives if each.spec is not None and each.spec.name in names and each.words]


def _note(name: str, message: str, node: Node | None, help: str, httpd: str) -> Diagnostic:
    return Diagnostic(Level.NOTE, name, message, node.place if node else None, help=help, httpd=httpd)


def _own_name(bound: Bound) -> Iterator[Diagnostic]:
    """What httpd does without a ServerName of the main server: it asks the machine (CLI-17)."""
    if _named(bound.directives, "ServerName"):
        return
    called = socket.gethostname()
    try:
        address = str(socket.getaddrinfo(called, None)[0][4][0])
    except OSError:
        message, address = f"apr_sockaddr_info_get() failed for {called}", _ITSELF
        help = "write ServerName outside of the virtual hosts, or give this machine's name an address"
        yield _note("machine-name-not-known", message, None, help, f"AH00557: {{argv0}}: {message}")
    if not _has_domain(address):
        message = f"Could not reliably determine the server's fully qualified domain name, using {address}. "
        message += "Set the 'ServerName' directive globally to suppress this message"
        httpd = f"AH00558: {{argv0}}: {message}"
        yield _note("server-name-not-known", message, None, "write ServerName outside of the virtual hosts", httpd)


def _has_domain(address: str) -> bool:
    try:
        return "." in socket.getnameinfo((address, 0), socket.NI_NAMEREQD)[0]
    except OSError:
        return False


def _error_log(node: Node | None, directives: Sequence[Directive], bound: Bound) -> Iterator[Diagnostic]:
    """The error log of the main server, or the own one of a virtual host."""
    said = _named(directives, "ErrorLog")
    if not said and node is not None:
        return
    file = said[-1].words[0] if said else _DEFAULT_ERROR_LOG
    if file.startswith(("|", "syslog")):
        return
    whose = "main error log" if node is None else f"error log of vhost defined at {node.place.name}:{node.place.line}"
    yield from _without_folder("AH02291", file, whose, said[-1].node if said else None, bound)


def _logs(directives: Sequence[Directive], bound: Bound) -> Iterator[Diagnostic]:
    for each in _named(directives, "CustomLog", "TransferLog", "GlobalLog"):
        file, place = each.words[0], each.node.place
        if not file.startswith("|"):
            whose = f"log file '{file}' defined at {place.name}:{place.line}"
            yield from _without_folder("AH02297", file, whose, each.node, bound)


def _without_folder(code: str, file: str, whose: str, node: Node | None, bound: Bound) -> Iterator[Diagnostic]:
    folder = posixpath.dirname(posixpath.join(bound.expanded.server_root, file))
    try:
        os.scandir(folder).close()
    except OSError as error:
        message = f"Cannot access directory '{folder}/' for {whose}"
        httpd = f"({error.errno}){error.strerror}: {code}: {message}"
        yield _note("log-folder-not-here", message, node, _ELSEWHERE, httpd)


def _together(found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The same, each with what httpd says to all of them."""
    said = "\n".join([*(each.httpd or "" for each in found), "AH00014: Configuration check failed"])
    return tuple(replace(each, httpd=said) for each in found)
