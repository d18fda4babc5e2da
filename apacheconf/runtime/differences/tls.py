"""TLS, towards clients and towards origins."""

from __future__ import annotations

from apacheconf.runtime.differences.difference import Difference

TLS = (
    Difference(
        ("TB-6",),
        "the ciphers of TLS 1.3 towards origins",
        "are those of SSLProxyCipherSuite TLSv1.3",
        "are OpenSSL's own",
        "Python's ssl can't be told",
    ),
    Difference(
        ("TB-4",),
        "SSLProxyVerify optional_no_ca",
        "lets pass an unknown authority and nothing else",
        "verifies nothing of the chain",
        "Python's ssl knows only all or nothing",
    ),
    Difference(
        ("TL-4", "TL-10"),
        "SSLVerifyClient optional_no_ca, for a host or in a section",
        "lets in who shows a certificate of an authority that nobody knows, and says so in SSL_CLIENT_VERIFY",
        "ends TLS with an alert; who shows none, or a known one, comes in",
        "Python's ssl knows only all or nothing: nobody is let in who should not be",
    ),
    Difference(
        ("TL-5", "AZ-10"),
        "Satisfy Any beside SSLRequireSSL or SSLRequire",
        "lets in whom they refuse and the rules beside them let in",
        "refuses with 403",
        "whoever demands TLS does not want it undone by a line about addresses",
    ),
    Difference(
        ("TL-10",),
        "SSLVerifyClient in a section, over TLS 1.2",
        "negotiates anew and asks for a certificate",
        "refuses who must show one with 403, and asks nobody else",
        "Python's ssl can't negotiate anew; over TLS 1.3 clients are asked after the handshake",
    ),
    Difference(
        ("TL-10",),
        "no certificate where one section of a host requires it and another doesn't; a chain that is too long",
        "ends TLS with an alert",
        "ends the connection without one",
        "Python's ssl asks all sections of a host as strictly, and sends no alert of ours",
    ),
    Difference(
        ("TL-10",),
        "a client that sends its next request before it has shown the certificate that a section asks for",
        "is a 403, as one without a certificate, and so is the next request",
        "is waited for; 64 KiB of what it sends is kept meanwhile",
        "it has done nothing wrong: it hadn't read yet that it is asked",
    ),
)
