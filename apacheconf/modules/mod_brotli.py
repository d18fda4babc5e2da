"""mod_brotli: how the BROTLI_COMPRESS filter compresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, Spec, setting
from apacheconf.modules.facts import listed
from apacheconf.modules.mod_deflate import filter_note
from apacheconf.modules.values import choice, number


@dataclass(frozen=True)
class BrotliServerConf(Conf):
    """``window`` and ``max_input_block`` are binary logarithms of bytes."""

    module: ClassVar[str] = "mod_brotli"

    quality: Setting[int] = setting(5)
    window: Setting[int] = setting(18)
    max_input_block: Setting[int] = setting(0)
    alter_etag: Setting[str] = setting("AddSuffix")
    notes: Setting[tuple[tuple[str, str], ...]] = setting(())


def _between(name: str, least: int, most: int, fills: str) -> Spec:
    return listed(name, number(f"{name} must be between {least} and {most}", least, most), fills=fills)


_ETAG = "BrotliAlterETag accepts only 'AddSuffix', 'NoChange' and 'Remove'"

MODULE = Module(
    "mod_brotli",
    server_conf=BrotliServerConf,
    fate=Fate.REFUSED,
    directives=[
        _between("BrotliCompressionQuality", 0, 11, "quality"),
        _between("BrotliCompressionWindow", 10, 24, "window"),
        _between("BrotliCompressionMaxInputBlock", 16, 24, "max_input_block"),
        listed("BrotliAlterETag", choice(_ETAG, "AddSuffix", "NoChange", "Remove"), fills="alter_etag"),
        listed("BrotliFilterNote", filter_note("Unknown BrotliFilterNote type '%s'"), fills="notes", appends=True),
    ],
)
