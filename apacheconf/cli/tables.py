"""Tables for people, drawn by rich: as wide as the terminal, or 120 columns where there is none."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from apacheconf.cli.draw import is_terminal

_WIDTH = 120


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], whole: Sequence[str] = ()) -> None:
    """A table on standard output; without a terminal it is plain text of a fixed width.

    The columns named ``whole`` are never broken into lines.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in columns:
        table.add_column(name, no_wrap=name in whole)
    for row in rows:
        table.add_row(*map(Text, row))
    terminal = is_terminal(sys.stdout)
    Console(
        file=sys.stdout, width=None if terminal else _WIDTH, highlight=False, no_color=None if terminal else True
    ).print(table)
