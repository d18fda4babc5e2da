"""What several locations of a server say alike stands at the server, once.

nginx inherits such a list only where a location has none of its own (NGX-30). So whoever says something else keeps
his whole list, and nothing is moved up as long as somebody whom it would concern has none.
"""

from __future__ import annotations

from collections import Counter

from apacheconf.targets.nginx.tree import Block, Directive, add_claims, all_directives

#: Directives that concern a location only if it has another one.
_CONCERN = {
    ("proxy_pass",): (
        *("proxy_set_header", "proxy_hide_header", "proxy_pass_header"),
        *("proxy_redirect", "proxy_cookie_domain", "proxy_cookie_path"),
    ),
    ("fastcgi_param",): ("fastcgi_param",),
    ("uwsgi_param",): ("uwsgi_param",),
    ("scgi_param",): ("scgi_param",),
    ("gzip", "on"): (
        "gzip_types",
        "gzip_comp_level",
        "gzip_min_length",
        "gzip_http_version",
        "gzip_proxied",
        "gzip_vary",
    ),
}


def share(locations: Block, server: Block) -> None:
    """Move to the server what most of its locations say; ``locations`` will stand in it."""
    blocks = [each.block for each in all_directives(locations) if each.name == "location" and each.block is not None]
    shared = Block()
    for governor, names in _CONCERN.items():
        concerned = [block for block in blocks if _has(block, governor)]
        for name in names:
            _share(name, concerned, shared)
    if shared.entries:
        server.space()
        server.say("What locations say of their answers and origins, unless they say it otherwise.")
        server.entries += [*shared.entries, None]


def _has(block: Block, governor: tuple[str, ...]) -> bool:
    """Whether a location has such a directive, be it in an ``if``."""
    ifs = [each.block for each in block.directives() if each.name == "if" and each.block is not None]
    own = [*block.directives(), *(inner for each in ifs for inner in each.directives())]
    return any((each.name, *each.words)[: len(governor)] == governor for each in own)


def _share(name: str, concerned: list[Block], shared: Block) -> None:
    lists = [_said(block, name) for block in concerned]
    spelt = [tuple(each.words for each in said) for said in lists]
    common, times = next(iter(Counter(spelt).most_common(1)), ((), 0))
    if not all(spelt) or times < 2:
        return
    moved: list[Directive] = []
    for block, said, words in zip(concerned, lists, spelt, strict=True):
        if words != common:
            continue
        for one, another in zip(moved, said, strict=False):
            add_claims(one, another)
        moved = moved or said
        block.entries = [each for each in block.entries if not isinstance(each, Directive) or each.name != name]
    shared.entries += moved


def _said(block: Block, name: str) -> list[Directive]:
    return [each for each in block.directives() if each.name == name]
