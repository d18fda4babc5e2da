"""TLS with clients in nginx: the certificate of each server and what clients must show (NGX-180 to NGX-183, NGX-186).

nginx picks the server by the name in the handshake, as httpd does. What it can't ask of a client's certificate
closes the host.
"""

from __future__ import annotations

import re
from pathlib import Path

from apacheconf.ledger import Outcome, Written
from apacheconf.program.hosts import Host
from apacheconf.program.steps import AskCertificate
from apacheconf.program.tls import FrontTls
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.nginx import joined
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.origin_tls import NEEDS_LISTS
from apacheconf.targets.restrictions import words_in

#: What a client gets whose certificate is missing or bad.
_PAGE = "who shows no certificate, or a bad one, gets a page with 400; httpd ends the connection"
_OWN_CHAIN = "httpd looks there for the rest of its own chain, which nginx wants in the certificate's file"
_VERIFY = {"require": "on", "optional": "optional", "optional_no_ca": "optional_no_ca"}
HTTP2 = "http2_module"
#: From here on each server says by itself that it speaks HTTP/2; before it its socket does, for all.
_OWN_HTTP2 = (1, 25, 1)
_ALL_HTTP2 = "clients of all hosts of the address may choose HTTP/2: nginx before 1.25.1 knows no host then"
_HASHED = re.compile(r"[0-9a-f]{8}\.\d")
_PROTOCOLS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def http2_lines(low: Lowering, host: Host) -> list[Written]:
    """The Protocols lines that let clients of a host choose HTTP/2 in the handshake; none if they can't (NGX-186)."""
    if host.front_tls is None or HTTP2 not in low.program.modules:
        return []
    own = [each for each in low.scopes.own(host) if each.name.lower() == "protocols"] if host.place else []
    lines = own or low.scopes.named("protocols")
    return lines if any("h2" in words_in(each.args.lower()) for each in lines) else []


def http2_on(low: Lowering, host: Host, beside: list[Host]) -> tuple[tuple[str, ...], tuple[Claim, ...]]:
    """The word for the ``listen`` of a host where all ``beside`` it speak as one does, and what it claims (NGX-1)."""
    secure = [each for each in beside if each.front_tls]
    if low.version >= _OWN_HTTP2 or not host.front_tls or not any(http2_lines(low, each) for each in secure):
        return (), ()
    lines = http2_lines(low, host)
    together = all(http2_lines(low, each) for each in secure)
    return ("http2",), (exact(lines) if together else equivalent(lines, _ALL_HTTP2, "http2-for-all"),)


def why_closed(host: Host) -> str:
    """Why nothing of a host may be answered: a demand on clients that nginx can't make. Empty if there is none."""
    tls = host.front_tls
    if tls is None:
        return "TLS that a client asks for in plain text can't be said in nginx" if host.tls else ""
    if tls.verify in ("require", "optional") and tls.depth < 1:
        return "nginx believes a client whose authority is known, however short its chain has to be (SSLVerifyDepth 0)"
    if tls.verify not in ("none", "optional") and _lacks_authorities(tls):
        return "no authority of clients is named (SSLCACertificateFile, SSLCACertificatePath), so none can be verified"
    if tls.revocation != "none" and not (tls.crl_path or tls.crl_file):
        return "no list of revoked certificates is named (SSLCARevocationFile), so clients can't be verified"
    return ""


def emit_tls(low: Lowering, host: Host, server: Block) -> None:
    """The settings of a server that speaks TLS."""
    low.asked_early = set()
    low.joined.said.clear()
    tls = host.front_tls
    if tls is None:
        return
    server.space()
    if low.version >= _OWN_HTTP2 and (lines := http2_lines(low, host)):
        server.add("http2", "on", comment=low.sources.comment(lines), claims=(exact(lines),))
    _emit_certificates(low, tls, server)
    protocols = [each for each in _PROTOCOLS if each in tls.protocols]
    server.add("ssl_protocols", *protocols, claims=_exact(tls, "sslprotocol"))
    server.add("ssl_ciphers", tls.ciphers or "DEFAULT", claims=_exact(tls, "sslciphersuite"))
    if tls.ciphers_13:
        server.add("ssl_conf_command", "Ciphersuites", tls.ciphers_13)
    server.add("ssl_prefer_server_ciphers", _flag(tls.own_order), claims=_exact(tls, "sslhonorcipherorder"))
    server.add("ssl_session_tickets", _flag(tls.tickets), claims=_exact(tls, "sslsessiontickets"))
    _emit_verification(low, host, tls, server)
    _emit_more(low, host, server)
    server.space()
    server.open("if", low.maps.use("nameless")).add("return", "400")
    said_by = _named(tls, "sslstrictsnivhostcheck")
    if low.scopes.everywhere("sslstrictsnivhostcheck") and _wants_names(low, host):
        check = server.open("if", "$ssl_server_name", "=", "", claims=(exact(said_by),))
        check.add("return", "403")
    else:
        low.dropped.append(exact(said_by))


def _wants_names(low: Lowering, host: Host) -> bool:
    """Whether a client must name a host in its handshake: this one says so, or the first of its address, and others
    are there, too (TL-3)."""
    found = [each.hosts for each in low.program.index.sets if host.number in each.hosts]
    asked = {number for hosts in found if len(hosts) > 1 for number in (host.number, hosts[0])}
    settings = (low.program.hosts[number].front_tls for number in asked)
    return any(tls is not None and tls.strict_sni for tls in settings)


def _lacks_authorities(tls: FrontTls) -> bool:
    """Whether nginx has nobody to believe a client's certificate from; optional_no_ca needs nobody."""
    return not (tls.ca_file or tls.ca_path) and tls.verify != "optional_no_ca"


def _emit_certificates(low: Lowering, tls: FrontTls, server: Block) -> None:
    files, keys = _named(tls, "sslcertificatefile"), _named(tls, "sslcertificatekeyfile")
    for number, certificate in enumerate(tls.certificates):
        own = files[number : number + 1]
        file, claim = _with_chain(low, tls, number, own, server) if tls.chain else (certificate, exact(own))
        server.add("ssl_certificate", literal(file), comment=low.sources.comment(own), claims=(claim,))
        key = tls.keys[number] if number < len(tls.keys) else certificate
        server.add("ssl_certificate_key", literal(key), claims=(exact(keys[number : number + 1]),))
    if tls.phrase_from:
        why = "nginx asks no program for a pass phrase: write it to a file for ssl_password_file"
        low.dropped.append(unsupported(_named(tls, "sslpassphrasedialog"), why, "pass-phrase"))


def _with_chain(
    low: Lowering, tls: FrontTls, number: int, own: tuple[Written, ...], server: Block
) -> tuple[str, Claim]:
    """The file with a certificate and the chain that is named apart, and what that claims (NGX-181, NGX-188)."""
    certificate = tls.certificates[number]
    said_by = (*_named(tls, "sslcertificatechainfile"), *own)
    if tls.chain in tls.certificates and tls.chain != certificate:  # httpd leaves out the first of the chain then
        why = f"append {tls.chain} without its first certificate to the certificate's file"
        return certificate, unsupported(said_by, f"{why}: nginx takes the chain from there", "chain-file")
    if low.alike:
        file = low.alike.word(f"fullchain-{number}")
    elif low.joined.is_made(certificate, tls.chain):
        file = low.joined.chains[certificate, tls.chain]
    else:
        return low.joined.chains[certificate, tls.chain], exact(said_by)
    low.joined.say(joined.chain_command(certificate, tls.chain), file, server)
    return file, equivalent(said_by, joined.CHAIN, joined.KEY)


def _emit_more(low: Lowering, host: Host, server: Block) -> None:
    """What OpenSSL is told in its own words, and the certificate's state that goes with it (NGX-185)."""
    lines = [*low.scopes.top, *(low.scopes.own(host) if host.place else ())]
    for each in lines:
        if each.name.lower() == "sslopensslconfcmd":
            server.add("ssl_conf_command", *map(literal, words_in(each.args)), claims=(exact([each]),))
    stapling = [each for each in lines if each.name.lower() == "sslusestapling"]
    if stapling and words_in(stapling[-1].args.lower()) == ["on"]:
        why = "nginx asks for the certificate's state when the first client has come, so that one gets none"
        server.add("ssl_stapling", "on", claims=(equivalent(stapling, why, "stapling"),))


_EARLY = "certificates are asked for in the handshake: one that is out of date is a 400 for every path"
_UNASKED = "who can't be asked later in TLS 1.3 is let in, and refused by httpd"
_DEPTHS = "all sections take chains as long as the longest that one takes"


def _asked_later(host: Host) -> list[AskCertificate]:
    """What sections ask of clients once their request is read; nothing where one refuses a certificate that nobody
    has to show."""
    found = [step for cell in host.shape.cells for step in cell.steps if isinstance(step.action, AskCertificate)]
    lines = (each for step in found for each in host.said_by(step))
    if any(words_in(each.args.lower()) == ["optional"] for each in lines):
        return []
    return [step.action for step in found if isinstance(step.action, AskCertificate)]


def _emit_asked_later(low: Lowering, host: Host, tls: FrontTls, asked: list[AskCertificate], server: Block) -> None:
    """NGX-182: everybody is asked in the handshake; who has to show a certificate is refused without one later."""
    low.asked_early = set(asked)
    depths = {tls.depth if each.depth is None else each.depth for each in asked}
    steps = (step for cell in host.shape.cells for step in cell.steps if step.action in low.asked_early)
    lines = list({id(each): each for step in steps for each in host.said_by(step)}.values())
    same = len(depths) == 1 and min(depths) > 0
    why = _DEPTHS if not same else _EARLY if "TLSv1.3" not in tls.protocols else f"{_EARLY}; {_UNASKED}"
    claim = approximated(lines, why, "asked-early")
    server.add("ssl_verify_client", "optional_no_ca", claims=(claim,))
    _emit_authorities(low, tls, server)
    server.add("ssl_verify_depth", str(max(*depths, 1) - 1), claims=_exact(tls, "sslverifydepth"))


def _emit_verification(low: Lowering, host: Host, tls: FrontTls, server: Block) -> None:
    """What clients must show. httpd's depth counts the authorities above their certificate, OpenSSL's and so nginx's
    only those between it and the one that is trusted. Without a file of authorities a host is closed (``why_closed``),
    or nobody is asked where it is up to clients: all are strangers then. nginx wouldn't start."""
    asked = _asked_later(host)
    needs_nobody = not any(each.required for each in asked)
    if tls.verify == "none" and asked and (tls.ca_file or tls.ca_path or needs_nobody):
        _emit_asked_later(low, host, tls, asked, server)
        return
    if tls.verify == "none":
        _settle_unasked(low, tls)
        return
    if _lacks_authorities(tls):
        said_by = _named(tls, "sslverifyclient", "sslverifydepth")
        why = "no authority of clients is named, in SSLCACertificateFile or SSLCACertificatePath"
        low.dropped.append(unsupported(said_by, why, "no-authorities"))
        return
    claim = equivalent(_named(tls, "sslverifyclient"), _PAGE, "certificate-page")
    server.add("ssl_verify_client", _VERIFY[tls.verify], claims=(claim,))
    _emit_authorities(low, tls, server)
    server.add("ssl_verify_depth", str(max(tls.depth - 1, 0)), claims=_exact(tls, "sslverifydepth"))
    _emit_revocation(low, tls, server)


def _emit_authorities(low: Lowering, tls: FrontTls, server: Block) -> None:
    """By whom clients are believed; those of a folder in one file, together with the others (NGX-188)."""
    file, said_by = tls.ca_file, _named(tls, "sslcacertificatefile", "sslcacertificatepath")
    claim = exact(said_by)
    if tls.ca_path:
        file, command = low.joined.bundle(tls.ca_path, tls.ca_file)
        low.joined.say(command, file, server)
        claim = equivalent(said_by, joined.FOLDER, joined.KEY)
    if _adds_to_chain(tls):
        claim = approximated(said_by, _OWN_CHAIN, "chain-file")
    if file:
        server.add("ssl_client_certificate", literal(file), claims=(claim,))


def _emit_revocation(low: Lowering, tls: FrontTls, server: Block) -> None:
    """Whom nobody believes any more."""
    if tls.revocation == "none":
        return
    file, said_by = tls.crl_file, _named(tls, "sslcarevocationcheck", "sslcarevocationfile", "sslcarevocationpath")
    claim = exact(said_by)
    if tls.crl_path:
        file, command = low.joined.lists(tls.crl_path, tls.crl_file)
        low.joined.say(command, file, server)
        claim = equivalent(said_by, joined.LISTS, joined.KEY)
    if tls.revocation == "leaf":
        why = "every certificate of the chain is looked up, not the client's only"
        claim = approximated(said_by, why, "revocation-leaf")
    elif tls.without_list:
        claim = approximated(said_by, NEEDS_LISTS, "revocation-lists")
    server.add("ssl_crl", literal(file), claims=(claim,))


def _settle_unasked(low: Lowering, tls: FrontTls) -> None:
    """What became of authorities where no client is asked for a certificate."""
    said_by = _named(tls, "sslcacertificatefile", "sslcacertificatepath")
    if not said_by:
        return
    if _adds_to_chain(tls) is not False:
        low.dropped.append(approximated(said_by, _OWN_CHAIN, "chain-file"))
    else:
        why = "no client is asked for a certificate, and none of these authorities has signed the host's own"
        low.dropped.append(Claim(said_by, Outcome.NO_EFFECT, why, "unused-authorities"))


def _adds_to_chain(tls: FrontTls) -> bool | None:
    """Whether httpd finds among the authorities what belongs behind a certificate of the host; None if nobody knows.

    It doesn't look where a chain is named, or follows the certificate in its file. A root is sent too then, which
    clients have or don't believe (RFC 8446, section 4.4.2).
    """
    from cryptography.x509 import load_pem_x509_certificates

    if tls.chain:
        return False
    try:
        found = [each for file in _authorities(tls) for each in load_pem_x509_certificates(file.read_bytes())]
        own = [load_pem_x509_certificates(Path(file).read_bytes()) for file in tls.certificates]
    except (OSError, ValueError):
        return None
    between = {each.subject for each in found if each.subject != each.issuer}
    return any(each[0].issuer in between for each in own if len(each) == 1)


def _authorities(tls: FrontTls) -> list[Path]:
    """The files of authorities. Raises OSError."""
    folder = [each for each in Path(tls.ca_path).iterdir() if _HASHED.fullmatch(each.name)] if tls.ca_path else []
    return [*([Path(tls.ca_file)] if tls.ca_file else []), *folder]


def _named(tls: FrontTls, *names: str) -> tuple[Written, ...]:
    return tuple(each for each in tls.said_by if each.name.lower() in names)


def _exact(tls: FrontTls, name: str) -> tuple[Claim, ...]:
    return (exact(_named(tls, name)),)


def _flag(value: bool) -> str:
    return "on" if value else "off"
