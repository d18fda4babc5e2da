"""Names of variables in the output say what they hold (DES-12)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from apacheconf.targets.spoken import MOST, words_of
from tests.targets.configs import host, translated

#: With a condition of its own: one that stands alone is an entry of the map that picks who answers.
_RULE = "RewriteCond %{HTTP:X-Other} a\nRewriteRule ^/(.*)$ http://h/$1 [P]"


def _maps(folder: Path, *lines: str, target: str = "nginx") -> list[str]:
    text = translated(folder, host("RewriteEngine On", *lines), target).text
    return re.findall(r"^ +(?:map|geo) .* \$(\w+) \{", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        ("%{HTTP_USER_AGENT} bot|crawl|spider [NC]", "agent_has_bot_crawl_spider"),
        ("%{HTTP_USER_AGENT} !bot [NC]", "not_agent_has_bot"),
        (r"%{REQUEST_URI} ^/\.well-known/", "path_begins_well_known"),
        (r"%{REQUEST_URI} \.php$", "path_ends_php"),
        ("%{REQUEST_METHOD} ^(GET|HEAD)$", "method_begins_get_head"),
        ("%{REQUEST_METHOD} =POST", "method_is_post"),
        ("%{HTTP:X-Requested-With} =XMLHttpRequest", "x_requested_with_is_xmlhttprequest"),
        (r"%{HTTP_COOKIE} (?:^|;\s*)release=canary(?:;|$)", "sent_cookie_has_release_canary"),
        ("%{QUERY_STRING} ^$", "query_is_empty"),
        ("%{HTTP_REFERER} [a-z]", "referer_fits"),
        ("""expr "%{HTTP_HOST} -strmatch '*.example.com'\"""", "host_like_example_com"),
        ('expr "-n %{HTTP:Authorization}"', "authorization_given"),
        ("""expr "%{REMOTE_ADDR} -ipmatch '10.0.0.0/8'\"""", "client_in_10_0_0_0_8"),
    ],
)
def test_a_map_is_called_by_what_it_asks(condition: str, name: str, tmp_path: Path) -> None:
    assert name in _maps(tmp_path, f"RewriteCond {condition}", _RULE)


def test_several_conditions_are_said_in_a_row(tmp_path: Path) -> None:
    conditions = ["RewriteCond %{REQUEST_METHOD} =PUT [OR]", "RewriteCond %{REQUEST_METHOD} =POST"]
    assert "method_is_put_or_post" in _maps(tmp_path, *conditions, _RULE)


def test_what_has_no_room_is_counted(tmp_path: Path) -> None:
    lines = [f"RewriteCond %{{HTTP_USER_AGENT}} {word} [OR]" for word in ("Googlebot", "Bingbot", "Baiduspider")]
    found = _maps(tmp_path, *lines, "RewriteCond %{HTTP_USER_AGENT} Yandex", _RULE)
    assert "agent_has_googlebot_or_3_more" in found


def test_two_of_a_name_get_numbers(tmp_path: Path) -> None:
    """What the words don't tell apart."""
    found = _maps(tmp_path, "RewriteCond %{HTTP_REFERER} ^a/b", _RULE, "RewriteCond %{HTTP_REFERER} ^a-b", _RULE)
    assert {"referer_begins_a_b", "referer_begins_a_b_2"} <= set(found)


def test_a_map_never_takes_a_name_of_nginx(tmp_path: Path) -> None:
    """``$cookie_a`` is a cookie, and ``$http_a`` a header."""
    found = _maps(tmp_path, "RewriteCond %{HTTP:Cookie-Law} =yes", _RULE)
    assert "the_cookie_law_is_yes" in found


def test_headers_and_variables_give_their_names(tmp_path: Path) -> None:
    found = _maps(
        tmp_path,
        'SetEnvIf User-Agent "bot" robot=yes',
        "ProxyPass / http://h/",
        "Header always set X-Robot %{robot}e env=robot",
        'RequestHeader append X-Kind "a %{robot}ebc"',
    )
    assert {"env_robot", "header_x_robot", "onward_x_kind_joined"} <= set(found)


def test_a_place_says_who_answers_there(tmp_path: Path) -> None:
    lines = [
        "RewriteEngine On",
        "RewriteCond %{HTTP_HOST} =a",
        "RewriteRule ^/api/ http://h/x [P]",
        "ProxyPass /api http://b",
    ]
    text = translated(tmp_path, host(*lines), "nginx").text
    assert "try_files /.no-such-file @$who_answers_api;" in text
    assert "location @to-api {" in text


def test_haproxy_calls_its_variables_alike(tmp_path: Path) -> None:
    lines = ["RewriteEngine On", "RewriteCond %{REQUEST_METHOD} =PUT [OR]", "RewriteCond %{HTTP_HOST} =a.test", _RULE]
    assert "set-var(txn.asked_method_is_put_or_host_is_a_test)" in translated(tmp_path, host(*lines), "haproxy").text


def test_names_fit_into_the_buckets_of_nginx(tmp_path: Path) -> None:
    """nginx refuses names of more than 46 letters unless its buckets are made larger."""
    long = "a-header-that-is-called-by-very-many-words-indeed"
    lines = [f"RewriteCond %{{HTTP:{long}}} ^{letter}{'x' * 50} [OR]" for letter in "ab"]
    found = _maps(tmp_path, *lines, f"RewriteCond %{{HTTP:{long}}} ^c", _RULE, f'Header set {long} "%{{{long}}}e"')
    assert found
    assert max(map(len, found)) <= MOST


def test_words_are_whole_where_there_is_room() -> None:
    assert (words_of("/a/long/path", 6), words_of("Überlong"), words_of("a" * 60)) == ("a_long", "berlong", "a" * 26)
