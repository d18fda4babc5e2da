"""The parameters of workers (WP-1 to WP-32) and balancers (BP-1 to BP-20), typed and checked in httpd's words.

Keys come out lower-case. Durations are seconds as float, flags bool, ``loadfactor`` an int in hundredths (WP-19),
``status`` a frozenset of letters with their sign (``+D`` as ``D``, ``-I`` as ``-I``), numbers int, all else str.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from apacheconf.modules.declare import Scope, ValueRefused

Parameters = tuple[tuple[str, object], ...]
Reader = Callable[[str], object]

BALANCER = "balancer://"
STATUS_LETTERS = frozenset("IDSHREN") | {"C"}
HCMETHODS = ("NONE", "TCP", "OPTIONS", "HEAD", "GET", "CPING", "OPTIONS11", "HEAD11", "GET11")


def is_balancer(url: str) -> bool:
    """Does this URL name a balancer? Case does not matter (BP-14)."""
    return url[: len(BALANCER)].lower() == BALANCER


def atoi(text: str) -> int:
    """C's atoi, as httpd reads its numbers: leading digits count, anything else is 0 (ARG-17)."""
    found = re.match(r"[ \t\n\v\f\r]*([+-]?\d+)", text)
    return int(found[1]) if found else 0


def _whole(least: int, refusal: str, most: int | None = None) -> Reader:
    def read(text: str) -> int:
        number = atoi(text)
        if number < least or (most is not None and number > most):
            raise ValueRefused(refusal)
        return number

    return read


def _seconds(least: int, refusal: str) -> Reader:
    whole = _whole(least, refusal)
    return lambda text: float(str(whole(text)))


_UNITS = {"h": 3600.0, "s": 1.0, "ms": 0.001, "mi": 60.0}
_TIMEOUT = re.compile(r"(?:[ \t\n\v\f\r]*\+?(\d+))?(.*)$", re.DOTALL)


def seconds_of(text: str, unit: str) -> float | None:
    """httpd's ap_timeout_parameter_parse: a number and ``h``, ``mi``, ``s`` or ``ms``; None when it has no form.

    A unit alone is none of it.
    """
    form = _TIMEOUT.match(text)
    assert form is not None
    suffix = (form[2] or unit).lower()
    factor = _UNITS.get(suffix[:2] if suffix[:1] == "m" else suffix[:1])
    return None if factor is None else int(form[1] or 0) * factor


def _time(unit: str, form: str, least: str) -> Reader:
    def read(text: str) -> float:
        seconds = seconds_of(text, unit)
        if seconds is None:
            raise ValueRefused(form)
        if seconds < 0.001:
            raise ValueRefused(least)
        return seconds

    return read


def _flag(refusal: str) -> Reader:
    def read(text: str) -> bool:
        if text.lower() not in ("on", "off"):
            raise ValueRefused(refusal)
        return text.lower() == "on"

    return read


def _text(length: int, refusal: str) -> Reader:
    def read(text: str) -> str:
        if len(text) >= length:
            raise ValueRefused(refusal)
        return text

    return read


def _size(refusal: str) -> Reader:
    def read(text: str) -> int:
        size = atoi(text)
        if size and size < 512:
            raise ValueRefused(refusal)
        return size

    return read


def _loadfactor(text: str) -> int:
    found = re.match(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text)
    hundredths = int(float(found[0]) * 100.0) if found else 0
    if not 100 <= hundredths <= 10000:
        raise ValueRefused("LoadFactor must be a number between 1..100")
    return hundredths


def _status(text: str) -> frozenset[str]:
    letters, sign = set[str](), ""
    for letter in text:
        if letter in "+-":
            sign = "" if letter == "+" else "-"
        elif letter.upper() in STATUS_LETTERS:
            letters -= {letter.upper(), f"-{letter.upper()}"}
            letters.add(sign + letter.upper())
        else:
            raise ValueRefused("Unknown status parameter option")
    return frozenset(letters)


def _flushpackets(text: str) -> str:
    if text.lower() not in ("on", "off", "auto"):
        raise ValueRefused("flushpackets must be on|off|auto")
    return text.lower()


_LONGEST = 2**31 - 1


def _addressttl(text: str) -> float:
    seconds = -1.0 if text.strip() == "-1" else seconds_of(text, "s")
    if seconds is None or seconds < -1 or seconds > _LONGEST or not seconds.is_integer():
        raise ValueRefused(f"AddressTTL must be -1 or a number of seconds not exceeding ({_LONGEST})")
    return seconds


WORKER: Mapping[str, Reader] = {
    "loadfactor": _loadfactor,
    "retry": _seconds(0, "Retry must be a positive value"),
    "ttl": _seconds(1, "TTL must be at least one second"),
    "min": _whole(0, "Min must be a positive number"),
    "max": _whole(0, "Max must be a positive number"),
    "smax": _whole(0, "Smax must be a positive number"),
    "acquire": _time("ms", "Acquire timeout has wrong format", "Acquire must be at least one millisecond"),
    "timeout": _seconds(1, "Timeout must be at least one second"),
    "iobuffersize": _size("IOBufferSize must be >= 512 bytes, or 0 for system default."),
    "receivebuffersize": _size("ReceiveBufferSize must be >= 512 bytes, or 0 for system default."),
    "keepalive": _flag("KeepAlive must be On|Off"),
    "disablereuse": _flag("DisableReuse must be On|Off"),
    "enablereuse": _flag("EnableReuse must be On|Off"),
    "route": _text(64, "Route length must be < 64 characters"),
    "redirect": _text(64, "Redirect length must be < 64 characters"),
    "status": _status,
    "flushpackets": _flushpackets,
    "flushwait": _whole(0, "flushwait must be <= 1000, or 0 for system default of 10 millseconds.", 1000),
    "ping": _time("s", "Ping/Pong timeout has wrong format", "Ping/Pong timeout must be at least one millisecond"),
    "lbset": _whole(0, "lbset must be between 0 and 99", 99),
    "connectiontimeout": _time(
        "s", "Connectiontimeout has wrong format", "Connectiontimeout must be at least one millisecond."
    ),
    "flusher": _text(16, "flusher name length must be < 16 characters"),
    "upgrade": _text(16, "upgrade protocol length must be < 16 characters"),
    "responsefieldsize": _whole(0, "ResponseFieldSize must be greater than 0 bytes, or 0 for system default."),
    "secret": _text(64, "Secret length must be < 64 characters"),
    "addressttl": _addressttl,
}


def _hcinterval(text: str) -> float:
    seconds = seconds_of(text, "s")
    if seconds is None:
        raise ValueRefused("Unparse-able hcinterval setting")
    if seconds < 0.1:
        raise ValueRefused("Interval must be a positive value greater than 100ms")
    return seconds


def _hcmethod(text: str) -> str:
    if text.upper() not in HCMETHODS:
        raise ValueRefused("Unknown method")
    return text.upper()


def _separator(text: str) -> str:
    if text.lower() == "off":
        return ""
    if len(text) != 1:
        raise ValueRefused("stickysessionsep must be a single character or Off")
    return text


def _failonstatus(text: str) -> tuple[int, ...]:
    codes = tuple(map(atoi, re.split(r"[, ]+", text.strip(", "))))
    if not all(100 <= code < 600 for code in codes):
        raise ValueRefused("failonstatus must be one or more HTTP response codes")
    return codes


BALANCER_KEYS: Mapping[str, Reader] = {
    "stickysession": str,
    "stickysessionsep": _separator,
    "nofailover": _flag("failover must be On|Off"),
    "timeout": _seconds(1, "timeout must be at least one second"),
    "maxattempts": _whole(0, "maximum number of attempts must be a positive number"),
    "lbmethod": str,
    "scolonpathdelim": _flag("scolonpathdelim must be On|Off"),
    "failonstatus": _failonstatus,
    "failontimeout": _flag("failontimeout must be On|Off"),
    "nonce": _text(64, "Provided nonce is too large"),
    "growth": _whole(1, "growth must be between 1 and 100", 100),
    "forcerecovery": _flag("forcerecovery must be On|Off"),
}

HCHECK: Mapping[str, Reader] = {
    "hcmethod": _hcmethod,
    "hcinterval": _hcinterval,
    "hcpasses": _whole(0, "Passes must be a positive value"),
    "hcfails": _whole(0, "Fails must be a positive value"),
    "hcuri": str,
    "hctemplate": str,
    "hcexpr": str,
}


def read_parameter(url: str, key: str, text: str, scope: Scope) -> tuple[str, object]:
    """One ``key=text`` for the worker or balancer ``url``, typed. Raises ValueRefused (CE-1, CE-5, CE-6)."""
    key = key.lower()
    if is_balancer(url):
        reader = BALANCER_KEYS.get(key)
        if reader is None:
            raise ValueRefused("unknown Balancer parameter")
        if key == "lbmethod" and not scope.has_module(f"mod_lbmethod_{text}"):
            raise ValueRefused("unknown lbmethod")
        return key, reader(text)
    reader = WORKER.get(key)
    if reader is None:
        if not scope.has_module("mod_proxy_hcheck"):
            raise ValueRefused("unknown Worker parameter")
        reader = HCHECK.get(key)
    if reader is None:
        raise ValueRefused("unknown Worker hcheck parameter")
    if key in _NAMED and (key, text.lower()) not in scope.named:
        raise ValueRefused(f"{_NAMED[key]}: {text}")
    return key, reader(text)


#: What a health check calls by name must stand further up, in any case of letters (HC-6, HC-7).
_NAMED = {"hcexpr": "Unknown health check condition expr", "hctemplate": "Unknown ProxyHCTemplate name"}
