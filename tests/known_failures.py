"""Where apacheconf is known to differ from httpd on a site: what, since when, and why.

Each row is a strict xfail of ``tests/test_sites.py``: it keeps the suite green and makes noise on the day it is
mended; then the row goes. A row is never a reason to edit the site.
"""

from __future__ import annotations

import pytest

#: (check, site): date and reason. The checks are those of ``test_sites``: bytes, load, config, hosts,
#: includes, modules.
KNOWN_FAILURES: dict[tuple[str, str], str] = {}


def marks(check: str, site: str) -> list[pytest.MarkDecorator]:
    """The mark of a known failure, if it is one."""
    reason = KNOWN_FAILURES.get((check, site))
    return [pytest.mark.xfail(reason=reason, strict=True, raises=AssertionError)] if reason else []
