"""Where serve differs from httpd on purpose: every row is shown by a test, and ``modules --differences`` prints them.

A directive that isn't honoured is no difference of this kind: it is named when serve starts (``honesty``).
"""

from __future__ import annotations

from dataclasses import asdict

from apacheconf.runtime.differences.difference import Difference
from apacheconf.runtime.differences.logs import LOGS
from apacheconf.runtime.differences.messages import MESSAGES
from apacheconf.runtime.differences.modules import MODULES
from apacheconf.runtime.differences.tls import TLS

__all__ = ["DIFFERENCES", "SCHEMA", "Difference", "as_json"]

#: The schema of ``as_json``; it grows by keys, and gets a new number when a key changes its meaning.
SCHEMA = "apacheconf-differences/1"

DIFFERENCES = (*MESSAGES, *LOGS, *TLS, *MODULES)


def as_json() -> dict[str, object]:
    """``{"schema": "apacheconf-differences/1", "differences": [row]}``, a row with the fields of ``Difference``."""
    return {"schema": SCHEMA, "differences": [asdict(each) for each in DIFFERENCES]}
