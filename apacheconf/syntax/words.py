"""Words: how httpd splits the text of a directive (its ``getword``; LEX-30 to LEX-39).

Nothing here knows what a word means. RewriteRule and RewriteCond have a splitter of their own (LEX-40), which is
not this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: What C's isspace calls blank; a no-break space is not among it (LEX-17).
BLANKS = " \t\n\r\v\f"

_WORD = re.compile(
    r"""[ \t\n\r\v\f]*+(?:
        "(?P<double>[^"\\]*+(?:\\["\\]?[^"\\]*+)*+)"?+    # up to the next bare quote, or the end (LEX-30)
      | '(?P<single>[^'\\]*+(?:\\['\\]?[^'\\]*+)*+)'?+
      | (?P<bare>[^ \t\n\r\v\f]++)
    )""",
    re.VERBOSE,
)
#: The same where no backslash is.
_PLAIN_WORDS = re.compile(r""""([^"]*)"?|'([^']*)'?|([^ \t\n\r\v\f]+)""")
_ESCAPES = {
    "double": re.compile(r'\\(["\\])'),
    "single": re.compile(r"\\(['\\])"),
    "bare": re.compile(r"\\(\\)"),
}


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its value without quotes and escapes, and where it stood in the text, quotes included."""

    value: str
    start: int
    end: int


def getword(text: str, at: int = 0) -> Word | None:
    """The word at ``at`` or after the blanks there; None when only blanks are left."""
    match = _WORD.match(text, at)
    if not match:
        return None
    kind = match.lastgroup or "bare"
    value = match[kind]
    start = match.start(kind) - (kind != "bare")
    return Word(_ESCAPES[kind].sub(r"\1", value) if "\\" in value else value, start, match.end())


def skip_blanks(text: str, at: int = 0) -> int:
    """The offset of the first character from ``at`` on that is not blank."""
    while at < len(text) and text[at] in BLANKS:
        at += 1
    return at


def first_word(text: str) -> tuple[str, str]:
    """The first word and the raw remainder without its leading blanks: a directive's name and args (LEX-42)."""
    if text[:1] not in (" ", '"', "'") and "\\" not in text and text.isascii() and text.isprintable():
        name, _, rest = text.partition(" ")
        return name, rest.lstrip(" ")  # four times faster, and the same where only plain blanks can stand
    word = getword(text)
    return (word.value, text[word.end :].lstrip(BLANKS)) if word else ("", "")


def split_with_offsets(text: str) -> list[Word]:
    """All words of ``text`` with their places in it."""
    words, word = [], getword(text)
    while word:
        words.append(word)
        word = getword(text, word.end)
    return words


def split(text: str) -> list[str]:
    """The values of all words of ``text``.

    >>> split('set Cache "max-age=9; x')
    ['set', 'Cache', 'max-age=9; x']
    """
    if '"' not in text and "'" not in text and "\\" not in text and text.isascii() and text.isprintable():
        return text.split()  # four times faster, and the same where only plain blanks can stand
    if "\\" not in text:
        return [double or single or bare for double, single, bare in _PLAIN_WORDS.findall(text)]
    return [word.value for word in split_with_offsets(text)]
