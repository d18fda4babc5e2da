"""What the core's section tags are about (5.1), refused in httpd's words (STR-11 to STR-16, VH-10 to VH-12)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apacheconf.modules.declare import Context, Gather, ParseIn, Scope, SectionArgument, ValueRefused
from apacheconf.modules.regex_options import written, written_in
from apacheconf.modules.values import METHODS


@dataclass(frozen=True, slots=True)
class HostAddress:
    """An address of a ``<VirtualHost>`` as written: None stands for ``*``; ``dead`` is one httpd can't resolve."""

    host: str | None
    port: int | None
    dead: bool = False


_ADDRESS = re.compile(r"(?P<host>\[[^]]*\]|.*?)(?::(?P<port>\d+|\*))?$", re.DOTALL)


def host_address(word: str, number: int = 0) -> HostAddress:
    """One word of ``<VirtualHost>`` (VH-10 to VH-13). Names are kept: nothing is resolved here."""
    if word.isdigit():
        raise ValueRefused("Missing address for VirtualHost", number)
    form = _ADDRESS.match(word)
    host, port = (form["host"], form["port"]) if form else (word, None)
    bad_port = port is not None and port != "*" and not 1 <= int(port) <= 65535
    if not host or bad_port or (host.startswith("[") and not host.endswith("]")):
        raise ValueRefused("The address or port is invalid", number)
    number_of_port = None if port in (None, "*") else int(port or 0)
    if host == "*" or host.lower() == "_default_":
        return HostAddress(None, number_of_port)
    return HostAddress(canonical(host), number_of_port, not _resolvable(host))


def canonical(host: str) -> str | None:
    """The canonical text of an address; None for the wildcard ones ``0.0.0.0`` and ``::`` (VH-11)."""
    from ipaddress import ip_address

    text = host.strip("[]")
    if re.fullmatch(r"\d+(\.\d+){1,2}", text):  # inet_aton's shorthand: the last number fills what is left
        parts = [int(part) for part in text.split(".")]
        rest = parts.pop().to_bytes(4 - len(parts), "big")
        text = ".".join(map(str, (*parts, *rest)))
    try:
        address = ip_address(text)
    except ValueError:
        return text.lower()
    return None if address.is_unspecified else str(address)


def _resolvable(host: str) -> bool:
    """False for words that can't be a host's name at all (VH-13)."""
    return host.startswith("[") or re.fullmatch(r"[A-Za-z0-9._-]+", host) is not None


def virtual_host(words: Sequence[str]) -> tuple[HostAddress, ...]:
    return tuple(host_address(word, number) for number, word in enumerate(words))


def path_section(name: str) -> ParseIn:
    """``<Directory>``, ``<Location>``, ``<Files>`` and their Match forms: one pattern, after ``~`` a regex."""
    kind, is_match = name.removesuffix("Match"), name.endswith("Match")

    def parse(words: Sequence[str], scope: Scope) -> SectionArgument:
        tilde = words[:1] in (["~"], ("~",)) and (not is_match or name == "DirectoryMatch")
        at = int(tilde)
        pattern = words[at] if at < len(words) else ""
        if is_match or tilde:
            check_regex(pattern, "Regex could not be compiled", at)
            pattern = written(pattern, scope)
        return SectionArgument(kind, pattern, is_match or tilde, too_many=len(words) > at + 1)

    return parse


def one_pattern(name: str) -> Gather:
    """Refuse a second pattern, which httpd does when it has read what stands in the section (STR-13)."""

    def gather(value: SectionArgument, children: Sequence[Any], scope: Scope) -> SectionArgument:
        if value.too_many:
            raise ValueRefused(f"Multiple <{name}> arguments not (yet) supported.", 1)
        return value

    return gather


def check_regex(pattern: str, message: str, word: int = 0) -> None:
    """Raises ValueRefused(message) when PCRE2 refuses the pattern (STR-15)."""
    import pcre2

    try:
        pcre2.compile(pattern)
    except pcre2.PatternError as error:
        raise ValueRefused(message, word) from error


def condition(name: str) -> ParseIn:
    """``<If>`` and ``<ElseIf>``: one word, an expression (STR-12, EXPR-40)."""

    def parse(words: Sequence[str], scope: Scope) -> SectionArgument:
        from apacheconf.modules.expressions import check_condition  # only here: it costs 20 ms to load

        if len(words) > 1:
            raise ValueRefused(f"Multiple <{name}> arguments not supported.", 1)
        text = words[0] if words else ""
        check_condition(text, "Cannot parse condition clause: ", scope.has_module("mod_ssl"))
        return SectionArgument(name, written_in(text, scope))

    return parse


def otherwise(words: Sequence[str]) -> SectionArgument:
    if words:
        raise ValueRefused("<Else> does not take an argument", 0)
    return SectionArgument("Else", "")


def _check_registered(words: Sequence[str], name: str) -> None:
    """A .htaccess file names no method that nobody has named before."""
    for number, word in enumerate(words):
        if word not in METHODS:
            said = f"Could not register method '{word}' for <{name} from .htaccess configuration"
            raise ValueRefused(said, number)


def methods(name: str) -> ParseIn:
    """``<Limit>`` and ``<LimitExcept>``: the methods as written, separated by blanks (STR-16)."""

    def parse(words: Sequence[str], scope: Scope) -> SectionArgument:
        if name == "Limit" and "TRACE" in words:
            raise ValueRefused("TRACE cannot be controlled by <Limit>, see TraceEnable", list(words).index("TRACE"))
        if Context.HTACCESS in scope.context:
            _check_registered(words, name)
        left = scope.limited.narrowed(words, name == "LimitExcept")
        if left is None:
            raise ValueRefused(f"<{name}> directive excludes all methods")
        if left == scope.limited:
            raise ValueRefused(f"<{name}> directive specifies methods already excluded")
        return SectionArgument(name, " ".join(words))

    return parse
