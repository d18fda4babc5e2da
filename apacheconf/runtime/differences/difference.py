"""A row of the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """``statements`` are the IDs of ``tests/spec`` that it is about, ``httpd`` and ``ours`` what each does."""

    statements: tuple[str, ...]
    title: str
    httpd: str
    ours: str
    reason: str
