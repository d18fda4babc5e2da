"""Words that mean something to nginx or HAProxy, in every place of a configuration from which they get there (DES-13).

Each target's own reader takes the translation, and a text that a client or an origin sees is what httpd makes of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.diagnostics import ConfigError
from apacheconf.engines import check
from apacheconf.targets import TARGETS
from tests.engines.real import need
from tests.targets.configs import host, outcomes, program_of, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_WORDS = ("a b", "it's", r"q\"q", "$host", "${x", "$1x", "a{2}b", "{", "}", "a;b",
          ";return 299;",
          r"\"; return 299; #", "'; return 299; #", " # b", r"a\b", r"end\\", "%", "%[src]", "%{+Q}o", "a?b=c&d", "a,b",
          "' http-request deny '", "~x", "@x", "-f", "||", "or", "*", "),lower(", "(", "$arg_x$$", "a\tb", "=", "^",
          "|", "[", "..", "à b", "Å", "日本")  # fmt: skip
_PLACES = (
    'Header set X-V "v{}"', 'Header merge X-V "{}"', 'RequestHeader append X-V "{}"', 'Header edit X-V "{}" z',
    'Header edit X-V "t(.)" "{}$1"', 'SetEnv V "{}"\nRequestHeader set X-V "%{{V}}e"', 'SetEnvIf X-A "{}" V=1',
    'SetEnvIf X-A . "V={}"\nHeader set X-V "%{{V}}e"', 'BrowserMatch "{}" V=1', 'Redirect "/p{}" "http://o.test/x"',
    'Redirect "/x" "http://o.test/{}"', 'RedirectMatch "^/{}$" "http://o.test/x"',
    'RedirectMatch "^/(x)" "http://o.test/{}$1"', 'RewriteEngine On\nRewriteRule "^/x{}" "/new" [R,L]',
    'RewriteEngine On\nRewriteRule "^/x(.*)" "/new{}$1" [R,L]',
    'RewriteEngine On\nRewriteRule "^/x(.*)" "/new{}$1" [PT]',
    'RewriteEngine On\nRewriteRule "^/x" - "[CO=NAME:{}:a.test]"',
    'RewriteEngine On\nRewriteCond "%{{HTTP:X-A}}" "{}"\nRewriteRule "^/x" "/new" [R,L]',
    'RewriteEngine On\nRewriteCond "%{{HTTP:X-A}}" "={}"\nRewriteRule "^/x" "/new" [R,L]',
    'ErrorDocument 403 "no {}"\nRedirect 403 /e', 'ErrorDocument 403 "http://e.test/{}"\nRedirect 403 /e',
    'Alias "/x{}" "/nowhere"', 'Alias "/x" "/nowhere/{}"', 'DocumentRoot "/nowhere/{}"', 'DirectoryIndex "i{}.txt"',
    '<Files "x{}">\nRequire all denied\n</Files>', '<Location "/x{}">\nRequire all denied\n</Location>',
    '<LocationMatch "^/x{}">\nHeader set X-L y\n</LocationMatch>', 'ProxyPass "/x{}" http://127.0.0.1:81/z',
    'ProxyPass "/x" "http://127.0.0.1:81/z{}"', 'ProxyPassReverseCookieDomain "a{}" "b{}"',
    'ProxyPassReverseCookiePath "/a{}" "/b{}"',
    '<Location /x>\nAuthType Basic\nAuthName "{}"\nAuthUserFile /nowhere\nRequire user "{}"\n</Location>',
    '<Location /x>\nRequire expr "%{{HTTP:X-A}} == \'{}\'"\n</Location>',
    '<Location /x>\nRequire expr "%{{HTTP:X-A}} =~ m#{}#"\n</Location>',
    '<Location /x>\nRequire env "{}"\n</Location>',
    'CustomLog "/logs/x" "%h {} %{{X{}}}i %{{{}}}C"', 'CustomLog "/logs/x{}" "%h"', 'ErrorLog "/logs/x{}"',
    'AddType "text/x{}" .txt', 'ExpiresActive On\nExpiresByType "text/{}" "access plus 1 day"',
    'ServerAlias "s{}.test"',
    'AddOutputFilterByType DEFLATE "text/{}"', 'FallbackResource "/i{}.txt"',
)  # fmt: skip


def _hosts(folder: Path) -> Iterator[str]:
    """A virtual host for each word in each place where httpd takes it."""
    for number, place in enumerate(_PLACES):
        for other, word in enumerate(_WORDS):
            named = f"ServerName h{number}-{other}.test"
            text = host(place.format(*[word] * 3), "ProxyPass / http://127.0.0.1:81/", names=named)
            try:
                program_of(folder, text)
            except ConfigError:
                continue
            yield text


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("target", TARGETS)
def test_the_target_reads_what_stands_in_every_place(target: str, tmp_path: Path) -> None:
    need(target)
    hosts = list(_hosts(tmp_path))
    assert len(hosts) > 1300
    found = check(target, translated(tmp_path, "\n".join(hosts), target).files)
    assert found.ok, found.output


_TOLD = r"""
<VirtualHost *:{port}>
    ServerName t{n}.test
    SetEnv V "e{word}e"
    Header set X-Set "s{word}s"
    Header always set X-Always "s{word}s"
    RequestHeader set X-Told "r{word}r"
    RequestHeader set X-Env "%{V}e"
    ErrorDocument 403 "no {word} here"
    Redirect 403 /refused
    RewriteEngine On
    RewriteCond %{HTTP:X-A} "={word}"
    RewriteRule ^/same$ /is-same [PT]
    ProxyPass /refused !
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
#: Without words that httpd itself reads otherwise in one of the places, and letters that the tests' files can't hold.
_SAID = [word for word in _WORDS if word.isascii() and not re.search(r'%|\$\{|\$1|\\\\|\\"', word)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    config = "".join(_TOLD.replace("{n}", str(n)).replace("{word}", word) for n, word in enumerate(_SAID))
    modules = (*MODULES, "alias_module", "env_module", "headers_module", "rewrite_module")
    with fronts(config, tmp_path_factory.mktemp("hostile"), modules) as found:
        yield found


@pytest.mark.live
@pytest.mark.parametrize("target", TARGETS)
def test_words_mean_themselves(target: str, running: Fronts) -> None:
    """What clients and origins are told."""

    def told(server: str, number: int, word: str) -> list[object]:
        asked = re.sub(r"\\(.)", r"\1", word)
        found: list[object] = []
        for path in ("/x", "/same", "/refused"):
            head, body = exchange(running.at[server], f"t{number}.test", path, header=f"X-A: {asked}")
            found.append((head[0].split()[1], sorted(line for line in head if line.lower()[:2] == "x-"), body))
        return found

    for number, word in enumerate(_SAID):
        expected, given = told("httpd", number, word), told(target, number, word)
        assert str(given).lower() == str(expected).lower(), word


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("line", [r'Header set X-V "a\nb"', r'Header always set X-V "a\r\nX-Injected: 1"',
                                  r'RequestHeader set X-V "a\nb"', 'Header set "X(" a'])  # fmt: skip
def test_a_header_that_would_break_in_two_is_not_written(line: str, target: str, tmp_path: Path) -> None:
    """httpd answers 500 with it (seen on 2.4.71)."""
    found = translated(tmp_path, host(line, "ProxyPass / http://127.0.0.1:81/"), target)
    assert outcomes(found)[line.split()[0]] == "unsupported"
    assert not re.search(r"X\(|X: y|a\\+n|a'\\n|Injected", "".join(map(_without_comments, found.files.values())))


def _without_comments(text: str) -> str:
    return re.sub(r"(?m)^\s*#.*", "", text)


@pytest.mark.parametrize("name", ["sess-id", "a.b", "x$1", "a;b"])
def test_a_cookie_in_a_log_is_asked_for_by_its_own_name(name: str, tmp_path: Path) -> None:
    """No variable can be called so, and one for another name would be logged (NGX-190)."""
    text = translated(tmp_path, host(f'CustomLog /logs/x "%{{{name}}}C"', "Redirect / http://o.test/"), "nginx")
    written = next(iter(text.files.values()))
    assert "$cookie_" not in _without_comments(written).replace("$cookie_" + re.sub(r"\W+", "_", name), "")
    assert re.escape(name) in written or name in written


@pytest.mark.parametrize("target", TARGETS)
def test_case_makes_no_other_variable(target: str, tmp_path: Path) -> None:
    """The environment is a table that doesn't know case (seen on 2.4.71)."""
    lines = ("SetEnv Foo told", 'RequestHeader set X-One "%{FOO}e"', "RequestHeader set X-Two y env=foo",
             "ProxyPass / http://127.0.0.1:81/")  # fmt: skip
    text = next(iter(translated(tmp_path, host(*lines), target).files.values()))
    assert not re.search(r"(?m)X-One \(null\)$", text)
    assert re.search(r"X-Two y\b", text)


def test_two_variables_of_one_name_in_haproxy_are_not_taken_for_each_other(tmp_path: Path) -> None:
    lines = ("SetEnv A-B one", "SetEnv A_B two", 'RequestHeader set X-One "%{A-B}e"')
    found = translated(tmp_path, host(*lines, "ProxyPass / http://127.0.0.1:81/"), "haproxy")
    assert outcomes(found)["RequestHeader"] == "unsupported"
