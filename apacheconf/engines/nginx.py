"""nginx in a sandbox: a configuration with its files moved there, and its start."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import pairwise

from apacheconf.engines.installed import Engine
from apacheconf.engines.joined import with_joined_files
from apacheconf.engines.process import Address, Server
from apacheconf.engines.sandbox import Sandbox
from apacheconf.engines.standins import make_certificate

#: Set in the http block where the configuration doesn't: the compiled-in values lie outside the sandbox.
HTTP_PATHS = {
    "access_log": "off",
    "client_body_temp_path": "{box}/tmp/body",
    "proxy_temp_path": "{box}/tmp/proxy",
    "fastcgi_temp_path": "{box}/tmp/fastcgi",
    "uwsgi_temp_path": "{box}/tmp/uwsgi",
    "scgi_temp_path": "{box}/tmp/scgi",
}
MAIN_PATHS = {"pid": "{box}/run/nginx.pid", "error_log": "{box}/logs/error.log"}
#: Sockets between servers of one translation.
_SOCKETS = "unix:/run/nginx-member-"
#: Directives of the main block that would contradict the sandbox, and the account that only root may choose.
_DROPPED = re.compile(r"^[ \t]*(?:daemon|master_process|user|pid|worker_processes)[ \t][^;{}]*;", re.MULTILINE)
#: A word as the file has it, in quotes or without.
_WORD = r"\"(?:\\.|[^\"\\])*\"|[^\s;\"]+"
_LOG = re.compile(rf"^([ \t]*(?:access|error)_log[ \t]+)(?!off;|\"?syslog:|stderr\b)({_WORD})", re.MULTILINE)
_HTTP = re.compile(r"^[ \t]*http[ \t]*\{", re.MULTILINE)


def sandboxed(text: str, box: Sandbox) -> str:
    """``text`` (a whole nginx.conf) with everything that it would write moved into ``box``; lines keep their number."""
    text = _DROPPED.sub(lambda found: "#" + found.group(0).replace("\n", "\n#"), text)
    text = _LOG.sub(lambda found: found[1] + _in_logs(found[2], box), text)
    text = _with_stand_in_certificates(with_joined_files(text, box), box)
    return with_temporary_files(text, box)


def _in_logs(word: str, box: Sandbox) -> str:
    """The file of a log in the sandbox, in quotes where its name stands in such."""
    quote = word[:1] if word.startswith('"') else ""
    return f"{quote}{box.path}/logs/{word.rpartition('/')[2].strip(quote) if '/' in word else word.strip(quote)}{quote}"


def with_temporary_files(text: str, box: Sandbox) -> str:
    """``text`` with the folders of nginx's temporary files in ``box``, where it names none itself, and its sockets."""
    text = text.replace(_SOCKETS, f"unix:{box.path}/run/nginx-member-")
    inside = _settings(HTTP_PATHS, text, box)
    return _HTTP.sub(lambda found: f"{found.group(0)} {inside}", text, count=1)


_TLS_FILE = re.compile(
    r"^([ \t]*)((?:proxy_)?ssl_(?:certificate|certificate_key|client_certificate|trusted_certificate|crl)[ \t]+)"
    rf"({_WORD});",
    re.MULTILINE,
)


_AUTHORITIES = re.compile(r"_(?:client|trusted)_certificate")


def _with_stand_in_certificates(text: str, box: Sandbox) -> str:
    """Files of TLS that aren't on this machine are replaced: one certificate for all, and no list of revoked ones.

    If a certificate is replaced, its key is, too, and with authorities their lists. Without ``openssl`` nothing is,
    and nginx names what it lacks.
    """
    found = list(_TLS_FILE.finditer(text))
    lacking = {each.start() for each in found if not _is_here(each[3])}
    stand_in = make_certificate(box) if lacking else None
    if stand_in is None:
        return text
    for first, second in pairwise(found):
        pair = {first.start(), second.start()}
        if pair & lacking and f"{first[2].strip()}_key" == second[2].strip():
            lacking |= pair
    asked = any(each.start() in lacking and _AUTHORITIES.search(each[2]) for each in found)
    lacking |= {each.start() for each in found if asked and "_crl" in each[2]}

    def replaced(each: re.Match[str]) -> str:
        if each.start() not in lacking:
            return each[0]
        return f"{each[1]}# {each[0].strip()}" if "_crl" in each[2] else f"{each[1]}{each[2]}{stand_in};"

    return _TLS_FILE.sub(replaced, text)


def _is_here(word: str) -> bool:
    file = re.sub(r"\\([\"\\])", r"\1", word[1:-1]) if word.startswith('"') else word
    return os.access(file, os.R_OK)


def _settings(table: dict[str, str], text: str, box: Sandbox) -> str:
    """The directives of ``table`` that ``text`` doesn't have, in one line."""
    absent = {name: value for name, value in table.items() if not re.search(rf"^[ \t]*{name}[ \t]", text, re.MULTILINE)}
    return " ".join(f"{name} {value.format(box=box.path)};" for name, value in absent.items())


def command(engine: Engine, box: Sandbox, main: str, *flags: str) -> list[str]:
    """The call for the file ``main`` of ``box``: in the foreground and in one process."""
    text = (box.path / main).read_text("latin-1")
    globals_ = f"daemon off; master_process off; {_settings(MAIN_PATHS, text, box)}"
    return [
        str(engine.path),
        "-p",
        f"{box.path}/",
        "-e",
        f"{box.path}/logs/error.log",
        "-c",
        main,
        "-g",
        globals_,
        *flags,
    ]


def start(engine: Engine, box: Sandbox, text: str, answers_at: Sequence[Address]) -> Server:
    """Run ``text``, a whole nginx.conf. Raises EngineFailed with what nginx said."""
    box.write("nginx.conf", sandboxed(text, box))
    return Server(engine.title, command(engine, box, "nginx.conf"), answers_at, box.path / "logs" / "nginx.out")
