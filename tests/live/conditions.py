"""Conditions of ap_expr by chance: words, comparisons and what joins them, as a configuration writes them."""

from __future__ import annotations

from random import Random

_TEXTS = (
    *(
        "",
        "a",
        "b",
        "A",
        "ab",
        "aa",
        "a.b",
        "a/b",
        "x y",
        "é",
        "%",
        "$",
        "a*",
        "a?",
        "[a]",
        "off",
        "No",
        "0",
        "9",
        "10",
    ),
    *("010", "-5", "+3", " 7", "7 ", "1e3", "0x1f", "99999999999999999999", "127.0.0.1", "10.1.2.3", "1.2.3", "::1"),
)
_ENDS = ("$1", "$0", "%{HTTP:X-A}", "%{REQUEST_METHOD}", r"\\t", r"\\101", r"\\x")
_VALUES = (
    *("%{REQUEST_METHOD}", "%{HTTP:X-A}", "%{HTTP:X-B}", "%{HTTP:X-C}", "%{QUERY_STRING}", "%{REQUEST_URI}"),
    *("%{env:V}", "%{env:NOPE}", "%{REMOTE_ADDR}", "%{HTTP_HOST}", "%{REQUEST_STATUS}", "%{THE_REQUEST}"),
    *("req('X-A')", "tolower(%{HTTP:X-B})", "%{tolower:%{HTTP:X-B}}", "toupper('aé')", "escape(%{HTTP:X-A})"),
    *("unescape(%{QUERY_STRING})", "base64(%{HTTP:X-B})", "unbase64(%{HTTP:X-A})", "md5('')", "sha1(%{HTTP:X-A})"),
    *("unescape('%41%2fb')", "unbase64('YWI=c')", "ldap('a*(b)')", "$0", "$1", "$2"),
)
_REGEXES = (
    *(
        "/a/",
        "/^(.)/",
        "/(a)(b)?/",
        "/^$/",
        "/[0-9]+/",
        "/(x|y)$/",
        "/a/i",
        "m#a/b#",
        "/(?i)A/",
        r"/\\./",
        "/^(?:a)(b)/",
    ),
    *(r"/(\\d+)/", r"/\\s/", "/é/", "/(.*)/", "m:b$:i", "/(?<n>b)/"),
)
_NETWORKS = ("127.0.0.0/8", "10", "10.0.0.0/255.0.0.0", "::1", "1.2.3.4", "fe80::/10", "127.0.0.1")
_GLOBS = ("a*", "*b", "a?", "*", "[a]", "a/*", r"a\\*", "?", "", "A*", "*/b")
_TEXT_OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "=")
_NUMBER_OPERATORS = ("-eq", "-ne", "-lt", "-le", "-gt", "-ge", "eq", "ne", "lt", "le", "gt", "ge")


class Conditions:
    """``make`` gives one condition after the other; those of one seed are always the same."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)

    def make(self, depth: int = 0) -> str:
        kind = self._chance.random()
        if depth > 3 or kind < 0.5:
            return self._simple()
        if kind < 0.8:
            joint = self._chance.choice(("&&", "and", "||", "or"))
            return f"{self.make(depth + 1)} {joint} {self.make(depth + 1)}"
        if kind < 0.9:
            return f"{self._chance.choice(('!', 'not '))}{self.make(depth + 1)}"
        return f"({self.make(depth + 1)})"

    def _simple(self) -> str:
        pick = self._chance.choice
        forms = (
            lambda: f"{self._word()} {pick(_TEXT_OPERATORS)} {self._word()}",
            lambda: f"{self._word()} {pick(_NUMBER_OPERATORS)} {self._word()}",
            lambda: f"{self._word()} {pick(('=~', '!~'))} {pick(_REGEXES)}",
            lambda: f"{self._word()} {pick(('in', '-in'))} {{{self._word()}, {self._word()}}}",
            lambda: f"{pick(('-n', '-z', '-T'))} {self._word()}",
            lambda: f"{self._word()} -ipmatch '{pick(_NETWORKS)}'",
            lambda: f"{self._word()} {pick(('-strmatch', '-strcmatch', '-fnmatch'))} '{pick(_GLOBS)}'",
            lambda: pick(("true", "false", f"-R '{pick(_NETWORKS)}'")),
        )
        return self._chance.choices(forms, (30, 20, 18, 8, 10, 3, 7, 4))[0]()

    def _word(self) -> str:
        atoms = [self._atom()]
        while self._chance.random() < 0.15:
            atoms.append(self._atom())
        return self._chance.choice((".", " . ")).join(atoms)

    def _atom(self) -> str:
        kind = self._chance.random()
        if kind < 0.1:
            return str(self._chance.randint(-12, 120))
        if kind < 0.5:
            return self._chance.choice(_VALUES)
        end = self._chance.choice(_ENDS) if kind < 0.58 else ""
        return f"'{self._chance.choice(_TEXTS)}{end}'"
