"""How TLS is spoken with origins: mod_ssl's SSLProxy settings as data (TB-1 to TB-7)."""

from __future__ import annotations

from dataclasses import dataclass

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
