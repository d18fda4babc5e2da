"""mod_unique_id in the program: UNIQUE_ID, made when a request was read and kept through its internal redirects.

An identifier has httpd's form, 27 letters, digits, ``@`` and ``-``; its bits are the time, a counter and chance. It is
made where the configuration may show it: something names it, or a ``.htaccess`` or a FastCGI program could.
"""

from __future__ import annotations

import secrets
import struct
import time
from base64 import b64encode
from collections.abc import Iterator
from itertools import count

from apacheconf.expand.tree import Expanded
from apacheconf.program.phases import Phase
from apacheconf.program.steps import SetEnv, Step
from apacheconf.program.values import Variable

_COUNTER = count(secrets.randbelow(1 << 16))


def server_steps(expanded: Expanded) -> Iterator[Step]:
    """One step for all hosts, where the module is loaded and its variable may show."""
    if (expanded.fragment or "unique_id_module" in expanded.modules) and _may_show(expanded):
        yield Step(Phase.POST_READ, SetEnv("UNIQUE_ID", Variable("UNIQUE_ID_OF_REQUEST")))


def _may_show(expanded: Expanded) -> bool:
    if expanded.fragment:
        return any("UNIQUE_ID" in node.args for node in expanded.walk())
    shown = ("UNIQUE_ID", "fcgi://")
    return any(
        node.name.lower() in ("allowoverride", "allowoverridelist") or any(each in node.args for each in shown)
        for node in expanded.walk()
    )


def unique_id() -> str:
    """A new identifier."""
    made = struct.pack(
        "!I10sHI", int(time.time()), secrets.token_bytes(10), next(_COUNTER) & 0xFFFF, secrets.randbits(32)
    )
    return b64encode(made, b"-_")[:27].decode()
