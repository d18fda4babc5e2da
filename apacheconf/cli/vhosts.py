"""``apacheconf vhosts``: what ``httpd -S`` prints."""

from __future__ import annotations

from apacheconf.cli.options import Reading, reads


@reads
def run(reading: Reading) -> None:
    """Print what httpd -S prints: how virtual hosts are chosen."""
    from apacheconf.cli.writing import to_standard_output
    from apacheconf.model.views import vhosts

    to_standard_output(vhosts(reading.load_model()))
