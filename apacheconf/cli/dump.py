"""``apacheconf dump``: the configuration after reading, as httpd prints it or as JSON, or what holds for one URL."""

from __future__ import annotations

from typing import Annotated

import typer

from apacheconf.cli.options import Reading, reads, refuse_errors


@reads
def run(
    reading: Reading,
    config: Annotated[bool, typer.Option("--config", help="What httpd -t -D DUMP_CONFIG prints (default).")] = False,
    includes: Annotated[bool, typer.Option("--includes", help="What httpd -t -D DUMP_INCLUDES prints.")] = False,
    effective: Annotated[
        str | None, typer.Option("--effective", metavar="URL", help="What holds for URL, each setting with its origin.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON, with file, line, column.")] = False,
) -> None:
    """Print the configuration without Include, Define and macros."""
    from apacheconf.cli.writing import to_standard_output
    from apacheconf.diagnostics import UsageError
    from apacheconf.model.views import dump_config, dump_includes, dump_json

    asked = {"--config": config, "--includes": includes, "--effective": effective is not None}
    given = [name for name, wanted in asked.items() if wanted]
    if json and not effective:
        given.append("--json")
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} cannot be given together")
    if effective is not None:
        to_standard_output(_effective(reading, effective, json))
        return
    if includes:  # which httpd prints while it reads, so that it is there when something is wrong
        expanded = reading.load_broken()
        to_standard_output(dump_includes(expanded))
        refuse_errors(expanded)
        return
    to_standard_output((dump_json if json else dump_config)(reading.load_expanded()))


def _effective(reading: Reading, url: str, json: bool) -> str:
    from apacheconf.explain.arrival import arrive
    from apacheconf.explain.asking import request_for
    from apacheconf.program import effective

    loaded, program = reading.load_program()
    request = arrive(program, request_for(url)).request
    found = effective.effective(loaded.model, program, request)
    return effective.as_json(found) if json else effective.as_text(found)
