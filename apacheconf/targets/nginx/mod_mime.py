"""mod_mime in nginx: media types of the files that nginx itself serves (NGX-153).

The table of TypesConfig is written out once, with what AddType and AddCharset change in it; a location with other
words of theirs has a table of its own.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from apacheconf.ledger import Outcome, Written
from apacheconf.program.conditions import Regex
from apacheconf.program.handling import DeflateRules, HandlerRules, MimeRules, NegotiationRules
from apacheconf.program.hosts import Reach
from apacheconf.program.regexes import search
from apacheconf.program.steps import AddFilter, Step
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.fates import FILES
from apacheconf.targets.media_types import COMMON, types_of
from apacheconf.targets.nginx.core_files import lines_named
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.tree import Block, Directive, all_directives, literal
from apacheconf.targets.patterns import escape
from apacheconf.targets.restrictions import words_in
from apacheconf.targets.routes import Route

_NOTHING = "no file is asked for: origins say the type of what they send"
_OF_LANGUAGES = "of several languages in a name only one is said"
_SUFFIXES = "no header says what a suffix stands for"
_LAST_SUFFIX = "a file has the type of its last suffix, and none where that says an encoding only"
_CODED_TWICE = "what a suffix says is coded already is compressed once more"
#: Handlers whose files may be sent as they are: what they hold is no program.
_HARMLESS = frozenset({"default-handler", "type-map", "send-as-is", "none"})


def settle_types(low: Lowering, claims: Iterable[Claim]) -> None:
    """TypesConfig, once everything else is written: it says nothing where all answers come from origins.

    Where a folder should have been served the loss of its types is told with it.
    """
    named = tuple(low.scopes.named("typesconfig"))
    if low.serves_files:
        low.dropped.append(exact(named))
        return
    lost = any(each.caveat == FILES and each.said_by for each in (*claims, *low.dropped))
    if named and not lost:
        low.dropped.append(Claim(named, Outcome.NO_EFFECT, _NOTHING))


def emit_types(low: Lowering, http: Block) -> None:
    """What holds for all files, and the table of types."""
    if not low.serves_files:
        return
    http.space()
    http.say("Files: a name whose suffix nobody knows has no type.")
    http.add("default_type", "")
    http.add("if_modified_since", "before")
    http.add("types_hash_max_size", "8192")
    http.add("types_hash_bucket_size", "128")


def emit_table(low: Lowering, route: Route, location: Block) -> None:
    """The table of types of a location; ``settle_tables`` takes it away where the one above is the same."""
    rules = [step.action for step in route.others if isinstance(step.action, MimeRules)]
    key = (rules[-1].types, rules[-1].charsets) if rules else ((), ())
    if key not in low.tables:
        low.tables[key] = _block(_table(low, rules[-1] if rules else MimeRules()))
    location.entries.append(Directive("types", block=low.tables[key]))


def settle_tables(low: Lowering, servers: list[tuple[Block, int]]) -> Block:
    """The table that most locations have, to stand above all of them, which lose it.

    ``servers`` come with how many copies there are of each.
    """
    counts = {id(known): 0 for known in low.tables.values()}
    for block, count in servers:
        for each in all_directives(block):
            if id(each.block) in counts:
                counts[id(each.block)] += count
    if not any(counts.values()):
        return Block()
    common = max(low.tables.values(), key=lambda known: counts[id(known)])
    for block, _ in servers:
        _take_away(block, common, list(low.tables.values()))
    return Block([Directive("types", block=common)])


def _take_away(block: Block, held: Block, known: list[Block]) -> None:
    """Take the tables out of a block which it has from around it: ``held``."""
    own = next((each for each in block.directives() if each.name == "types"), None)
    if own is not None and own.block is held and any(held is table for table in known):
        block.entries.remove(own)
    elif own is not None and own.block is not None:
        held = own.block
    for each in block.directives():
        if each.block is not None and each is not own:
            _take_away(each.block, held, known)


def _block(types: dict[str, str]) -> Block:
    block = Block()
    by_type: dict[str, list[str]] = {}
    for suffix, kind in types.items():
        by_type.setdefault(kind, []).append(suffix)
    for kind in sorted(by_type):
        block.add(kind, *sorted(by_type[kind]))
    return block


def emit_rules(low: Lowering, route: Route, step: Step, location: Block) -> list[Claim]:
    """AddType and AddCharset, which are in the location's table (``emit_table``)."""
    assert isinstance(step.action, MimeRules)
    carried = lines_named(route, step, "addtype", "addcharset", "removetype", "removecharset")
    told = (*carried, *lines_named(route, step, "multiviewsmatch", "modmimeusepathinfo"))
    languages = lines_named(route, step, "addlanguage", "removelanguage")
    if languages:
        _emit_languages(low, step.action, location)
    encodings = lines_named(route, step, "addencoding", "removeencoding")
    if encodings:
        _emit_encodings(low, step.action, location)
    others = [each for each in route.host.said_by(step) if each not in (*told, *languages, *encodings)]
    none = Claim(tuple(each for each in told if each not in carried), Outcome.NO_EFFECT, "no variants are looked for")
    said = equivalent(languages, _OF_LANGUAGES, "languages")
    coded = _claim_of_encodings(low, route, step.action, encodings)
    lost = _beside_a_type({*_table(low, step.action), *" ".join(COMMON.values()).split()}, carried)
    kept = exact([each for each in carried if each not in lost])
    added = approximated(lost, _LAST_SUFFIX, "suffixes")
    return [kept, added, none, said, coded, unsupported(others, _SUFFIXES, "suffixes")]


def _beside_a_type(types: Container[str], lines: Iterable[Written]) -> list[Written]:
    """AddCharset for suffixes that say a type nowhere: they stand behind another suffix (``page.html.utf8``)."""
    charsets = (each for each in lines if each.name.lower() == "addcharset")
    return [each for each in charsets if not all(word.lstrip(".").lower() in types for word in words_in(each.args)[1:])]


def _claim_of_encodings(low: Lowering, route: Route, rules: MimeRules, lines: Sequence[Written]) -> Claim:
    """nginx goes by the last suffix alone, and compresses whatever has a type that is compressed."""
    types = _table(low, rules)
    known = [suffix for suffix, encoding in rules.encodings if encoding]
    if not all(suffix in types for suffix in known):
        return approximated(lines, _LAST_SUFFIX, "suffixes")
    compressed = any(isinstance(each.action, AddFilter | DeflateRules) for each in route.others)
    return unsupported(lines, _CODED_TWICE, "suffixes") if compressed else exact(lines)


def _emit_encodings(low: Lowering, rules: MimeRules, location: Block) -> None:
    """The encoding of a suffix, whatever stands behind it, with an answer that has a body."""
    known = {suffix: encoding for suffix, encoding in rules.encodings if encoding}
    if not known:
        return
    entries = [(rf"~*^20\d.*\.{escape(suffix)}(?:\.[^/]*)?\z", literal(each.lower())) for suffix, each in known.items()]
    made = Map("$status$uri", (*entries, ("default", "")), "the encoding that a suffix stands for")
    location.add("add_header", "Content-Encoding", low.maps.make("encoding", made))


def _emit_languages(low: Lowering, rules: MimeRules, location: Block) -> None:
    """The language of a suffix, whatever stands behind it."""
    known = {suffix: language for suffix, language in rules.languages if language}
    if not known:
        return
    entries = [(rf"~*\.{escape(suffix)}(?:\.[^/]*)?\z", literal(each.lower())) for suffix, each in known.items()]
    made = Map("$uri", (*entries, ("default", "")), "the language that a suffix stands for")
    location.add("add_header", "Content-Language", low.maps.make("language", made))


def _table(low: Lowering, rules: MimeRules) -> dict[str, str]:
    """The types with what the lines add to them; a charset becomes part of its type."""
    types = dict(types_of(low.program, low.scopes))
    for suffix, kind in rules.types:
        if kind is None:
            types.pop(suffix, None)
        else:
            types[suffix] = kind.lower()
    for suffix, charset in rules.charsets:
        if charset and suffix in types:
            types[suffix] = f"{types[suffix].partition(';')[0]}; charset={charset.lower()}"
    return types


def emit_handlers(low: Lowering, route: Route, step: Step, location: Block) -> list[Claim]:
    """AddHandler: files that a program should have answered for are closed, lest it be sent as text."""
    assert isinstance(step.action, HandlerRules)
    said_by = route.host.said_by(step)
    closed = [suffix for suffix, name in step.action.handlers if name and name.lower() not in _HARMLESS]
    pattern = rf"\.(?:{'|'.join(map(escape, closed))})(?:[./]|$)"
    if closed and route.cell.reach is Reach.BELOW:
        location.open("location", "~*", pattern).add("return", "503")
    elif closed and search(Regex(pattern, True), route.cell.path) is not None:
        location.add("return", "503")
    return [unsupported(said_by, "handlers by suffix have no counterpart: such files are answered with 503", "handler")]


def claim_negotiation(low: Lowering, route: Route, step: Step, location: Block) -> list[Claim]:
    """Without MultiViews there is nothing to choose from."""
    assert isinstance(step.action, NegotiationRules)
    return [Claim(tuple(route.host.said_by(step)), Outcome.NO_EFFECT, "no variants are looked for", "no-variants")]
