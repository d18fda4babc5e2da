"""Debian's ``envvars``: the shell script beside apache2.conf that names the ``${APACHE_*}`` values.

It is read, never run. Understood are assignments with or without ``export``, quotes, ``$NAME`` and ``${NAME}``,
``unset``, and the one test in Debian's file, for several instances: its ``else`` branch holds unless the folder is
``/etc/apache2-SUFFIX``. A value that only a command could give is left out. Anything else is passed over.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)=(\"[^\"]*\"|'[^']*'|[^\s#;]*)")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_INSTANCE = "/etc/apache2-"


def read_envvars(main: str, environ: Mapping[str, str]) -> Mapping[str, str]:
    """``environ`` with what ``envvars`` beside the file ``main`` adds; unchanged if there is none."""
    try:
        with open(os.path.join(os.path.dirname(main), "envvars"), encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return environ
    values = {"SUFFIX": "", **environ}
    folder = os.path.dirname(os.path.abspath(main))
    if folder.startswith(_INSTANCE):
        values["SUFFIX"] = "-" + folder.removeprefix(_INSTANCE)
    _assign(text, values)
    return values


def _assign(text: str, values: dict[str, str]) -> None:
    depth = 0
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        depth += (words[:1] == ["if"]) - (words[:1] == ["fi"])
        match = _ASSIGNMENT.match(line)
        if not match or depth or "$(" in match[2] or "`" in match[2]:
            continue
        name, value = match[1], match[2]
        if value[:1] == "'":
            values[name] = value[1:-1]
        else:
            values[name] = _VARIABLE.sub(lambda m: values.get(m[1] or m[2], ""), value.strip('"'))
