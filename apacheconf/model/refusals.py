"""What httpd says when it refuses a directive in its walk phase, as Diagnostics (MOD-7, STR-3, STR-5).

Each message comes with what to do about it; the caret goes under the word that is wrong, where it can be found in
the text as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.expand.surroundings import Surroundings
from apacheconf.expand.tree import Expanded, Node
from apacheconf.model.arguments import WrongArguments
from apacheconf.modules import registry
from apacheconf.modules.declare import Args, Context, NotHere, Spec, ValueRefused
from apacheconf.modules.gone import GONE
from apacheconf.modules.proxy_parameters import BALANCER_KEYS, HCHECK, WORKER
from apacheconf.source import Place, Span
from apacheconf.syntax.words import split_with_offsets


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that depends on the name and the kind of place alone; ``{parent}`` stands for the section."""

    name: str
    message: str
    help: str | None = None
    level: Level = Level.ERROR

    def at(self, node: Node, parents: tuple[Node, ...]) -> Diagnostic:
        parent = f"<{parents[-1].name}>" if parents else ""
        message = self.message.replace("{parent}", parent)
        return replace(diagnostic(node, self.name, message, None, self.help, self.level), span=name_span(node))


def diagnostic(
    node: Node,
    name: str,
    message: str,
    word: int | None = None,
    help: str | None = None,
    level: Level = Level.ERROR,
) -> Diagnostic:
    """A diagnostic about a node, or about word number ``word`` of its arguments."""
    httpd = f"AH00526: Syntax error on line {node.place.line} of {node.place.name}:\n{message}"
    span = word_span(node, word) if word is not None else None
    return Diagnostic(level, name, message, node.place, span, help, httpd if level is Level.ERROR else None)


def name_span(node: Node) -> Span | None:
    """Where the name stands, a section's with its bracket; None when it is not there as it is, in quotes or joined."""
    whole = node.place.span
    length = len(node.name) + node.is_section
    written = whole.text[:length].removeprefix("<" * node.is_section)
    return Span(whole.file, whole.start, whole.start + length) if written.lower() == node.name.lower() else None


def word_span(node: Node, word: int) -> Span | None:
    """Where word number ``word`` of the arguments stands, None when the text was expanded or joined."""
    words = split_with_offsets(node.args)
    return part_span(node, words[word].start, words[word].end) if word < len(words) else None


def part_span(node: Node, begin: int, end: int) -> Span | None:
    """Where a part of the arguments stands, None when the text was expanded or joined."""
    whole = node.place.span
    start = whole.text.find(node.args, len(node.name)) if node.args else -1
    return None if start < 0 else Span(whole.file, whole.start + start + begin, whole.start + start + end)


def unknown(name: str, section: bool, spec: Spec | None, expanded: Expanded, guess: bool = True) -> Refusal | None:
    """A name that no loaded module has, None when a loaded module from elsewhere has it."""
    said = f"<{name}" if section else name
    message = (
        f"Invalid command '{said}', perhaps misspelled or defined by a module not included in the server configuration"
    )
    if spec is not None:
        written = f"<{name}>" if section else name
        return Refusal("module-not-loaded", message, _load(written, spec, registry.providers(name, section)))
    third = registry.third_party(name)
    if third is not None:
        if expanded.fragment or set(third.identifiers) & set(expanded.modules):
            return None
        help = f"{name} belongs to {third.module} ({third.why}), which is not part of httpd and not loaded here"
        return Refusal("module-not-loaded", message, help)
    strangers = [module for module in expanded.modules if registry.module_of(module) not in registry.modules()]
    if strangers:
        help = f"it may belong to {', '.join(strangers)}, which we do not know"
        return Refusal("unknown-directive", f"{said} is not a directive we know", help, Level.WARNING)
    return Refusal("unknown-directive", message, _meant(name, section) if guess else None)


def bare(spec: Spec) -> str:
    """The name as httpd's messages have it, a section's without its ``>``."""
    return spec.name.removesuffix(">") if spec.section else spec.name


def unknown_in_htaccess(name: str, refusal: Refusal, around: Surroundings) -> Refusal:
    """The same where AllowOverride says Nonfatal=Unknown (STR-32)."""
    if "Unknown" not in around.nonfatal:
        return refusal
    said = f"Unknown directive {name.lower()} perhaps misspelled or defined by a module "
    said += "not included in the server configuration"
    return Refusal("unknown-in-htaccess", said, refusal.help, Level.WARNING)


def not_granted(spec: Spec, around: Surroundings, enclosing: Context, parents: tuple[Node, ...]) -> Refusal:
    """What AllowOverride does not grant to a .htaccess file (STR-31 to STR-33)."""
    if "Override" in around.nonfatal:
        said = f"{bare(spec)} in .htaccess forbidden by AllowOverride"
        return Refusal("forbidden-by-override", said, level=Level.WARNING)
    help = f"{spec.name} may stand {places(spec)}"
    if spec.override and around.classes != {"All"}:
        help = f"AllowOverride {' '.join(sorted(spec.override))} would allow it"
    return Refusal("wrong-context", f"{bare(spec)} not allowed {'in {parent} context' if parents else 'here'}", help)


#: What httpd only warns about in a .htaccess file, by the code of its warning.
_CODES = {"unknown-in-htaccess": "AH02296", "forbidden-by-override": "AH02295"}


def retold(found: Iterable[Diagnostic], expanded: Expanded) -> tuple[Diagnostic, ...]:
    """The same, with what is about a .htaccess file in the words of the error log (STR-30)."""
    files = {name for name, around in expanded.surroundings.items() if around.is_htaccess}
    if not files:
        return tuple(found)
    return tuple(_retold(each, each.place, files) for each in found)


def _retold(each: Diagnostic, place: Place | None, files: set[str]) -> Diagnostic:
    while place is not None and place.via is not None:
        place = place.via
    if place is None or place.name not in files:
        return each
    if code := _CODES.get(each.name):
        return replace(each, httpd=f"{code}: {each.message}")
    return replace(each, httpd=f"{place.name}: {each.message}") if each.httpd else each


def _load(written: str, spec: Spec, providers: tuple[str, ...]) -> str:
    module = providers[0]
    file = f"mod_mpm_{module}.so" if spec.module == "mpm_common" else f"{module}.so"
    debian = "mpm_event" if spec.module == "mpm_common" else module.removeprefix("mod_")
    line = f"LoadModule {registry.identifier(module)} modules/{file}"
    return f"{written} belongs to {module}, which is not loaded: add `{line}` (Debian: a2enmod {debian})"


def _meant(name: str, section: bool) -> str:
    if "\xef\xbb\xbf" in name:
        return "the file begins with a byte order mark, which httpd takes for text: save it without one"
    other = registry.row(name if section else f"<{name}>")
    if other is not None:
        return f"{other.spelling} is {'a directive, not a section' if section else 'a section: write it in brackets'}"
    if not section and name.lower() in GONE:
        return f"httpd 2.4 has no {name}: {GONE[name.lower()]}"
    found = registry.candidates(name, section)
    return f"did you mean {' or '.join(found)}?" if found else "no module that we know has a directive of this name"


# --- contexts ------------------------------------------------------------------------------------------------

_CHAIN = (
    (Context.DIRECTORY, "directory"),
    (Context.LOCATION, "location"),
    (Context.FILES, "files"),
    (Context.IF, "if"),
)


def misplaced(spec: Spec, enclosing: Context, parents: tuple[Node, ...]) -> Refusal:
    """A directive where the permission bits forbid it, or where its handler does (STR-3 to STR-5)."""
    facts = registry.row(spec.name)
    name = spec.name.removesuffix(">") if spec.section else spec.name
    help = f"{spec.name} may stand {places(spec)}"
    if facts is None or enclosing not in facts.contexts_by_bits:
        where = "in {parent} context" if parents else "here"
        return Refusal("wrong-context", f"{name} not allowed {where}", help)
    return Refusal("wrong-context", f"{spec.name} cannot occur within {_section_for(spec, enclosing, parents)}", help)


def _section_for(spec: Spec, enclosing: Context, parents: tuple[Node, ...]) -> str:
    """The section that a handler names, in the order in which httpd looks."""
    if enclosing is Context.VHOST:
        return "<VirtualHost> section"
    refused = enclosing & ~spec.contexts
    if refused & (Context.LIMIT | Context.REQUIRE):
        return "<Limit> or <LimitExcept> section"
    for context, prefix in _CHAIN:
        if refused & context:
            kinds = ("elseif", "else", "if") if prefix == "if" else (prefix, f"{prefix}match")
            return next(f"<{p.name}> section" for p in reversed(parents) if p.name.lower() in kinds)
    return "directory context"


_PLACES = (
    (Context.SERVER, "outside of sections"),
    (Context.VHOST, "in <VirtualHost>"),
    (Context.DIRECTORY, "in <Directory>"),
    (Context.LOCATION, "in <Location>"),
    (Context.FILES, "in <Files>"),
    (Context.IF, "in <If>"),
    (Context.PROXY, "in <Proxy>"),
    (Context.HTACCESS, "in .htaccess"),
)


def places(spec: Spec) -> str:
    """Where a directive may stand, in words."""
    found = [words for context, words in _PLACES if context in spec.contexts]
    return ", ".join(found[:-1]) + (" or " if len(found) > 1 else "") + found[-1] if found else "nowhere in these files"


# --- arguments -----------------------------------------------------------------------------------------------


def wrong_arguments(node: Node, spec: Spec, wrong: WrongArguments) -> Diagnostic:
    name = spec.name.removesuffix(">") if spec.section else spec.name
    message = f"{name} {wrong}"
    if wrong.with_help and spec.help:
        message += f", {spec.help}"
    comment = "#" in node.args and "httpd has no comments at the end of a line (LEX-18): put it on a line of its own"
    kind = "bad-value" if spec.args is Args.FLAG and wrong.word is not None else "argument-count"
    return diagnostic(node, kind, message, wrong.word, comment or None)


#: What to do about messages that do not say it, by their last words.
_HELP = {
    "bad flag delimiters": "flags stand in one pair of brackets without blanks, as in [L,R=301], or in quotes",
}


def refused_value(node: Node, refused: ValueRefused) -> Diagnostic:
    said = str(refused)
    help = next((help for end, help in _HELP.items() if said.endswith(end)), None) or _meant_parameter(node, refused)
    found = diagnostic(node, "bad-value", said, refused.word, help)
    span = part_span(node, *refused.within) if refused.within is not None else None
    return found if span is None else replace(found, span=span)


def _meant_parameter(node: Node, refused: ValueRefused) -> str | None:
    """The parameter of a worker or balancer that the refused word comes close to."""
    found = re.search(r"unknown (?:Balancer|Worker|Worker hcheck) parameter", str(refused))
    words = split_with_offsets(node.args)
    if found is None or refused.word is None or refused.word >= len(words):
        return None
    from difflib import get_close_matches

    known = (*BALANCER_KEYS, *WORKER, *HCHECK)
    near = get_close_matches(words[refused.word].value.partition("=")[0].lower(), known, n=1, cutoff=0.6)
    return f"did you mean {near[0]}=?" if near else None


#: The name of what httpd would refuse on this machine alone.
NOT_HERE = "not-on-this-machine"


def not_here(node: Node, missing: NotHere) -> Diagnostic:
    """A note: the message is what httpd would say on this machine."""
    help = "httpd would refuse this here; elsewhere it may be right"
    found = diagnostic(node, NOT_HERE, str(missing), missing.word, help)
    httpd = f"{missing.code}: {{argv0}}: {missing}" if missing.code else found.httpd
    return replace(found, level=Level.NOTE, httpd=httpd)
