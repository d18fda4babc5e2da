"""core and http_core in the program: names, limits, DocumentRoot, handlers and error documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from apacheconf.ledger import Written
from apacheconf.model.types import Server
from apacheconf.modules.core import CoreDirConf, CoreServerConf, ErrorDocument
from apacheconf.modules.core_values import DOCUMENT_ROOT
from apacheconf.modules.declare import Conf, Setting
from apacheconf.modules.http_core import HttpServerConf
from apacheconf.modules.mod_proxy import ProxyServerConf
from apacheconf.modules.mod_reqtimeout import ReadTimeout, ReqTimeoutServerConf
from apacheconf.program.hosts import Host, Limits, Reading, Shape
from apacheconf.program.link import Linker
from apacheconf.program.messages import ErrorLog, formats_of, levels_of
from apacheconf.program.phases import Phase
from apacheconf.program.steps import AddCharset, MapToFile, SetErrorDocument, SetHandler, Step
from apacheconf.program.values import Literal

#: The name of a server that nobody named: what httpd falls back to when it can't look its own up (AH00558).
UNNAMED = "127.0.0.1"


#: What ``AddDefaultCharset On`` stands for.
DEFAULT_CHARSET = "iso-8859-1"


def host(number: int, server: Server, main: Server, shape: Shape, linker: Linker, server_root: str) -> Host:
    """The host of a server: its names and its tables. Without ServerName it has the main server's (VH-16)."""
    conf = server.server_conf(CoreServerConf)
    own = conf.server_name.value or main.server_conf(CoreServerConf).server_name.value
    return Host(
        number,
        own.host if own else UNNAMED,
        own.port if own else None,
        own.scheme if own else "",
        conf.server_aliases.value,
        server.node.place if server.node else None,
        shape,
        linker.directives,
        linker.origins,
        linker.texts,
        server_path=conf.server_path.value,
        canonical_name=server.dir_conf(CoreDirConf).use_canonical_name.value == "On",
        admin=conf.server_admin.value,
        named_by=_named_by(server, conf),
        errors=_error_log(server, conf, server_root),
    )


def _error_log(server: Server, conf: CoreServerConf, server_root: str) -> ErrorLog:
    target = conf.error_log.value
    if target and not target.startswith("|") and target.partition(":")[0].lower() != "syslog":
        target = str(PurePosixPath(server_root, target))
    return ErrorLog(
        target, levels_of(server.dir_conf(CoreDirConf).log_level.value), *formats_of(conf.error_formats.value)
    )


def _named_by(server: Server, conf: CoreServerConf) -> tuple[Written, ...]:
    node: tuple[Written, ...] = (server.node,) if server.node else ()
    return (
        *node,
        *conf.server_name.said_by,
        *dict.fromkeys(conf.server_aliases.said_by),
        *conf.server_path.said_by,
        *conf.server_admin.said_by,
    )


def limits(server: Server, linker: Linker) -> Limits:
    """What a connection of this host may cost; every directive that set a value is named."""
    core, http = server.server_conf(CoreServerConf), server.server_conf(HttpServerConf)
    proxy, per_dir = server.server_conf(ProxyServerConf), server.dir_conf(CoreDirConf)
    settings: dict[str, Setting[Any]] = {
        "timeout": core.timeout,
        "keep_alive": http.keep_alive,
        "keep_alive_timeout": http.keep_alive_timeout,
        "max_keep_alive_requests": http.max_keep_alive_requests,
        "request_line": core.limit_request_line,
        "request_field_size": core.limit_request_field_size,
        "request_fields": core.limit_request_fields,
        "proxy_timeout": proxy.timeout,
        "merge_slashes": core.merge_slashes,
        "encoded_slashes": per_dir.allow_encoded_slashes,
        "server_tokens": core.server_tokens,
    }
    trace, signature = core.trace_enable, per_dir.server_signature
    timeouts = server.server_conf(ReqTimeoutServerConf).timeouts
    values = {name: setting.value for name, setting in settings.items()}
    said_by = [each for setting in (*settings.values(), trace, signature, timeouts) for each in setting.said_by]
    return Limits(
        **values,
        header=_reading(timeouts.value.get("header"), Reading(20.0, 40.0, 500)),
        body=_reading(timeouts.value.get("body"), Reading(20.0, 0.0, 500)),
        trace=trace.value != "off",
        server_signature=signature.value != "Off",
        said_by=linker.said_by(dict.fromkeys(said_by)),
    )


def _reading(timeout: ReadTimeout | None, default: Reading) -> Reading:
    return default if timeout is None else Reading(timeout.initial, timeout.most, timeout.rate)


def server_steps(server: Server, linker: Linker) -> Iterator[Step]:
    """What no mapping took lies under DocumentRoot (OR-1d)."""
    root = server.server_conf(CoreServerConf).document_root
    yield linker.step(Phase.TRANSLATE, MapToFile(root.value or DOCUMENT_ROOT), root.said_by)


def steps(conf: Conf) -> Iterator[Step]:
    """What a section's effective settings make a request meet."""
    assert isinstance(conf, CoreDirConf)
    if conf.set_handler.value and conf.set_handler.value.lower() != "none":
        yield _step(Phase.TYPE, SetHandler(conf.set_handler.value), conf.set_handler)
    charset = conf.add_default_charset
    if charset.value.lower() != "off":
        name = DEFAULT_CHARSET if charset.value.lower() == "on" else charset.value
        yield _step(Phase.FILTERS, AddCharset(name), charset)
    for status, document in conf.error_documents.value.items():
        if document.kind != "default":
            yield _step(Phase.FILTERS, _error_document(status, document), conf.error_documents)


def _step(phase: Phase, action: SetHandler | SetErrorDocument | AddCharset, setting: Setting[Any]) -> Step:
    return Step(phase, action, tuple(number for number in setting.said_by if isinstance(number, int)))


def _error_document(status: int, document: ErrorDocument) -> SetErrorDocument:
    if document.kind == "path":
        return SetErrorDocument(status, path=document.value)
    if document.kind == "url":
        return SetErrorDocument(status, url=document.value)
    return SetErrorDocument(status, text=Literal(document.value))
