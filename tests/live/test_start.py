"""What can't be started with: httpd and serve refuse it in the same words, or serve names what isn't on this machine.

A configuration is also read elsewhere, so a file that is missing here is a note and no error, unless TLS or a log
needs it; requests then meet what they would meet if it had gone while httpd was running.
"""

from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path

import pytest

from apacheconf.diagnostics import ApacheconfError, ConfigError
from apacheconf.engines import Sandbox, free_ports
from apacheconf.engines import httpd as engine_httpd
from apacheconf.expand import Options
from apacheconf.model.here import missing_folders
from apacheconf.program.loading import load
from tests.engines.real import need
from tests.runtime.certificates import folder
from tests.runtime.served import Served
from tests.wire import LOADED_FIRST

_MODULES = (
    *("authz_core_module", "authz_user_module", "authn_core_module", "auth_digest_module", "rewrite_module"),
    *("headers_module", "alias_module", "setenvif_module", "proxy_module", "proxy_http_module", "substitute_module"),
    *("ssl_module", "log_config_module", "mime_module", "dir_module"),
)
_TLS = "SSLEngine On\nSSLCertificateFile {certs}/a.pem\n"
#: Seconds after which httpd has started, if it hasn't ended.
_PATIENCE = 2.0
#: What both refuse, with the words that both say.
REFUSED = {
    "a rule": ("RewriteRule ( x", "RewriteRule: cannot compile regular expression '('"),
    "a condition": ("RewriteCond %{HTTP_HOST} [a", "RewriteCond: cannot compile regular expression '[a'"),
    "a location": ("<LocationMatch (>\n</LocationMatch>", "Regex could not be compiled"),
    "files": ('<FilesMatch "(">\n</FilesMatch>', "Regex could not be compiled"),
    "a redirect": ("RedirectMatch ( http://x/", "Regular expression could not be compiled."),
    "a variable": ("SetEnvIf Host ( x", "SetEnvIf regex could not be compiled."),
    "a header": ("Header edit X ( y", "Header edit regex could not be compiled"),
    "a mapping": ("ProxyPassMatch ( http://127.0.0.1:1/", "Regular expression could not be compiled."),
    "a substitution": ("<Location /x>\nSubstitute s/(/x/\n</Location>", "Substitute could not compile regex"),
    "a map of no type": ("RewriteMap m int:none", "RewriteMap: internal map not found:none"),
    "no certificate's file": (
        "SSLEngine On\nSSLCertificateFile {box}/none",
        "SSLCertificateFile: file '{box}/none' does not exist or is empty",
    ),
    "an empty certificate": (
        "SSLEngine On\nSSLCertificateFile {box}/empty",
        "SSLCertificateFile: file '{box}/empty' does not exist or is empty",
    ),
    "no certificate": (
        "SSLEngine On",
        "AH02572: Failed to configure at least one certificate and key for main.example:443",
    ),
    "what is no certificate": (
        "SSLEngine On\nSSLCertificateFile {box}/nonsense",
        "AH02562: Failed to configure certificate main.example:443:0 (with chain), check {box}/nonsense",
    ),
    "no key's file": (
        "SSLEngine On\nSSLCertificateFile {certs}/a.crt\nSSLCertificateKeyFile {box}/none",
        "SSLCertificateKeyFile: file '{box}/none' does not exist or is empty",
    ),
    "what is no key": (
        "SSLEngine On\nSSLCertificateFile {certs}/a.crt\nSSLCertificateKeyFile {box}/nonsense",
        "AH02564: Failed to configure encrypted (?) private key main.example:443:0, check {box}/nonsense",
    ),
    "another's key": (
        "SSLEngine On\nSSLCertificateFile {certs}/a.crt\nSSLCertificateKeyFile {certs}/deep-a.key",
        "from {certs}/a.crt and {certs}/deep-a.key do not match",
    ),
    "what is no authority": (
        _TLS + "SSLCACertificateFile {box}/nonsense\nSSLVerifyClient require",
        "AH01895: Unable to configure verify locations for client authentication",
    ),
    "an authority of a section": (
        _TLS + "<Location />\nSSLCACertificateFile {certs}/ca.pem\n</Location>",
        "Your SSL library does not have support for per-directory CA",
    ),
    "unknown ciphers": (_TLS + "SSLCipherSuite NONSENSE", "AH01898: Unable to configure permitted SSL ciphers"),
    "a log's folder": ("ErrorLog {box}/none/x", "AH02291: Cannot access directory '{box}/none/'"),
    "another log's folder": ("CustomLog {box}/none/x common", "AH02297: Cannot access directory '{box}/none/'"),
    "an included file": ("Include {box}/none.conf", "Could not open configuration file {box}/none.conf"),
    "a port twice": ("Listen 127.0.0.1:{port}", "Cannot define multiple Listeners on the same IP:port"),
    "a busy port": ("Listen 127.0.0.1:{busy}", "AH00072: make_sock: could not bind to address 127.0.0.1:{busy}"),
    "a digest's qop": (
        "<Location />\nAuthDigestQop auth-int\n</Location>",
        "AuthDigestQop is deprecated: only 'auth' is supported",
    ),
    "a digest's algorithm": (
        "<Location />\nAuthDigestAlgorithm MD5-sess\n</Location>",
        "Unsupported algorithm in AuthDigestAlgorithm: MD5-sess",
    ),
}
#: What httpd refuses, or warns of, and serve names before it goes on.
MISSING = {
    "DocumentRoot": (
        "DocumentRoot {box}/none",
        "DocumentRoot '{box}/none' is not a directory, or is not readable",
    ),
    "a host's DocumentRoot": (
        "<VirtualHost *:{port}>\nDocumentRoot {box}/none\n</VirtualHost>",
        "DocumentRoot [{box}/none] does not exist",
    ),
    "a map of text": ("RewriteMap m txt:{box}/none", "RewriteMap: file for map m not found:{box}/none"),
    "a map of dice": ("RewriteMap m rnd:{box}/none", "RewriteMap: file for map m not found:{box}/none"),
    "a map in a dbm": ("RewriteMap m dbm:{box}/none", "RewriteMap: file for map m not found:{box}/none"),
    "a map's program": (
        "RewriteEngine On\nRewriteMap m prg:{box}/none",
        "RewriteMap: file for map m not found:{box}/none",
    ),
    "a chain": (
        _TLS + "SSLCertificateChainFile {box}/none",
        "SSLCertificateChainFile: file '{box}/none' does not exist or is empty",
    ),
    "revocations": (
        _TLS + "SSLCARevocationFile {box}/none",
        "SSLCARevocationFile: file '{box}/none' does not exist or is empty",
    ),
}


def _written(box: Sandbox, lines: str, names: dict[str, str]) -> Path:
    box.write("nonsense", "nonsense\n")
    box.write("empty", "")
    for name, value in names.items():
        lines = lines.replace(name, value)
    ordered = sorted(_MODULES, key=lambda name: (name not in LOADED_FIRST, name))
    text = engine_httpd.preamble(need("httpd"), box, ordered)
    text += f"\nListen 127.0.0.1:{names['{port}']}\nServerName main.example\n{lines}\n"
    return box.write("httpd.conf", text)


def _of_httpd(box: Sandbox, file: Path) -> tuple[bool, str]:
    """Whether it started, and what it said. It listens before it reads certificates: only its end tells."""
    command = [str(need("httpd").path), "-d", str(box.path), "-f", str(file), "-DFOREGROUND"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            said, started = process.communicate(timeout=_PATIENCE)[0], False
        except subprocess.TimeoutExpired:
            process.terminate()
            said, started = process.communicate(timeout=20)[0], True
    log = box.path / "logs" / "error.log"
    return started, said + (log.read_text("latin-1") if log.exists() else "")


def test_nobody_listens_where_nothing_says_so() -> None:
    """VH-7: httpd and serve check such a configuration, and don't start with it."""
    said = "no listening sockets available, shutting down"
    with Sandbox("start") as box:
        file = _written(box, "", {"{port}": "1"})
        file.write_text(re.sub(r"(?m)^Listen .*\n", "", file.read_text()))
        command = [str(need("httpd").path), "-d", str(box.path), "-f", str(file)]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=20)
        assert (checked.returncode, checked.stderr[-10:]) == (0, "Syntax OK\n")
        (started, theirs), (served, ours) = _of_httpd(box, file), _of_serve(file)
        assert (started, served) == (False, False)
        assert said in theirs and said in ours and "AH00015" in theirs


def _of_serve(file: Path) -> tuple[bool, str]:
    try:
        loaded = load([], Options(file=str(file)))
        loaded.require()
        notes = [each.message for each in (*loaded.diagnostics, *missing_folders(loaded.bound))]
        with Served(file):
            return True, "\n".join(notes)
    except ConfigError as error:
        return False, "\n".join(each.message for each in error.diagnostics)
    except ApacheconfError as error:
        return False, str(error)


def _both(lines: str, words: str) -> tuple[tuple[bool, bool], tuple[bool, bool]]:
    """Of httpd and of serve: whether it started, and whether it said the words."""
    (port,) = free_ports(1)
    with Sandbox("start") as box, socket.create_server(("127.0.0.1", 0)) as busy:
        names = {"{box}": str(box.path), "{certs}": str(folder()), "{port}": str(port)}
        names["{busy}"] = str(busy.getsockname()[1])
        for name, value in names.items():
            words = words.replace(name, value)
        file = _written(box, lines, names)
        theirs, ours = _of_httpd(box, file), _of_serve(file)
        wanted = re.escape(words)
        return tuple((up, re.search(wanted, said) is not None) for up, said in (theirs, ours))  # type: ignore[return-value]


@pytest.mark.live
@pytest.mark.parametrize("name", REFUSED)
def test_both_refuse_in_the_same_words(name: str) -> None:
    assert _both(*REFUSED[name]) == ((False, True), (False, True))


@pytest.mark.live
@pytest.mark.parametrize("name", MISSING)
def test_what_is_not_on_this_machine_is_named(name: str) -> None:
    (_, theirs), ours = _both(*MISSING[name])
    assert theirs
    assert ours == (True, True)
