"""Which differences were announced: caveats by key, and the probes that each one speaks about.

A difference is announced when the report (of the translation, or of serve about itself) holds a caveat whose
probes here include it, or a directive that it falls short of and whose aspects here include all that differs. A
key that stands in no report excuses nothing, and a caveat without a line here excuses nothing either.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import unquote

from apacheconf.ledger import Outcome, Row
from apacheconf.prove.caveats import ASPECTS, OF_FILES, ONLY, PROBES, WITH_STATUS
from apacheconf.prove.compare import Aspect
from apacheconf.prove.deliberate import Sign
from apacheconf.prove.falls_short import aspects_of
from apacheconf.targets.translation import Difference

#: The caveat of rules that throw dice: any two answers may differ where a request meets one.
DRAWN = "map-drawn"

#: Caveats of what is refused instead of guessed: they announce a 401, 403, 500 or 503 of the target's own, and nothing
#: else.
CLOSED = frozenset({"answers-500", "closed", "condition", "handler", "no-authorities", "refuses-everyone", "scheme"})
#: Caveats of one that answers who has no certificate, where httpd ends the connection, and with which status: 421 is
#: for whoever asks for another host than the one of the handshake.
REFUSED = {"asked-early": ("403",), "certificate-page": ("400", "421")}
#: Caveats about compression, which Vary and Content-Encoding show.
CODINGS = frozenset({"gzip", "compression"})
#: The caveat of balancers whose members take turns in another order, and the aspect that shows it.
TURNS, COUNTS = "turns", "how often each member was asked"
#: The caveat of one for which an error is a 404 while the file that is its page isn't there.
DOCUMENTS = "document-missing"
#: The caveat of balancers that take out a member for what it answers.
MARKED = "failonstatus"
#: Aspects that say which member was asked, and no more.
_TURN = frozenset({"origin: which", "origin: header Host", "header X-Origin", COUNTS})
#: The caveat of one where a standby may take a session that another member could, and the aspect that shows it.
STANDBY, WHO = "standby-sessions", "which members were asked"
#: The caveat of one that escapes other characters of a path in Location.
ESCAPED = "location-escaping"
#: The caveat of one that sends the lines of one field in another order.
ORDER = "line-order"
#: The caveat of one that tells scripts of a request in words of its own.
SCRIPTS = "script-fields"
#: The caveat of a target that serves no files: it announces a 404 where httpd looks for one.
FILES = "files"
#: The caveat of one for which a path below a folder that isn't there is a name like any other.
NOWHERE = "file-paths"
#: Who has no folder of files can't be asked about it: httpd stops at the last folder that is there, with what is said
#: of that one. Nothing is proven of such files, which is said beforehand.
NO_FOLDER = "document-root-not-here"
#: The caveat of one whose list of a folder is a page of its own.
LIST = "autoindex"
#: The caveat of one that takes every file for missing: requests for files go where rules send the others.
NO_TESTS = "file-tests"


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a request whose answers differ.

    ``file``: httpd looks for a file, and no origin is asked. ``drawn``: a rule on its way throws dice; ``dice``: one of
    its host does; ``tested``: one asks for a file. ``statuses`` are those of httpd's answers and the other's.
    ``homeless``: it leads to a folder of files that isn't there.
    """

    file: bool = False
    drawn: bool = False
    dice: bool = False
    statuses: frozenset[int] = frozenset()
    tested: bool = False
    homeless: bool = False


@dataclass(frozen=True, slots=True)
class Announcements:
    """What one front has said about itself: ``keys`` of caveats, and ``rows`` of directives that it falls short of.

    ``signs`` are those of deliberate differences.
    """

    keys: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    signs: tuple[Sign, ...] = ()

    def announce(self, probe: str, aspects: Iterable[Aspect], about: About = About()) -> str | None:
        """The caveats and directives that announce a difference in all of ``aspects``; None if they don't."""
        aspects = tuple(aspects)
        whole = self._for_all(aspects, about)
        if whole:
            return whole
        by = [self._for_one(probe, aspect, about) for aspect in aspects]
        return None if None in by else ", ".join(dict.fromkeys(filter(None, by)))

    def _for_all(self, aspects: tuple[Aspect, ...], about: About) -> str | None:
        """Caveats about where a request goes: whatever is answered there may differ."""
        if about.file and FILES in self.keys and any(map(_is_no_file, aspects)):
            return FILES
        if about.homeless and {FILES, NOWHERE} & set(self.keys) and _is_error_of_both(aspects, about):
            return NO_FOLDER
        if TURNS in self.keys and all(map(_takes_turns, aspects)):
            return TURNS
        if STANDBY in self.keys and [each.what for each in aspects] == [WHO]:
            return STANDBY
        if about.file and NOWHERE in self.keys and (any(map(_leads_nowhere, aspects)) or _asks_for_a_page(aspects)):
            return NOWHERE
        if about.file and LIST in self.keys and any(map(_is_list, aspects)):
            return LIST
        if DOCUMENTS in self.keys and all(map(_lacks_document, aspects)):
            return DOCUMENTS
        if MARKED in self.keys and (any(map(_is_out, aspects)) or all(each.what in _TURN for each in aspects)):
            return MARKED
        if any(row.name.lower() == "errordocument" for row in self.rows) and _is_without_page(aspects):
            return "ErrorDocument"
        if (about.file or about.tested) and NO_TESTS in self.keys:
            return NO_TESTS
        if about.drawn and DRAWN in self.keys:
            return DRAWN
        if about.dice and DRAWN in self.keys and all(each.what in _TURN for each in aspects):
            return DRAWN  # where dice have sent the requests before it, other members have had their turns
        for key, statuses in REFUSED.items():
            if key in self.keys and any(_refuses(each, statuses) for each in aspects):
                return key
        if "closed" in self.keys and any(map(_is_misread, aspects)):
            return "closed"
        closed = any(map(_is_closed, aspects))
        return next((key for key in self.keys if closed and key in CLOSED), None)

    def _for_one(self, probe: str, aspect: Aspect, about: About) -> str | None:
        """The caveat, directive or deliberate difference that announces this aspect."""
        what = aspect.what.lower()
        if ORDER in self.keys and _is_reordered(aspect):
            return ORDER
        if ESCAPED in self.keys and _is_escaped(aspect):
            return ESCAPED
        if SCRIPTS in self.keys and _is_unescaped_file(aspect):
            return SCRIPTS
        keys = (key for key in self.keys if key not in CODINGS or _is_of_coding(aspect))
        found = next((key for key in keys if _speaks_about(key, probe, what, about)), None)
        found = found or next((sign.title for sign in self.signs if sign.announces(probe, aspect)), None)
        return found or next((row.name for row in self.rows if _includes(aspects_of(row), what)), None)


def _is_error_of_both(aspects: Iterable[Aspect], about: About) -> bool:
    """Whether nobody got anything: all answers are errors of the front's own."""
    origins = any(each.what.startswith("origin") or each.what in (COUNTS, WHO) for each in aspects)
    return not origins and bool(about.statuses) and min(about.statuses) >= 400


def _is_no_file(aspect: Aspect) -> bool:
    """Whether the other has a stock 404, or another stock page, in the place of a file, or asks nobody for a script."""
    if aspect.what in (COUNTS, WHO):
        return aspect.other in ("{}", "[]")
    answer = aspect.what.endswith(("status", "answer"))
    return (answer and aspect.other.startswith("404")) or (aspect.what, aspect.other) == ("body", "(stock page)")


def _leads_nowhere(aspect: Aspect) -> bool:
    """Whether httpd has found no file, and the other went by the name alone: it asked a script, or refused."""
    status = aspect.what.endswith("status") and aspect.reference == "404"
    own_options = aspect.what == "header allow" and "OPTIONS" in aspect.reference and aspect.other == "(absent)"
    return own_options or (status and aspect.other in ("200", "401", "403", "503"))


def _is_out(aspect: Aspect) -> bool:
    """Whether httpd has nobody left to ask, and the other has."""
    return aspect.what.endswith("status") and aspect.reference == "503" and aspect.other != "503"


def _lacks_document(aspect: Aspect) -> bool:
    """Whether an error has become a 404, its page still the stock one."""
    return aspect.what.endswith("status") and aspect.reference[:1] in ("4", "5") and aspect.other == "404"


def _asks_for_a_page(aspects: tuple[Aspect, ...]) -> bool:
    """Whether httpd has found no script for the page of an error, and the other asked one by its name."""
    found = {(each.what, each.reference) for each in aspects}
    return {("body", "(stock page)"), ("origin: request", "(none)")} <= found


def _is_list(aspect: Aspect) -> bool:
    """Whether httpd has answered with a list: the type of no other page of its own is written without a blank. That of
    the other's has the charset that the folder's files have, if any."""
    types = aspect.reference.lower(), aspect.other.partition(";")[0]
    return aspect.what.endswith("header content-type") and types == ("text/html;charset=iso-8859-1", "text/html")


def _is_without_page(aspects: tuple[Aspect, ...]) -> bool:
    """Whether a stock page stands in the place of a document, whose headers it lacks, and the status of an origin's."""
    stock = any((each.what, each.other) == ("body", "(stock page)")
                or (each.what, each.reference, each.other) == ("header etag", "(of a file)", "(absent)")
                for each in aspects)  # fmt: skip
    headers = (each for each in aspects if each.what not in ("body", "reason") and not _is_of_document(each))
    return stock and all(each.what == "header content-type" or each.other in ("(absent)", "(none)") for each in headers)


def _is_of_document(aspect: Aspect) -> bool:
    """Whether an origin that answers for the page of an error has said the status, and who it is."""
    said = aspect.what.endswith("status") and aspect.reference[:1] in ("2", "3") and aspect.other[:1] in ("4", "5")
    return said or (aspect.what.startswith("origin: ") and aspect.other == "(none)")


def _refuses(aspect: Aspect, statuses: tuple[str, ...]) -> bool:
    """Whether httpd ends the connection without a certificate, or answers before it asks, where the other refuses."""
    if aspect.what.endswith("answer"):
        return aspect.reference == "(none)" and aspect.other.startswith(statuses)
    return aspect.what.endswith("status") and aspect.reference == "400" and aspect.other in statuses


def _is_reordered(aspect: Aspect) -> bool:
    """Whether both have the same lines of a field of answers."""
    one, two = (sorted(re.split(r" \| |, ", lines)) for lines in (aspect.reference, aspect.other))
    return one == two and re.fullmatch(r"(answer \d+: )?header .*", aspect.what) is not None


def _is_of_coding(aspect: Aspect) -> bool:
    """Whether nothing differs but what compression says of itself."""
    one, two = ({*re.split(r" \| |, ", lines.lower())} - {"(absent)"} for lines in (aspect.reference, aspect.other))
    return one ^ two <= {"accept-encoding", "gzip"}


def _is_escaped(aspect: Aspect) -> bool:
    """Whether both lead to the same URL, whichever of its characters are escaped."""
    of_location = re.fullmatch(r"(answer \d+: )?header location", aspect.what.lower()) is not None
    return of_location and unquote(aspect.reference) == unquote(aspect.other)


def _is_unescaped_file(aspect: Aspect) -> bool:
    """Whether a script's file is the same without the escapes that httpd hands on."""
    named = aspect.what.lower() == "origin: header script_filename"
    return named and unquote(aspect.reference, "latin-1") == aspect.other


def _takes_turns(aspect: Aspect) -> bool:
    """Whether no member was asked more than once more or less."""
    if aspect.what != COUNTS:
        return False
    theirs, ours = (dict(literal_eval(text)) for text in (aspect.reference, aspect.other))
    return theirs.keys() == ours.keys() and all(abs(theirs[each] - ours[each]) <= 1 for each in theirs)


def _is_closed(aspect: Aspect) -> bool:
    return (
        (aspect.what.endswith("status") and aspect.other in ("401", "403", "500", "503"))
        or (aspect.what.endswith("answer") and aspect.other[:3] in ("403", "500", "503"))
        or (aspect.what == "origin: request" and aspect.other == "(none)")  # whatever the origin would have said
        or (aspect.what == WHO and aspect.other == "[]")
    )


def _is_misread(aspect: Aspect) -> bool:
    """Whether httpd has looked for an origin that we don't speak with, or takes no chunks for it, and we for the end of
    a body that has none."""
    return aspect.what == "status" and aspect.reference in ("411", "503") and aspect.other in ("400", "413")


def _speaks_about(key: str, probe: str, what: str, about: About) -> bool:
    probe = probe.removeprefix("log: ")  # the same, asked for what logs say of it
    if key in OF_FILES and not about.file:
        return False
    if _includes(PROBES.get(key, ()), probe):
        return _includes(ONLY.get(key, ("*",)), what)
    if key in WITH_STATUS and not WITH_STATUS[key] & about.statuses:
        return False
    return _includes(ASPECTS.get(key, ()), what)


def _includes(patterns: Iterable[str], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def read(rows: Iterable[Row], differences: Iterable[Difference] = (), signs: Iterable[Sign] = ()) -> Announcements:
    """What a report announces: its differences, and the rows that are not exact; ``signs`` beside it."""
    rows = tuple(rows)
    keys = [each.key for each in differences]
    keys += [answer.key for row in rows for answer in row.answers if answer.outcome >= Outcome.EQUIVALENT]
    short = tuple(row for row in rows if row.outcome >= Outcome.APPROXIMATED)
    return Announcements(tuple(dict.fromkeys(key for key in keys if key)), short, tuple(signs))
