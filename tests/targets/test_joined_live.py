"""Files that nginx wants joined, on httpd and on nginx: the chain that is sent, whom a folder lets in (NGX-188)."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography import x509

from apacheconf.engines import Sandbox, httpd, nginx
from apacheconf.engines.foreground import Foreground
from apacheconf.engines.sandbox import free_ports
from tests.engines.real import need
from tests.runtime import certificates
from tests.targets.configs import host, outcomes, translated
from tests.targets.fronts import MODULES
from tests.targets.secure_clients import answer_to_client

pytestmark = pytest.mark.live
_MODULES = (*MODULES, "ssl_module", "socache_shmcb_module")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.DOTALL)
_OWN, _KEY, _CHAIN = "SSLCertificateFile FILES/{}", "SSLCertificateKeyFile FILES/{}", "SSLCertificateChainFile FILES/{}"
_LEAF = _OWN.format("leaf.crt"), _KEY.format("deep-a.key")
Start = Callable[..., dict[str, int]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate whose file doesn't end in a newline, what stands above it, and folders of authorities."""
    folder, given = tmp_path_factory.mktemp("joined"), certificates.folder()
    leaf = _PEM.findall((given / "deep-a.crt").read_text())[0]
    key, below, authority = ((given / name).read_text() for name in ("deep-a.key", "below.pem", "ca.pem"))
    strange = _PEM.findall((given / "strange-client.pem").read_text())[0]
    texts = {"leaf.crt": leaf.rstrip("\n"), "deep-a.key": key, "below.pem": below, "ca.pem": authority,
             "both.pem": below + authority, "full.pem": leaf + below, "odd.pem": leaf + strange,
             "with-key.pem": key + leaf, "a.pem": (given / "a.pem").read_text()}  # fmt: skip
    for name, text in texts.items():
        (folder / name).write_text(text)
    _fill(folder / "folder", {"believed.pem": authority.rstrip("\n")}, {"below.pem": below})
    _fill(folder / "of-below", {"believed.pem": below}, {})
    (folder / "folder" / "deadbeef.0").write_text(below)
    _fill(folder / "revoked", {"list.pem": (given / "revoked.crl").read_text()}, {})
    for each in (folder, *folder.parents):
        if each.is_relative_to("/tmp") and each != Path("/tmp"):
            each.chmod(0o755)
    return folder


def _fill(folder: Path, linked: dict[str, str], others: dict[str, str]) -> None:
    folder.mkdir()
    for name, text in linked.items():
        (folder / name).write_text(text)
    subprocess.run(["openssl", "rehash", folder], check=True)
    for name, text in others.items():
        (folder / name).write_text(text)


@pytest.fixture
def start(files: Path, tmp_path: Path) -> Iterator[Start]:
    """Runs a host with these lines on httpd and on nginx."""
    with ExitStack() as stack:

        def run(*lines: str, before: str = "") -> dict[str, int]:
            found = dict(zip(("httpd", "nginx"), free_ports(2), strict=True))
            for name, port in found.items():
                text = host("SSLEngine on", *lines, names="ServerName localhost", address=f"*:{port}")
                text = f"Listen 127.0.0.1:{port} https\n{before}\n{text}".replace("FILES", str(files))
                box, engine = stack.enter_context(Sandbox("joined")), need(name)
                if name == "httpd":
                    text = httpd.preamble(engine, box, _MODULES) + text
                    stack.enter_context(httpd.start(engine, box, text, [("127.0.0.1", port)]))
                else:
                    made = translated(tmp_path, text, name)
                    stack.enter_context(nginx.start(engine, box, made.text, [("127.0.0.1", port)]))
            return found

        yield run


def _sent(port: int, *words: str) -> list[x509.Certificate]:
    """The certificates that a client is sent."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-showcerts", *words]
    said = subprocess.run(command, input="", capture_output=True, text=True, timeout=20, check=False).stdout
    return [x509.load_pem_x509_certificate(each.encode()) for each in _PEM.findall(said.partition("\nServer cert")[0])]


@pytest.mark.parametrize(
    ("lines", "before", "length"),
    [
        ((*_LEAF, _CHAIN.format("below.pem")), "", 2),
        ((*_LEAF, _CHAIN.format("both.pem")), "", 3),
        (_LEAF, _CHAIN.format("both.pem"), 3),
        ((_OWN.format("full.pem"), _LEAF[1], _CHAIN.format("full.pem")), "", 2),
        ((_OWN.format("odd.pem"), _LEAF[1], _CHAIN.format("both.pem")), "", 3),
        ((_OWN.format("with-key.pem"), _CHAIN.format("both.pem")), "", 3),
    ],
    ids=["chain", "long", "inherited", "the-certificate-itself", "certificate-with-others", "key-in-it"],
)
def test_clients_are_sent_the_same_chain(lines: tuple[str, ...], before: str, length: int, start: Start) -> None:
    """NGX-188: where a chain is named httpd sends the first certificate of the other file only, and then the chain."""
    ports = start(*lines, before=before)
    theirs, ours = (_sent(ports[each]) for each in ("httpd", "nginx"))
    assert ours == theirs
    assert len(ours) == length


@pytest.mark.parametrize(("authorities", "outcome", "lengths"), [
    ("below.pem", "approximated", (2, 1)), ("ca.pem", "exact", (1, 1)), ("both.pem", "approximated", (3, 1)),
])  # fmt: skip
def test_a_chain_among_the_authorities_of_clients(
    authorities: str, outcome: str, lengths: tuple[int, int], start: Start, files: Path, tmp_path: Path
) -> None:
    """NGX-188: httpd sends what belongs there behind its own certificate, nginx doesn't, and says so."""
    lines = *_LEAF, "SSLVerifyClient optional", f"SSLCACertificateFile FILES/{authorities}"
    ports = start(*lines)
    assert (len(_sent(ports["httpd"])), len(_sent(ports["nginx"]))) == lengths
    text = host("SSLEngine on", *lines, address="*:443").replace("FILES", str(files))
    assert outcomes(translated(tmp_path, text, "nginx"))["SSLCACertificateFile"] == outcome


def test_each_of_two_certificates_has_the_chain(files: Path, start: Start) -> None:
    (files / "rsa.pem").write_text((certificates.folder() / "a-rsa.pem").read_text())
    rsa = _OWN.format("rsa.pem"), _KEY.format("rsa.pem")
    ports = start(*_LEAF, *rsa, _CHAIN.format("both.pem"))
    for words in (), ("-sigalgs", "RSA-PSS+SHA256"):
        theirs, ours = (_sent(ports[each], *words) for each in ("httpd", "nginx"))
        assert ours == theirs
        assert len(ours) == 3


_ASKS = (_OWN.format("a.pem"), "SSLVerifyClient require", "SSLVerifyDepth 3")
_FOLDER, _FILE = "SSLCACertificatePath FILES/folder", "SSLCACertificateFile FILES/below.pem"
_LISTS = "SSLCARevocationCheck chain", "SSLCARevocationPath FILES/revoked/"


@pytest.mark.parametrize(
    ("lines", "let_in"),
    [
        ((_FOLDER,), {"client", "revoked-client", "deep-client"}),
        (("SSLCACertificatePath FILES/of-below/", "SSLCACertificateFile FILES/ca.pem"),
         {"client", "revoked-client", "deep-client"}),
        (("SSLCACertificatePath FILES/of-below",), set()),
        ((_FOLDER, *_LISTS), {"client"}),
        ((_FOLDER, "SSLVerifyDepth 1"), {"client", "revoked-client"}),
    ],
    ids=["folder", "folder-and-file", "no-root", "lists", "short"],
)  # fmt: skip
def test_who_is_believed_by_a_folder(lines: tuple[str, ...], let_in: set[str], start: Start) -> None:
    """NGX-188: whom httpd finds by the hash of a name, and nobody who lies there under another one."""
    ports = start(*_ASKS, *lines)
    clients = ("client", "deep-client", "strange-client", "revoked-client", "")
    theirs, ours = ({each for each in clients if _is_let_in(ports[name], each)} for name in ("httpd", "nginx"))
    assert ours == theirs == let_in


def test_a_chain_of_nobody(start: Start) -> None:
    """NGX-182: under SSLVerifyDepth 0 httpd believes nobody whom an authority has signed, and nginx answers nobody."""
    ports = start(*_ASKS[:2], "SSLVerifyDepth 0", "SSLCACertificateFile FILES/ca.pem")
    assert not any(_is_let_in(port, "client") for port in ports.values())


def test_an_authority_without_a_list(start: Start, files: Path, tmp_path: Path) -> None:
    """Caveat "revocation-lists": nginx refuses more than httpd, and that is said."""
    lines = *_ASKS, _FOLDER, "SSLCARevocationCheck chain no_crl_for_cert_ok", _LISTS[1]
    ports, clients = start(*lines), ("client", "deep-client", "revoked-client")
    assert [_is_let_in(ports["httpd"], each) for each in clients] == [True, True, False]
    assert [_is_let_in(ports["nginx"], each) for each in clients] == [True, False, False]
    text = host("SSLEngine on", *lines, address="*:443").replace("FILES", str(files))
    text = text.replace("RevocationPath", "RevocationFile").replace("VerifyDepth 3", "VerifyDepth 10")
    for target in ("nginx", "haproxy"):
        assert outcomes(translated(tmp_path, text, target))["SSLCARevocationCheck"] == "approximated"


def _is_let_in(port: int, client: str) -> bool:
    """As far as to be told that there is nothing."""
    return answer_to_client(port, "/x", client, later=False).split(b" ")[1:2] == [b"404"]


def test_the_commands_are_those_that_are_told(files: Path, tmp_path: Path) -> None:
    """The note's own words make the files beside the others, and nginx takes them as they are."""
    text = host("SSLEngine on", *_LEAF, _CHAIN.format("both.pem"), "SSLVerifyClient require", _FOLDER)
    made = translated(tmp_path, text.replace("FILES", str(files)), "nginx")
    (tmp_path / "nginx.conf").write_text(made.text)
    [note] = made.notes
    subprocess.run(["sh", "-c", note.partition(": ")[2].partition(" makes these")[0]], cwd=tmp_path, check=True)
    assert len(_PEM.findall((files / "leaf-fullchain.crt").read_text())) == 3
    assert len(_PEM.findall((files / "folder-bundle.pem").read_text())) == 1
    assert outcomes(made)["SSLCertificateChainFile"] == outcomes(made)["SSLCACertificatePath"] == "equivalent"


@pytest.mark.parametrize("stand_ins", [False, True])
def test_a_server_that_serves_joins_them_anew_when_it_reloads(stand_ins: bool, tmp_path: Path) -> None:
    """NGX-188: ``serve --engine nginx`` writes them in a folder of its own, and a renewed chain is taken on HUP."""
    given, [port] = certificates.folder(), free_ports(1)
    for name in ("deep-a.crt", "deep-a.key"):
        (tmp_path / name).write_bytes((given / name).read_bytes())
    (tmp_path / "chain.pem").write_bytes((given / "below.pem").read_bytes())
    own = (each.replace("FILES", str(tmp_path)) for each in (_OWN.format("deep-a.crt"), _LEAF[1], _CHAIN))
    text = host("SSLEngine on", *own, names="ServerName localhost", address=f"*:{port}").replace("{}", "chain.pem")
    files = translated(tmp_path, f"Listen 127.0.0.1:{port} https\n{text}", "nginx").files
    before = {each.name for each in tmp_path.iterdir()}
    with Sandbox("joined") as box:
        foreground = Foreground(need("nginx"), box, stand_ins)
        with foreground.start(files, [("127.0.0.1", port)]):
            assert len(_sent(port)) == 2
            (tmp_path / "chain.pem").write_bytes((given / "below.pem").read_bytes() + (given / "ca.pem").read_bytes())
            foreground.reload(files)
            deadline = time.monotonic() + 10
            while (sent := len(_sent(port))) != 3 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert sent == 3  # once: those who go answer beside those who come for a moment
    assert {each.name for each in tmp_path.iterdir()} == before
