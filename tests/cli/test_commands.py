"""Every command on every site of the first road, as a user runs it, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import SITES, Command

PATHS = {
    "reverse-proxy": SITES / "reverse-proxy/conf.d",
    "load-balancer": SITES / "load-balancer/conf.d",
    "debian": SITES / "debian",
    "redhat": SITES / "redhat",
}
BALANCED = ("load-balancer", "debian")
every_site = pytest.mark.parametrize("site", PATHS)


@every_site
def test_check_finds_the_sites_valid(site: str, command: Command) -> None:
    done = command("check", PATHS[site])
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines()[0].startswith("reading fixtures/sites/") or str(PATHS[site]) in done.stderr
    assert done.stderr.endswith("Syntax OK\n")
    quiet = command("check", "--httpd", PATHS[site])
    assert (quiet.returncode, quiet.stderr) == (0, "Syntax OK\n")


@every_site
def test_lint_has_nothing_to_say_about_the_sites(site: str, command: Command) -> None:
    done = command("lint", PATHS[site])
    assert (done.returncode, done.stdout) == (0, "nothing found\n")
    assert json.loads(command("lint", "--format", "json", PATHS[site]).stdout)["findings"] == []


@every_site
def test_explain_tells_the_origin(site: str, command: Command) -> None:
    done = command("explain", "http://example.com/a?b", PATHS[site])
    origin = "http://10.0.0.1:8080" if site in BALANCED else "http://10.0.0.1/"
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith(f"GET http://example.com/a?b goes to {origin} as GET /a?b")
    assert f"[fixtures/sites/{site}/" in done.stdout, "places are relative to the current directory"
    facts = json.loads(command("explain", "http://example.com/a?b", PATHS[site], "--json").stdout)
    assert facts["outcome"] == "proxied"


def test_explain_takes_curl_s_options(command: Command) -> None:
    words = ("-X", "POST", "-H", "Host: www.example.com", "-H", "X-Forwarded-For: 192.0.2.9", "--from", "192.0.2.1")
    done = command("explain", "http://example.com/", PATHS["load-balancer"], *words)
    assert "POST" in done.stdout and "X-Forwarded-For: 192.0.2.9, 192.0.2.1" in done.stdout


@every_site
@pytest.mark.parametrize("target", ["nginx", "haproxy"])
def test_translate_accounts_for_every_directive(site: str, target: str, command: Command, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = command("translate", PATHS[site], "--to", target, "-o", f"{tmp_path}/out/", "--report", report, "--check")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    data = json.loads(report.read_text())
    assert sum(data["outcomes"].values()) == len(data["rows"]) > 0
    texts = [(tmp_path / "out" / name).read_text("latin-1") for name in data["files"]]
    assert all(texts) and any("example.com" in text for text in texts)
    written = json.loads(command("dump", "--json", PATHS[site]).stdout)["directives"]
    lines = {(row["file"], row["name"]) for row in data["rows"]}
    assert {(each["file"], each["name"]) for each in written} <= lines
    assert f"{target} says: " in done.stderr


def test_translate_to_standard_output_is_the_file_alone(command: Command, tmp_path: Path) -> None:
    site = PATHS["load-balancer"]
    printed = command("translate", site, "--to", "nginx")
    command("translate", site, "--to", "nginx", "-o", tmp_path / "nginx.conf")
    assert printed.stdout == (tmp_path / "nginx.conf").read_text()
    again = command("translate", site, "--to", "nginx", "-o", tmp_path / "nginx.conf")
    assert again.returncode == 2 and "--force overwrites it" in again.stderr


def test_strict_refuses_what_would_be_lost(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    file.write_text(f"{(PATHS['reverse-proxy'] / 'example.com.conf').read_text()}\nExtFilterDefine x cmd=/bin/cat\n")
    words = ("translate", file, "--to", "nginx", "--strict", "-o", tmp_path / "out.conf")
    done = command(*words)
    assert done.returncode == 3
    assert f"{file}:9: ExtFilterDefine unsupported" in done.stderr
    assert not (tmp_path / "out.conf").exists()
    assert command(*words, "--accept", "extfilterdefine").returncode == 0


@every_site
def test_views_print_to_standard_output(site: str, command: Command) -> None:
    assert command("vhosts", PATHS[site]).stdout.startswith("VirtualHost configuration:\n*:80 ")
    assert command("modules", PATHS[site]).stdout.startswith("Loaded Modules:\n core_module (static)\n")
    assert "\nproxy_module " in command("modules", "--needed", PATHS[site]).stdout
    assert "\n  ServerName example.com\n" in command("dump", PATHS[site]).stdout
    assert command("dump", "--config", PATHS[site]).stdout == command("dump", PATHS[site]).stdout


def test_dump_keeps_the_bytes(tmp_path: Path, root: Path) -> None:
    import subprocess
    import sys

    (tmp_path / "site.conf").write_bytes(b'ServerAdmin "\xe9@example.com"\n')
    words = [sys.executable, "-m", "apacheconf", "dump", str(tmp_path / "site.conf")]
    assert b'ServerAdmin "\xe9@example.com"\n' in subprocess.run(words, capture_output=True, cwd=root).stdout


def test_standard_input_and_defines(command: Command) -> None:
    text = "<IfDefine Two>\nListen 2\n</IfDefine>\nListen ${PORT}\n"
    done = command("dump", "-", "-D", "Two", "-c", "Timeout 7", stdin=text, env={"PORT": "81"})
    assert [line for line in done.stdout.splitlines() if not line.startswith("#")] == [
        "Listen 2",
        "Listen 81",
        "Timeout 7",
    ]


BROKEN = {
    "unclosed section": ("<VirtualHost *:80>\n", 1, "<VirtualHost> was not closed."),
    "unknown directive": ("ProxyPas / http://a/\n", 1, "Invalid command 'ProxyPas', perhaps misspelled or defined by"),
    "argument count": ("Listen\n", 1, "Listen requires 1 or 2 arguments."),
    "member without scheme": (
        "<Proxy balancer://a>\nBalancerMember 10.0.0.1:80\n</Proxy>\n",
        2,
        "BalancerMember Unable to parse URL: 10.0.0.1:80",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("words", [("check",), ("serve",), ("lint",), ("explain", "/"), ("vhosts",)], ids=" ".join)
def test_errors_name_file_line_and_column(words: tuple[str, ...], name: str, command: Command, tmp_path: Path) -> None:
    text, line, message = BROKEN[name]
    file = tmp_path / "broken.conf"
    file.write_text(text)
    done = command(*words, file)
    told = done.stdout + done.stderr
    assert done.returncode == 1
    assert f"{file}:{line}:" in told and f": error: {message}" in told and "\n1 error\n" in told
    assert "^" in told and "Traceback" not in told


def test_all_errors_at_once(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "broken.conf"
    file.write_text("".join(text for name, (text, _, _) in BROKEN.items() if name != "unclosed section"))
    done = command("check", file)
    assert done.stderr.endswith("\n3 errors\n")
    first = command("check", "--httpd", file).stderr
    assert first.startswith(f"AH00526: Syntax error on line 1 of {file}:\nInvalid command 'ProxyPas', perhaps missp")
    assert len(first.splitlines()) == 2


@pytest.mark.parametrize(
    ("written", "told"),
    [(b"Server\xef\xbb", r"Server\xef\xbb"), (b'"a\\\\b\tc\x7f"', r"a\\b\tc\x7f"), (b'"\x02\f\b\v"', r"\x02\x0c\b\v")],
)
def test_bytes_are_escaped_as_in_httpd_s_log(written: bytes, told: str, command: Command, tmp_path: Path) -> None:
    """Observed on httpd 2.4.71 -t."""
    file = tmp_path / "broken.conf"
    file.write_bytes(written + b" x\n")
    assert f"Invalid command '{told}', perhaps" in command("check", "--httpd", file).stderr


@pytest.mark.parametrize("words", [("check", "nosuch.conf"), ("lint", "."), ("serve", "nosuch/")], ids=" ".join)
def test_what_cannot_be_read_is_2(words: tuple[str, ...], command: Command, tmp_path: Path) -> None:
    done = command(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("apacheconf: ") and "Traceback" not in done.stderr
