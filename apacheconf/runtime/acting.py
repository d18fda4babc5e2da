"""The output filters that serve has, by their names, and in which order they meet an answer."""

from __future__ import annotations

from apacheconf.runtime.filters import Maker
from apacheconf.runtime.mod_brotli import brotli_compress
from apacheconf.runtime.mod_deflate import deflate, inflate
from apacheconf.runtime.mod_ratelimit import rate_limit
from apacheconf.runtime.mod_substitute import substitute

#: The lower comes first: filters of resources, then those of content codings. A name that isn't here does nothing.
MAKERS: dict[str, tuple[int, Maker]] = {
    "inflate": (9, inflate),
    "substitute": (10, substitute),
    "brotli_compress": (19, brotli_compress),
    "deflate": (19, deflate),
    "rate_limit": (30, rate_limit),
}
