"""mod_ssl: TLS with clients, and with origins (SSLProxy*).

Files that are not on this machine are notes. What depends on the OpenSSL that httpd was built with is one too.
SSLRequire is read as ap_expr, as httpd 2.4 reads it, and its text is kept as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from apacheconf.modules.declare import (
    SERVER,
    VHOST,
    Conf,
    Fate,
    Module,
    ParseIn,
    Scope,
    Setting,
    Spec,
    ValueRefused,
    by_key,
    parent_then_child,
    setting,
)
from apacheconf.modules.facts import flags, listed
from apacheconf.modules.ssl_values import (
    cipher_suite,
    compression,
    crypto_device,
    gone,
    openssl_command,
    options,
    pass_phrase_dialog,
    protocols,
    random_seed,
    require,
    responder_check,
    revocation_check,
    session_cache,
    stapling_cache,
    verify_client,
)
from apacheconf.modules.values import choice, existing_file, existing_folder, number


@dataclass(frozen=True)
class SslServerConf(Conf):
    """TLS of a server. Keys and certificates go together in the order written."""

    module: ClassVar[str] = "mod_ssl"

    engine: Setting[str] = setting("off")
    certificates: Setting[tuple[str, ...]] = setting(())
    keys: Setting[tuple[str, ...]] = setting(())
    chain: Setting[str] = setting("")
    protocols: Setting[frozenset[str]] = setting(frozenset(("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")))
    honor_cipher_order: Setting[bool] = setting(False)
    session_tickets: Setting[bool] = setting(True)
    strict_sni: Setting[bool] = setting(False)
    sni_policy: Setting[str] = setting("secure")
    phrase_dialog: Setting[str] = setting("builtin")
    revocation: Setting[tuple[str, ...]] = setting(("none",))
    crl_file: Setting[str] = setting("")
    crl_path: Setting[str] = setting("")
    commands: Setting[tuple[tuple[str, str], ...]] = setting((), parent_then_child)


@dataclass(frozen=True)
class SslDirConf(Conf):
    """What a section may ask of a client, and TLS with origins (``proxy_``), which a Proxy section may change.

    ``speaks`` is no directive's: the program sets it for servers that speak TLS.

    Ciphers are by ``SSL`` or ``TLSv1.3``; ``options`` are the words of each line, in order.
    """

    module: ClassVar[str] = "mod_ssl"

    ciphers: Setting[dict[str, str]] = setting({}, by_key)
    verify_client: Setting[str] = setting("none")
    verify_depth: Setting[int] = setting(1)
    ca_file: Setting[str] = setting("")
    ca_path: Setting[str] = setting("")
    options: Setting[tuple[tuple[str, ...], ...]] = setting((), parent_then_child)
    require_ssl: Setting[bool] = setting(False)
    requires: Setting[tuple[str, ...]] = setting((), parent_then_child)
    user_name: Setting[str] = setting("")
    reneg_buffer_size: Setting[int] = setting(131072)
    speaks: Setting[bool] = setting(False)
    proxy_engine: Setting[bool] = setting(False)
    proxy_protocols: Setting[frozenset[str]] = setting(frozenset(("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")))
    proxy_ciphers: Setting[dict[str, str]] = setting({}, by_key)
    proxy_verify: Setting[str] = setting("none")
    proxy_verify_depth: Setting[int] = setting(1)
    proxy_ca_file: Setting[str] = setting("")
    proxy_ca_path: Setting[str] = setting("")
    proxy_check_name: Setting[bool] = setting(True)
    proxy_check_cn: Setting[bool] = setting(True)
    proxy_check_expire: Setting[bool] = setting(True)
    proxy_machine_certificate: Setting[str] = setting("")
    proxy_revocation: Setting[tuple[str, ...]] = setting(("none",))
    proxy_crl_file: Setting[str] = setting("")
    proxy_crl_path: Setting[str] = setting("")


_FOLDER = ": directory '%s' does not exist"


def _file(name: str, fills: str = "", per: str = "server") -> Spec:
    return listed(name, parse_in=existing_file(name), fills=fills, per=per)


def _folder(name: str, fills: str = "", per: str = "server") -> Spec:
    return listed(name, parse_in=existing_folder(name + _FOLDER), fills=fills, per=per)


def _of_server(make: Callable[[str], ParseIn], more: str = "") -> ParseIn:
    """The authorities of a whole server: OpenSSL has none for a section since TLS 1.3 (TL-10)."""
    parse = make(f"SSLCACertificate{'Path' if more else 'File'}{more}")

    def parse_in(words: Sequence[str], scope: Scope) -> Any:
        if scope.context not in (SERVER, VHOST):
            raise ValueRefused("Your SSL library does not have support for per-directory CA")
        return parse(words, scope)

    return parse_in


def _seconds(name: str, refusal: str = ": invalid argument") -> Spec:
    return listed(name, number(name + refusal, 0))


def _depth(name: str, fills: str, per: str = "server") -> Spec:
    return listed(name, number(f"{name}: Invalid argument '%s'", 0), fills=fills, per=per)


MODULE = Module(
    "mod_ssl",
    server_conf=SslServerConf,
    dir_conf=SslDirConf,
    fate=Fate.REFUSED,
    directives=[
        listed("SSLEngine", choice("Argument must be On or Off", "on", "off", "optional"), fills="engine"),
        listed(
            "SSLCertificateFile", parse_in=existing_file("SSLCertificateFile", unless="pkcs11:"),
            fills="certificates", appends=True,
        ),
        listed(
            "SSLCertificateKeyFile", parse_in=existing_file("SSLCertificateKeyFile", unless="pkcs11:"),
            fills="keys", appends=True,
        ),
        _file("SSLCertificateChainFile", "chain"),
        listed("SSLProtocol", protocols("SSLProtocol"), fills="protocols"),
        listed("SSLCipherSuite", parse_in=cipher_suite, fills="ciphers", per="dir"),
        listed("SSLHonorCipherOrder", fills="honor_cipher_order"),
        listed("SSLSessionTickets", fills="session_tickets"),
        listed("SSLStrictSNIVHostCheck", fills="strict_sni"),
        listed(
            "SSLVHostSNIPolicy", fills="sni_policy",
            parse=choice("Invalid SSLVhostSNIPolicy argument '%s'", "strict", "secure", "authonly", "insecure"),
        ),
        listed("SSLVerifyClient", verify_client("SSLVerifyClient"), fills="verify_client", per="dir"),
        _depth("SSLVerifyDepth", "verify_depth", "dir"),
        listed("SSLCACertificateFile", parse_in=_of_server(existing_file), fills="ca_file", per="dir"),
        listed("SSLCACertificatePath", parse_in=_of_server(existing_folder, _FOLDER), fills="ca_path", per="dir"),
        _file("SSLCADNRequestFile"),
        _folder("SSLCADNRequestPath"),
        _file("SSLCARevocationFile", "crl_file"),
        _folder("SSLCARevocationPath", "crl_path"),
        listed("SSLCARevocationCheck", revocation_check("SSLCARevocationCheck"), fills="revocation"),
        listed("SSLOptions", options, fills="options", per="dir", appends=True),
        listed("SSLRequireSSL", lambda words: True, fills="require_ssl", per="dir"),
        listed("SSLRequire", parse_in=require, raw=True, fills="requires", per="dir", appends=True),
        listed("SSLUserName", lambda words: words[0], fills="user_name", per="dir"),
        listed(
            "SSLRenegBufferSize", number("Invalid size for SSLRenegBufferSize: %s", 0),
            fills="reneg_buffer_size", per="dir",
        ),
        # --- with origins
        listed("SSLProxyEngine", fills="proxy_engine", per="dir"),
        listed("SSLProxyProtocol", protocols("SSLProxyProtocol"), fills="proxy_protocols", per="dir"),
        listed("SSLProxyCipherSuite", parse_in=cipher_suite, fills="proxy_ciphers", per="dir"),
        listed("SSLProxyVerify", verify_client("SSLProxyVerify"), fills="proxy_verify", per="dir"),
        _depth("SSLProxyVerifyDepth", "proxy_verify_depth", "dir"),
        _file("SSLProxyCACertificateFile", "proxy_ca_file", "dir"),
        _folder("SSLProxyCACertificatePath", "proxy_ca_path", "dir"),
        listed("SSLProxyCheckPeerName", fills="proxy_check_name", per="dir"),
        listed("SSLProxyCheckPeerCN", fills="proxy_check_cn", per="dir"),
        listed("SSLProxyCheckPeerExpire", fills="proxy_check_expire", per="dir"),
        _file("SSLProxyMachineCertificateFile", "proxy_machine_certificate", "dir"),
        _folder("SSLProxyMachineCertificatePath"),
        _file("SSLProxyMachineCertificateChainFile"),
        _file("SSLProxyCARevocationFile", "proxy_crl_file", "dir"),
        _folder("SSLProxyCARevocationPath", "proxy_crl_path", "dir"),
        listed(
            "SSLProxyCARevocationCheck", revocation_check("SSLProxyCARevocationCheck"),
            fills="proxy_revocation", per="dir",
        ),
        # --- sessions, OCSP, and OpenSSL itself
        listed("SSLSessionCache", parse_in=session_cache),
        listed("SSLStaplingCache", parse_in=stapling_cache),
        _seconds("SSLSessionCacheTimeout", ": Invalid argument"),
        _file("SSLSessionTicketKeyFile"),
        listed("SSLOCSPEnable", responder_check),
        _file("SSLOCSPResponderCertificateFile"),
        _seconds("SSLOCSPResponderTimeout"),
        _seconds("SSLOCSPResponseMaxAge"),
        _seconds("SSLOCSPResponseTimeSkew"),
        _seconds("SSLStaplingErrorCacheTimeout"),
        _seconds("SSLStaplingResponderTimeout"),
        _seconds("SSLStaplingResponseMaxAge"),
        _seconds("SSLStaplingResponseTimeSkew"),
        _seconds("SSLStaplingStandardCacheTimeout"),
        *flags("SSLOCSPNoverify SSLOCSPOverrideResponder SSLOCSPUseRequestNonce SSLStaplingFakeTryLater"),
        *flags("SSLStaplingReturnResponderErrors SSLUseStapling SSLInsecureRenegotiation SSLFIPS"),
        listed("SSLCompression", parse=compression),
        listed("SSLOpenSSLConfCmd", parse_in=openssl_command, fills="commands", appends=True),
        listed("SSLCryptoDevice", crypto_device),
        listed("SSLPassPhraseDialog", parse_in=pass_phrase_dialog, fills="phrase_dialog"),
        listed("SSLRandomSeed", parse_in=random_seed),
        _file("SSLSRPVerifierFile"),
        listed("SSLLog", gone("SSLLog directive is no longer supported - use ErrorLog.")),
        listed("SSLLogLevel", gone("SSLLogLevel directive is no longer supported - use LogLevel.")),
    ],
)  # fmt: skip
