"""Files that nginx wants joined: their names, their commands, and what is said of them (NGX-188)."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, joined, nginx
from tests.targets.configs import host, outcomes, translated

_CHAIN = "SSLCertificateChainFile {}"


def _secure(*lines: str, name: str = "a.example") -> str:
    return host("SSLEngine on", *lines, names=f"ServerName {name}", address="*:443")


def _certificate(file: str, key: str = "/k.key") -> tuple[str, str]:
    return f"SSLCertificateFile {file}", f"SSLCertificateKeyFile {key}"


def test_other_chains_have_other_names(tmp_path: Path) -> None:
    """One command is said for each file, however often it is named."""
    first, second = (_CHAIN.format(each) for each in ("/one.pem", "/two.pem"))
    hosts = ((first, "a"), (second, "b"), (first, "c"))
    config = "\n".join(_secure(*_certificate("/s/a.crt"), chain, name=name) for chain, name in hosts)
    made = translated(tmp_path, config, "nginx")
    commands = {each.strip() for each in made.text.split("\n") if "# run: " in each}
    assert commands == {
        "# run: (openssl x509 -in /s/a.crt && cat /one.pem) > /s/a-fullchain.crt",
        "# run: (openssl x509 -in /s/a.crt && cat /two.pem) > /s/a-fullchain-2.crt",
    }
    assert made.text.count("ssl_certificate /s/a-fullchain.crt;") == 2


@pytest.mark.parametrize(("file", "chain", "named"), [
    ("/etc/letsencrypt/live/a/cert.pem", "/etc/letsencrypt/live/a/chain.pem", "/etc/letsencrypt/live/a/fullchain.pem"),
    ("/a.pem", "/a.pem", "/a.pem"),
])  # fmt: skip
def test_what_stands_in_one_file_already(file: str, chain: str, named: str, tmp_path: Path) -> None:
    """certbot keeps both in one file, too; a file that is its own chain is one."""
    made = translated(tmp_path, _secure(*_certificate(file), _CHAIN.format(chain)), "nginx")
    assert f"ssl_certificate {named};" in made.text
    assert "# run: " not in made.text
    assert not any("# run: " in note for note in made.notes)
    assert outcomes(made)["SSLCertificateChainFile"] == "exact"


def test_another_certificate_as_chain(tmp_path: Path) -> None:
    """httpd leaves out its first certificate, which no command here does."""
    lines = *_certificate("/a.pem"), *_certificate("/b.pem"), _CHAIN.format("/b.pem")
    assert outcomes(translated(tmp_path, _secure(*lines), "nginx"))["SSLCertificateChainFile"] == "unsupported"


def test_words_of_a_shell_are_quoted(tmp_path: Path) -> None:
    lines = '"/s/it\'s a $(x).crt"', '"/s/my chain"'
    made = translated(tmp_path, _secure(*_certificate(lines[0]), _CHAIN.format(lines[1])), "nginx")
    assert "(openssl x509 -in '/s/it'\"'\"'s a $(x).crt' && cat '/s/my chain') > " in made.text


def test_many_hosts_with_one_chain_are_copies(tmp_path: Path) -> None:
    """DES-18: each with the command for its own certificate."""
    hosts = [_secure(*_certificate(f"/s/{n}.crt", f"/s/{n}.key"), _CHAIN.format("/c.pem"),
                     f"ProxyPass / http://10.0.0.{n}:81/", name=f"n{n}.example") for n in range(1, 101)]  # fmt: skip
    made = translated(tmp_path, "\n".join(hosts), "nginx")
    for n in range(1, 101):
        assert f"# run: (openssl x509 -in /s/{n}.crt && cat /c.pem) > /s/{n}-fullchain.crt\n" in made.text
        assert f"ssl_certificate /s/{n}-fullchain.crt;" in made.text
    assert "@" not in made.text.partition("server {")[2].replace("@gateway_error", "")


def test_a_sandbox_makes_them_for_itself(tmp_path: Path) -> None:
    """Nothing is written beside the files of the configuration; what can't be made stays named."""
    (tmp_path / "chain.pem").write_text("chain\n")
    (tmp_path / "list.pem").write_text("list")
    (tmp_path / "folder").mkdir()
    lines = [f"SSLCACertificatePath {tmp_path}/folder", f"SSLCACertificateFile {tmp_path}/list.pem"]
    config = _secure(*_certificate(f"{tmp_path}/none.crt"), _CHAIN.format(f"{tmp_path}/chain.pem"), *lines,
                     "SSLVerifyClient require")  # fmt: skip
    text = translated(tmp_path, config, "nginx").text
    with Sandbox("joined") as box:
        settled = nginx.with_joined_files(text, box)
        [bundle] = (box.path / "joined").iterdir()
        assert bundle.read_text() == "list\n"
        assert f"ssl_client_certificate {bundle};" in settled
    assert f"ssl_certificate {tmp_path}/none-fullchain.crt;" in settled
    assert sorted(each.name for each in tmp_path.iterdir() if each.suffix in (".pem", ".crt")) == [
        "chain.pem",
        "list.pem",
    ]


def test_what_cannot_be_read_to_its_end_stays_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is read there is no traceback, and nobody goes on reading."""
    pipe = tmp_path / "pipe.pem"
    os.mkfifo(pipe)
    monkeypatch.setattr(joined, "_SECONDS", 0.5)
    text = f"# run: (openssl x509 -in {pipe} && cat {pipe}) > /made\nssl_certificate /made;\n"
    with Sandbox("joined") as box:
        assert joined.with_joined_files(text, box) == text
    for _ in range(100):
        try:
            os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:  # ENXIO: who would have read is gone
            return
        time.sleep(0.05)
    pytest.fail("somebody reads still")


@pytest.mark.parametrize("command", [
    "rm -rf x", "(openssl x509 -in /a && cat /b; touch x)", "(openssl x509 -in `touch x` && cat /b)",
    "(openssl x509 -in /a && cat '/b' $(touch x))",
])  # fmt: skip
def test_no_other_command_is_run(command: str) -> None:
    text = f"# run: {command} > /made\nssl_certificate /made;\n"
    with Sandbox("joined") as box:
        assert nginx.with_joined_files(text, box) == text
        assert not (box.path / "joined").exists()
