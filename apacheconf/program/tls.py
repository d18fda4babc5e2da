"""How TLS is spoken, as data: with origins (TB-1 to TB-7), and with a host's clients (TL-1 to TL-4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from apacheconf.ledger import Written

PROTOCOLS = frozenset({"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"})
#: Schemes of origins that are spoken to over TLS.
SECURE = frozenset({"https", "wss"})


@dataclass(frozen=True, slots=True)
class OriginTls:
    """One set of SSLProxy settings; file names are absolute.

    ``ciphers`` is OpenSSL's list for TLS up to 1.2, ``ciphers_13`` its list for 1.3; empty for OpenSSL's own.
    ``verify`` is SSLProxyVerify's word, ``depth`` how many certificates may stand above the origin's own.
    ``check_cn`` compares the subject's common name only, where ``check_name`` is not asked for (TB-5).
    ``revocation`` is ``none``, ``leaf`` or ``chain``.
    """

    engine: bool = False
    protocols: frozenset[str] = PROTOCOLS
    ciphers: str = ""
    ciphers_13: str = ""
    verify: str = "none"
    depth: int = 1
    ca_file: str = ""
    ca_path: str = ""
    check_name: bool = True
    check_cn: bool = False
    check_expire: bool = True
    certificate: str = ""
    revocation: str = "none"
    crl_file: str = ""
    crl_path: str = ""


NO_TLS = OriginTls()


def unlike_httpd(tls: OriginTls) -> str:
    """What Python's OpenSSL can't be told of these settings, empty when it can all."""
    if tls.ciphers_13:
        return "the ciphers of TLS 1.3 are OpenSSL's own"
    if tls.verify == "optional_no_ca":
        return "optional_no_ca verifies nothing of the chain; httpd still refuses what is wrong beside its authority"
    return ""


@dataclass(frozen=True, slots=True)
class FrontTls:
    """How a host speaks TLS with clients; file names are absolute.

    ``certificates`` and ``keys`` go together in order; a certificate without a key has it in its own file.
    ``phrase_from`` is the program that says pass phrases.
    ``verify`` and ``depth`` are asked of a client's chain below ``ca_file`` and ``ca_path``, as ``revocation`` says
    (``none``, ``leaf`` or ``chain``; ``without_list`` lets pass what has no list). ``policy`` is SSLVHostSNIPolicy's.
    """

    certificates: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    chain: str = ""
    phrase_from: str = ""
    protocols: frozenset[str] = PROTOCOLS
    ciphers: str = ""
    ciphers_13: str = ""
    own_order: bool = False
    tickets: bool = True
    verify: str = "none"
    depth: int = 1
    ca_file: str = ""
    ca_path: str = ""
    revocation: str = "none"
    without_list: bool = False
    crl_file: str = ""
    crl_path: str = ""
    strict_sni: bool = False
    policy: str = "secure"
    said_by: tuple[Written, ...] = field(default=(), compare=False, repr=False)


def compatible(shown: FrontTls, asked: FrontTls | None, policy: str) -> bool:
    """Whether a request for a host may come over a connection that was made for another one (TL-2, VH-51)."""
    if policy == "insecure" or policy == "strict" or asked is None:
        return policy == "insecure"
    names = _ASKED_OF_CLIENTS if policy == "authonly" else (*_ASKED_OF_CLIENTS, *_SECURE)
    return all(getattr(shown, name) == getattr(asked, name) for name in names)


def kind_of(tls: FrontTls) -> tuple[object, ...]:
    """What is equal for hosts of one policy that are ``compatible``."""
    if tls.policy == "strict":
        return (id(tls),)
    names = _ASKED_OF_CLIENTS if tls.policy == "authonly" else (*_ASKED_OF_CLIENTS, *_SECURE)
    return () if tls.policy == "insecure" else tuple(getattr(tls, name) for name in names)


_ASKED_OF_CLIENTS = ("verify", "depth", "ca_file", "ca_path")
_SECURE = ("certificates", "keys", "protocols", "ciphers", "ciphers_13")
