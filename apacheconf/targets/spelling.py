"""How much of a question about the request is put into words for a target."""

from __future__ import annotations

from enum import Enum


class Spelling(Enum):
    """What is put in words of the request for a target (``places``)."""

    NOTHING = "nothing"
    VARIABLES = "questions about variables"
    ALL = "and conditional headers, as routes of their own"
