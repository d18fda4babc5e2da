"""The report of a translation as SARIF: each directive that differs at its own line and column."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.conftest import Command


def test_each_directive_that_differs_stands_at_its_place(tmp_path: Path, command: Command) -> None:
    site, report = tmp_path / "site.conf", tmp_path / "report.sarif"
    site.write_text("ServerName a.test\nProxyPass / http://10.0.0.1/\n  MDomain a.test\n")
    done = command("translate", site, "--to", "nginx", "-o", f"{tmp_path}/out/", "--report", report)
    assert done.returncode == 0, done.stderr
    log = json.loads(report.read_text())
    run = log["runs"][0]
    assert log["version"] == "2.1.0" and run["properties"] == {"target": "nginx", "targetVersion": "1.22"}
    found = next(result for result in run["results"] if result["message"]["text"].startswith("MDomain"))
    assert (found["level"], found["message"]["text"][:29]) == ("error", "MDomain unsupported in nginx:")
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == str(site)
    assert (place["region"]["startLine"], place["region"]["startColumn"], place["region"]["endLine"]) == (3, 3, 3)
    described = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(described) == len(set(described)) and {each["ruleId"] for each in run["results"]} <= set(described)
    assert not [result for result in run["results"] if result["message"]["text"].startswith("ServerName")]


def test_the_line_of_the_output_is_named_too(tmp_path: Path, command: Command) -> None:
    site, report, out = tmp_path / "site.conf", tmp_path / "r.sarif", tmp_path / "nginx.conf"
    site.write_text(
        "ProxyPreserveHost On\n<Proxy balancer://c>\nBalancerMember http://10.0.0.1\nBalancerMember http://10.0.0.2\n</Proxy>\n"
        "ProxyPass / balancer://c/\n"
    )
    command("translate", site, "--to", "nginx", "-o", out, "--report", report)
    results = json.loads(report.read_text())["runs"][0]["results"]
    member = next(each for each in results if each["message"]["text"].startswith("BalancerMember"))
    related = member["relatedLocations"][0]["physicalLocation"]
    line = out.read_text().split("\n")[related["region"]["startLine"] - 1]
    assert related["artifactLocation"]["uri"] == "nginx.conf"
    assert re.fullmatch(r"\s*server \S*\b10\.0\.0\.1\b\S* max_fails=0;", line)
