"""Variants in the file system: MultiViews and type maps (mod_negotiation), and what their choice makes of a request.

With MultiViews the files beside a missing one that begin with its name are its variants; every one is asked for as a
sub-request, so what a client may not get is none. A type map lists its variants itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from apacheconf.program.handling import FileRules, HandlerRules, MimeRules, NegotiationRules, Variant
from apacheconf.program.media import Media, describe, types_of
from apacheconf.program.messages import Message
from apacheconf.program.program import Program
from apacheconf.program.request import Decision
from apacheconf.program.uri import escape_path
from apacheconf.runtime.negotiation import Candidate, alternates, candidate, choose, read_wishes, variant_list, vary
from apacheconf.runtime.page_texts import Html
from apacheconf.runtime.type_maps import Unreadable, read_map

#: Asks what a name beside the request's leads to.
LookUp = Callable[[str], Decision]
#: The type of what has a handler and no type.
_PROGRAM = "application/x-httpd-cgi"
TYPE_MAPS = frozenset({"type-map", "application/x-type-map"})


@dataclass(frozen=True, slots=True)
class Variants:
    """The variants of a resource, and the validator of their list; ``failed`` is a status that ends it all.

    ``messages`` are about the list, for the error log.
    """

    candidates: tuple[Candidate, ...] = ()
    validator: str = ""
    failed: int = 0
    messages: tuple[Message, ...] = ()


def media_of(program: Program, decision: Decision) -> Media:
    """What the name of the mapped file says."""
    if "mime_module" not in program.modules:
        return Media()
    file = decision.file if decision.located is None else decision.located.file
    name = file + (decision.path_info if decision.rules(MimeRules).use_path_info else "")
    rules = decision.rules(MimeRules), decision.rules(HandlerRules), decision.rules(FileRules)
    return describe(name.rpartition("/")[2], *rules, types_of(program.types_config))


# --- MultiViews ----------------------------------------------------------------------------------------------


def variants_beside(program: Program, decision: Decision, look_up: LookUp) -> Variants | None:
    """The variants of a file that isn't there; None where nothing has its name."""
    assert decision.located is not None
    folder, _, name = decision.located.file.rpartition("/")
    try:
        with os.scandir((folder or "/").encode("latin-1")) as listed:
            names = sorted(entry.name.decode("latin-1") for entry in listed)
        seen = os.stat((folder or "/").encode("latin-1"))  # noqa: PTH116
    except OSError:
        return None
    fitting = [each for each in names if each.startswith(f"{name}.")]
    if not name or not fitting:
        return None
    found: list[Candidate] = []
    for each in fitting:
        beside = look_up(escape_path(each))
        if beside.located is None or beside.located.found is None or beside.located.is_folder:
            continue
        media = media_of(program, beside)
        if not media.is_described or not _in_sequence(name, media.exceptions):
            continue
        if beside.status is not None:
            continue
        if media.handler in TYPE_MAPS or media.type in TYPE_MAPS:
            return read_type_map(beside, look_up)
        found.append(_candidate(each, media, beside.located.found.st_size))
    return Variants(tuple(found), f"{seen.st_mtime_ns // 1000:x}") if found else Variants(failed=404)


def _in_sequence(name: str, exceptions: Sequence[str]) -> bool:
    """Whether the parts that mean nothing stand in the asked name, in their order."""
    left = list(exceptions)
    for part in name.split("."):
        if left and left[0] == part:
            del left[0]
    return not left


def _candidate(name: str, media: Media, size: int) -> Candidate:
    kind = media.content_type or (_PROGRAM if media.handler else "")
    return candidate(name, kind, languages=tuple(media.languages), encoding=", ".join(media.encodings), size=size)


# --- type maps -----------------------------------------------------------------------------------------------


def read_type_map(decision: Decision, look_up: LookUp) -> Variants:
    """The variants that a type map lists. One that can't be understood is a 500."""
    located = decision.located
    assert located is not None and located.found is not None
    try:
        with open(located.file.encode("latin-1"), "rb") as file:  # noqa: PTH123 (names are bytes)
            found = read_map(file.read().decode("latin-1"), located.file)
    except OSError:
        return Variants(failed=403)
    except Unreadable as fault:
        return Variants(failed=500, messages=(fault.message,))
    validator = f"{located.found.st_size:x}-{located.found.st_mtime_ns // 1000:x}"
    candidates = tuple(_with_size(each, look_up) for each in found.candidates)
    return Variants(candidates, validator, messages=tuple(found.messages))


def _with_size(each: Candidate, look_up: LookUp) -> Candidate:
    if each.size or not each.name:
        return each
    located = look_up(each.name).located
    return each if located is None or located.found is None else replace(each, size=located.found.st_size)


# --- the choice ----------------------------------------------------------------------------------------------


def is_type_map(program: Program, decision: Decision) -> bool:
    """Whether a file that is there lists variants."""
    return (decision.handler or media_of(program, decision).handler) in TYPE_MAPS


def negotiate(
    decision: Decision, variants: Variants, go_to: LookUp, is_list: Callable[[str], bool] = lambda name: False
) -> Decision:
    """What a client gets of the variants: one of them, or an error.

    ``go_to`` tells what a variant's URL leads to, ``is_list`` whether its file lists variants itself (506, NG-3).
    """
    said = (*decision.messages, *variants.messages)
    if variants.failed:
        return replace(decision, status=variants.failed, messages=said)
    state = decision.state
    assert state is not None
    named = (state.header(name) or "" for name in ("Accept", "Accept-Language", "Accept-Encoding", "Accept-Charset"))
    listed = variants.candidates
    chosen = choose(listed, read_wishes(*named), decision.rules(NegotiationRules))
    beside = not any("/" in each.name or each.body is not None for each in listed)
    transparent = state.request.method in ("GET", "HEAD") and not decision.path_info and beside
    fields = [("Vary", vary(listed, transparent))] if vary(listed, transparent) else []
    if transparent:
        fields.append(("TCN", "choice" if chosen else "list"))
    if chosen is None:
        fields += [("Alternates", alternates(listed))] if listed else []
        file = decision.located.file if decision.located is not None else decision.file
        nothing = Message("error", "negotiation", f"AH00690: no acceptable variant: {file}")
        page = Html(variant_list(listed))
        return replace(decision, status=406, fields=tuple(fields), note=page, messages=(*said, nothing))
    if transparent and chosen.body is None and is_list(chosen.name):
        return replace(decision, status=506, messages=said)
    if transparent:
        fields.append(("Content-Location", escape_path(chosen.name)))
    if chosen.body is not None:
        variant = Variant(tuple(fields), "", chosen.body, _typed(chosen), chosen.languages)
        return replace(decision, told={**decision.told, Variant: variant})
    found = go_to(chosen.name)
    if found.status is not None:
        return replace(found, fields=(*fields, *found.fields))
    return replace(
        found,
        told={
            **found.told,
            Variant: Variant(tuple(fields), variants.validator),
            FileRules: replace(found.rules(FileRules), type_before=_PROGRAM if chosen.type == _PROGRAM else ""),
        },
        vary=(*found.vary, *decision.vary),
    )


def _typed(chosen: Candidate) -> str:
    return f"{chosen.type}; charset={chosen.charset}" if chosen.charset else chosen.type
