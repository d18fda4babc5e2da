"""``apacheconf vhosts``: what ``httpd -S`` prints."""

from __future__ import annotations

import sys

from apacheconf.cli.options import Reading, reads


@reads
def run(reading: Reading) -> None:
    """Print what httpd -S prints: the virtual hosts and how they are chosen."""
    from apacheconf.model.views import vhosts

    sys.stdout.write(vhosts(reading.load_model()))
