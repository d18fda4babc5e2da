"""mod_reqtimeout: how long a client may take to send its request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, ValueRefused, by_key, setting
from apacheconf.modules.facts import listed


@dataclass(frozen=True, slots=True)
class ReadTimeout:
    """Seconds at first, at most (0: no end), and the bytes that buy one second more (0: none do)."""

    initial: int
    most: int = 0
    rate: int = 0


@dataclass(frozen=True)
class ReqTimeoutServerConf(Conf):
    """``timeouts`` maps ``handshake``, ``header`` and ``body`` to theirs; what is missing has httpd's defaults."""

    module: ClassVar[str] = "mod_reqtimeout"

    timeouts: Setting[dict[str, ReadTimeout]] = setting({}, by_key)


_RATE = re.compile(r",minrate=", re.IGNORECASE)
_INT = 1 << 31


def _number(text: str) -> int:
    """A number with nothing behind it, of which httpd keeps 32 bits."""
    form = re.match(r"[ \t\n\v\f\r]*[+-]?\d+", text)
    if form is None:
        raise ValueRefused(f"Value '{text}' not numerical")
    if form.end() < len(text):
        raise ValueRefused(f"Cannot parse '{text[form.end() :]}'")
    number = (min(int(form[0]), (1 << 63) - 1) + _INT) % (2 * _INT) - _INT
    if number < 0:
        raise ValueRefused("Value must be non-negative")
    return number


def _timeout(text: str) -> ReadTimeout:
    parts = _RATE.split(text, maxsplit=1)
    if len(parts) == 1:
        if "-" in text:
            raise ValueRefused("Must set MinRate option if using timeout range")
        return ReadTimeout(_number(text))
    rate = _number(parts[1])
    if rate == 0:
        raise ValueRefused("Minimum data rate must be larger than 0")
    initial, dash, most = parts[0].partition("-")
    found = ReadTimeout(_number(initial), _number(most) if dash else 0, rate)
    if found.most and found.initial >= found.most:
        raise ValueRefused("Maximum timeout must be larger than initial timeout")
    return found


def _timeouts(words: Sequence[str]) -> dict[str, ReadTimeout]:
    found = {}
    for number, word in enumerate(words):
        key, equals, text = word.partition("=")
        if not equals:
            said = "Invalid RequestReadTimeout parameter. Parameter must be in the form 'key=value'"
            raise ValueRefused(said, number)
        try:
            if key.lower() not in ("handshake", "header", "body"):
                raise ValueRefused("Unknown RequestReadTimeout parameter")
            found[key.lower()] = _timeout(text)
        except ValueRefused as refused:
            raise ValueRefused(f"RequestReadTimeout: {word}: {refused}", number) from None
    return found


MODULE = Module(
    "mod_reqtimeout",
    server_conf=ReqTimeoutServerConf,
    fate=Fate.SERVED,
    directives=[listed("RequestReadTimeout", _timeouts, fills="timeouts", restricts=True, fate=Fate.SERVED)],
)
