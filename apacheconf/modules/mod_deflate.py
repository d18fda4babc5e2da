"""mod_deflate: how the DEFLATE filter compresses; which responses it meets is said by AddOutputFilterByType."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Parse, Setting, setting
from apacheconf.modules.facts import listed
from apacheconf.modules.values import choice, number, one_of, whole


@dataclass(frozen=True)
class DeflateServerConf(Conf):
    """Sizes in bytes; ``memory_level`` and ``window_size`` are zlib's."""

    module: ClassVar[str] = "mod_deflate"

    level: Setting[int] = setting(-1)
    buffer_size: Setting[int] = setting(8096)
    memory_level: Setting[int] = setting(9)
    window_size: Setting[int] = setting(15)
    alter_etag: Setting[str] = setting("AddSuffix")
    notes: Setting[tuple[tuple[str, str], ...]] = setting(())


@dataclass(frozen=True)
class DeflateDirConf(Conf):
    """How far a request's body is inflated: bytes (-1 is what LimitRequestBody says), and how often the ratio of sizes
    may lie above a limit."""

    module: ClassVar[str] = "mod_deflate"

    inflate_limit: Setting[int] = setting(-1)
    ratio_limit: Setting[int] = setting(200)
    ratio_burst: Setting[int] = setting(3)


def filter_note(refusal: str) -> Parse:
    """A note's name, alone or after what it holds."""

    def parse(words: Sequence[str]) -> tuple[str, str]:
        kind = one_of(words[0], ("Ratio", "Input", "Output"), refusal) if len(words) > 1 else "Ratio"
        return kind, words[-1]

    return parse


_ETAG = "DeflateAlterETAG accepts only 'NoChange', 'AddSuffix', and 'Remove'"
_LIMIT = "DeflateInflateLimitRequestBody requires a non-negative integer."

MODULE = Module(
    "mod_deflate",
    server_conf=DeflateServerConf,
    dir_conf=DeflateDirConf,
    fate=Fate.REFUSED,
    directives=[
        listed("DeflateCompressionLevel", number("Compression Level must be between 1 and 9", 1, 9), fills="level"),
        listed("DeflateBufferSize", number("DeflateBufferSize should be positive", 1), fills="buffer_size"),
        listed("DeflateMemLevel", number("DeflateMemLevel must be between 1 and 9", 1, 9), fills="memory_level"),
        listed("DeflateWindowSize", number("DeflateWindowSize must be between 1 and 15", 1, 15), fills="window_size"),
        listed("DeflateAlterETag", choice(_ETAG, "AddSuffix", "NoChange", "Remove"), fills="alter_etag"),
        listed("DeflateFilterNote", filter_note("Unknown note type %s"), fills="notes", appends=True),
        listed("DeflateInflateLimitRequestBody", whole(_LIMIT), fills="inflate_limit", per="dir"),
        listed(
            "DeflateInflateRatioLimit",
            number("DeflateInflateRatioLimit must be positive", 1),
            fills="ratio_limit",
            per="dir",
        ),
        listed(
            "DeflateInflateRatioBurst",
            number("DeflateInflateRatioBurst must be positive", 1),
            fills="ratio_burst",
            per="dir",
        ),
    ],
)
