"""The handler of folders that no index answers for: mod_autoindex's list, or a refusal (DR-2)."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from apacheconf.program.handling import FileRules, FolderRules, HandlerRules, ListingRules, MimeRules
from apacheconf.program.media import NO_TYPES, Media, describe, types_of
from apacheconf.program.request import Decision
from apacheconf.runtime.answer import ReplyHead
from apacheconf.runtime.conditional import http_date
from apacheconf.runtime.files import answer_file, etag_of
from apacheconf.runtime.framing import CHUNKED
from apacheconf.runtime.heads import RequestHead
from apacheconf.runtime.listing import Asked, entries_of, read_query
from apacheconf.runtime.listing_page import heading, preamble, rows
from apacheconf.runtime.naming import signature
from apacheconf.runtime.page_texts import escape
from apacheconf.runtime.resolving import look_up
from apacheconf.runtime.strict import Fields

if TYPE_CHECKING:
    from apacheconf.program.program import Program
    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.exchange import Exchange

CLOSING = "</body></html>\n"


def answer_folder(
    client: ClientConnection, exchange: Exchange, head: RequestHead, decision: Decision, media: Media
) -> None:
    """Answer for the folder of ``decision``."""
    program = client.server.program
    if "autoindex_module" not in program.modules or head.method not in (b"GET", b"HEAD"):
        answer_file(client, exchange, head, decision, media)
        return
    if "indexes" not in decision.rules(FileRules).options:
        _say_why(client, exchange, decision)
        client.refuse(exchange, 403)
        return
    try:
        _send_list(exchange, program, decision)
    except OSError:
        client.refuse(exchange, 403)


def _say_why(client: ClientConnection, exchange: Exchange, decision: Decision) -> None:
    names = ",".join(decision.rules(FolderRules).index)
    why = "server-generated directory index forbidden by Options directive"
    text = f"AH01276: Cannot serve directory {decision.file}: No matching DirectoryIndex ({names}) found, and {why}"
    client.server.log("error", "autoindex", text, exchange=exchange)


def _send_list(exchange: Exchange, program: Program, decision: Decision) -> None:
    asked = read_query(decision.query, decision.rules(ListingRules))
    rules = asked.rules
    kind = f"{rules.type};charset={rules.charset or 'ISO-8859-1'}"
    fields: Fields = [(b"Content-Type", kind.encode("latin-1"))]
    if "trackmodified" in rules.options and decision.located is not None and decision.located.found is not None:
        found, now = decision.located.found, time.time()
        etag = etag_of(found, decision.rules(FileRules).etag, now)
        fields.append((b"Last-Modified", http_date(min(int(found.st_mtime), int(now)))))
        fields += [(b"ETag", etag)] if etag else []
    body, length = b"", 0
    if not exchange.head_only:
        text, streamed = _page(program, decision, asked, signature(exchange))
        body = text.encode("latin-1")
        length = CHUNKED if streamed else len(body)
        fields += [] if streamed else [(b"Content-Length", b"%d" % len(body))]
    reply = ReplyHead(200, b"OK", fields, length, True, names=frozenset({b"content-type"}))
    exchange.status, exchange.ranged, exchange.body_done = 200, bool(exchange.field(b"range")), True
    exchange.answered(reply, [body] if body else [], True)
    exchange.finish()


def _page(program: Program, decision: Decision, asked: Asked, signature: str) -> tuple[str, bool]:
    """The page, and whether httpd sends it chunked because a file of HTML is in it: one below is signed by itself."""
    rules, title = asked.rules, decision.path.rstrip("/") or "/"
    suppressed = "suppresshtmlpreamble" in rules.options
    above = _text_of(program, decision, rules.header) if rules.header else None
    below = _text_of(program, decision, rules.readme) if rules.readme else None
    begin = preamble(title, rules)
    if above is None:
        begin += heading(title, rules)
    elif suppressed and above.is_html:
        begin = above.text
    else:
        begin += above.text
    end = signature if below is None else below.text if below.is_html else f"{below.text}{signature}"
    page = begin + rows(entries_of(program, decision, asked), asked) + end + ("" if suppressed else CLOSING)
    return page, any(each is not None and each.is_html for each in (above, below))


class _Amble:
    """What HeaderName or ReadmeName brings."""

    def __init__(self, text: str, is_html: bool) -> None:
        self.is_html = is_html
        self.text = text if is_html else f"<pre>\n{escape(text)}</pre>\n"


def _text_of(program: Program, decision: Decision, name: str) -> _Amble | None:
    """The text of a file beside the folder's list; None unless a client may have it, and it is text."""
    found = look_up(program, replace(decision, query=None), name)
    located = found.located
    if found.status is not None or located is None or located.found is None or located.is_folder:
        return None
    types = types_of(program.types_config) if "mime_module" in program.modules else NO_TYPES
    rules = found.rules(MimeRules), found.rules(HandlerRules), found.rules(FileRules)
    kind = describe(located.file.rpartition("/")[2], *rules, types).type.lower()
    if not kind.startswith("text/"):
        return None
    try:
        text = Path(located.file.encode("latin-1").decode("utf-8", "surrogateescape")).read_bytes().decode("latin-1")
    except OSError:
        return None
    return _Amble(text, kind.startswith("text/html"))
