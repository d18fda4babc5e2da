"""RewriteRule and RewriteCond as values: what their arguments and flags say (RW-20 to RW-35, RW-42, LEX-40, LEX-41).

What is refused is refused in httpd's words. What the references in a text mean for a request is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from apacheconf.modules.declare import Scope, ValueRefused
from apacheconf.modules.expressions import check_condition
from apacheconf.modules.regex_options import written, written_in
from apacheconf.syntax.rewrite import Flag, Part, parse_text, split_arguments, split_flags
from apacheconf.syntax.words import Word

T = TypeVar("T")

#: How often [N] may start again unless the flag says so (RW-29).
MOST_ROUNDS = 32000


@dataclass(frozen=True, slots=True)
class Escape:
    """How back-references are escaped (RW-20): ``only`` these characters, or all but letters, digits and ``_``.

    ``spare`` are left alone; ``plus`` writes a space as ``+``; ``controls`` escapes controls and spaces only.
    """

    only: str = ""
    spare: str = ""
    plus: bool = True
    controls: bool = False


@dataclass(frozen=True, slots=True)
class RewriteRule:
    """One rule. ``substitution`` is None for ``-`` and for rules that end with a status.

    ``code`` is the status of ``redirects``, or of ``ends`` (F, G, R with another status than a redirect's).
    ``rounds`` is set by N, ``skip`` by S. ``env`` and ``cookies`` are the values of E and CO.
    """

    pattern: str
    substitution: tuple[Part, ...] | None = None
    text: str = ""
    negated: bool = False
    ignore_case: bool = False
    chained: bool = False
    last: bool = False
    end: bool = False
    rounds: int | None = None
    skip: int = 0
    no_escape: bool = False
    no_subrequests: bool = False
    proxied: bool = False
    passed_through: bool = False
    query_appended: bool = False
    query_discarded: bool = False
    query_after_last: bool = False
    redirects: bool = False
    ends: bool = False
    code: int = 302
    env: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    media_type: str = ""
    handler: str = ""
    escape: Escape | None = None
    escape_options: Escape = Escape()
    path_info_discarded: bool = False
    allows_3f: bool = False
    unsafe_prefix: bool = False


@dataclass(frozen=True, slots=True)
class RewriteCond:
    """One condition: ``operator`` is ``regex``, ``expr``, a file test (``-f``) or a comparison (``>=``, ``-ge``).

    ``test`` is the test string in pieces, empty for an expression.
    """

    operator: str
    operand: str
    test: tuple[Part, ...] = ()
    text: str = ""
    negated: bool = False
    ignore_case: bool = False
    or_next: bool = False
    no_vary: bool = False


# --- flags ---------------------------------------------------------------------------------------------------

#: What becomes of a rule or a condition by one flag.
SetRule = Callable[[RewriteRule, str], RewriteRule]
SetCond = Callable[[RewriteCond, str], RewriteCond]


def _sets(**fields: object) -> SetRule:
    return lambda rule, value: replace(rule, **fields)  # type: ignore[arg-type]


def _ends_with(code: int) -> SetRule:
    return _sets(ends=True, code=code)


#: The statuses that httpd has a line for; R takes no others.
_STATUSES = frozenset(
    (*range(100, 104), *range(200, 209), 226, *range(300, 306), 307, 308, *range(400, 418), *range(421, 425), 426, 428,
     429, 431, 451, *range(500, 509), 510, 511)
)  # fmt: skip
_REDIRECT_NAMES = {"permanent": 301, "temp": 302, "seeother": 303}


def is_redirect(status: int) -> bool:
    """httpd's ap_is_HTTP_REDIRECT."""
    return 300 <= status < 400


def _redirect(rule: RewriteRule, value: str) -> RewriteRule:
    """R: a word that nobody knows means the default, a number must be a status (RW-14, RW-33)."""
    rule = replace(rule, redirects=True)
    if not value:
        return rule
    if not value[0].isdigit():
        return replace(rule, code=_REDIRECT_NAMES.get(value.lower(), 302))
    status = leading_number(value)
    if status not in _STATUSES:
        raise ValueRefused(f"invalid HTTP response code '{value}' for flag 'R'")
    return replace(rule, code=status, ends=rule.ends or not is_redirect(status))


def leading_number(text: str) -> int:
    """The decimal digits a text begins with, as C's atoi reads them."""
    digits = ""
    for char in text.strip():
        if not ((char.isascii() and char.isdigit()) or (char in "+-" and not digits)):
            break
        digits += char
    return int(digits) if digits.strip("+-") else 0


def _next(rule: RewriteRule, value: str) -> RewriteRule:
    return replace(rule, rounds=leading_number(value) if value else MOST_ROUNDS)


def _escape(**options: object) -> SetRule:
    """B and its kin: which of them escape, and which only say how."""

    def set_escape(rule: RewriteRule, value: str) -> RewriteRule:
        how = rule.escape_options
        if "only" in options:
            how = replace(how, only=value or how.only)
        if "spare" in options:
            how = replace(how, spare=value)
        how = replace(how, controls=how.controls or "controls" in options, plus=how.plus and "plus" not in options)
        escapes = rule.escape is not None or "only" in options or "controls" in options
        return replace(rule, escape_options=how, escape=how if escapes else None)

    return set_escape


def _named(*names: str, **setters: SetRule) -> dict[str, SetRule]:
    (setter,) = setters.values()
    return {name.lower(): setter for name in names}


_RULE_FLAGS: dict[str, SetRule] = {
    **_named("B", "backrefescaping", do=_escape(only=True)),
    **_named("BNP", "backrefernoplus", do=_escape(plus=False)),
    **_named("BNE", do=_escape(spare=True)),
    **_named("BCTLS", do=_escape(controls=True)),
    **_named("C", "chain", do=_sets(chained=True)),
    **_named("CO", "cookie", do=lambda rule, value: replace(rule, cookies=(*rule.cookies, value))),
    **_named("E", "env", do=lambda rule, value: replace(rule, env=(*rule.env, value))),
    **_named("END", do=_sets(end=True)),
    **_named("F", "forbidden", do=_ends_with(403)),
    **_named("G", "gone", do=_ends_with(410)),
    **_named("H", "handler", do=lambda rule, value: replace(rule, handler=value)),
    **_named("L", "last", do=_sets(last=True)),
    **_named("N", "next", do=_next),
    **_named("NC", "nocase", do=_sets(ignore_case=True)),
    **_named("NE", "noescape", do=_sets(no_escape=True)),
    **_named("NS", "nosubreq", do=_sets(no_subrequests=True)),
    **_named("P", "proxy", do=_sets(proxied=True)),
    **_named("PT", "passthrough", do=_sets(passed_through=True)),
    **_named("QSA", "qsappend", do=_sets(query_appended=True)),
    **_named("QSD", "qsdiscard", do=_sets(query_discarded=True)),
    **_named("QSL", "qslast", do=_sets(query_after_last=True)),
    **_named("R", "redirect", do=_redirect),
    **_named("S", "skip", do=lambda rule, value: replace(rule, skip=max(leading_number(value), 0))),
    **_named("T", "type", do=lambda rule, value: replace(rule, media_type=value)),
    **_named("UnsafeAllow3F", do=_sets(allows_3f=True)),
    **_named("UnsafePrefixStat", do=_sets(unsafe_prefix=True)),
    **_named("UNC", do=_sets()),
}


def _rule_flag(rule: RewriteRule, flag: Flag) -> RewriteRule:
    setter = _RULE_FLAGS.get(flag.name.lower())
    if setter is not None:
        return setter(rule, flag.value)
    if flag.name[:1].lower() == "d":  # whatever follows the D, it is DPI (RW-23)
        return replace(rule, path_info_discarded=True)
    raise ValueRefused(f"unknown flag '{flag.name}'")


def _cond_flag(cond: RewriteCond, flag: Flag) -> RewriteCond:
    match flag.name.lower():
        case "nc" | "nocase":
            return replace(cond, ignore_case=True)
        case "or" | "ornext":
            return replace(cond, or_next=True)
        case "nv" | "novary":
            return replace(cond, no_vary=True)
    raise ValueRefused(f"unknown flag '{flag.name}'")


def _flags(words: list[Word]) -> list[Flag]:
    if len(words) < 3:
        return []
    flags = split_flags(words[2].value)
    if flags is None:
        raise ValueRefused("bad flag delimiters")
    return flags


# --- lines ---------------------------------------------------------------------------------------------------


def rewrite_rule(text: str, scope: Scope | None = None) -> RewriteRule:
    """A RewriteRule line. Raises ValueRefused."""
    words = _arguments(text, "RewriteRule")
    rule = RewriteRule("", text=words[1].value)
    for flag in _flags_of(words, "RewriteRule"):
        rule = _flagged(_rule_flag, rule, flag, words[2], "RewriteRule")
    pattern = words[0].value
    rule = replace(rule, pattern=pattern.removeprefix("!"), negated=pattern.startswith("!"))
    _check_regex(rule.pattern, "RewriteRule", 0)
    if scope is not None:
        rule = replace(rule, pattern=written(rule.pattern, scope))
    if rule.ends or rule.text == "-":
        return rule
    return replace(rule, substitution=parse_text(rule.text))


#: The directives that make up rules.
OF_RULES = frozenset({"rewriterule", "rewritecond", "rewritebase"})


def refuses(text: str) -> bool:
    """Whether a RewriteRule line, which httpd accepts, answers its requests with an error."""
    rule = rewrite_rule(text)
    return rule.ends and rule.code >= 400


def rewrite_cond(text: str, scope: Scope) -> RewriteCond:
    """A RewriteCond line. Raises ValueRefused."""
    words = _arguments(text, "RewriteCond")
    cond = RewriteCond("regex", "", text=words[0].value)
    for flag in _flags_of(words, "RewriteCond"):
        cond = _flagged(_cond_flag, cond, flag, words[2], "RewriteCond")
    pattern = words[1].value
    cond = replace(cond, negated=pattern.startswith("!"))
    pattern = pattern.removeprefix("!")
    if cond.text.lower() == "expr":
        prefix = f'RewriteCond: cannot compile expression "{pattern}" '
        check_condition(pattern, prefix, scope.has_module("mod_ssl"), 1)
        return replace(cond, operator="expr", operand=written_in(pattern, scope), ignore_case=False)
    operator, operand, inverted = _operation(pattern)
    if operator == "regex":
        _check_regex(operand, "RewriteCond", 1)
        operand = written(operand, scope)
    elif operator.startswith("-"):
        cond = replace(cond, ignore_case=False)
    return replace(
        cond, operator=operator, operand=operand, negated=cond.negated != inverted, test=parse_text(cond.text)
    )


_FILE_TESTS = {**{letter: f"-{letter}" for letter in "fsdxUF"}, "l": "-L", "L": "-L", "h": "-L"}


def _operation(pattern: str) -> tuple[str, str, bool]:
    """Operator and operand of a pattern, and whether it says the opposite; single characters are regexes (RW-42)."""
    if len(pattern) < 2:
        return "regex", pattern, False
    if pattern[0] == "-" and len(pattern) == 2 and pattern[1] in _FILE_TESTS:
        return _FILE_TESTS[pattern[1]], "", False
    if pattern[:3] in ("-lt", "-le", "-gt", "-ge", "-eq", "-ne") and len(pattern) > 3:
        inverted = pattern[:3] == "-ne"
        return "-eq" if inverted else pattern[:3], pattern[3:], inverted
    if pattern[0] in "<>":
        operator = pattern[:2] if pattern[1] == "=" else pattern[0]
        return operator, pattern[len(operator) :], False
    if pattern[0] == "=":
        return "=", "" if pattern[1:] == '""' else pattern[1:], False
    return "regex", pattern, False


def _arguments(text: str, name: str) -> list[Word]:
    words = split_arguments(text)
    if len(words) < 2:
        raise ValueRefused(f"{name}: bad argument line '{text}'")
    return words


def _flags_of(words: list[Word], name: str) -> list[Flag]:
    try:
        return _flags(words)
    except ValueRefused as refused:
        raise ValueRefused(f"{name}: {refused}", 2) from None


def _flagged(setter: Callable[[T, Flag], T], what: T, flag: Flag, field: Word, name: str) -> T:
    try:
        return setter(what, flag)
    except ValueRefused as refused:
        begin = field.start + (field.end - field.start - len(field.value) + 1) // 2 + flag.at  # behind a quote
        end = begin + len(flag.name) + (len(flag.value) + 1 if flag.value else 0)
        raise ValueRefused(f"{name}: {refused}", 2, (begin, end)) from None


def _check_regex(pattern: str, name: str, word: int) -> None:
    import pcre2

    try:
        pcre2.compile(pattern)
    except pcre2.PatternError:
        raise ValueRefused(f"{name}: cannot compile regular expression '{pattern}'", word) from None
