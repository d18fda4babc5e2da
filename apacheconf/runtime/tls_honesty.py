"""What serve makes of mod_ssl's directives about clients: said for each by name, because Python's ``ssl`` can't do all.

What forbids in a section is a step and answered for there. A section that asks for more in the middle of a connection
(ciphers, depth) is not honoured, and stops serve as any lost restriction does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from apacheconf.ledger import Answer, Ledger, Outcome, Row, Written
from apacheconf.program.program import Program
from apacheconf.program.tls import FrontTls

#: Directives that a host's handshake is made of.
OF_HOSTS = frozenset(
    [
        "sslengine",
        "sslcertificatefile",
        "sslcertificatekeyfile",
        "sslcertificatechainfile",
        "sslprotocol",
        "sslciphersuite",
        "sslhonorcipherorder",
        "sslsessiontickets",
        "sslstrictsnivhostcheck",
        "sslvhostsnipolicy",
        "sslverifyclient",
        "sslverifydepth",
        "sslcacertificatefile",
        "sslcacertificatepath",
        "sslcarevocationfile",
        "sslcarevocationpath",
        "sslcarevocationcheck",
    ]
)
_UNUSED = Answer(Outcome.NO_EFFECT, "no host that speaks TLS uses it")
_NO_STAPLING = Answer(Outcome.NO_EFFECT, "no answers about revocation are stapled")
_TUNING = Answer(Outcome.NO_EFFECT, "it tunes OpenSSL's memory")
_UNASKED = Answer(Outcome.NO_EFFECT, "no section that it stands in asks for a certificate")
#: Others, whatever their value.
_BY_NAME = {
    "sslcadnrequestfile": Answer(Outcome.APPROXIMATED, "clients aren't told which authorities are wanted"),
    "sslcadnrequestpath": Answer(Outcome.APPROXIMATED, "clients aren't told which authorities are wanted"),
    "sslsessionticketkeyfile": Answer(Outcome.APPROXIMATED, "the keys of tickets are OpenSSL's own"),
    "sslpassphrasedialog": Answer(Outcome.ABSORBED),
    "sslusestapling": Answer(Outcome.UNSUPPORTED, "Python's ssl can't staple answers about revocation"),
    **dict.fromkeys(
        (
            "sslstaplingcache", "sslstaplingerrorcachetimeout", "sslstaplingfaketrylater", "sslstaplingforceurl",
            "sslstaplingrespondertimeout", "sslstaplingresponsemaxage", "sslstaplingresponsetimeskew",
            "sslstaplingreturnrespondererrors", "sslstaplingstandardcachetimeout", "sslocsprespondertimeout",
            "sslocspresponsemaxage", "sslocspresponsetimeskew",
        ),
        _NO_STAPLING,
    ),
    **dict.fromkeys(("sslrandomseed", "sslsessioncache", "sslsessioncachetimeout"), _TUNING),
}  # fmt: skip
#: Values that say what is so anyway.
_OFF = frozenset({"sslusestapling", "sslocspenable", "sslcompression", "sslinsecurerenegotiation", "sslfips"})


#: SSLVerifyClient in a section.
ASKED_LATER = "a section asks over TLS 1.3 alone; over TLS 1.2 who must show a certificate is refused"


def answer(program: Program, ledger: Ledger) -> None:
    """Carry what the handshakes of hosts were made of."""
    for host in program.hosts:
        if host.front_tls is not None:
            for directive in host.front_tls.said_by:
                ledger.carry([directive], *_how_well(directive.name.lower(), host.front_tls))


def _how_well(name: str, tls: FrontTls) -> tuple[Outcome, str]:
    if name == "sslciphersuite" and tls.ciphers_13:
        return Outcome.APPROXIMATED, "the ciphers of TLS 1.3 are OpenSSL's own"
    if name == "sslverifyclient" and tls.verify == "optional_no_ca":
        return Outcome.APPROXIMATED, "optional_no_ca takes no certificate whose authority is unknown"
    if name == "sslcarevocationcheck" and tls.without_list:
        return Outcome.APPROXIMATED, "an authority without a list of revoked certificates is not trusted"
    return Outcome.EXACT, ""


def fallback_for(program: Program) -> Callable[[Written], Answer | None]:
    """The answer for what no handshake and no step was made of; None for directives of others."""
    in_sections = {id(each) for section in program.directives for each in _below_section(section)}

    def fallback(directive: Written) -> Answer | None:
        name, words = directive.name.lower(), directive.args.lower().split()
        if words in (["off"], ["none"]) and name in (_OFF | {"sslengine", "sslverifyclient"}):
            return Answer(Outcome.ABSORBED)
        if name == "sslengine" and words == ["optional"]:
            return Answer(Outcome.APPROXIMATED, "clients speak plain HTTP here, and aren't offered an upgrade to TLS")
        if name == "sslrenegbuffersize":  # where a section asks, its step has answered
            return _UNASKED
        if id(directive) in in_sections:
            return None
        return _UNUSED if name in OF_HOSTS else _BY_NAME.get(name)

    return fallback


def is_in_part(row: Row) -> bool:
    """Whether a row is about TLS with clients, and honoured in part."""
    name = row.name.lower()
    return row.outcome is Outcome.APPROXIMATED and name.startswith("ssl") and not name.startswith("sslproxy")


def _below_section(section: Written) -> Iterator[Written]:
    """What stands in a section that isn't a virtual host."""
    if section.name.lower() == "virtualhost" or getattr(section, "children", None) is None:
        return
    below = [section]
    for each in below:
        yield each
        below += getattr(each, "children", None) or ()
