"""How the deliberate differences of serve (``runtime.differences``) show in a comparison with httpd, and where.

A sign announces what it names, from httpd's value to ours, and nothing else; it holds where the configuration has what
its row is about. A row without a sign announces nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from apacheconf.program.by_handler import workers_of
from apacheconf.program.program import Program
from apacheconf.prove.compare import Aspect


def _has_scripts(program: Program) -> bool:
    return any(worker.scheme == "fcgi" for worker in workers_of(program))


def _has_documents(program: Program) -> bool:
    return any(each.name.lower() == "errordocument" for each in program.directives)


def _says(name: str, word: str) -> Callable[[Program], bool]:
    """Whether a directive of this name says the word."""
    return lambda program: any(
        each.name.lower() == name and word in each.args.lower().split() for each in program.directives
    )


def _sets_fields_of_requests(program: Program) -> bool:
    return any(each.name.lower() == "requestheader" for each in program.directives)


def _offers_http_2(program: Program) -> bool:
    return _says("protocols", "h2")(program) or _says("protocols", "h2c")(program)


#: Whatever we say.
ANY = "*"


@dataclass(frozen=True, slots=True)
class Sign:
    """The row called ``title`` shows in ``probes`` (patterns) of a program to which it ``applies``.

    ``changes`` are triples: the pattern of an aspect, a regex of all of httpd's value, and ours as a template, or ANY.
    """

    title: str
    applies: Callable[[Program], bool]
    changes: tuple[tuple[str, str, str], ...]
    probes: tuple[str, ...] = ("*",)

    def announces(self, probe: str, aspect: Aspect) -> bool:
        """Whether the difference in one aspect of a probe is this one."""
        return any(fnmatchcase(probe, each) for each in self.probes) and any(
            fnmatchcase(aspect.what.lower(), what)
            and (found := re.fullmatch(theirs, aspect.reference)) is not None
            and (ours == ANY or found.expand(ours) == aspect.other)
            for what, theirs, ours in self.changes
        )


SIGNS = (
    Sign(
        "an answer that comes before the whole body was sent",
        lambda program: True,
        (
            ("status", "502", "413"),
            ("reason", "Bad Gateway", "Too much"),
            ("body", r"\(stock page\)", ANY),
            ("header *", r"\(absent\)", ANY),
            ("connection afterwards", "kept", "closed"),
        ),
        ("origin: answers before the body",),
    ),
    Sign(
        "ProxyVia Full",
        _says("proxyvia", "full"),
        (("*header via", r"(.*)\(Apache/2\.4\.\d+[^()]*\)(.*)", r"\1(Apache/2.4)\2"),),
    ),
    Sign(
        "HTTP/2",
        _offers_http_2,
        (
            ("*header upgrade", "h2c?", "(absent)"),
            ("*header connection", "Upgrade", "(absent)"),
            ("*header connection", "Upgrade, close", "close"),
        ),
    ),
    Sign(
        "a client of a script that says Expect: 100-continue",
        _has_scripts,
        (("*interims", r"\(\)", "(100,)"),),
        ("down: Expect",),
    ),
    Sign(
        "the end of a line in a value of RequestHeader, or a control character in one of Header on an answer made here",
        _sets_fields_of_requests,
        (
            ("status", r"\d+", "400"),
            ("reason", ".*", "Bad Request"),
            ("body", r"(?s).*", "(stock page)"),
            ("header connection", r"\(absent\)", "close"),
            ("header *", ".*", "(absent)"),
            ("connection afterwards", "kept", "closed"),
            ("origin: request", ".*", "(none)"),
        ),
        ("*GET *%0[aA]*", "*GET *%0[dD]*"),
    ),
    Sign(
        "an answer of a script that breaks off",
        _has_scripts,
        (("whole", "True", "False"), ("connection afterwards", "kept|silent", "closed")),
        ("origin: breaks off*",),
    ),
    Sign(
        "a long body in chunks, for a script",
        _has_scripts,
        (
            ("origin: header http_transfer_encoding", "chunked", "(absent)"),
            ("origin: header content_length", r"\(absent\)", "50000"),
        ),
        ("body: chunked, 50000 bytes",),
    ),
    Sign(
        "a document of an error that fails as what it stands for did, by a bad chunk or length of its origin",
        _has_documents,
        (
            ("request ? origin: request", ".+", "(none)"),
            ("request ?? origin: request", ".+", "(none)"),
            ("header connection", "close", "(absent)"),
            ("connection afterwards", "closed", "kept"),
        ),
        ("origin: raw: unknown length", "origin: raw: bad chunk"),
    ),
)


def signs_of(program: Program) -> Iterator[Sign]:
    """The signs of the rows that this program is about."""
    return (sign for sign in SIGNS if sign.applies(program))
