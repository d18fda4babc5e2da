"""core: servers, sections and what every request meets.

The sections say only what they are about; which of them apply to a request is the program's business. Values that
nothing here reads yet are kept as their words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.core_checked import CHECKED
from apacheconf.modules.core_logs import Formats, error_format, formats_by_kind, log_levels
from apacheconf.modules.core_sections import condition, methods, one_pattern, otherwise, path_section, virtual_host
from apacheconf.modules.core_values import (
    TRACE,
    ErrorDocument,
    ServerName,
    document_root,
    error,
    error_document,
    handler,
    http_protocol_options,
    limit_request_body,
    non_negative,
    options,
    replaced_port,
    seconds,
    server_alias,
    server_name,
    server_tokens,
)
from apacheconf.modules.declare import (
    ANYWHERE,
    LOCATION,
    SECTIONS,
    SERVER,
    SERVERS,
    Args,
    Conf,
    Context,
    Fate,
    Module,
    Setting,
    Spec,
    by_key,
    flag,
    not_inherited,
    parent_then_child,
    setting,
    take1,
)
from apacheconf.modules.regex_options import USUAL
from apacheconf.modules.values import choice

__all__ = ["MODULE", "CoreDirConf", "CoreServerConf", "ErrorDocument", "ServerName"]


@dataclass(frozen=True)
class CoreServerConf(Conf):
    """Settings of a server. Durations in seconds, sizes in bytes."""

    module: ClassVar[str] = "core"

    server_name: Setting[ServerName | None] = setting(None, not_inherited)
    server_aliases: Setting[tuple[str, ...]] = setting((), not_inherited)
    server_path: Setting[str] = setting("", not_inherited)
    server_admin: Setting[str] = setting("")
    document_root: Setting[str] = setting("")
    error_log: Setting[str] = setting("")
    error_formats: Setting[Formats] = setting((), formats_by_kind)
    timeout: Setting[float] = setting(60.0)
    limit_request_line: Setting[int] = setting(8190)
    limit_request_fields: Setting[int] = setting(100)
    limit_request_field_size: Setting[int] = setting(8190)
    trace_enable: Setting[str] = setting("on")
    merge_slashes: Setting[bool] = setting(True)
    http_protocol_options: Setting[frozenset[str]] = setting(frozenset())
    strict_host_check: Setting[bool] = setting(False)
    server_tokens: Setting[str] = setting("Full")
    protocols: Setting[tuple[str, ...]] = setting(("http/1.1",))
    access_names: Setting[tuple[str, ...]] = setting((".htaccess",))
    regex_options: Setting[frozenset[str]] = setting(USUAL)
    recursion: Setting[tuple[int, ...]] = setting((10, 10))


@dataclass(frozen=True)
class CoreDirConf(Conf):
    """Per-directory settings; ``error_documents`` maps a status to its document (MRG-24).

    ``options`` and ``file_etag`` are the words of every directive that counts, since signs build on what was before.
    """

    module: ClassVar[str] = "core"

    error_documents: Setting[dict[int, ErrorDocument]] = setting({}, by_key)
    allow_encoded_slashes: Setting[str] = setting("Off", not_inherited)
    server_signature: Setting[str] = setting("Off")
    use_canonical_name: Setting[str] = setting("Off")
    use_canonical_physical_port: Setting[str] = setting("Off")
    qualify_redirect_url: Setting[bool] = setting(False)
    set_handler: Setting[str] = setting("")
    force_type: Setting[str] = setting("")
    set_output_filter: Setting[str] = setting("")
    set_input_filter: Setting[str] = setting("")
    content_digest: Setting[bool] = setting(False)
    add_default_charset: Setting[str] = setting("Off")
    accept_path_info: Setting[str] = setting("Default")
    limit_request_body: Setting[int] = setting(1 << 30)
    options: Setting[tuple[tuple[str, ...], ...]] = setting((), parent_then_child)
    file_etag: Setting[tuple[tuple[str, ...], ...]] = setting((), parent_then_child)
    cgi_pass_auth: Setting[bool] = setting(False)
    max_ranges: Setting[str | int] = setting(200)
    max_range_overlaps: Setting[str | int] = setting(20)
    max_range_reversals: Setting[str | int] = setting(20)
    log_level: Setting[tuple[tuple[str, str], ...]] = setting((), parent_then_child)
    override: Setting[tuple[str, ...]] = setting(("None",))
    override_list: Setting[tuple[str, ...]] = setting(())


_DIR_LIKE = SECTIONS | Context.LIMIT
_NESTED = ANYWHERE & ~(LOCATION | Context.LIMIT)  # Files: 5.3
_CONDITION = ANYWHERE & ~Context.LIMIT


def _path_section(name: str, contexts: Context) -> Spec:
    return Spec(f"<{name}>", Args.RAW_ARGS, contexts, parse_in=path_section(name), gathers=one_pattern(name))


MODULE = Module(
    "core",
    server_conf=CoreServerConf,
    dir_conf=CoreDirConf,
    fate=Fate.SERVED,
    directives=[
        Spec("<VirtualHost>", Args.RAW_ARGS, SERVER, parse=virtual_host),
        _path_section("Directory", SERVERS),
        _path_section("DirectoryMatch", SERVERS),
        _path_section("Location", SERVERS),
        _path_section("LocationMatch", SERVERS),
        _path_section("Files", _NESTED),
        _path_section("FilesMatch", _NESTED),
        Spec("<If>", Args.RAW_ARGS, _CONDITION, parse_in=condition("If")),
        Spec("<ElseIf>", Args.RAW_ARGS, _CONDITION, parse_in=condition("ElseIf")),
        Spec("<Else>", Args.RAW_ARGS, _CONDITION, parse=otherwise),
        Spec("<Limit>", Args.RAW_ARGS, _DIR_LIKE, parse_in=methods("Limit"), restricts=True),
        Spec("<LimitExcept>", Args.RAW_ARGS, _DIR_LIKE, parse_in=methods("LimitExcept"), restricts=True),
        take1("ServerName", SERVERS, "server_name", parse=server_name),
        Spec(
            "ServerAlias", Args.RAW_ARGS, SERVERS, fills="server_aliases", parse_in=server_alias, extends=True,
        ),
        take1("ServerPath", SERVERS, "server_path"),
        take1("ServerAdmin", SERVERS, "server_admin"),
        Spec("DocumentRoot", Args.TAKE1, SERVERS, fills="document_root", parse_in=document_root),
        take1("ErrorLog", SERVERS, "error_log"),
        Spec("ErrorLogFormat", Args.TAKE12, SERVERS, fills="error_formats", parse=error_format, appends=True),
        take1("Timeout", SERVERS, "timeout", parse=seconds),
        take1("LimitRequestLine", SERVERS, "limit_request_line", parse=non_negative("LimitRequestLine")),
        take1(
            "LimitRequestFields", SERVERS, "limit_request_fields",
            parse=non_negative("LimitRequestFields", " (0 = no limit)"),
        ),
        take1(
            "LimitRequestFieldSize", SERVERS, "limit_request_field_size",
            parse=non_negative("LimitRequestFieldsize"),
        ),
        take1("TraceEnable", SERVERS, "trace_enable", parse=choice(TRACE, "on", "off", "extended"), restricts=True),
        flag("MergeSlashes", SERVERS, "merge_slashes"),
        Spec(
            "HttpProtocolOptions", Args.ITERATE, SERVERS,
            fills="http_protocol_options", parse=http_protocol_options, restricts=True,
        ),
        flag("StrictHostCheck", SERVERS, "strict_host_check", restricts=True),
        take1("ServerTokens", SERVER, "server_tokens", parse=server_tokens),
        Spec("Protocols", Args.ITERATE, SERVERS, fills="protocols", parse=tuple, fate=Fate.NO_EFFECT),
        Spec("ErrorDocument", Args.TAKE2, ANYWHERE, per="dir", fills="error_documents", parse_in=error_document),
        take1(
            "AllowEncodedSlashes", SERVERS, "allow_encoded_slashes", per="dir",
            parse=choice("AllowEncodedSlashes must be On, Off, or NoDecode", "On", "Off", "NoDecode"),
        ),
        take1(
            "ServerSignature", ANYWHERE, "server_signature", per="dir",
            parse=choice("ServerSignature: use one of: off | on | email", "Off", "On", "EMail"),
        ),
        take1(
            "UseCanonicalName", ANYWHERE, "use_canonical_name", per="dir",
            parse=choice("parameter must be 'on', 'off', or 'dns'", "On", "Off", "DNS"),
        ),
        take1(
            "UseCanonicalPhysicalPort", ANYWHERE, "use_canonical_physical_port", per="dir",
            parse=choice("parameter must be 'on' or 'off'", "On", "Off"),
        ),
        flag("QualifyRedirectURL", ANYWHERE, "qualify_redirect_url", per="dir"),
        Spec("SetHandler", Args.TAKE1, ANYWHERE, per="dir", fills="set_handler", parse_in=handler),
        take1("ForceType", ANYWHERE, "force_type", per="dir"),
        take1("SetOutputFilter", ANYWHERE, "set_output_filter", per="dir", fate=Fate.REFUSED),
        take1("SetInputFilter", ANYWHERE, "set_input_filter", per="dir", fate=Fate.SERVED),
        take1("AddDefaultCharset", ANYWHERE, "add_default_charset", per="dir"),
        take1(
            "AcceptPathInfo", ANYWHERE, "accept_path_info", per="dir",
            parse=choice("AcceptPathInfo must be set to on, off or default", "On", "Off", "Default"),
        ),
        take1("LimitRequestBody", ANYWHERE, "limit_request_body", per="dir", parse=limit_request_body, restricts=True),
        Spec("Options", Args.RAW_ARGS, ANYWHERE, per="dir", fills="options", parse_in=options, appends=True),
        Spec("LogLevel", Args.ITERATE, ANYWHERE, per="dir", fills="log_level", parse_in=log_levels, extends=True),
        Spec("Error", Args.RAW_ARGS, ANYWHERE | Context.REQUIRE, parse_in=error, raw=True),
        Spec("Port", Args.TAKE1, SERVERS, parse=replaced_port),
        *CHECKED,
    ],
)  # fmt: skip
