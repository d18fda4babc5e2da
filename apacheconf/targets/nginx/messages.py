"""ErrorLog and LogLevel in nginx: ``error_log`` where a server has one of its own.

What nginx has to say it says in its own words and its own format, so only the place and the level are httpd's.
"""

from __future__ import annotations

from apacheconf.ledger import Outcome, Written
from apacheconf.program.hosts import Host
from apacheconf.targets.claims import Claim, approximated, equivalent, unsupported
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.mod_log_config import written_to
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.restrictions import words_in

_WORDS = "messages are nginx's own, in its own format"
_LEVELS = "nginx has one level for all its modules"
#: Where the system's log is reached, as httpd's C library does.
_SYSLOG = "syslog:server=unix:/dev/log"


def emit_main_log(low: Lowering, root: Block) -> None:
    """The error log of the main server, which every host has that names none."""
    main = low.program.hosts[low.program.index.main]
    _emit(low, main, low.scopes.top, root)


def emit_error_log(low: Lowering, host: Host, server: Block) -> None:
    """The error log of a virtual host that says something about it."""
    if host.place is not None:
        _emit(low, host, low.scopes.own(host), server)


def _emit(low: Lowering, host: Host, lines: tuple[Written, ...], block: Block) -> None:
    """What stands in ``lines``: of several of a name the last one counts."""
    logs, levels = ([each for each in lines if each.name.lower() == name] for name in ("errorlog", "loglevel"))
    for earlier in (*logs[:-1], *levels[:-1]):
        low.dropped.append(Claim((earlier,), Outcome.DEAD_IN_SOURCE, "a later line says otherwise", "dead"))
    target = _target(low, logs[-1] if logs else _inherited(low, host), host.errors.target)
    if not (logs or levels):
        return
    if target.startswith("|"):
        low.dropped.append(unsupported([*logs[-1:], *levels[-1:]], "nginx writes to no program", "piped-log"))
        return
    claims = [equivalent(logs[-1:], _WORDS, "error-log-words")] if logs else []
    if levels:
        several = any(":" in word for word in words_in(levels[-1].args))
        claims.append(approximated(levels[-1:], _LEVELS, "log-level-of-modules") if several else
                      equivalent(levels[-1:], _WORDS, "error-log-words"))  # fmt: skip
    level = host.errors.levels.general
    words = (literal(target), "debug" if level.startswith("trace") else level)
    block.add("error_log", *words, comment=low.sources.comment([*logs[-1:], *levels[-1:]]), claims=tuple(claims))


def _inherited(low: Lowering, host: Host) -> Written | None:
    """The main server's own line, which a host without one has."""
    return next(reversed(low.scopes.named("errorlog")), None) if host.place is not None else None


def _target(low: Lowering, log: Written | None, found: str) -> str:
    """What nginx writes to: httpd's default is ``logs/error_log`` below its root."""
    if found.partition(":")[0].lower() == "syslog":
        parts = found.split(":")[1:]
        return _SYSLOG + "".join(
            f",{key}={part}" for key, part in zip(("facility", "tag"), parts, strict=False) if part
        )
    return written_to(low, log, found) if log else "logs/error_log"
