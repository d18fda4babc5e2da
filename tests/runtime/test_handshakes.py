"""TLS with clients as httpd speaks it: recorded, and asked again in the long ring (TL, VH-50 to VH-53)."""

from __future__ import annotations

import ssl
from dataclasses import replace

import pytest

from tests.engines.real import need
from tests.runtime.handshakes import RECORDING, Ask, Trial, play
from tests.runtime.later_bodies import LATE_BODIES, SECTION

_12, _13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
_KEYS = "SSLCertificateFile {certs}/a.crt\nSSLCertificateKeyFile {certs}/a.key\n"
_SAYS = (
    'Redirect 302 /to http://x.example/\nErrorDocument 404 "%s"\nDocumentRoot /nowhere\nHeader always set X-Host %s\n'
)


def host(name: str, certificate: str = "a", lines: str = "", port: str = "S") -> str:
    """A host over TLS that answers 404 with its name in a header."""
    return (
        f"<VirtualHost 127.0.0.1:{{{port}}}>\nServerName {name}\nSSLEngine on\n"
        f"SSLCertificateFile {{certs}}/{certificate}.pem\n{_SAYS % (name, name)}{lines}</VirtualHost>\n"
    )


A, B, B_SAME = host("a.example"), host("b.example", "b"), host("b.example")
_MIXED = (
    Ask(requests=("b.example /",)),
    Ask(requests=("a.example /", "b.example /", "a.example /")),
    Ask(sni="", requests=("b.example /",)),
    Ask(sni="", requests=("a.example /",)),
    Ask(sni="b.example", requests=("a.example /",)),
    Ask(sni="b.example", requests=("b.example /",)),
    Ask(sni="x.example", requests=("x.example /",)),
    Ask(sni="x.example", requests=("b.example /",)),
    Ask(sni="a.example", requests=("x.example /",)),
    Ask(sni="b.example", requests=("x.example /",)),
    Ask(sni="B.Example", requests=("B.EXAMPLE /",)),
)


def policies() -> list[Trial]:
    """Two hosts that differ in one thing, under each policy (TL-2)."""
    alike = {
        "certificate": ("b", ""),
        "nothing": ("a", ""),
        "protocol": ("a", "SSLProtocol TLSv1.2\n"),
        "ciphers": ("a", "SSLCipherSuite ECDHE+AESGCM\n"),
        "order": ("a", "SSLHonorCipherOrder on\n"),
        "verify": ("a", "SSLVerifyClient optional\nSSLCACertificateFile {certs}/ca.pem\n"),
        "depth": ("a", "SSLVerifyDepth 5\n"),
        "authority": ("a", "SSLCACertificateFile {certs}/ca.pem\n"),
        "options": ("a", "SSLOptions +StdEnvVars\n"),
        "tickets": ("a", "SSLSessionTickets off\n"),
    }
    ask = (Ask(requests=("b.example /",)),)
    return [
        Trial(
            f"policy {policy}, other {what} TL-2",
            f"SSLVHostSNIPolicy {policy}\n{A}{host('b.example', certificate, lines)}",
            ask,
        )
        for policy in ("strict", "secure", "authonly", "insecure")
        for what, (certificate, lines) in alike.items()
    ]


def keyed(*files: str, port: str = "S", engine: str = "SSLEngine on\n", name: str = "a.example", more: str = "") -> str:
    """A host with these files: a certificate and its key in turn."""
    kinds = ("SSLCertificateFile", "SSLCertificateKeyFile")
    lines = "".join(f"{kinds[at % 2]} {{certs}}/{file}\n" for at, file in enumerate(files))
    about = f"ServerName {name}\n{engine}{lines}{more}{_SAYS % (name, name)}"
    return f"<VirtualHost 127.0.0.1:{{{port}}}>\n{about}</VirtualHost>\n"


def plain(name: str, lines: str = "") -> str:
    """A host in plain text."""
    return f"<VirtualHost 127.0.0.1:{{P}}>\nServerName {name}\n{_SAYS % ('plain', 'plain')}{lines}</VirtualHost>\n"


_ONLY_12, _ONLY_13 = Ask(versions=(_12, _12)), Ask(versions=(_13, _13))
_RSA = Ask(versions=(_12, _12), ciphers="ECDHE-RSA-AES256-GCM-SHA384")
_EC = Ask(versions=(_12, _12), ciphers="ECDHE-ECDSA-AES256-GCM-SHA384")
_OTHER = Ask(versions=(_12, _12), ciphers="ECDHE-ECDSA-AES256-GCM-SHA384")
_TWO = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
_REVERSE = Ask(versions=(_12, _12), ciphers="ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256")
_IN_PLAIN = Ask(raw=b"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
_PLAINLY = Ask(port="P")
_BOTH = (Ask(), _PLAINLY)
_CA = "SSLCACertificateFile {certs}/ca.pem\n"
_CRL = "SSLCARevocationCheck leaf\nSSLCARevocationFile {certs}/revoked.crl\n"
_WHO = 'Header always set X-Who "%{SSL_CLIENT_VERIFY}s %{SSL_CLIENT_SAN_Email_0}s"\n'
_CLIENTS = (
    Ask(),
    *(Ask(client=name, versions=(_12, _12)) for name in ("client", "strange-client", "deep-client", "expired-client")),
    Ask(client="client"),
)
_DEMANDS = "<Location /mine>\nSSLVerifyClient require\n</Location>\n"
_DEMANDED = (
    Ask(requests=("a.example /mine",)),
    Ask(),
)
_REQUIRE = (
    'SSLRequire ( %{SSL_PROTOCOL} eq "TLSv1.3" and not %{SSL_CIPHER} =~ m/NULL/ ) or %{SSL_TLS_SNI} in {"b", "c"}'
)
REQUIRES = "".join(
    f"<VirtualHost 127.0.0.1:{{{port}}}>\nServerName a.example\n{lines}<Location />\n{{R}}\n</Location>\n"
    f"{_SAYS % ('a', 'a')}</VirtualHost>\n"
    for port, lines in (("S", "SSLEngine on\nSSLCertificateFile {certs}/a.pem\n"), ("P", ""))
)
_VARIABLES = "".join(
    f'Header always set {letter}-{name} "%{{{name}}}{letter}"\nHeader always set x-{name} "expr=%{{{name}}}"\n'
    for letter in "es"
    for name in [
        "HTTPS",
        "SSL_TLS_SNI",
        "SSL_PROTOCOL",
        "SSL_CIPHER_USEKEYSIZE",
        "SSL_CLIENT_VERIFY",
        "SSL_SERVER_A_KEY",
        "SSL_SERVER_SAN_DNS_0",
        "SSL_SERVER_V_END",
        "SSL_SESSION_RESUMED",
        "SSL_SECURE_RENEG",
        "SSL_NOPE",
    ]
)
_OF_CLIENT = "".join(
    f'Header always set {letter}-{name} "%{{{name}}}{letter}"\n'
    for letter in "es"
    for name in [
        "SSL_CLIENT_VERIFY",
        "SSL_CLIENT_S_DN_CN",
        "SSL_CLIENT_S_DN_O",
        "SSL_CLIENT_S_DN_O_0",
        "SSL_CLIENT_M_VERSION",
        "SSL_CLIENT_V_START",
        "SSL_CLIENT_A_SIG",
        "SSL_CLIENT_SAN_Email_0",
        "SSL_CLIENT_SAN_DNS_0",
        "SSL_CLIENT_SAN_DNS_1",
    ]
)
_CONDITIONS = (
    "<If \"%{SSL_PROTOCOL} == 'TLSv1.3'\">\nHeader always set X-If new\n</If>\n"
    "RewriteEngine on\nRewriteCond %{SSL:SSL_TLS_SNI} =a.example\nRewriteRule . - [E=sni:%{SSL:SSL_PROTOCOL}]\n"
    'RewriteCond %{HTTPS} =on\nRewriteRule . - [E=https:%{HTTPS}]\nHeader always set X-Rewritten "%{sni}e %{https}e"\n'
    'Header always set X-Scheme "expr=%{REQUEST_SCHEME} %{HTTPS}"\n'
)
_REDIRECTS = "Redirect /r /s\nRedirectMatch ^/m$ /n\nRewriteEngine on\nRewriteRule ^/w$ /v [R]\n"
_REDIRECTED = (
    Ask(
        requests=(
            "a.example /r",
            "a.example:77 /r",
            "a.example /m",
            "a.example /w",
            "a.example:443 /w",
            "a.example:{S} /w",
        )
    ),
    Ask(requests=("a.example /r", "a.example:77 /r", "a.example /m", "a.example /w", "a.example:80 /w"), port="P"),
)
_TO_TLS = (
    "RewriteEngine on\nRewriteCond %{HTTPS} !=on\nRewriteRule ^/?(.*) https://%{HTTP_HOST}/$1 [R=301,L]\n"
    'Header always set Strict-Transport-Security "max-age=9" "expr=%{HTTPS} == \'on\'"\n'
)
_LOGGED = (
    'LogFormat "%{SSL_PROTOCOL}x %{version}c %{SSL_TLS_SNI}x %{cipher}c %{errstr}c %{HTTPS}x %{NO}x %p %r %>s" t\n'
    "CustomLog {box}/logs/tls.log t\n"
)
_USER = 'SSLUserName SSL_CLIENT_SAN_Email_0\nHeader always set X-User "expr=%{REMOTE_USER}"\n'
_FAKED = (
    f"SSLVerifyClient optional\n{_CA}SSLOptions +FakeBasicAuth\n<Location />\nAuthType Basic\nAuthName certificates\n"
    "AuthBasicProvider anon\nAnonymous *\nAnonymous_MustGiveEmail Off\nRequire valid-user\n</Location>\n"
    'Header always set X-User "expr=%{REMOTE_USER}"\nHeader always set X-Sent "expr=%{req:Authorization}"\n'
)
#: Basic for ``/CN=a:password``, ``/CN=a:other`` and ``joe:password``.
_SPOOFED = ("L0NOPWE6cGFzc3dvcmQ=", "L0NOPWE6b3RoZXI=", "am9lOnBhc3N3b3Jk")
_LAX = (
    "<Location /lax>\nSSLRequireSSL\nSatisfy any\nAllow from all\n</Location>\n"
    '<Location /lax/r>\nSSLRequire %{REQUEST_METHOD} eq "POST"\nSatisfy any\nAllow from all\n</Location>\n'
)
_LAXLY = ("a.example /lax", "a.example /lax/r")
_NAMED = "".join(
    f'Header always set {letter}-{name} "%{{{name}}}{letter}"\n'
    for letter in "es"
    for name in [
        *("SSL_CLIENT_S_DN", "SSL_CLIENT_S_DN_Email", "SSL_CLIENT_S_DN_CN_0"),
        *(
            "SSL_CLIENT_I_DN_CN",
            "SSL_CLIENT_A_KEY",
            "SSL_CLIENT_CERT_CHAIN_0",
        ),
        *("SSL_SERVER_M_VERSION", "SSL_SERVER_A_SIG", "SSL_SERVER_V_START"),
        *("SSL_CIPHER", "SSL_CIPHER_EXPORT", "SSL_CIPHER_ALGKEYSIZE", "SSL_COMPRESS_METHOD", "SSL_SESSION_ID_NONE"),
        *("SSL_SRP_USER", "SSL_SERVER_SAN_Email_0", "SSL_SERVER_SAN_OTHER_dnsSRV_0", "SSL_CLIENT_SAN_OTHER_msUPN_0"),
    ]
)
_LATER = "<Location /mine>\nSSLVerifyClient %s\n</Location>\nHeader always set X-Who %%{SSL_CLIENT_S_DN_CN}s\n"
_LATER_TOO = "<Location /must>\nSSLVerifyClient require\nRequire ssl-verify-client\n</Location>\n"
_LATER_NOT = "<Location /mine/not>\nSSLVerifyClient none\n</Location>\n"
_LATE = Ask(requests=("a.example /mine",), client="named-client", late=True)
_ASKED_LATER = (
    Ask(),
    Ask(requests=("a.example /mine",)),
    Ask(requests=("a.example /mine",), client="named-client"),
    _LATE,
    replace(_LATE, client=""),
    replace(_LATE, client="strange-client"),
    replace(_LATE, client="expired-client"),
    replace(_LATE, requests=("a.example /", "a.example /mine", "a.example /mine", "a.example /")),
    replace(_LATE, versions=(_12, _12), requests=("a.example /",)),
)
_ASKED_TWICE = (
    replace(_LATE, requests=("a.example /mine", "a.example /must")),
    replace(_LATE, requests=("a.example /must", "a.example /mine")),
    replace(_LATE, requests=("a.example /mine", "a.example /must"), client=""),
)
_LATE_OR_NOT = (
    replace(_LATE, requests=("a.example /mine/not",), client=""),
    replace(_LATE, requests=("a.example /mine/not", "a.example /mine")),
)
_ORDERS = (
    *('"9" < "10"', '"10" < "9"', '"10" >= "9"', '"b" lt "a"', '"abc" gt "abd"', '"" lt "a"', '"2" le "2"'),
    '"Z" < "a"',
    *("%{SSL_CIPHER_USEKEYSIZE} >= 128", "%{SSL_CIPHER_USEKEYSIZE} gt 1000", "%{SSL_CIPHER_USEKEYSIZE} le 99"),
    *('not ( "9" > "10" )', "7 < 12", '%{REMOTE_ADDR} ge "127.0.0.1" and "x" ne "y"', '"lt" == "lt" or "b" gt "a"'),
    *('"12" -lt "9"', '"9" -eq "09"'),
)
_SMALLER = "".join(f"<Location /{at}>\nSSLRequire {each}\n</Location>\n" for at, each in enumerate(_ORDERS))
_ASKS_WHAT_IS_SMALLER = Ask(requests=tuple(f"a.example /{at}" for at in range(len(_ORDERS))))
_LOGGING = (
    "strict sni in the first TL-3 VH-52",
    "policy insecure, other verify TL-2",
    "policy secure, other ciphers TL-2",
)
TRIALS = [
    Trial("sni and host TL-1 TL-2 TL-3 VH-50 VH-51", A + B, _MIXED),
    Trial("sni and host, alike TL-2 VH-51", A + B_SAME, _MIXED),
    Trial("strict sni in the first TL-3 VH-52", host("a.example", "a", "SSLStrictSNIVHostCheck on\n") + B_SAME, _MIXED),
    Trial("strict sni in the second", A + host("b.example", "a", "SSLStrictSNIVHostCheck on\n"), _MIXED),
    Trial("strict sni of a lone host", host("a.example", "a", "SSLStrictSNIVHostCheck on\n"), _MIXED[:4]),
    Trial("no Host with sni", A + B, (Ask(raw=b""), Ask(requests=(" /",)))),
    Trial("plain HTTP TL-6 VH-53", A, (Ask(raw=b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"), Ask(raw=b"xyz\r\n\r\n"))),
    *policies(),
    Trial("one certificate, its key elsewhere TL-4", keyed("a.crt", "a.key")),
    Trial("two kinds of keys TL-4", keyed("a.crt", "a.key", "a-rsa.pem", "a-rsa.pem"), (Ask(), _RSA, _EC)),
    Trial("a locked key TL-4", "SSLPassPhraseDialog exec:{certs}/phrase\n" + keyed("a.crt", "locked.key")),
    Trial(
        "a chain in the certificate's file, and in its own TL-4",
        keyed("deep-a.pem")
        + keyed("deep-a.crt", "deep-a.key", port="T", more="SSLCertificateChainFile {certs}/below.pem\n"),
        (Ask(), Ask(port="T")),
    ),
    Trial("protocols TL-4", host("a.example", "a", "SSLProtocol TLSv1.2\n"), (Ask(), _ONLY_13)),
    Trial("protocols, only the newest TL-4", host("a.example", "a", "SSLProtocol -all +TLSv1.3\n"), (Ask(), _ONLY_12)),
    Trial(
        "protocols of each host TL-1",
        host("a.example", "a", "SSLProtocol TLSv1.2\n") + host("b.example", "b", "SSLProtocol TLSv1.3\n"),
        (Ask(), Ask("b.example", ("b.example /",)), Ask("b.example", versions=(_12, _12)), Ask("")),
    ),
    Trial(
        "versions by OpenSSL's commands TL-4",
        host("a.example", "a", "SSLOpenSSLConfCmd MinProtocol TLSv1.3\n")
        + host("a.example", "a", "SSLProtocol TLSv1.3\nSSLOpenSSLConfCmd MinProtocol TLSv1.2\n", "T"),
        (_ONLY_12, Ask(), replace(_ONLY_12, port="T")),
    ),
    Trial(
        "a newest version by OpenSSL's command TL-4",
        "SSLOpenSSLConfCmd MaxProtocol TLSv1.2\n" + host("a.example", "a"),
        (_ONLY_13, Ask()),
    ),
    Trial(
        "ciphers by OpenSSL's command TL-4",
        host("a.example", "a", "SSLCipherSuite HIGH\nSSLOpenSSLConfCmd CipherString ECDHE-ECDSA-AES128-GCM-SHA256\n"),
        (_ONLY_12, _OTHER),
    ),
    Trial(
        "whose order of ciphers, by OpenSSL's command TL-4",
        host("a.example", "a", f"SSLCipherSuite {_TWO}\nSSLOpenSSLConfCmd Options ServerPreference\n"),
        (_REVERSE,),
    ),
    Trial("ciphers TL-4", host("a.example", "a", "SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256\n"), (_ONLY_12, _OTHER)),
    Trial(
        "whose order of ciphers TL-4",
        host("a.example", "a", f"SSLCipherSuite {_TWO}\n")
        + host("a.example", "a", f"SSLCipherSuite {_TWO}\nSSLHonorCipherOrder on\n", "T"),
        (_REVERSE, replace(_REVERSE, port="T")),
    ),
    Trial("implied by the listener and a certificate VH-6", keyed("a.crt", "a.key", engine=""), (Ask(), _IN_PLAIN)),
    Trial("not implied without a certificate VH-6", keyed(engine=""), (_IN_PLAIN,)),
    Trial("optional", keyed("a.crt", "a.key", engine="SSLEngine optional\n"), (_IN_PLAIN,)),
    Trial("switched on elsewhere", f"SSLEngine on\nSSLCertificateFile {{certs}}/a.pem\n{keyed(engine='')}"),
    Trial("the first has none", keyed(engine="SSLEngine off\n") + B, (_IN_PLAIN,)),
    Trial(
        "the second has none",
        A + keyed(engine="SSLEngine off\n", name="b.example"),
        (Ask("b.example", ("b.example /",)), Ask("a.example", ("b.example /",))),
    ),
    *(
        Trial(f"clients, {verify} TL-4", host("a.example", "a", f"SSLVerifyClient {verify}\n{_CA}{_WHO}"), _CLIENTS)
        for verify in ("none", "optional", "require")
    ),
    Trial(
        "clients, deeper TL-4",
        host("a.example", "a", f"SSLVerifyClient require\nSSLVerifyDepth 2\n{_CA}{_WHO}"),
        (replace(_CLIENTS[3], versions=(_12, _12)),),
    ),
    Trial(
        "clients, taken back TL-4",
        host("a.example", "a", f"SSLVerifyClient require\n{_CA}{_CRL}{_WHO}"),
        (Ask(client="client"), Ask(client="revoked-client", versions=(_12, _12))),
    ),
    Trial(
        "a section demands a certificate",
        host("a.example", "a", f"SSLVerifyClient optional\n{_CA}{_DEMANDS}ErrorDocument 403 no\n"),
        _DEMANDED,
    ),
    Trial("SSLRequireSSL TL-5", REQUIRES.replace("{R}", "SSLRequireSSL"), _BOTH),
    Trial("Require ssl TL-5", REQUIRES.replace("{R}", "Require ssl"), _BOTH),
    Trial(
        "Require ssl-verify-client",
        host(
            "a.example",
            "a",
            f"SSLVerifyClient optional\n{_CA}<Location />\nRequire ssl-verify-client\n</Location>\n"
            "ErrorDocument 403 no\n",
        ),
        (Ask(), Ask(client="client")),
    ),
    Trial("the protocol inside TLS HP-1", A, (Ask(protocols=("h2", "http/1.1")), Ask(protocols=("http/1.1",)))),
    Trial("SSLRequire, what is smaller TL-5", host("a.example", "a", _SMALLER), (_ASKS_WHAT_IS_SMALLER,)),
    Trial("SSLRequire", REQUIRES.replace("{R}", _REQUIRE), (*_BOTH, _ONLY_13)),
    Trial("in plain text beside TLS TL-7", plain("a.example") + A, (_PLAINLY,)),
    Trial("variables TL-7", host("a.example", "a", _VARIABLES), (Ask(), Ask(""), _IN_PLAIN)),
    Trial(
        "variables, exported TL-7", host("a.example", "a", f"SSLOptions +StdEnvVars\n{_VARIABLES}"), (Ask(), _ONLY_12)
    ),
    Trial(
        "variables of a client TL-7",
        host("a.example", "a", f"SSLVerifyClient optional\n{_CA}SSLOptions +StdEnvVars +ExportCertData\n{_OF_CLIENT}"),
        (Ask(client="named-client"), Ask()),
    ),
    Trial(
        "variables in a section TL-7",
        host("a.example", "a", f"<Location /x>\nSSLOptions +StdEnvVars\n</Location>\n{_VARIABLES}"),
        (Ask(requests=("a.example /x", "a.example /y")),),
    ),
    Trial("conditions TL-7", host("a.example", "a", _CONDITIONS), (Ask(), _ONLY_12, Ask(""))),
    Trial(
        "URLs of its own TL-9 VH-60", host("a.example", "a", _REDIRECTS) + plain("a.example", _REDIRECTS), _REDIRECTED
    ),
    Trial(
        "URLs of its own, canonical TL-9 VH-60",
        host("a.example", "a", "UseCanonicalName On\n" + _REDIRECTS)
        + plain("https://a.example", "UseCanonicalName On\n" + _REDIRECTS),
        _REDIRECTED,
    ),
    Trial("redirects to TLS TL-8", plain("a.example", _TO_TLS) + host("a.example", "a", _TO_TLS), (_PLAINLY, Ask())),
    Trial(
        "logs",
        host("a.example", "a", _LOGGED) + plain("a.example", _LOGGED),
        (replace(_ONLY_12, requests=("a.example /one", "a.example /two")), _PLAINLY, _IN_PLAIN),
        "logs/tls.log",
    ),
    Trial("tickets off TL-4", host("a.example", "a", "SSLSessionTickets off\n")),
    Trial(
        "a user by FakeBasicAuth TL-4",
        host("a.example", "a", _FAKED),
        (
            Ask(),
            Ask(client="staff-client"),
            Ask(client="strange-client"),
            *(Ask(lines=f"Authorization: Basic {each}\r\n") for each in _SPOOFED),
            Ask(client="staff-client", lines=f"Authorization: Basic {_SPOOFED[2]}\r\n"),
        ),
    ),
    Trial(
        "more variables of both sides TL-7",
        host("a.example", "a", f"SSLVerifyClient optional\n{_CA}SSLOptions +StdEnvVars\n{_NAMED}"),
        (Ask(client="staff-client", versions=(_12, _12)), Ask(versions=(_13, _13))),
    ),
    Trial("a user by certificate", host("a.example", "a", f"SSLVerifyClient optional\n{_CA}{_USER}"), _CLIENTS[:2]),
]
TRIALS += [replace(each, name=f"{each.name} LG-9", log="logs/error.log") for each in TRIALS if each.name in _LOGGING]
TRIALS += [
    Trial(
        "in the log: names as they were asked for TL-2 TL-3 LG-9",
        A + B,
        (
            Ask(requests=("a.example. /", "A.EXAMPLE:99 /", "b.example:99 /")),
            Ask(sni="b.example", requests=("b.example /", "a.example /")),
            Ask(sni="c.example", requests=("a.example /", "c.example /", "b.example /")),
            Ask(sni="", requests=("c.example /", "a.example /", "B.EXAMPLE. /")),
        ),
        "logs/error.log",
    ),
    Trial(
        "in the log: clients that are wrong TL-4 LG-9",
        host("a.example", "a", f"SSLVerifyClient require\n{_CA}"),
        (Ask(), *(Ask(client=f"{what}client") for what in ("strange-", "", "expired-"))),
        "logs/error.log",
    ),
    Trial(
        "in the log: an expression of SSLRequire TL-5 LG-9",
        REQUIRES.replace("{R}", 'SSLRequire %{SSL_PROTOCOL} eq "none"'),
        _BOTH,
        "logs/error.log",
    ),
]
_ORIGIN = plain("origin.example", 'Header always set X-Seen "expr=%{req:Via}"\n')
_ON_VIA = (Ask(requests=tuple(f"a.example{port} /" for port in ("", ":443", ":80", ":8443"))), Ask(""))


def via(lines: str, name: str = "a.example") -> str:
    """A host over TLS that passes everything on to another host here, which tells the Via that it sees."""
    proxy = f"ProxyVia On\n{lines}ProxyPass / http://127.0.0.1:{{P}}/\n"
    return host("a.example", "a", proxy).replace("ServerName a.example\n", f"ServerName {name}\n") + _ORIGIN


TRIALS += [
    Trial(f"ports in Via, {what} RQ-16 RS-7", via(lines, name), _ON_VIA)
    for what, lines, name in (
        ("of the Host", "", "a.example"),
        ("of the listener", "UseCanonicalPhysicalPort On\n", "a.example"),
        ("of the canonical name", "UseCanonicalName On\n", "a.example"),
        ("of a ServerName with one", "UseCanonicalName On\n", "a.example:444"),
        ("of a ServerName with the usual one", "UseCanonicalName On\n", "https://a.example"),
    )
]
_SEES_BODIES = plain(
    "origin.example",
    'Header always set X-Seen "expr=%{req:Content-Length} %{req:Transfer-Encoding} %{req:Expect}."\n',
)
TRIALS += [
    Trial("later: required TL-10", host("a.example", "a", _CA + _LATER % "require"), _ASKED_LATER),
    Trial("later: optional TL-10", host("a.example", "a", _CA + _LATER % "optional"), _ASKED_LATER),
    Trial("later: stricter TL-10", host("a.example", "a", _CA + _LATER % "optional" + _LATER_TOO), _ASKED_TWICE),
    Trial(
        "in the log: later TL-10 LG-9", host("a.example", "a", _CA + _LATER % "require"), _ASKED_LATER, "logs/error.log"
    ),
    Trial(
        "in the log: perhaps later TL-10",
        host("a.example", "a", _CA + _LATER % "optional"),
        _ASKED_LATER,
        "logs/error.log",
    ),
    Trial("later: bodies TL-10", host("a.example", "a", SECTION) + _SEES_BODIES, LATE_BODIES),
    Trial(
        "in the log: bodies TL-10 LG-9",
        host("a.example", "a", SECTION) + _SEES_BODIES,
        tuple(each for each in LATE_BODIES if not each.late),
        "logs/error.log",
    ),
    Trial("later: beside nothing TL-10", host("a.example", "a", _CA + _LATER % "require" + _LATER_NOT), _LATE_OR_NOT),
]
IDS = [trial.name for trial in TRIALS]


@pytest.mark.parametrize("trial", TRIALS, ids=IDS)
def test_serve_says_what_httpd_said(trial: Trial) -> None:
    assert play(trial, None) == RECORDING.read()[trial.name]


@pytest.mark.prove_all
@pytest.mark.parametrize("trial", TRIALS, ids=IDS)
def test_httpd_still_says_so(trial: Trial) -> None:
    assert play(trial, need("httpd")) == RECORDING.read()[trial.name]


@pytest.mark.live
def test_at_level_info_httpd_says_which_certificate_is_wrong() -> None:
    """LG-9: in the same words as serve, which isn't told who signed it."""
    wrong = next(trial for trial in TRIALS if "clients that are wrong" in trial.name)
    asked = replace(wrong, config=f"LogLevel ssl:info\n{wrong.config}")
    theirs, ours = ([line for line in play(asked, who) if "AH02276" in line] for who in (need("httpd"), None))
    assert [line.partition(" [subject: ")[0] for line in theirs] == ours != []
    assert all(" [subject: " in line for line in theirs)
