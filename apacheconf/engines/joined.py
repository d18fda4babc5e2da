"""Files that a translation wants made of others (NGX-188), made in the sandbox by the very commands that it names.

Nothing is written beside the files of a user. Only commands of the known forms are run, and one whose parts aren't on
this machine, or can't be read to their end in time, leaves the text as it is.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import signal
import subprocess
from pathlib import Path
from shlex import quote

from apacheconf.engines.sandbox import Sandbox

#: How the comment of a command begins.
COMMANDS = "# run: "
_WORD = r"(?:[A-Za-z0-9_@%+=:,./-]+|'[^'\n]*'(?:\"'\"'[^'\n]*')*)"
_CHAIN = rf"\(openssl x509 -in {_WORD} && cat {_WORD}\)"
_FOLDER = (
    rf"\((?:awk 1 {_WORD} && )?cd {_WORD} && for f in \*\.r?\[0-9\]; do "
    r'\[ "\$\{f%\.\*\}" = "\$\(openssl (?:x509|crl) -noout -hash -in "\$f"\)" \] && awk 1 "\$f"; done\)'
)
_COMMAND = re.compile(rf"^[ \t]*{COMMANDS}({_CHAIN}|{_FOLDER}) > ({_WORD})$", re.MULTILINE)
#: The last word of a line about files of TLS.
_WORDS = re.compile(r'^([ \t]*(?:proxy_)?ssl_\w+[ \t]+"?)([^";]+)("?;)', re.MULTILINE)
_SECONDS = 600


def with_joined_files(text: str, box: Sandbox) -> str:
    """``text`` with the files that its comments tell how to make where they have been made, in ``box``."""
    commands = {found[2]: found[1] for found in _COMMAND.finditer(text)}
    if not commands:
        return text
    folder = box.path / "joined"
    folder.mkdir(exist_ok=True)
    made = {word: folder / hashlib.sha256(word.encode()).hexdigest()[:16] for word in commands}
    ended = _run("\n".join(_checked(command, made[word]) for word, command in commands.items()))
    files = {shlex.split(word)[0]: file for word, file in made.items() if ended and file.exists()}
    return _WORDS.sub(lambda found: f"{found[1]}{files.get(found[2], found[2])}{found[3]}", text) if files else text


def _run(script: str) -> bool:
    """Run it; whether it has come to its end in time. What doesn't is stopped, with all that it has started."""
    with subprocess.Popen(
        ["sh"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as shell:
        try:
            shell.communicate(script.encode("latin-1"), timeout=_SECONDS)
        except BaseException as error:
            os.killpg(shell.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                return False
            raise
    return True


def _checked(command: str, file: Path) -> str:
    """The command, after which there is no file unless all of its parts were there."""
    name = quote(str(file))
    if " && for f in " in command:  # its last file says nothing about the others
        return f"{command} > {name}; [ -s {name} ] || rm -f {name}"
    return f"{command} > {name} || rm -f {name}"
