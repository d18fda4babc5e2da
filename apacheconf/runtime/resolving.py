"""What a request for files leads to before its handler: an index of a folder, a fallback (mod_dir, DR-1 to DR-3).

Each name is asked for as a sub-request by GET, with the same fields: the whole program decides about it. What is
found takes the place of the request (an internal redirect that no client sees).
"""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from urllib.parse import unquote

from apacheconf.program.decide import decide_again, decide_sub_request
from apacheconf.program.handling import FileRules, FolderRules, HandlerRules, MimeRules, Variant
from apacheconf.program.media import FOLDER_TYPE
from apacheconf.program.messages import Message
from apacheconf.program.program import Program
from apacheconf.program.request import Decision
from apacheconf.program.uri import escape_path
from apacheconf.runtime.multiviews import is_type_map, negotiate, read_type_map, variants_beside

#: Folders whose index is in a folder whose index is... (LimitInternalRecursion's default).
DEEPEST = 10
_TOO_DEEP = Message(
    "error",
    "core",
    f"AH00125: Request exceeded the limit of {DEEPEST} subrequest nesting levels due to probable configuration error. "
    "Use 'LimitInternalRecursion' to increase the limit if necessary. Use 'LogLevel debug' to get a backtrace.",
)


def resolve(program: Program, decision: Decision, depth: int = 0) -> Decision:
    """What ``decision`` comes to: itself, another path's, or an error or a redirect."""
    located = decision.located
    if located is None or located.lost or decision.status is not None or decision.redirect_to:
        return decision
    if "negotiation_module" in program.modules:
        chosen = _negotiated(program, decision, depth)
        if chosen is not None:
            return chosen
    if "dir_module" not in program.modules:
        return decision
    if located.is_folder and not located.path_info:
        return _of_folder(program, decision, depth)
    if located.found is None and not decision.handler:
        return _fallback(program, decision, depth) or decision
    return decision


def _negotiated(program: Program, decision: Decision, depth: int) -> Decision | None:
    """What MultiViews or a type map makes of the request; None where neither has anything to do with it."""
    assert decision.located is not None

    path = decision.path.removesuffix(decision.path_info) if decision.path_info else decision.path

    def beside(name: str) -> Decision:  # what is found there isn't negotiated once more
        assert decision.state is not None
        state = replace(decision.state, path=path)
        return decide_sub_request(program, state, unquote(name, "latin-1"), depth + 1, as_file=True)

    def instead(name: str) -> Decision:  # an internal redirect to what a map says, which may be any URL
        folder = escape_path(path.rpartition("/")[0] + "/")
        query = "" if decision.query is None else f"?{decision.query}"
        return decide_again(program, decision, folder + name + decision.path_info + query, {})

    is_map = False
    if decision.located.found is None:
        if "multiviews" not in decision.rules(FileRules).options or decision.located.file.endswith("/"):
            return None
        variants = variants_beside(program, decision, beside)
    elif decision.located.is_folder or not (decision.told.keys() & {HandlerRules, MimeRules} or decision.handler):
        return None
    elif is_type_map(program, decision):
        variants, is_map = read_type_map(decision, beside), True
    else:
        return None
    if variants is None:
        return None
    if not is_map:
        found = negotiate(decision, variants, lambda name: beside(escape_path(name)))
    else:
        found = negotiate(decision, variants, instead, lambda name: is_type_map(program, beside(escape_path(name))))
    if found.state is decision.state or found.status is not None:
        return found
    if is_map:
        led = resolve(program, found, depth + 1)
        return replace(led, told={**led.told, Variant: found.rules(Variant)})
    led = _followed(program, _with_rest(decision, _as_asked(decision, found)), depth)
    return replace(led, told={**led.told, Variant: found.rules(Variant)})


def _with_rest(decision: Decision, found: Decision) -> Decision:
    """A variant takes the place of the request: with its query and what stood behind the name."""
    state, rest, query = found.state, decision.path_info, decision.query
    assert state is not None
    state.query, state.path_info, state.path = query, rest, state.path + rest
    led = found.redirect_to
    led = led if not led or query is None or "?" in led else f"{led}?{query}"
    return replace(found, path=found.path + rest, path_info=rest, query=query, redirect_to=led)


def _of_folder(program: Program, decision: Decision, depth: int) -> Decision:
    rules = decision.rules(FolderRules)
    if not decision.path.endswith("/"):
        return _with_slash(decision) if rules.slash else decision
    if rules.check_handler and (decision.handler or decision.origin is not None):
        return decision
    last_error = 0
    said: tuple[Message, ...] = ()
    for number, name in enumerate(rules.index, 1):
        found = look_up(program, decision, name, depth)
        decision = _with_cookies(decision, found)
        if found.status == 403 and _is_special(found):
            continue
        said = (*said, *found.messages)
        if _is_there(found):
            if rules.redirect:
                return replace(decision, status=rules.redirect, location=_url(decision, found.path), messages=said)
            told = replace(_as_asked(decision, found), messages=said)
            return _without_validator(_followed(program, told, depth))
        only = number == len(rules.index)
        if found.status is not None and (300 <= found.status < 400 or (only and found.status in (401, 406))):
            return _told_of(decision, replace(found, messages=said))
        if found.status not in (None, 200, 404):
            last_error = found.status or 0
    if last_error:
        return replace(decision, status=last_error, messages=said)
    return decision


def _with_cookies(decision: Decision, found: Decision) -> Decision:
    """Cookies that rules set in a sub-request are the request's own, one of each name (RW-22)."""
    known = {value.partition("=")[0] for name, value in decision.early_headers if name == "Set-Cookie"}
    more = [pair for pair in found.early_headers if pair[0] == "Set-Cookie" and pair[1].partition("=")[0] not in known]
    return replace(decision, early_headers=(*decision.early_headers, *more)) if more else decision


def _told_of(decision: Decision, found: Decision) -> Decision:
    """An error or a redirect of a sub-request as the answer of the request itself, with what a password is asked by."""
    asks = tuple(pair for pair in found.early_headers if pair[0] == "WWW-Authenticate")
    return replace(
        found, state=decision.state, path=decision.path, query=decision.query,
        response_headers=decision.response_headers,
        early_headers=(*_with_cookies(decision, found).early_headers, *asks),
    )  # fmt: skip


def _as_asked(decision: Decision, found: Decision) -> Decision:
    """A sub-request looks with GET; what it found is then the request itself: with its method, where that
    led and its early lines."""
    own, state = decision.state, found.state
    assert own is not None and state is not None
    state.request = replace(state.request, method=own.request.method)
    state.sub = own.sub
    state.document_root, state.context_root, state.context_prefix = (
        own.document_root, own.context_root, own.context_prefix
    )  # fmt: skip
    early = _with_cookies(decision, found).early_headers
    return replace(found, vary=(*found.vary, *decision.vary), early_own=decision.early_own, early_headers=early)


def _followed(program: Program, found: Decision, depth: int) -> Decision:
    """An index that rules lead away from: an internal redirect, now that it is the request itself."""
    if not found.redirect_to:
        return found
    return resolve(program, decide_again(program, found, found.redirect_to, {}), depth + 1)


def _without_validator(found: Decision) -> Decision:
    """An index that was negotiated: its ETag says nothing of the list that it was chosen from."""
    variant = found.rules(Variant)
    if not variant.validator:
        return found
    return replace(found, told={**found.told, Variant: replace(variant, validator="")})


def _fallback(program: Program, decision: Decision, depth: int) -> Decision | None:
    """What FallbackResource leads to: its errors are those of the request, but for what isn't there either (DR-3)."""
    fallback = decision.rules(FolderRules).fallback
    if not fallback:
        return None
    found = look_up(program, decision, fallback, depth)
    if _is_there(found):
        return _as_asked(decision, found)
    if found.status is not None and 300 <= found.status < 400:
        return found
    if found.status not in (None, 200, 404):
        return replace(decision, status=found.status, messages=found.messages)
    return None


def look_up(program: Program, decision: Decision, name: str, depth: int = 0) -> Decision:
    """What a sub-request for ``name``, a path or relative to the request's folder, comes to.

    ``messages`` are of sub-requests alone.
    """
    if depth >= DEEPEST:
        return replace(decision, status=500, messages=(_TOO_DEEP,))
    return resolve(program, _ask(program, decision, name, depth), depth + 1)


def _ask(program: Program, decision: Decision, name: str, depth: int) -> Decision:
    """What was decided about a sub-request, before mod_dir and mod_negotiation look at it."""
    state = decision.state
    assert state is not None
    target = name if name.startswith("/") else escape_path(decision.path.rpartition("/")[0] + "/") + name
    if decision.query is not None:
        target += f"?{decision.query}"
    return decide_sub_request(program, state, target, depth + 1)


def as_folder(decision: Decision) -> Decision:
    """A folder for which an origin answers: what stands behind it has no name that says anything of its type."""
    told = {**decision.told, FileRules: replace(decision.rules(FileRules), type_before=FOLDER_TYPE)}
    return replace(decision, told=told)


def translated(program: Program, decision: Decision, path: str) -> str:
    """The file that ``path`` would be, had it been asked for (PATH_TRANSLATED, FC-5); empty for a path that is none."""
    found = look_up(program, replace(decision, query=None), escape_path(path))
    if found.redirect_to:
        return f"redirect:{unquote(found.redirect_to.partition('?')[0], 'latin-1')}{found.path_info}"
    if found.origin is not None and found.state is not None:
        return f"proxy:{found.state.mapped}"
    return found.file if found.located is not None and not found.located.found else found.file + found.path_info


def _is_there(found: Decision) -> bool:
    if found.status is not None:
        return False
    located = found.located
    return found.origin is not None or (located is not None and located.found is not None and not located.is_folder)


def _is_special(found: Decision) -> bool:
    """Whether a FIFO, a socket or a device is there, which is no index (DR-3)."""
    if found.state is None or not found.state.file:
        return False
    try:
        mode = os.stat(found.state.file.encode("latin-1")).st_mode  # noqa: PTH116 (names are bytes)
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _with_slash(decision: Decision) -> Decision:
    query = "" if decision.query is None else f"?{decision.query}"
    location, state = _url(decision, escape_path(decision.path) + "/" + query), decision.state
    handler = decision.handler or FOLDER_TYPE
    if state is not None:
        state.handler = handler
    return replace(decision, status=301, location=location, handler=handler)


def _url(decision: Decision, path: str) -> str:
    assert decision.state is not None
    return decision.state.self_url + path
