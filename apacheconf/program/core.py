"""core and http_core in the program: names, limits, DocumentRoot, handlers and error documents."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
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
from apacheconf.program.expressions import NotEvaluated, value_of
from apacheconf.program.handling import FileRules, InputRules, RangeRules, UploadRules
from apacheconf.program.hosts import Host, LayerKind, Limits, Reading, Shape
from apacheconf.program.link import Linker
from apacheconf.program.messages import ErrorLog, formats_of, levels_of
from apacheconf.program.naming import naming_of
from apacheconf.program.phases import Phase
from apacheconf.program.remote_proxies import remotes_of
from apacheconf.program.steps import AddCharset, AddFilter, MapToFile, SetErrorDocument, SetHandler, Step
from apacheconf.program.telling import tell
from apacheconf.program.values import Literal, Value
from apacheconf.syntax import expr

#: The name of a server that nobody named: what httpd falls back to when it can't look its own up (AH00558).
UNNAMED = "127.0.0.1"


#: What ``AddDefaultCharset On`` stands for.
DEFAULT_CHARSET = "iso-8859-1"


def host(number: int, server: Server, main: Server, shape: Shape, tables: Linker, server_root: str) -> Host:
    """The host of a server: its names, its settings and its tables.

    Without ServerName it has the main server's name (VH-16), and the port of its own first address (VH-14).
    """
    conf = server.server_conf(CoreServerConf)
    named = conf.server_name.value or main.server_conf(CoreServerConf).server_name.value
    by_address = not conf.server_name.value and bool(server.addresses)
    return Host(
        number,
        name=named.host if named else UNNAMED,
        port=server.addresses[0].port if by_address else named.port if named else None,
        scheme=named.scheme if named else "",
        aliases=conf.server_aliases.value,
        admin=conf.server_admin.value,
        place=server.node.place if server.node else None,
        directives=tables.directives,
        origins=tables.origins,
        texts=tables.texts,
        named_by=_named_by(server, conf),
        form=shape,
        server_path=conf.server_path.value,
        naming=naming_of(server.dir_conf(CoreDirConf)),
        errors=error_log(server, server_root),
        access_names=conf.access_names.value,
        recursion=conf.recursion.value,
        document_root=document_root(server),
    )


def error_log(server: Server, server_root: str) -> ErrorLog:
    """What the host writes messages to, and how."""
    conf = server.server_conf(CoreServerConf)
    levels = levels_of(server.dir_conf(CoreDirConf).log_level.value)
    return ErrorLog(log_target(conf.error_log.value, server_root), levels, *formats_of(conf.error_formats.value))


def log_target(written: str, server_root: str) -> str:
    """What ErrorLog names: a file by its absolute name."""
    if not written or written.startswith("|") or written.partition(":")[0].lower() == "syslog":
        return written
    file = written if written.startswith("/") else f"{server_root or '.'}/{written}"
    is_plain = file.startswith("/") and not file.endswith("/") and "//" not in file and "/." not in file
    return file if is_plain else str(PurePosixPath(server_root, written))  # which takes ten times as long


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
        "via": proxy.via,
        "max_forwards": proxy.max_forwards,
        "bad_header": proxy.bad_header,
        "io_buffer": proxy.io_buffer_size,
        "blocked": proxy.block,
        "no_proxy": proxy.no_proxy,
        "forwards": proxy.requests,
        "merge_slashes": core.merge_slashes,
        "encoded_slashes": per_dir.allow_encoded_slashes,
        "server_tokens": core.server_tokens,
        "known_hosts_only": core.strict_host_check,
    }
    trace, signature = core.trace_enable, per_dir.server_signature  # Naming holds what it says
    timeouts = server.server_conf(ReqTimeoutServerConf).timeouts
    values = {name: setting.value for name, setting in settings.items()}
    others = proxy.remotes, trace, signature, timeouts
    said_by = [each for setting in (*settings.values(), *others) for each in setting.said_by]
    return Limits(
        **values,
        handshake=_reading(timeouts.value.get("handshake"), Reading(0.0)),
        header=_reading(timeouts.value.get("header"), Reading(20.0, 40.0, 500)),
        body=_reading(timeouts.value.get("body"), Reading(20.0, 0.0, 500)),
        remotes=remotes_of(proxy.remotes.value),
        trace=trace.value != "off",
        trace_bodies=trace.value == "extended",
        strict_hosts="Unsafe" not in core.http_protocol_options.value,
        said_by=linker.said_by(dict.fromkeys(said_by)),
    )


def _reading(timeout: ReadTimeout | None, default: Reading) -> Reading:
    return default if timeout is None else Reading(timeout.initial, timeout.most, timeout.rate)


def server_steps(server: Server, linker: Linker) -> Iterator[Step]:
    """What no mapping took lies under DocumentRoot (OR-1d)."""
    root = server.server_conf(CoreServerConf).document_root
    yield linker.step(Phase.TRANSLATE, MapToFile(document_root(server)), root.said_by)


def document_root(server: Server) -> str:
    """DocumentRoot, or httpd's own; around a ``.htaccess`` that is read alone it is at least the folder of that."""
    said = server.server_conf(CoreServerConf).document_root.value
    alone = next((each.pattern for each in server.sections if each.kind == LayerKind.HTACCESS.value), "")
    if said or not alone or f"{alone}/".startswith(f"{DOCUMENT_ROOT}/"):
        return said or DOCUMENT_ROOT
    return alone


def steps(conf: Conf) -> Iterator[Step]:
    """What a section's effective settings make a request meet."""
    assert isinstance(conf, CoreDirConf)
    if conf.set_handler.value and conf.set_handler.value.lower() != "none":
        yield _step(Phase.TYPE, _handler(conf.set_handler.value), conf.set_handler)
    told: tuple[Setting[Any], ...] = (
        *(conf.options, conf.file_etag, conf.accept_path_info, conf.force_type, conf.cgi_pass_auth),
        conf.content_digest,
        conf.qualify_redirect_url,
    )
    if any(each.is_set for each in told):
        yield tell(_file_rules(conf), told)
    ranges = conf.max_ranges, conf.max_range_overlaps, conf.max_range_reversals
    if any(each.is_set for each in ranges):
        yield tell(RangeRules(*map(_limit, (each.value for each in ranges), (200, 20, 20))), ranges)
    if conf.limit_request_body.is_set:
        limit = conf.limit_request_body
        yield tell(UploadRules(limit.value), [limit], Phase.FILTERS)
    if conf.set_input_filter.value:
        names = conf.set_input_filter.value.lower().split(";")
        yield tell(InputRules(tuple(filter(None, names))), [conf.set_input_filter])
    for name in conf.set_output_filter.value.split(";"):
        if name and conf.set_output_filter.value.lower() != "none":
            yield _step(Phase.FILTERS, AddFilter(name.lower()), conf.set_output_filter)
    charset = conf.add_default_charset
    if charset.value.lower() != "off":
        name = DEFAULT_CHARSET if charset.value.lower() == "on" else charset.value
        yield _step(Phase.FILTERS, AddCharset(name), charset)
    for status, document in conf.error_documents.value.items():
        if document.kind != "default":
            yield _step(Phase.FILTERS, _error_document(status, document), conf.error_documents)


def _file_rules(conf: CoreDirConf) -> FileRules:
    return FileRules(
        options_of(conf),
        _etag_of(conf),
        conf.accept_path_info.value,
        conf.force_type.value,
        passes_user=conf.cgi_pass_auth.value,
        whole_url=conf.qualify_redirect_url.value,
        content_digest=conf.content_digest.value,
    )


def options_of(conf: CoreDirConf) -> frozenset[str]:
    """Options in lower case."""
    return _signed(conf.options.value, FileRules().options, _ALL_OPTIONS)


def _etag_of(conf: CoreDirConf) -> frozenset[str]:
    """What an ETag is made of; signs alone build on nothing, and nothing is the default unless someone says None."""
    lines = conf.file_etag.value
    found = _signed(lines, frozenset(), _ALL_OF_ETAG)
    return found if found or any(word.lower() == "none" for line in lines for word in line) else FileRules().etag


#: What All stands for: everything but MultiViews.
_ALL_OPTIONS = frozenset({"indexes", "includes", "followsymlinks", "execcgi"})
_ALL_OF_ETAG = frozenset({"inode", "mtime", "size"})


def _signed(lines: tuple[tuple[str, ...], ...], default: frozenset[str], every: frozenset[str]) -> frozenset[str]:
    """What Options or FileETag lines come to, one after the other: signs build on what was before."""
    found = set(default)
    for words in lines:
        if words and words[0][:1] not in "+-":
            found = set()
        for word in words:
            name = word.lstrip("+-").lower()
            names = every if name == "all" else {name}
            if name == "none":
                found = set()
            elif word.startswith("-"):
                found -= names
            else:
                found |= names
    return frozenset(found)


def _limit(value: str | int, default: int) -> int:
    if isinstance(value, int):
        return value
    return {"none": 0, "unlimited": -1}.get(value, default)


def _step(phase: Phase, action: SetHandler | AddFilter | SetErrorDocument | AddCharset, setting: Setting[Any]) -> Step:
    return Step(phase, action, tuple(number for number in setting.said_by if isinstance(number, int)))


def _handler(text: str) -> SetHandler:
    """A handler by its name, or by a text that names it for each request (EXPR-47)."""
    bare = text[5:] if text[:5].lower() == "expr=" else text
    if bare == text and "%{" not in text:
        return SetHandler(text)
    try:
        return SetHandler(f"expr={bare}", value_of(expr.parse_string(bare)))
    except NotEvaluated:
        return SetHandler(f"expr={bare}")


def _error_document(status: int, document: ErrorDocument) -> SetErrorDocument:
    value: Value = Literal(document.value)
    with suppress(NotEvaluated):
        value = value_of(expr.parse_string(document.value))
    made = None if isinstance(value, Literal) else value
    if document.kind == "path":
        return SetErrorDocument(status, path=document.value, value=made)
    if document.kind == "url":
        return SetErrorDocument(status, url=document.value, value=made)
    return SetErrorDocument(status, text=value)
