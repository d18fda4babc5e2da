"""``apacheconf dump``: the configuration after reading, as httpd prints it or as JSON."""

from __future__ import annotations

from typing import Annotated

import typer

from apacheconf.cli.options import Reading, reads


@reads
def run(
    reading: Reading,
    config: Annotated[bool, typer.Option("--config", help="What httpd -t -D DUMP_CONFIG prints (default).")] = False,
    json: Annotated[bool, typer.Option("--json", help="The expanded tree as JSON, with file, line, column.")] = False,
) -> None:
    """Print the configuration with nothing left of Include, Define, conditions and macros."""
    from apacheconf.cli.writing import to_standard_output
    from apacheconf.diagnostics import UsageError
    from apacheconf.model.views import dump_config, dump_json

    if config and json:
        raise UsageError("--config and --json cannot both be given")
    expanded = reading.load_expanded()
    to_standard_output(dump_json(expanded) if json else dump_config(expanded))
