"""Tiny readers of what the targets' printers write: words and blocks, no more. Independent of the printers."""

from __future__ import annotations

_NGINX_BLANKS = " \t\r\n"
_HAPROXY_BLANKS = " \t\r\n\v\f"


def read_nginx(text: str) -> list[object]:
    """``[words, ...]`` or ``[words, [block...]]`` for each directive, as nginx's own reader splits them."""
    entries, rest = _nginx_block(_nginx_tokens(text), 0, top=True)
    assert rest is None
    return entries


def _nginx_tokens(text: str) -> list[tuple[str, bool]]:
    """Tokens, each with whether it is a word (or one of ``{ } ;``)."""
    found: list[tuple[str, bool]] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char in _NGINX_BLANKS:
            at += 1
        elif char == "#":
            at = text.index("\n", at)
        elif char in "{};":
            found.append((char, False))
            at += 1
        elif char in "\"'":
            word, at = _nginx_quoted(text, at + 1, char)
            found.append((word, True))
        else:
            word, at = _nginx_bare(text, at)
            found.append((word, True))
    return found


_ESCAPES = {"t": "\t", "r": "\r", "n": "\n", '"': '"', "'": "'", "\\": "\\"}


def _nginx_quoted(text: str, at: int, quote: str) -> tuple[str, int]:
    word = ""
    while text[at] != quote:
        if text[at] == "\\" and text[at + 1] in _ESCAPES:
            word += _ESCAPES[text[at + 1]]
            at += 2
        else:
            word += text[at]
            at += 1
    return word, at + 1


def _nginx_bare(text: str, at: int) -> tuple[str, int]:
    word = ""
    while text[at] not in _NGINX_BLANKS and text[at] not in ";":
        if text[at] == "{" and not word.endswith("$"):
            break
        if text.startswith("${", at):
            end = text.index("}", at) + 1
            word, at = word + text[at:end], end
        elif text[at] == "\\" and text[at + 1] in _ESCAPES:
            word, at = word + _ESCAPES[text[at + 1]], at + 2
        else:
            word, at = word + text[at], at + 1
    return word, at


def _nginx_block(tokens: list[tuple[str, bool]], at: int, top: bool = False) -> tuple[list[object], int | None]:
    entries: list[object] = []
    words: list[str] = []
    while at < len(tokens):
        token, is_word = tokens[at]
        at += 1
        if is_word:
            words.append(token)
        elif token == ";":
            entries.append(words)
            words = []
        elif token == "{":
            block, after = _nginx_block(tokens, at)
            assert after is not None
            entries.append([words, block])
            words, at = [], after
        else:
            assert not top and not words
            return entries, at
    assert top and not words
    return entries, None


def read_haproxy(text: str) -> list[tuple[str, list[list[str]]]]:
    """``(section line, lines)`` for each section, words split and unquoted as HAProxy does."""
    sections: list[tuple[str, list[list[str]]]] = []
    for line in text.split("\n"):
        words = haproxy_words(line)
        if words and not line.startswith(" "):
            sections.append((" ".join(words), []))
        elif words:
            sections[-1][1].append(words)
    return sections


_IN_HAPROXY = {"t": "\t", "r": "\r", "n": "\n"}


def haproxy_words(line: str) -> list[str]:
    """The words of one line: single quotes are strong, a backslash takes the next character as it is."""
    words: list[str] = []
    word: str | None = None
    at = 0
    while at < len(line):
        char = line[at]
        if char == "#":
            break
        if char == "'":
            end = line.index("'", at + 1)
            word, at = (word or "") + line[at + 1 : end], end
        elif char == "\\":
            word, at = (word or "") + _IN_HAPROXY.get(line[at + 1], line[at + 1]), at + 1
        elif char in _HAPROXY_BLANKS:
            words += [word] if word is not None else []
            word = None
        else:
            word = (word or "") + char
        at += 1
    return words + ([word] if word is not None else [])
