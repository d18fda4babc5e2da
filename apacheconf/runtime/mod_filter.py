"""mod_filter at work: what FilterProtocol says of a provider, when a smart filter has it do something (DF-4).

It is said of the provider itself, so it counts in every smart filter of the server, whichever one it was said for.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apacheconf.runtime.filters import Answered


def is_kept_off(words: AbstractSet[str], about: Answered) -> bool:
    """Whether the provider leaves this answer alone: an origin's, or one of an origin that mustn't be changed."""
    decision = about.exchange.plan.decision
    if decision is None or decision.origin is None:
        return False
    control = about.field(b"cache-control").lower()
    return "proxy=no" in words or ("proxy=transform" in words and b"no-transform" in control)


def tell(words: AbstractSet[str], about: Answered) -> None:
    """Write into the head of an answer what its provider does to it."""
    decision = about.exchange.plan.decision
    if not words.isdisjoint(("change=yes", "change=1:1")):
        about.set_field(b"ETag", None)
        about.set_field(b"Content-MD5", None)
    if "cache=no" in words:
        about.set_field(b"Last-Modified", None)
        about.reply.fields = [*about.reply.fields, (b"Cache-Control", b"no-cache")]
    if "byteranges=no" in words:
        about.set_field(b"Accept-Ranges", b"none")
    if "proxy=transform" in words and decision is not None and decision.origin is not None:
        said = f"214 {about.exchange.site.host.name} Transformation applied"
        about.reply.fields = [*about.reply.fields, (b"Warning", said.encode("latin-1"))]
