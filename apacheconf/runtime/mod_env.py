"""Variables by which httpd's modules let themselves be told how to treat a request: which of them serve looks at."""

from __future__ import annotations

from apacheconf.program.steps import SetEnv

#: Read by httpd and not here yet: by mod_dir, and for the pages of its core.
_SWITCHES = frozenset({"redirect-carefully", "suppress-error-charset"})


def not_done(action: SetEnv) -> str:
    """Why setting the variable doesn't do what it does in httpd, empty when it does."""
    return f"the switch {action.name} is not looked at yet" if action.name.lower() in _SWITCHES else ""
