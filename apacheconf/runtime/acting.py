"""The output filters that serve has, by their names."""

from __future__ import annotations

from apacheconf.runtime.filters import Maker
from apacheconf.runtime.mod_brotli import brotli_compress
from apacheconf.runtime.mod_deflate import deflate
from apacheconf.runtime.mod_substitute import substitute

MAKERS: dict[str, Maker] = {"brotli_compress": brotli_compress, "deflate": deflate, "substitute": substitute}
