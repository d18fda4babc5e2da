"""Which origins are trusted over TLS, asked on httpd and on both targets (NGX-184, HAP-93, TB-2, TB-5)."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from apacheconf.engines.sandbox import free_ports
from apacheconf.targets import TARGETS
from tests.runtime import certificates
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_HOST = """
<VirtualHost *:{port}>
    ServerName NAME.test
    SSLProxyEngine on
    SSLProxyVerify VERIFY
    SSLProxyCheckPeerName CHECK
    SSLProxyCheckPeerExpire CHECK
    SSLProxyCACertificateFile FOLDER/ca.pem
    ProxyPass / https://localhost:ORIGIN/
</VirtualHost>
"""
_SHOWN = ("good", "other", "strange", "expired")
_ASKED = {"strict": ("require", "on"), "blind": ("none", "off"), "usual": ("none", "on")}


@contextmanager
def _origin(name: str, port: int) -> Iterator[None]:
    """Answers everything with 200 and the name that the handshake asked for, showing the certificate ``name``."""
    context = certificates.context(name)
    listener = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=_serve, args=(listener, context), daemon=True).start()
    try:
        yield
    finally:
        listener.close()


def _serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            with suppress(OSError), client, context.wrap_socket(client, server_side=True) as secure:
                secure.recv(65536)
                secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n1 ")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with ExitStack() as stack:
        config = ""
        for shown, origin in zip(_SHOWN, free_ports(len(_SHOWN)), strict=True):
            stack.enter_context(_origin(shown, origin))
            for name, (verify, check) in _ASKED.items():
                text = _HOST.replace("NAME", f"{name}-{shown}").replace("ORIGIN", str(origin))
                config += text.replace("VERIFY", verify).replace("CHECK", check)
        for shown, there in (("plain", "{port}"), ("absent", "{none}")):
            text = _HOST.replace("NAME", f"strict-{shown}").replace("ORIGIN", there)
            config += text.replace("VERIFY", "require").replace("CHECK", "on")
        config = config.replace("FOLDER", str(certificates.folder()))
        modules = (*MODULES, "ssl_module", "socache_shmcb_module")
        yield stack.enter_context(fronts(config, tmp_path_factory.mktemp("origins"), modules))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["strict", "blind"])
@pytest.mark.parametrize("shown", _SHOWN)
def test_targets_trust_whom_httpd_trusts(shown: str, name: str, target: str, running: Fronts) -> None:
    """What isn't trusted is 500 on httpd and on HAProxy, 502 or 503 on nginx."""
    theirs, ours = (ask(running.at[each], f"{name}-{shown}.test", "/")[0] for each in ("httpd", target))
    assert (theirs == "200") == (name == "blind" or shown == "good")
    assert ours == theirs or (target == "nginx" and (theirs, ours) in {("500", "503"), ("500", "502")})


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("shown", _SHOWN)
def test_what_httpd_checks_by_default(shown: str, target: str, running: Fronts, tmp_path: Path) -> None:
    """DEF-30, SEM-39: not who has signed it, but name and dates. Targets check all or nothing, and say so."""
    theirs, ours = (ask(running.at[each], f"usual-{shown}.test", "/")[0] for each in ("httpd", target))
    assert theirs == ("200" if shown in ("good", "strange") else "500")
    lines = "SSLProxyEngine on\nProxyPass / https://localhost:8443/"
    said = {each.key for row in translated(tmp_path, host(lines), target).rows for each in row.answers}
    assert ours == theirs or "origin-certificate" in said


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("shown", ["good", "deep"])
def test_how_long_the_chain_of_an_origin_may_be(shown: str, depth: int, tmp_path: Path) -> None:
    """TB-6, NGX-184, HAP-93: httpd counts the authorities above the origin's certificate, and takes one unless told."""
    [origin] = free_ports(1)
    text = _HOST.replace("NAME", "chain").replace("ORIGIN", str(origin)).replace("VERIFY", "require")
    text = text.replace("CHECK", "on").replace("FOLDER", str(certificates.folder()))
    if depth != 1:
        text = text.replace("SSLProxyVerify ", f"SSLProxyVerifyDepth {depth}\n    SSLProxyVerify ")
    modules = (*MODULES, "ssl_module", "socache_shmcb_module")
    with _origin(shown, origin), fronts(text, tmp_path, modules) as found:
        theirs, nginx, haproxy = (ask(found.at[each], "chain.test", "/")[0] for each in ("httpd", *TARGETS))
    assert theirs == ("200" if depth >= {"good": 1, "deep": 2}[shown] else "500")
    assert nginx == theirs or (theirs, nginx) in {("500", "503"), ("500", "502")}
    said = outcomes(translated(tmp_path, text.replace("{port}", "80"), "haproxy"))
    assert haproxy == theirs or "approximated" in (said["SSLProxyVerify"], said.get("SSLProxyVerifyDepth"))


def test_dates_are_part_of_the_chain(tmp_path: Path) -> None:
    """TB-4: SSLProxyCheckPeerExpire Off changes nothing where the chain is checked, and no target says it would."""
    [origin] = free_ports(1)
    text = _HOST.replace("NAME", "old").replace("ORIGIN", str(origin)).replace("VERIFY", "require")
    text = text.replace("CheckPeerName CHECK", "CheckPeerName on").replace("Expire CHECK", "Expire off")
    text = text.replace("FOLDER", str(certificates.folder()))
    modules = (*MODULES, "ssl_module", "socache_shmcb_module")
    with _origin("expired", origin), fronts(text, tmp_path, modules) as found:
        theirs, *ours = (ask(found.at[each], "old.test", "/")[0] for each in ("httpd", *TARGETS))
    assert theirs == "500" and set(ours) <= {"500", "502", "503"}
    for target in TARGETS:
        assert (
            outcomes(translated(tmp_path, text.replace("{port}", "80"), target))["SSLProxyCheckPeerExpire"] == "exact"
        )


@pytest.mark.parametrize("shown", _SHOWN)
def test_authorities_of_origins_in_a_folder(shown: str, tmp_path: Path) -> None:
    """NGX-188: believed are those who are found by their hashes, as with httpd, whose children look into the folder."""
    folder = certificates.folder() / f"of-{shown}"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "a.pem").write_bytes((certificates.folder() / "ca.pem").read_bytes())
    subprocess.run(["openssl", "rehash", folder], check=True)
    chain = certificates.folder() / "strange.pem"
    (folder / "unlinked.pem").write_bytes(chain.read_bytes())
    [origin] = free_ports(1)
    text = _HOST.replace("NAME", "folder").replace("ORIGIN", str(origin)).replace("VERIFY", "require")
    text = text.replace("CHECK", "on").replace("CertificateFile FOLDER/ca.pem", f"CertificatePath {folder}")
    modules = (*MODULES, "ssl_module", "socache_shmcb_module")
    with _origin(shown, origin), fronts(text, tmp_path, modules) as found:
        theirs, ours = (ask(found.at[each], "folder.test", "/")[0] for each in ("httpd", "nginx"))
    assert theirs == ("200" if shown == "good" else "500")
    assert ours == theirs or (theirs, ours) in {("500", "503"), ("500", "502")}


@pytest.mark.parametrize("name", ["plain", "absent"])
def test_an_origin_that_speaks_no_tls_and_one_that_is_not_there(name: str, running: Fronts) -> None:
    """FA-4: no handshake is 500, and no connection 503."""
    theirs, ours = (ask(running.at[each], f"strict-{name}.test", "/")[0] for each in ("httpd", "haproxy"))
    assert ours == theirs == {"plain": "500", "absent": "503"}[name]
