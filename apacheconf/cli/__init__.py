"""The command line: one small file per command; typer and rich live here and nowhere else.

Commands import what they run inside their function, so that ``--help`` and ``lint`` feel instant. ``main`` is
the only place that turns an exception into text and an exit code.
"""
