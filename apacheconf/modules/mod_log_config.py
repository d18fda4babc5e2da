"""mod_log_config: which logs are written, and in which format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import (
    SERVER,
    SERVERS,
    Args,
    Conf,
    Fate,
    Module,
    Scope,
    Setting,
    Spec,
    ValueRefused,
    by_key,
    setting,
)
from apacheconf.modules.regex_options import written_in

#: The format of TransferLog while no LogFormat without a name was given, and of a CustomLog without one.
COMMON = '%h %l %u %t "%r" %>s %b'


@dataclass(frozen=True, slots=True)
class Log:
    """A log: ``target`` a file, ``|program`` or ``syslog``; ``format`` a text or a nickname.

    ``condition`` is ``env=[!]NAME`` or ``expr=...``, empty for every request; ``transfer`` marks a TransferLog,
    whose format is the last LogFormat without a nickname.
    """

    target: str
    format: str
    condition: str = ""
    transfer: bool = False
    for_all_hosts: bool = False


@dataclass(frozen=True)
class LogServerConf(Conf):
    """A host's own logs replace the main server's (INH-10); ``formats`` maps nicknames, "" is the default."""

    module: ClassVar[str] = "mod_log_config"

    logs: Setting[tuple[Log, ...]] = setting(())
    formats: Setting[dict[str, str]] = setting({"CLF": COMMON, "": COMMON}, by_key)


#: The letters of formats, and the modules that bring more of them.
_LETTERS = frozenset("aAbBCDefhHiklLmnopPqrRstTuUvVX%")
_MORE = {"I": "mod_logio", "O": "mod_logio", "S": "mod_logio", "^FB": "mod_logio", "x": "mod_ssl", "c": "mod_ssl"}
_ALWAYS = frozenset({"^ti", "^to"})
_RAN_OFF = "Ran off end of LogFormat parsing args to some directive"


def check_format(text: str, scope: Scope, word: int) -> None:
    """Refuse what httpd refuses of a format: unknown letters, an argument without end (CE-15)."""
    at = text.find("%")
    while at >= 0:
        at = _after_modifiers(text, at + 1, word)
        name = text[at : at + 3] if text[at] == "^" else text[at]
        owner = _MORE.get(name)
        known = name in _LETTERS or name in _ALWAYS or (owner is not None and scope.has_module(owner))
        if not known:
            raise ValueRefused(f"Unrecognized LogFormat directive %{text[at]}", word)
        at = text.find("%", at + len(name))


def _after_modifiers(text: str, at: int, word: int) -> int:
    """The offset of the letter behind ``!404,500``, ``<``, ``>`` and ``{argument}``."""
    while at < len(text) and text[at] in "!<>,{0123456789":
        at = text.find("}", at) + 1 if text[at] == "{" else at + 1
        if at == 0:
            break
    if at == 0 or at >= len(text):
        raise ValueRefused(_RAN_OFF, word)
    return at


def log_format(words: Sequence[str], scope: Scope) -> dict[str, str]:
    check_format(words[0], scope, 0)
    return {words[1] if len(words) > 1 else "": words[0]}


def _log(words: Sequence[str], scope: Scope, for_all_hosts: bool) -> Log:
    check_format(words[1], scope, 1)
    condition = words[2] if len(words) > 2 else ""
    if condition and not condition.lower().startswith(("env=", "expr=")):
        raise ValueRefused("error in condition clause", 2)
    if condition.lower() == "expr=":
        raise ValueRefused("missing condition", 2)
    if condition.lower() == "env=":
        raise ValueRefused("missing environment variable name", 2)
    if condition.lower().startswith("expr="):
        condition = condition[:5] + written_in(condition[5:], scope)
    return Log(words[0], words[1], condition, for_all_hosts=for_all_hosts)


def custom_log(words: Sequence[str], scope: Scope) -> Log:
    return _log(words, scope, for_all_hosts=False)


def global_log(words: Sequence[str], scope: Scope) -> Log:
    return _log(words, scope, for_all_hosts=True)


MODULE = Module(
    "mod_log_config",
    server_conf=LogServerConf,
    fate=Fate.SERVED,
    directives=[
        Spec("CustomLog", Args.TAKE23, SERVERS, fills="logs", parse_in=custom_log, appends=True),
        Spec("GlobalLog", Args.TAKE23, SERVER, fills="logs", parse_in=global_log, appends=True),
        Spec(
            "TransferLog", Args.TAKE1, SERVERS, fills="logs",
            parse=lambda words: Log(words[0], "", transfer=True), appends=True,
        ),
        Spec("LogFormat", Args.TAKE12, SERVERS, fills="formats", parse_in=log_format),
    ],
)  # fmt: skip
