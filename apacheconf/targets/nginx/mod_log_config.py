"""mod_log_config in nginx: each format a ``log_format``, each log an ``access_log`` of its server (NGX-190, LOG-1 ff.).

An item that nginx can't say is written ``-``, as httpd writes what is unset, and the report names it. nginx escapes
quotes and backslashes as ``\\x22`` and ``\\x5C`` where httpd puts a backslash before them.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace

from apacheconf.ledger import Outcome, Written
from apacheconf.program.hosts import Host
from apacheconf.program.steps import Log, LogItem, Step
from apacheconf.program.values import Literal, Value, Variable
from apacheconf.targets.claims import Claim, approximated, equivalent, unsupported
from apacheconf.targets.hostnames import own_scheme
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import PATH, Map
from apacheconf.targets.nginx.texts import Texts, texts_of_server
from apacheconf.targets.nginx.tree import Block, glued, literal
from apacheconf.targets.nginx.values import header_variable
from apacheconf.targets.patterns import escape
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.restrictions import words_in
from apacheconf.targets.spoken import words_of

_ESCAPES = "quotes and backslashes are escaped as \\x22 and \\x5C, and %I and %O count other heads"
#: What each variable of a format is in nginx.
_VARIABLES = {
    "REMOTE_ADDR": "$remote_addr", "REMOTE_HOST": "$remote_addr", "SERVER_ADDR": "$server_addr",
    "BODY_BYTES_OR_0": "$body_bytes_sent", "REMOTE_IDENT": "-", "REQUEST_METHOD": "$request_method",
    "BYTES_OUT": "$bytes_sent", "BYTES_IN": "$request_length", "PID": "$pid", "THE_REQUEST": "$request",
    "REQUEST_STATUS": "$status", "REMOTE_USER": "$remote_user", "SERVER_PROTOCOL": "$server_protocol",
    "SERVER_NAME": "$server_is", "HOST_NAME": "$host",
    "REQUEST_URI": PATH,
}  # fmt: skip
_HEADERS = {"HTTP": "http", "RESP": "sent_http"}
_PORTS = {"local": "$server_port", "remote": "$remote_port"}
#: Milliseconds of nginx's ``seconds.milliseconds`` as microseconds, without zeros at the beginning.
_USECS = (("0.000", "0"), (r"~^0\.00(?<part>\d)$", "${part}000"), (r"~^0\.0(?<part>\d\d)$", "${part}000"),
          (r"~^0\.(?<part>\d+)$", "${part}000"), (r"~^(?<whole>\d+)\.(?<part>\d+)$", "$whole${part}000"))  # fmt: skip
_MSECS = tuple((pattern, value.replace("000", "")) for pattern, value in _USECS)
_TIMES = {
    "DURATION_USEC": ("request_usec", Map("$request_time", _USECS, "microseconds, as far as nginx counts them")),
    "us": ("request_usec", Map("$request_time", _USECS, "microseconds, as far as nginx counts them")),
    "ms": ("request_msec", Map("$request_time", _MSECS, "milliseconds")),
    "s": ("request_sec", Map("$request_time", ((r"~^(?<whole>\d+)\.", "$whole"),), "whole seconds")),
}
#: A map's value is empty where a variable of its own would be written as a dash.
_QUERY = Map("$is_args$args", (("default", "$is_args$args"),), "the query with its question mark")
_BODY_BYTES = Map("$body_bytes_sent", (("0", "-"), ("default", "$body_bytes_sent")), "%b: a dash for nothing")


def emit_logs(low: Lowering, host: Host, server: Block) -> None:
    """The logs of a server, after what else stands in it."""
    steps = [(step, step.action) for step in host.shape.server if isinstance(step.action, Log)]
    if steps:
        server.space()
    texts = texts_of_server(low, host) if steps else None
    for step, action in steps:
        assert texts is not None
        _emit(low, host, step, action, texts, server)


def _emit(low: Lowering, host: Host, step: Step, log: Log, texts: Texts, server: Block) -> None:
    said_by = host.said_by(step)
    target = written_to(low, said_by[0], host.texts[log.to])
    if target.startswith("|"):
        low.dropped.append(unsupported(said_by, "nginx writes to no program", "piped-log"))
        return
    lacking: list[str] = []
    words = glued(_part(item, low, texts, lacking) for item in log.line)
    name = low.formats.setdefault(words, low.names.of(("format", words), f"httpd-{_nickname(said_by[0].args)}"))
    if PATH.strip("$") in words:
        low.maps.path()
    only, claim = [], _claim(said_by, lacking)
    try:
        flag = texts.flag(step.when)
        only = [f"if={flag}"] if flag != "1" else []
    except CannotAsk as missing:
        why = f"the condition is not asked, for {missing} can't be said here: every request is logged"
        claim = approximated(said_by, why, "log-condition")
    comment = low.sources.comment(said_by)
    server.add("access_log", literal(target), name, *only, comment=comment, claims=(claim,))


def written_to(low: Lowering, log: Written, found: str) -> str:
    """The file of a log: below the ServerRoot that the configuration names; without one nginx's prefix takes its place.

    Where the configuration was read plays no part: the result is the same on every machine.
    """
    if low.alike and low.alike.has_own(log):
        return low.alike.token("log", log)
    name = next(iter(words_in(log.args)), found)
    if name.startswith(("/", "|")):
        return name
    root = next((words_in(each.args) for each in low.scopes.everywhere("serverroot")), [])
    return f"{root[0].rstrip('/')}/{name}" if root else name


def _nickname(args: str) -> str:
    """The name of the format in a CustomLog, ``log`` where it stands there in full."""
    words = words_in(args)
    return words[1] if len(words) > 1 and "%" not in words[1] else "log"


def _claim(said_by: tuple[Written, ...], lacking: list[str]) -> Claim:
    if lacking:
        missing = ", ".join(dict.fromkeys(lacking))
        return approximated(said_by, f"nginx can't say {missing}: a dash is written", "log-item")
    return equivalent(said_by, _ESCAPES, "log-escapes")


def _part(item: Value | LogItem, low: Lowering, texts: Texts, lacking: list[str]) -> str:
    """An item of a format as nginx writes it; ``lacking`` hears of what it can't."""
    value = item.value if isinstance(item, LogItem) else item
    if isinstance(value, Literal):
        return literal(value.text)
    if not isinstance(value, Variable):
        lacking.append("a value")
        return "-"
    found = _variable(value, low, texts)
    if not found:
        lacking.append(f"%{{{value.argument}}}{value.name}" if value.argument else value.name)
    elif isinstance(item, LogItem) and item.statuses:
        return _for_statuses(item, found, low)
    return found or "-"


def _for_statuses(item: LogItem, word: str, low: Lowering) -> str:
    """LOG-22: what is written for some statuses only. Where a map has nothing nginx writes nothing, and no dash."""
    some = low.maps.make(f"{words_of(word)}_or_dash", Map(word, (("", "-"), ("default", word)), ""))
    asked, other = ("-", some) if item.negated else (some, "-")
    listed = "|".join(map(str, item.statuses))
    entries = ((f"~^(?:{listed})$", asked), ("default", other))
    return low.maps.make(f"{words_of(word)}_for_{item.statuses[0]}", Map("$status", entries, ""))


def _variable(variable: Variable, low: Lowering, texts: Texts) -> str:
    """nginx's variable; empty if it has none."""
    name, argument = variable.name, variable.argument
    if name in ("ENV", "SSL"):
        with suppress(CannotAsk):
            return texts.text(replace(variable, missing="-"))
        return ""
    if name in _HEADERS:
        with suppress(CannotAsk):
            return header_variable(_HEADERS[name], argument)
        return ""
    if name == "COOKIE":
        return _cookie(argument, low)
    if (name, argument) == ("REMOTE_ADDR", "c"):
        return "$realip_remote_addr"
    if name == "BODY_BYTES":
        return low.maps.make("body_bytes", _BODY_BYTES)
    if name == "REMOTE_USER" and texts.named:
        shown = Map("$remote_user", (("", "-"), ("default", "$remote_user")), "")
        return texts.named_or(low.maps.make("remote_user_or_dash", shown))
    if name == "QUERY":
        return low.maps.make("asked_query", _QUERY)
    if name == "PORT":
        return _port(argument, texts.host)
    if name == "TIME":
        return "[$time_local]" if not argument else ""
    if name in ("DURATION_USEC", "DURATION"):
        made = _TIMES.get(argument or ("us" if name == "DURATION_USEC" else "s"))
        return low.maps.make(*made) if made else ""
    return _VARIABLES.get(name, "") if not argument or name == "REMOTE_ADDR" else ""


def _cookie(name: str, low: Lowering) -> str:
    """A cookie's variable; a map where no variable can be called as the cookie is."""
    if re.fullmatch(r"\w+", name, re.ASCII):
        return f"$cookie_{name.lower()}"
    entries = ((rf"~*(?:^|[;,]) *{escape(name)}=(?<cookie>[^;,]*)", "$cookie"), ("default", "-"))
    return low.maps.make(f"cookie_{words_of(name)}", Map("$http_cookie", entries, f"the cookie {name}"))


def _port(which: str, host: Host) -> str:
    """LOG-13, DEF-46: %p is the port of ServerName, else the usual one, wherever the client came in."""
    usual = 443 if own_scheme(host) == "https" else 80
    return str(host.port or usual) if which in ("", "canonical") else _PORTS.get(which, "")


def emit_formats(low: Lowering, http: Block) -> None:
    """Every format, in the order of their first use."""
    if low.formats:
        http.space()
    for words, name in low.formats.items():
        http.add("log_format", name, words)
    named = tuple(low.scopes.everywhere("logformat"))
    low.dropped.append(Claim(named, Outcome.ABSORBED, "it stands in the logs that use it"))
