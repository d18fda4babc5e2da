"""mod_http2: HTTP/2 with clients. Nothing reads these settings yet; their values are checked as httpd does."""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.modules.declare import Fate, Module, Spec, ValueRefused
from apacheconf.modules.facts import listed
from apacheconf.modules.proxy_parameters import atoi
from apacheconf.modules.values import choice, duration, number, switch

_POSITIVE, _NOT_NEGATIVE = "value must be > 0", "value must be 0 or larger"


def _diary_size(words: Sequence[str]) -> int:
    size = atoi(words[0])
    if size < 0:
        raise ValueRefused("value must be >= 0", 0)
    if size and size & (size - 1):
        raise ValueRefused("value must a power of 2", 0)
    if size >= 1 << 16:
        raise ValueRefused("value must <= 65536", 0)  # which 65536 itself is refused with
    return size


def _padding(words: Sequence[str]) -> int:
    bits = number("number of bits must be >= 0", 0)(words)
    if bits > 8:
        raise ValueRefused("number of bits must be <= 8", 0)
    return int(bits)


_DEPENDENCY = choice("dependency must be one of 'After', 'Before' or 'Interleaved'", "After", "Before", "Interleaved")


def _priority(words: Sequence[str]) -> tuple[str, ...]:
    if len(words) == 2 and words[1][:1].isdigit():
        words = (words[0], "After", words[1])
    dependency = _DEPENDENCY(words[1:2])
    if len(words) > 2:
        if dependency == "Before":
            raise ValueRefused("dependency 'Before' does not allow a weight", 2)
        if atoi(words[2]) < 1:
            raise ValueRefused("weight must be a number >= 1", 2)
    return tuple(words)


def _push(words: Sequence[str]) -> tuple[str, bool]:
    """The path, and whether it is critical; ``add`` before it changes nothing."""
    rest = words[1:] if words[0].lower() == "add" and len(words) > 1 else words
    if len(rest) > 2:
        raise ValueRefused("too many parameter", len(words) - 1)
    if len(rest) == 2 and rest[1].lower() != "critical":
        raise ValueRefused("unknown last parameter", len(words) - 1)
    return rest[0], len(rest) == 2


def _switches(names: str) -> list[Spec]:
    return [listed(name, switch("value must be On or Off")) for name in names.split()]


MODULE = Module(
    "mod_http2",
    fate=Fate.REFUSED,
    directives=[
        *_switches("H2CopyFiles H2Direct H2EarlyHints H2ModernTLSOnly H2OutputBuffering H2ProxyRequests H2Push"),
        *_switches("H2Upgrade H2WebSockets"),
        listed("H2MaxDataFrameLen", number(_NOT_NEGATIVE, 0)),
        listed("H2MaxHeaderBlockLen", number(_NOT_NEGATIVE, 0)),
        listed("H2MaxWorkerIdleSeconds", duration("Invalid idle limit value")),
        listed("H2MaxStreamErrors", number(_NOT_NEGATIVE, 0)),
        listed("H2MaxSessionStreams", number(_POSITIVE, 1)),
        listed("H2MaxWorkers", number(_POSITIVE, 1)),
        listed("H2MinWorkers", number(_POSITIVE, 1)),
        listed("H2StreamMaxMemSize", number("value must be >= 1024", 1024)),
        listed("H2WindowSize", number("value must be >= 1024", 1024)),
        listed("H2StreamTimeout", duration("Invalid timeout value")),
        listed("H2Padding", _padding),
        listed("H2PushDiarySize", _diary_size),
        listed("H2PushPriority", _priority),
        listed("H2PushResource", _push),
    ],
)
