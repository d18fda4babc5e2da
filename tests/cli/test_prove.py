"""``apacheconf prove``: the report for people and for programs, and its exit code."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from apacheconf.cli.prove import lines
from apacheconf.prove import Report, Result
from apacheconf.prove.compare import Aspect, Comparison
from apacheconf.prove.observe import Observation
from tests.conftest import SITES, Command
from tests.engines.real import need


@pytest.mark.live
def test_serve_equals_httpd(command: Command) -> None:
    need("httpd")
    done = command("prove", SITES / "reverse-proxy/conf.d", "--against", "serve", "--json")
    data = json.loads(done.stdout)
    assert (done.returncode, data["unannounced"]) == (0, 0)
    assert data["asked"] >= 40


@pytest.mark.live
def test_a_htaccess_file_alone(command: Command, tmp_path: Path) -> None:
    """It is read as what stands in the section of its folder."""
    need("httpd")
    index = tmp_path / "index.html"
    index.write_text("hello")
    os.utime(index, (1e9, 1e9))  # the ETag of a file that has just changed is weak
    tmp_path.chmod(0o755)
    file = tmp_path / "moved.htaccess"
    file.write_text("Redirect /old http://new.test/\nHeader set X-A 1\n")
    done = command("prove", "--context", f"htaccess:{tmp_path}", file, "--against", "serve", "--json")
    data = json.loads(done.stdout)
    assert (done.returncode, data["unannounced"]) == (0, 0)
    assert data["asked"] >= 40


def test_a_server_is_not_compared_with_itself(command: Command) -> None:
    done = command("prove", SITES / "reverse-proxy/conf.d", "--against", "serve", "--reference", "serve")
    assert done.returncode == 2
    assert "serve can't be compared with itself" in done.stderr


def told(*results: Result) -> str:
    report = Report("httpd 2.4.71", "nginx 1.22.1", results)
    return "\n".join("".join(text for _, text in line) for line in lines(report))


def result(probe: str, *aspects: Aspect, announced: str | None = None) -> Result:
    nothing = Observation((), "", ())
    comparison = Comparison(aspects, ("N2",))
    return Result("all up", "example.com", probe, comparison, nothing, nothing, "site.conf:9: ProxyPass /", announced)


def test_a_difference_shows_both_answers_and_its_directive() -> None:
    assert told(result("path: /x", Aspect("status", "200", "404")), result("path: /")) == (
        "different  all up / path: /x\n"
        "  site.conf:9: ProxyPass /\n"
        "  status\n"
        "    httpd 2.4.71  200\n"
        "    nginx 1.22.1  404\n"
        "\n"
        "                      asked  equal  announced  different\n"
        "example.com, all up       2      1          0          1\n"
        "\n"
        "normalised: N2 2\n"
        "httpd 2.4.71 against nginx 1.22.1: 2 asked, 1 equal, 0 announced, 1 different"
    )


def test_an_announced_difference_is_one_line() -> None:
    text = told(result("method: TRACE", Aspect("status", "200", "405"), announced="trace"))
    assert "announced differences\n  all up / method: TRACE  [trace]\n" in text
    assert text.endswith("1 asked, 0 equal, 1 announced, 0 different")


@pytest.mark.live
@pytest.mark.parametrize("lines", [
    ["DocumentRoot /srv/nowhere", "ProxyPass /a http://10.0.0.1/"],
    ["<VirtualHost *:80>", "DocumentRoot /srv/nowhere", "ProxyPass /a http://10.0.0.1/", "</VirtualHost>"],
])  # fmt: skip
def test_files_that_are_not_here_are_named_first(lines: list[str], command: Command, tmp_path: Path) -> None:
    """STR-43: httpd doesn't start without that of the main server, and so another one stands for it."""
    need("httpd")
    file = tmp_path / "site.conf"
    file.write_text("\n".join(lines))
    done = command("prove", file, "--against", "serve", "--budget", "1")
    said = done.stderr.splitlines()[1]
    number = lines.index("DocumentRoot /srv/nowhere") + 1
    assert said.startswith(f"{file}:{number}: note: DocumentRoot ")
    assert said.endswith("nothing is proven of its files")
    assert done.returncode == 0 and ", 0 different" in done.stdout
