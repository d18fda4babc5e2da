"""What a row says of maps, early lines and mappings that another line answers (DES-5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.targets import TARGETS
from tests.targets.configs import host, outcomes, translated

_RULE = "RewriteRule ^/go/(.*)$ http://10.0.0.1/${hosts:$1|none} [P]"


def _map(folder: Path, name: str = "hosts") -> str:
    texts = folder / "hosts.txt"
    texts.write_text("a b\n")
    return f"RewriteMap {name} txt:{texts}"


@pytest.mark.parametrize("target", TARGETS)
def test_a_map_that_is_asked_with_a_capture(target: str, tmp_path: Path) -> None:
    """RW-43: its key is no matter of the map's line; a macro for two hosts makes no difference."""
    lines = ("ServerName $name", "RewriteEngine On", _map(tmp_path), _RULE)
    section = "\n".join(("<VirtualHost *:80>", *lines, "</VirtualHost>"))
    text = f"<Macro Site $name>\n{section}\n</Macro>\nUse Site a.example\nUse Site b.example\n"
    assert outcomes(translated(tmp_path, text, target))["RewriteMap"] == "equivalent"


@pytest.mark.parametrize("target", TARGETS)
def test_a_map_of_the_main_server(target: str, tmp_path: Path) -> None:
    """RW-43: a virtual host asks it where it inherits, and where none asks it, it does nothing."""
    text = _map(tmp_path) + "\n" + host("RewriteEngine On", "RewriteOptions Inherit", _RULE)
    told = outcomes(translated(tmp_path, text, target))
    assert (told["RewriteMap"], told["RewriteOptions"]) == ("equivalent", "absorbed")
    unread = _map(tmp_path, "others") + "\n" + host("RewriteEngine On", "ProxyPass / http://10.0.0.1/")
    assert outcomes(translated(tmp_path, unread, target))["RewriteMap"] == "no effect in target"


@pytest.mark.parametrize("target", TARGETS)
def test_a_path_left_alone_that_nobody_may_ask(target: str, tmp_path: Path) -> None:
    """PP-7: it answers nothing where everyone is refused."""
    refused = "<Location /internal>", "Require all denied", "</Location>"
    made = translated(tmp_path, host(*refused, "ProxyPass /internal !"), target)
    assert outcomes(made)["ProxyPass"] == "dead in source"


@pytest.mark.parametrize("target", TARGETS)
def test_an_early_line_of_a_section(target: str, tmp_path: Path) -> None:
    """HD-7: httpd does nothing there either."""
    lines = "<Location /a>", "RequestHeader set X-A b early", "</Location>"
    made = translated(tmp_path, host(*lines, "ProxyPass / http://10.0.0.1/"), target)
    assert outcomes(made)["RequestHeader"] == "no effect in target"


def test_a_page_for_an_error_that_is_not_replaced(tmp_path: Path) -> None:
    """NGX-89: nginx replaces whatever has a page, and the row says which one is in the way."""
    lines = "ErrorDocument 403 /403.html", "ErrorDocument 503 Sorry", "ProxyErrorOverride On 502 503 504"
    made = translated(tmp_path, host(*lines, "ProxyPass /403.html !", "ProxyPass / http://10.0.0.1/"), "nginx")
    (row,) = [each for each in made.rows if each.name == "ProxyErrorOverride"]
    told = [(each.key, each.caveat) for each in row.answers if each.outcome is row.outcome]
    assert [key for key, _ in told] == ["override-more"]
    assert "nginx would replace 403 too" in told[0][1]
    assert "intercept_errors" not in made.text


_CLOSED = "<If \"osenv('HOME') == '/srv/of/nobody'\">", "Require all denied", "</If>", "ProxyErrorOverride On 503"


@pytest.mark.parametrize("target", TARGETS)
def test_what_closes_a_host_is_named(target: str, tmp_path: Path) -> None:
    """DES-8: the condition stands in the row of what is closed, and its line in the row of what is lost with it."""
    made = translated(tmp_path, host(*_CLOSED, "ProxyPass / http://10.0.0.1/", "CacheEnable disk /"), target)
    rows = {each.name: each for each in made.rows}
    assert any("%{OSENV:HOME} == /srv/of/nobody" in each for each in rows["ProxyPass"].caveats)
    assert rows["If"].outcome.words == "unsupported"
    (lost,) = rows["ProxyErrorOverride"].caveats
    assert f"If at {rows['If'].place}, which can't be asked" in lost
    told = [each for name in ("If", "ProxyPass", "ProxyErrorOverride") for each in rows[name].answers]
    assert {each.key for each in told if each.outcome.words == "unsupported"} == {"closed"}
    assert [each.key for each in rows["CacheEnable"].answers] == ["not-yet"]


@pytest.mark.parametrize("target", TARGETS)
def test_each_of_several_hosts_names_its_own_line(target: str, tmp_path: Path) -> None:
    """DES-8: hosts that are alike are written once, and told one by one."""
    text = "".join(host(*_CLOSED, "ProxyPass / http://10.0.0.1/", names=f"ServerName {name}.test") for name in "abcde")
    made = translated(tmp_path, text, target)
    places = [each.place for each in made.rows if each.name == "If" and each.outcome.words == "unsupported"]
    lost = [each.caveats[0] for each in made.rows if each.name == "ProxyErrorOverride"]
    assert len(places) == 5
    assert all(f"If at {place}," in caveat for place, caveat in zip(places, lost, strict=True))


@pytest.mark.parametrize("target", TARGETS)
def test_the_innermost_line_is_named(target: str, tmp_path: Path) -> None:
    """DES-8."""
    rules = "RewriteEngine On", "RewriteCond %{SSL:SSL_CLIENT_SAN_Email_0} ^x", "RewriteRule ^/app http://10.0.0.2/ [P]"
    section = "<Location /cond>", *_CLOSED, "</Location>"
    made = translated(tmp_path, host(*rules, *section, "ProxyPass / http://10.0.0.1/"), target)
    rows = {each.name: each for each in made.rows}
    (lost,) = rows["ProxyErrorOverride"].caveats
    assert f"the section depends on If at {rows['If'].place}" in lost
