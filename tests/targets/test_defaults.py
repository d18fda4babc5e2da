"""A line that says what holds without it costs nobody anything: no target calls it unsupported (DEF-1)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apacheconf.expand import Options
from apacheconf.ledger import Outcome
from apacheconf.program.loading import load
from apacheconf.targets import translate

SPEC = Path(__file__).parents[1] / "spec" / "directives.json"
#: The modules whose directives proxies are written in.
MODULES = frozenset(
    {
        "core", "mod_alias", "mod_dir", "mod_env", "mod_headers", "mod_log_config", "mod_mime", "mod_negotiation",
        "mod_proxy", "mod_proxy_balancer", "mod_proxy_http", "mod_remoteip", "mod_rewrite", "mod_setenvif", "mod_ssl"
    }
)  # fmt: skip
#: The manual's words about a default, and no default that can be written.
NO_WORDS = ("(", "[", "|", "none", "ErrorLog", "DEFAULT_REL")
#: What is said with more than this line: it stays what it is for a target, wherever it stands.
OTHERWISE = frozenset({"RequestReadTimeout", "LogLevel", "SSLProxyCipherSuite"})


def defaults() -> list[tuple[str, str, bool]]:
    """Names, lines and whether they stand in a host, of the directives whose default the manual writes out."""
    found = []
    for each in json.loads(SPEC.read_text()):
        default = each["default"] or ""
        if each["section"] or not default or not MODULES & set(each["modules"]) or each["name"] in OTHERWISE:
            continue
        if any(word in default for word in NO_WORDS) or not {"on", "off"} & set(default.lower().split()):
            continue
        if not {"server", "virtual host"} & set(each["contexts"]):
            continue
        in_host = "virtual host" in each["contexts"]
        line = default if default.lower().startswith(each["name"].lower()) else f"{each['name']} {default}"
        found.append((each["name"], line, in_host))
    return found


@pytest.mark.parametrize("target", ["nginx", "haproxy"])
@pytest.mark.parametrize(("name", "line", "in_host"), defaults(), ids=[each[0] for each in defaults()])
def test_what_holds_anyway_is_not_unsupported(name: str, line: str, in_host: bool, target: str, tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    inner, outer = (line, "") if in_host else ("", line)
    file.write_text(
        f"{outer}\n<VirtualHost *:80>\nServerName a.example\n{inner}\nProxyPass / http://10.0.0.1:8080/\n</VirtualHost>\n"
    )
    loaded = load([str(file)], Options())
    rows = [row for row in translate(loaded.require(), target).rows if row.name.lower() == name.lower()]
    assert rows and all(row.outcome < Outcome.APPROXIMATED for row in rows), rows


def test_what_is_taken_back_further_in_is_not_done_there(tmp_path: Path) -> None:
    """The line has no effect of its own: the outer one's isn't written where it no longer holds."""
    outer, inner = "ProxyPreserveHost On\nProxyErrorOverride On", "ProxyPreserveHost Off\nProxyErrorOverride Off"
    file = tmp_path / "site.conf"
    file.write_text(
        f"<VirtualHost *:80>\nServerName a.example\n{outer}\n<Location /in>\n{inner}\n</Location>\n"
        "ProxyPass / http://10.0.0.1:8080/\n</VirtualHost>\n"
    )
    text = translate(load([str(file)], Options()).require(), "nginx").text
    inside, outside = (
        text.partition("location ^~ /in/ {")[2].partition("\n        }")[0],
        text.partition("location / {")[2],
    )
    assert "proxy_set_header Host 10.0.0.1:8080;" in text
    assert "proxy_set_header Host $" not in inside
    assert "proxy_intercept_errors on;" not in inside
    own = outside.partition("\n        }")[0]
    assert "proxy_intercept_errors on;" in own
    assert "proxy_set_header Host $" in own


#: What nginx would do otherwise, by its version or at all, and the line that says what httpd does.
_WRITTEN_OUT = {
    "DEF-1": "client_max_body_size 0;",
    "DEF-4": "large_client_header_buffers 100 8k;",
    "DEF-5": "proxy_buffer_size 16k;",
    "DEF-6": "proxy_http_version 1.1;",
    "DEF-7": "proxy_set_header Host 10.0.0.1:8080;",
    "DEF-8": "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    "DEF-9": "proxy_connect_timeout 60s;",
    "DEF-10": "proxy_read_timeout 60s;",
    "DEF-11": "error_page 502 504 = @gateway_error;",
    "DEF-13": "keepalive_timeout 5s;",
    "DEF-14": "keepalive_requests 101;",
    "DEF-15": "client_header_timeout 20s;",
    "DEF-16": "client_body_timeout 60s;",
    "DEF-17": "merge_slashes on;",
    "DEF-21": "proxy_redirect off;",
    "DEF-22": "underscores_in_headers on;",
    "DEF-24": "proxy_pass_header Server;",
    "DEF-25": "proxy_pass_header X-Accel-Redirect;",
    "DEF-38": "proxy_next_upstream error;",
    "DEF-44": "proxy_request_buffering off;",
}


@pytest.mark.parametrize("version", ["1.22", "1.31"])
def test_what_holds_without_a_word_is_written_out(version: str, tmp_path: Path) -> None:
    """NGX-2: the file means the same whatever a version of nginx does by itself."""
    file = tmp_path / "site.conf"
    file.write_text("<VirtualHost *:80>\nServerName a.example\nProxyPass / http://10.0.0.1:8080/\n</VirtualHost>\n")
    text = translate(load([str(file)], Options()).require(), "nginx", version).text
    lines = {each.strip() for each in text.splitlines()}
    assert {name: line for name, line in _WRITTEN_OUT.items() if line not in lines} == {}
    assert ("max_headers 100;" in lines) == (version == "1.31")  # NGX-1: which 1.22 doesn't know
