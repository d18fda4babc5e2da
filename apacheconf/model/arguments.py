"""Argument shapes: how many words a directive takes, and what httpd says when they are others (ARG-1 to ARG-13)."""

from __future__ import annotations

from apacheconf.modules.declare import Args

#: For each shape: the numbers of words it takes, and the message up to the comma before the directive's own help.
_COUNTS = {
    Args.NO_ARGS: ((0,), "takes no arguments"),
    Args.TAKE1: ((1,), "takes one argument"),
    Args.TAKE2: ((2,), "takes two arguments"),
    Args.TAKE12: ((1, 2), "takes 1-2 arguments"),
    Args.TAKE3: ((3,), "takes three arguments"),
    Args.TAKE23: ((2, 3), "takes two or three arguments"),
    Args.TAKE123: ((1, 2, 3), "takes one, two or three arguments"),
    Args.TAKE13: ((1, 3), "takes one or three arguments"),
}


class WrongArguments(Exception):
    """The message is httpd's without the help; ``word`` is the number of the first word too many."""

    def __init__(self, message: str, word: int | None = None, with_help: bool = True) -> None:
        self.word, self.with_help = word, with_help
        super().__init__(message)


def shape(args: Args, words: list[str]) -> list[str]:
    """The words that the directive's handler would get. Raises WrongArguments."""
    if args is Args.RAW_ARGS or (args is Args.TAKE1 and len(words) == 1 and words[0]):
        return words  # most of a file; the table asks an enum for its hash, which is slow
    counted = _COUNTS.get(args)
    if counted is not None:
        return _counted(words, *counted)
    if args is Args.FLAG:
        if not words or words[0].lower() not in ("on", "off"):
            raise WrongArguments("must be On or Off", 0 if words else None, with_help=False)
        return words[:1]
    if args is Args.ITERATE:
        return _until_empty(words, 1, "requires at least one argument")
    if args is Args.ITERATE2:
        if len(words) < 2 or not words[0]:
            raise WrongArguments("requires at least two arguments")
        return _until_empty(words, 1, "")
    return words


def _counted(words: list[str], counts: tuple[int, ...], message: str) -> list[str]:
    """An optional word that is empty counts as absent, a required one as missing (LEX-36)."""
    count, required = len(words), counts[0]
    if count in counts:
        if "" not in words:
            return words
        if "" not in words[:required]:
            return words[: words.index("")]
    raise WrongArguments(message, counts[-1] if count > counts[-1] else None)


def _until_empty(words: list[str], least: int, message: str) -> list[str]:
    """ARG-14: iteration ends without a word at the first empty argument."""
    if "" in words:
        words = words[: words.index("")]
    if len(words) < least:
        raise WrongArguments(message)
    return words
