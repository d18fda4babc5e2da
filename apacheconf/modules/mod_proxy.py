"""mod_proxy: mappings, their way back, workers and balancers, and what is done to a proxied request.

The longer directives are read in ``proxy_directives``, worker and balancer parameters in ``proxy_parameters``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, ClassVar, Self

from apacheconf.modules.core_sections import one_pattern
from apacheconf.modules.declare import (
    ANYWHERE,
    LOCATION,
    PROXY,
    SERVERS,
    Args,
    Conf,
    Fate,
    Module,
    Parse,
    Setting,
    Spec,
    ValueRefused,
    flag,
    parent_then_child,
    setting,
    take1,
)
from apacheconf.modules.proxy_directives import (
    EXCLUSION,
    BalancerMember,
    Definition,
    ErrorOverride,
    ProxyPass,
    ProxyPassReverse,
    ProxySet,
    Remote,
    ReverseCookie,
    balancer_member,
    balancer_name,
    error_override,
    proxy_match_section,
    proxy_pass,
    proxy_pass_match,
    proxy_pass_reverse,
    proxy_section,
    proxy_set,
    remote,
    reverse_cookie,
)
from apacheconf.modules.proxy_parameters import Parameters, atoi, is_balancer

__all__ = [
    "EXCLUSION",
    "MODULE",
    "BalancerMember",
    "Definition",
    "ErrorOverride",
    "Parameters",
    "ProxyDirConf",
    "ProxyPass",
    "ProxyPassReverse",
    "ProxyServerConf",
    "ProxySet",
    "Remote",
    "ReverseCookie",
    "balancer_name",
    "is_balancer",
]

#: Bytes that are read from an origin at a time unless ProxyIOBufferSize says otherwise.
IO_BUFFER = 8192


@dataclass(frozen=True)
class ProxyServerConf(Conf):
    """``definitions`` is one list in configuration order, sections included; its said_by runs parallel.

    A ProxyPass in it whose path is None stands in a section: it makes a worker (WK-1) and no mapping here; its
    mapping is the section's ``ProxyDirConf.mapping``.
    """

    module: ClassVar[str] = "mod_proxy"

    definitions: Setting[tuple[Definition, ...]] = setting((), parent_then_child)
    requests: Setting[bool] = setting(False)
    timeout: Setting[float | None] = setting(None)
    via: Setting[str] = setting("Off")
    status: Setting[str] = setting("Off")
    bad_header: Setting[str] = setting("IsError")
    max_forwards: Setting[int] = setting(-1)
    io_buffer_size: Setting[int] = setting(IO_BUFFER)
    receive_buffer_size: Setting[int] = setting(0)
    source_address: Setting[str] = setting("")
    domain: Setting[str] = setting("")
    pass_inherit: Setting[bool] = setting(True)
    balancer_growth: Setting[int] = setting(5)
    balancer_inherit: Setting[bool] = setting(True)
    balancer_persist: Setting[bool] = setting(False)
    remotes: Setting[tuple[Remote, ...]] = setting((), parent_then_child)
    no_proxy: Setting[tuple[str, ...]] = setting((), parent_then_child)
    block: Setting[tuple[str, ...]] = setting((), parent_then_child)

    def within(self, settings: Mapping[str, Setting[Any]]) -> Self:
        """ProxyPassInherit Off leaves out the main server's ProxyRemote lines, and no mapping (INH-2)."""
        conf = super().within(settings)
        if not conf.pass_inherit.value:
            conf.__dict__["remotes"] = settings.get("remotes", self.of({}).remotes)
        return conf


@dataclass(frozen=True)
class ProxyDirConf(Conf):
    """``mapping`` is the ProxyPass of a section (PP-8); the lists' said_by run parallel to their entries."""

    module: ClassVar[str] = "mod_proxy"

    mapping: Setting[ProxyPass | None] = setting(None)
    reverses: Setting[tuple[ProxyPassReverse, ...]] = setting((), parent_then_child)
    reverse_cookies: Setting[tuple[ReverseCookie, ...]] = setting((), parent_then_child)
    preserve_host: Setting[bool] = setting(False)
    add_headers: Setting[bool] = setting(True)
    error_override: Setting[ErrorOverride] = setting(ErrorOverride(False))
    pass_interpolate_env: Setting[bool] = setting(False)
    continue_100: Setting[bool] = setting(True)


def proxy_timeout(words: Sequence[str]) -> float:
    """ProxyTimeout in seconds; what stands behind the digits is not looked at (CE-11)."""
    seconds = atoi(words[0])
    if seconds < 1:
        raise ValueRefused("Proxy Timeout must be at least 1 second.", 0)
    return float(seconds)


def source_address(words: Sequence[str]) -> str:
    """ProxySourceAddress: an address without a port; names are not resolved here."""
    is_name = re.fullmatch(r"[A-Za-z0-9._-]+", words[0])
    if not is_name:
        try:
            ip_address(words[0])
        except ValueError:
            raise ValueRefused("ProxySourceAddress invalid value", 0) from None
    return words[0]


def _choice(name: str, *choices: str) -> Parse:
    def parse(words: Sequence[str]) -> str:
        for choice in choices:
            if words[0].lower() == choice.lower():
                return choice
        said = [choice if name == "ProxyBadHeader" else choice.lower() for choice in choices]
        raise ValueRefused(f"{name} must be one of: {' | '.join(said)}", 0)

    return parse


def _buffer_size(name: str, default: int = 0) -> Parse:
    def parse(words: Sequence[str]) -> int:
        size = atoi(words[0])
        if size and size < 512:
            raise ValueRefused(f"{name} must be >= 512 bytes, or 0 for system default.", 0)
        return size or default

    return parse


def _growth(words: Sequence[str]) -> int:
    growth = atoi(words[0])
    if not 0 <= growth <= 1000:
        raise ValueRefused("BalancerGrowth must be between 0 and 1000", 0)
    return growth


def _domain(words: Sequence[str]) -> str:
    if not words[0].startswith("."):
        raise ValueRefused("ProxyDomain: domain name must start with a dot.", 0)
    return words[0]


#: Not in Directory, Files, If or Limit, where the handler refuses them (PP-12).
_MAPPING = SERVERS | LOCATION | PROXY

MODULE = Module(
    "mod_proxy",
    server_conf=ProxyServerConf,
    dir_conf=ProxyDirConf,
    fate=Fate.SERVED,
    directives=[
        Spec(
            "ProxyPass", Args.RAW_ARGS, _MAPPING,
            fills="definitions", fills_in_section="mapping", parse_in=proxy_pass, appends=True,
        ),
        Spec(
            "ProxyPassMatch", Args.RAW_ARGS, _MAPPING,
            fills="definitions", fills_in_section="mapping", parse_in=proxy_pass_match, appends=True,
        ),
        Spec("BalancerMember", Args.RAW_ARGS, ANYWHERE, fills="definitions", parse_in=balancer_member, appends=True),
        Spec("ProxySet", Args.RAW_ARGS, ANYWHERE, fills="definitions", parse_in=proxy_set, appends=True),
        Spec(
            "<Proxy>", Args.RAW_ARGS, SERVERS,
            fills="definitions", parse_in=proxy_section, appends=True, section=True,
        ),
        Spec(
            "<ProxyMatch>", Args.RAW_ARGS, SERVERS,
            parse_in=proxy_match_section, gathers=one_pattern("ProxyMatch"), section=True,
        ),
        Spec(
            "ProxyPassReverse", Args.TAKE123, _MAPPING, per="dir",
            fills="reverses", parse_in=proxy_pass_reverse, appends=True,
        ),
        Spec(
            "ProxyPassReverseCookieDomain", Args.TAKE23, ANYWHERE, per="dir",
            fills="reverse_cookies", parse=reverse_cookie("domain"), appends=True,
        ),
        Spec(
            "ProxyPassReverseCookiePath", Args.TAKE23, ANYWHERE, per="dir",
            fills="reverse_cookies", parse=reverse_cookie("path"), appends=True,
        ),
        flag("ProxyPreserveHost", ANYWHERE, "preserve_host", per="dir"),
        flag("ProxyAddHeaders", ANYWHERE, "add_headers", per="dir"),
        flag("ProxyPassInterpolateEnv", ANYWHERE, "pass_interpolate_env", per="dir"),
        flag("Proxy100Continue", ANYWHERE, "continue_100", per="dir"),
        Spec("ProxyErrorOverride", Args.ITERATE, ANYWHERE, per="dir", fills="error_override", parse=error_override),
        flag("ProxyRequests", SERVERS, "requests"),
        flag("ProxyPassInherit", SERVERS, "pass_inherit"),
        flag("BalancerInherit", SERVERS, "balancer_inherit"),
        flag("BalancerPersist", SERVERS, "balancer_persist"),
        take1("BalancerGrowth", SERVERS, "balancer_growth", parse=_growth),
        take1("ProxyTimeout", SERVERS, "timeout", parse=proxy_timeout),
        take1("ProxyVia", SERVERS, "via", parse=_choice("ProxyVia", "Off", "On", "Full", "Block")),
        take1("ProxyStatus", SERVERS, "status", parse=_choice("ProxyStatus", "Off", "On", "Full")),
        take1(
            "ProxyBadHeader", SERVERS, "bad_header",
            parse=_choice("ProxyBadHeader", "IsError", "Ignore", "StartBody"),
        ),
        take1("ProxyMaxForwards", SERVERS, "max_forwards", parse=lambda words: atoi(words[0])),
        take1("ProxyIOBufferSize", SERVERS, "io_buffer_size", parse=_buffer_size("ProxyIOBufferSize", IO_BUFFER)),
        take1("ProxyReceiveBufferSize", SERVERS, "receive_buffer_size", parse=_buffer_size("ProxyReceiveBufferSize")),
        take1("ProxySourceAddress", SERVERS, "source_address", parse=source_address),
        take1("ProxyDomain", SERVERS, "domain", parse=_domain),
        Spec("ProxyRemote", Args.TAKE23, SERVERS, fills="remotes", parse=remote(False), appends=True),
        Spec("ProxyRemoteMatch", Args.TAKE23, SERVERS, fills="remotes", parse=remote(True), appends=True),
        Spec("NoProxy", Args.ITERATE, SERVERS, fills="no_proxy", parse=tuple, extends=True, restricts=True),
        Spec("ProxyBlock", Args.ITERATE, SERVERS, fills="block", parse=tuple, extends=True, restricts=True),
    ],
)  # fmt: skip
