"""``.htaccess`` files, which nginx never reads: their lines stand in its locations as they were (NGX-129)."""

from __future__ import annotations

from apacheconf.targets.claims import equivalent, unsupported
from apacheconf.targets.lost_files import is_below, overrides_in
from apacheconf.targets.nginx.lowering import Lowering

_NOW = "nginx reads no such files: what they say now is written down, so translate anew when they change"


def settle(low: Lowering) -> None:
    """What is lost of an AllowOverride: that its files may change, and that httpd answers 500 where one is wrong."""
    for folder, line in overrides_in(low.scopes.everywhere("directory")):
        files = [each for each in low.program.inlined if is_below(each.path, folder)]
        wrong = next((each for each in files if each.wrong), None)
        if wrong is not None:
            why = f"{wrong.path} is wrong, and httpd answers 500 in its folder: {wrong.wrong}"
            low.dropped.append(unsupported([line], why, "htaccess-wrong"))
        elif files:
            low.dropped.append(equivalent([line], _NOW, "htaccess"))
