"""Media types by suffix, for targets that serve files: those of TypesConfig, as the file is at the time."""

from __future__ import annotations

from pathlib import Path

from apacheconf.program.program import Program
from apacheconf.targets.scopes import Scopes

#: What is written where no TypesConfig is given, or can't be read: the types of files that websites are made of.
COMMON = {
    "application/gzip": "gz", "application/javascript": "js mjs", "application/json": "json map",
    "application/manifest+json": "webmanifest", "application/pdf": "pdf", "application/rss+xml": "rss",
    "application/atom+xml": "atom", "application/wasm": "wasm", "application/xhtml+xml": "xhtml",
    "application/xml": "xml xsl", "application/zip": "zip", "audio/mpeg": "mp3", "audio/ogg": "ogg oga",
    "audio/wav": "wav", "font/otf": "otf", "font/ttf": "ttf", "font/woff": "woff", "font/woff2": "woff2",
    "image/avif": "avif", "image/gif": "gif", "image/jpeg": "jpeg jpg", "image/png": "png",
    "image/svg+xml": "svg svgz", "image/vnd.microsoft.icon": "ico", "image/webp": "webp", "text/css": "css",
    "text/csv": "csv", "text/html": "html htm shtml", "text/markdown": "md", "text/plain": "txt text log",
    "video/mp4": "mp4", "video/mpeg": "mpeg mpg", "video/ogg": "ogv", "video/webm": "webm",
}  # fmt: skip


def is_known(program: Program, scopes: Scopes) -> bool:
    """Whether the configuration names the file of types, and it can be read here."""
    return _text(program, scopes) is not None


def types_of(program: Program, scopes: Scopes) -> dict[str, str]:
    """The type of each suffix in lower case, as mod_mime reads them: the last line with a suffix wins."""
    text = _text(program, scopes)
    if text is None:
        return {suffix: kind for kind, suffixes in COMMON.items() for suffix in suffixes.split()}
    found: dict[str, str] = {}
    for line in text.splitlines():
        kind, *suffixes = line.split("#", 1)[0].split() or [""]
        found.update(dict.fromkeys((suffix.lower() for suffix in suffixes), kind))
    return found


def _text(program: Program, scopes: Scopes) -> str | None:
    if not scopes.everywhere("typesconfig"):
        return None
    try:
        return Path(program.types_config).read_text("latin-1")
    except OSError:
        return None
