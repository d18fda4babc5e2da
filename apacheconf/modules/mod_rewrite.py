"""mod_rewrite: rules, the conditions before them, maps and options. The lines themselves are in ``rewrite_rules``.

RewriteEngine and RewriteOptions are settings of the server and of its directories at once, as httpd keeps them; rules
belong to the scope they stand in and are not inherited unless an option says so (INH-8, INH-9, MRG-23).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import (
    ANYWHERE,
    SERVERS,
    Args,
    Conf,
    Context,
    Fate,
    Module,
    NotHere,
    Scope,
    Setting,
    Spec,
    ValueRefused,
    flag,
    not_inherited,
    setting,
    take1,
)
from apacheconf.modules.rewrite_rules import RewriteCond, RewriteRule, rewrite_cond, rewrite_rule
from apacheconf.modules.values import in_server_root, is_there


@dataclass(frozen=True, slots=True)
class RewriteMap:
    """``kind`` is ``txt``, ``rnd``, ``dbm``, ``int``, ``prg``, ``dbd`` or ``fastdbd``; ``source`` what follows it.

    ``dbm`` is the library of a dbm: ``db``, ``sdbm`` or ``gdbm``, and empty for others.
    """

    kind: str
    source: str
    dbm: str = ""


Line = RewriteRule | RewriteCond


@dataclass(frozen=True)
class RewriteServerConf(Conf):
    """What each server has for itself (INH-8)."""

    module: ClassVar[str] = "mod_rewrite"

    maps: Setting[dict[str, RewriteMap]] = setting({}, not_inherited)


@dataclass(frozen=True)
class RewriteDirConf(Conf):
    """``lines`` are rules and conditions in order; those of a server stand here too, and sections replace them."""

    module: ClassVar[str] = "mod_rewrite"

    engine: Setting[bool] = setting(False)
    options: Setting[frozenset[str]] = setting(frozenset())
    base: Setting[str] = setting("", not_inherited)
    lines: Setting[tuple[Line, ...]] = setting((), not_inherited)


_OPTIONS = frozenset(
    {"inherit", "inheritbefore", "inheritdown", "inheritdownbefore", "ignoreinherit", "allownoslash", "allowanyuri",
     "mergebase", "ignorecontextinfo", "legacyprefixdocroot"}
)  # fmt: skip


def options(words: Sequence[str]) -> frozenset[str]:
    """RW-44; MaxRedirects is read and has no effect any more."""
    split_again = [(number, part) for number, word in enumerate(words) for part in word.split()]
    for number, word in split_again:
        if word.lower() not in _OPTIONS and not word.lower().startswith("maxredirects="):
            raise ValueRefused(f"RewriteOptions: unknown option '{word}'", number)
    return frozenset(word.lower() for _, word in split_again)


def base(words: Sequence[str], scope: Scope) -> str:
    if scope.context in SERVERS:
        raise ValueRefused("RewriteBase: only valid in per-directory config files")
    if not words[0].startswith("/"):
        raise ValueRefused("RewriteBase: argument is not a valid URL", 0)
    return words[0]


_MAP_KINDS = ("int", "txt", "rnd", "dbm", "prg", "dbd", "fastdbd")
#: What a type of dbm is; Debian's default is Berkeley DB.
_DBM_TYPES = {"default": "db", "db": "db", "sdbm": "sdbm", "gdbm": "gdbm"}
_FUNCTIONS = frozenset({"tolower", "toupper", "escape", "unescape"})


def rewrite_map(words: Sequence[str], scope: Scope) -> dict[str, RewriteMap]:
    """RW-43; what stands without a type is a text file."""
    kind, colon, source = words[1].partition(":")
    kind, typed, variant = kind.lower().partition("=")
    if not colon or kind not in _MAP_KINDS or (typed and kind != "dbm"):
        kind, source = "txt", words[1]
    dbm = _DBM_TYPES.get(variant if typed else "default", "") if kind == "dbm" else ""
    if kind == "dbm" and not dbm:
        raise ValueRefused(f"RewriteMap: dbm type {words[1].partition(':')[0][4:]} is invalid", 1)
    if kind in ("dbd", "fastdbd") and not scope.has_module("mod_dbd"):
        raise ValueRefused("RewriteMap types dbd and fastdbd require mod_dbd!", 1)
    if kind == "int" and source not in _FUNCTIONS:
        raise ValueRefused(f"RewriteMap: internal map not found:{source}", 1)
    found = {words[0]: RewriteMap(kind, source, dbm)}
    file = in_server_root(source.partition(" ")[0] if kind == "prg" else source, scope)
    if dbm == "sdbm":
        file += ".pag" if is_there(f"{file}.dir") else ".dir"
    if kind in ("txt", "rnd", "dbm", "prg") and not is_there(file):
        raise NotHere(f"RewriteMap: file for map {words[0]} not found:{file}", 1, found)
    return found


_WITHIN = ANYWHERE | Context.HTACCESS

MODULE = Module(
    "mod_rewrite",
    server_conf=RewriteServerConf,
    dir_conf=RewriteDirConf,
    fate=Fate.REFUSED,
    directives=[
        flag("RewriteEngine", _WITHIN, "engine", per="dir", fate=Fate.SERVED),
        Spec("RewriteOptions", Args.ITERATE, _WITHIN, per="dir", fills="options", parse=options, fate=Fate.SERVED),
        take1("RewriteBase", _WITHIN, "base", per="dir", parse_in=base),
        Spec(
            "RewriteCond", Args.RAW_ARGS, _WITHIN, per="dir", fills="lines", raw=True, appends=True,
            parse_in=lambda text, scope: rewrite_cond(text[0], scope),
        ),
        Spec(
            "RewriteRule", Args.RAW_ARGS, _WITHIN, per="dir", fills="lines", raw=True, appends=True,
            parse_in=lambda text, scope: rewrite_rule(text[0], scope),
        ),
        Spec(
            "RewriteMap", Args.TAKE23, SERVERS, fills="maps", parse_in=rewrite_map, fate=Fate.SERVED,
        ),
    ],
)  # fmt: skip
