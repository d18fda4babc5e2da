"""What hosts that are alike say of themselves: the name that stands for all of theirs is the one of whoever is asked,
which a target has in a variable, so that one line does for all (DES-18).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from apacheconf.program.own_words import STAND_IN, named_in
from apacheconf.targets.likeness import Kind

_WHOLE = re.compile(r"(?P<flags>(?:\(\?[a-z]+\))?)\^(?P<body>.*)\\z", re.DOTALL)
#: What a pattern may not hold: alternatives outside of groups, and groups that it refers to itself.
_REFERS = re.compile(r"\\[1-9gk]|\(\?[P<]")


@dataclass(frozen=True)
class OwnName:
    """The word that is the name of each of them, or that name without the ``www.`` that it begins with."""

    word: str
    without_www: bool = False

    @classmethod
    def of(cls, kind: Kind) -> OwnName | None:
        """None where their names are not among the words that they say."""
        words = [(host.name, own.get("n0", "")) for host, own in zip(kind.hosts, kind.own, strict=False)]
        if words and all(name == own for name, own in words):
            return cls("n0")
        return cls("n0", True) if words and all(name == f"www.{own}" for name, own in words) else None

    def is_all_in(self, text: str) -> bool:
        """Whether no other word is said in a text."""
        return set(named_in(text)) == {self.word}

    def in_text(self, text: str, instead: str) -> str:
        """A text with a target's words for the name."""
        return STAND_IN.sub(lambda _: instead, text)

    def pattern(self, pattern: str, group: str = "", again: str = r"\1") -> str | None:
        """A pattern for a value with a bar and the name of the host behind it, which matches where this one matches the
        value alone; None where there is no such pattern. ``group`` begins the group of the name, which is matched
        ``again``.
        """
        found = _WHOLE.fullmatch(pattern)
        if found is None or not self.is_all_in(pattern) or _REFERS.search(pattern) or _has_choices(found["body"]):
            return None
        www = r"www\." if self.without_www else ""
        body = STAND_IN.sub(lambda _: rf"(?:{again})", found["body"])
        return rf"{found['flags']}^(?=(?s:.*)\|{www}({group}[^|]*)\z){body}\|{www}{again}\z"


def _has_choices(body: str) -> bool:
    """Whether the pattern has some that are in no group."""
    plain = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]])*\]", "", body, flags=re.DOTALL)
    depth = 0
    for sign in plain:
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and not depth:
            return True
    return False
