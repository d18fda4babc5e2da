"""mod_mime and ForceType where an origin answers: what the name at the end of the URL says of the answer (RS-34).

httpd looks it up before it asks the origin, as it does the name of a file. A type counts where the origin names none,
an encoding takes the place of the origin's, and languages come before the origin's.
"""

from __future__ import annotations

from typing import NamedTuple

from apacheconf.program.handling import FileRules, HandlerRules, MimeRules
from apacheconf.program.media import Types, describe
from apacheconf.runtime.answer import ReplyHead

#: What sections say about names.
NameRules = tuple[MimeRules, HandlerRules, FileRules]


class Named(NamedTuple):
    """The values of Content-Type, Content-Encoding and Content-Language that a name stands for; empty ones are none."""

    content_type: bytes
    encoding: bytes
    languages: tuple[bytes, ...]


def named(name: str, rules: NameRules, types: Types) -> Named | None:
    """What a name says, None for nothing."""
    mime, handlers, core = rules
    if "." not in name and not (mime.default_language or core.force_type or core.type_before):
        return None
    media = describe(name, mime, handlers, core, types)
    if not (media.content_type or media.encodings or media.languages):
        return None
    encoding = ", ".join(media.encodings).encode("latin-1")
    return Named(
        media.content_type.encode("latin-1"), encoding, tuple(each.encode("latin-1") for each in media.languages)
    )


def describe_reply(reply: ReplyHead, name: Named) -> None:
    """Put into an answer's head what the name says of it; what is new there comes late."""
    if reply.late is not None or reply.status in (204, 304):
        return
    late: list[tuple[bytes, bytes]] = []
    if name.content_type and b"content-type" not in reply.names:
        late.append((b"Content-Type", name.content_type))
    if name.encoding:
        _set(reply, late, b"Content-Encoding", name.encoding)
    if name.languages:
        said = [value for key, value in reply.fields if key.lower() == b"content-language"]
        own = [word.strip() for value in said for word in value.split(b",")]
        known = {each.lower() for each in name.languages}
        kept = [word for word in own if word and word.lower() not in known]
        _set(reply, late, b"Content-Language", b",".join((*name.languages, *kept)))
    reply.fields = [*reply.fields, *late]
    reply.late = frozenset(key.lower() for key, _ in late)
    reply.names |= reply.late


def _set(reply: ReplyHead, late: list[tuple[bytes, bytes]], name: bytes, value: bytes) -> None:
    """The field with this value alone, at the place of the first one that is there."""
    key = name.lower()
    places = [at for at, pair in enumerate(reply.fields) if pair[0].lower() == key]
    if not places:
        late.append((name, value))
        return
    kept = [pair for at, pair in enumerate(reply.fields) if at not in places[1:]]
    kept[places[0]] = (kept[places[0]][0], value)
    reply.fields = kept
