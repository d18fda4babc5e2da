"""Pitfalls of reading (section 11 of the specification): the words that a directive gets, and from where.

That httpd accepts each line, or refuses it and in which words, is in ``fixtures/refusals/pitfalls.txt``.
"""

from __future__ import annotations

import pytest

from apacheconf.diagnostics import Level
from apacheconf.expand import Input, Options, expand
from apacheconf.model import Address, Bound, Model, bind, build
from apacheconf.model.bound import Directive
from apacheconf.modules.core import CoreServerConf, ServerName
from apacheconf.source import SourceFile
from apacheconf.syntax import parse
from apacheconf.syntax.words import split


def bound(text: str, **environ: str) -> Bound:
    return bind(expand(Input((SourceFile("site.conf", text),), "/srv", None, environ), Options(environ=environ)))


def model_of(text: str, **environ: str) -> Model:
    model = build(bound(text, **environ))
    assert not [each for each in model.all_diagnostics if each.level is Level.ERROR]
    return model


def only(text: str) -> Directive:
    (directive,) = bound(text).directives
    return directive


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('ErrorDocument 404 "Not here', ["404", "Not here"]),  # PIT-5
        (r"ServerAlias ^[A-Z]{3,9}\ /x/?\ HTTP/", ["^[A-Z]{3,9}\\", "/x/?\\", "HTTP/"]),  # PIT-9
        ('Header set S "max-age=9; x', ["set", "S", "max-age=9; x"]),  # PIT-4
        (r"Header edit Set-Cookie ^(.*)$ $1;Secure", ["edit", "Set-Cookie", "^(.*)$", "$1;Secure"]),  # PIT-46
        ("ServerAlias a.example, b.example", ["a.example,", "b.example"]),  # PIT-49
        ('Redirect 301 / "https://x/a b"', ["301", "/", "https://x/a b"]),  # PIT-59
        (r'Alias /x "C:\dir\"', ["/x", 'C:\\dir"']),  # PIT-63
        (r"CustomLog '|/bin/x \"a b\"' c", ['|/bin/x \\"a b\\"', "c"]),  # only the quote in use is escaped
        (r'CustomLog "|/bin/x \"a b\"" c', ['|/bin/x "a b"', "c"]),  # PIT-45
    ],
)
def test_words(line: str, words: list[str]) -> None:
    assert split(line.partition(" ")[2]) == words


@pytest.mark.parametrize(
    ("tag", "pattern", "regex"),
    [
        ('<Location ~ "/(.*)/adm>\n</Location>', "/(.*)/adm", True),  # PIT-7
        (r'<FilesMatch ".+\.ph(ar|p|tml)$">' + "\n</FilesMatch>", r".+\.ph(ar|p|tml)$", True),  # PIT-43
        (r"<FilesMatch \.php$>" + "\n</FilesMatch>", r"\.php$", True),  # PIT-43
        ("<Directory />\n</Directory>", "/", False),  # PIT-17
        ("<Location /x> # note\n</Location>", "/x", False),  # PIT-23
        ('<If "%{QUERY_STRING} =~ /a>b/">\n</If>', "%{QUERY_STRING} =~ /a>b/", False),  # PIT-21
    ],
)
def test_sections(tag: str, pattern: str, regex: bool) -> None:
    value = only(tag).value
    assert (value.pattern, value.regex) == (pattern, regex)


def test_a_strange_condition_is_false_and_closed_in_another_case() -> None:
    """PIT-16, PIT-26."""
    assert bound('<ifmodule mod_x.c="">\nNope\n</IFMODULE>\n').directives == ()


def test_variables_are_looked_up_whatever_their_case() -> None:
    """PIT-31."""
    server = model_of("Define n www\nServerName ${N}.example\n").main
    assert server.server_conf(CoreServerConf).server_name.value == ServerName("www.example")


def test_each_use_of_a_variable_sees_the_value_above_it() -> None:
    """PIT-32."""
    host = "<VirtualHost *:80>\nDefine h {0}\nServerName ${{h}}\n</VirtualHost>\n"
    hosts = model_of(host.format("a") + host.format("b")).hosts
    names = [each.server_conf(CoreServerConf).server_name.value for each in hosts]
    assert names == [ServerName("a"), ServerName("b")]


def test_a_value_may_hold_an_equals_sign() -> None:
    """PIT-33."""
    assert bound('Define c "CN=%{X}s=1"\nServerAdmin ${c}\n').directives[0].words == ("CN=%{X}s=1",)


def test_a_variable_is_expanded_before_the_words_are_split() -> None:
    """PIT-34."""
    text = 'Define HOSTS "a b"\n<VirtualHost *:80>\nServerName h\nServerAlias ${HOSTS}\n</VirtualHost>\n'
    assert model_of(text).hosts[0].server_conf(CoreServerConf).server_aliases.value == ("a", "b")


def test_the_environment_is_for_expansion_only() -> None:
    """PIT-35: IfDefine does not see it."""
    text = "ServerName ${FROM_ENV}\n<IfDefine FROM_ENV>\nServerName other\n</IfDefine>\n"
    server = model_of(text, FROM_ENV="env.example").main
    assert server.server_conf(CoreServerConf).server_name.value == ServerName("env.example")


def test_hosts_made_by_a_macro_say_so() -> None:
    """PIT-38: the file of what stands in them is the macro."""
    text = (
        "<Macro VHost $name>\n<VirtualHost *:80>\nServerName $name\n</VirtualHost>\n</Macro>\n"
        "Use VHost a.example\nUse VHost b.example"
    )
    hosts = model_of(text).hosts
    assert [each.server_conf(CoreServerConf).server_name.value for each in hosts] == [
        ServerName("a.example"),
        ServerName("b.example"),
    ]
    assert [each.node and each.node.place.name.partition(" (")[0] for each in hosts] == ["macro 'vhost'"] * 2


def test_the_last_line_needs_no_end() -> None:
    """PIT-60."""
    assert bound('<Macro A $x>\nServerName $x\n</Macro>\nUse A "x"').directives[0].words == ("x",)


def test_a_value_ends_with_its_line() -> None:
    """PIT-44: the rest is a directive of its own."""
    directives = bound('SSLCipherSuite "A B\nC"\n').directives
    assert [(each.node.name, each.words) for each in directives] == [("SSLCipherSuite", ("A B",)), ('C"', ())]


def test_lines_are_joined_before_they_are_split() -> None:
    """PIT-56."""
    (directive,) = bound('SecRule X "@rx \\"a" "id:1,\\\n phase:2"\n').directives
    assert directive.words == ("X", '@rx "a', "id:1, phase:2")


def test_the_body_of_a_lua_section_is_no_configuration() -> None:
    """PIT-55, STR-1: nothing in it is bound."""
    found = bound("<LuaHookFixups>\nif a < b then\nend\n</LuaHookFixups>\nServerName a\n")
    assert [each.node.name for each in found.directives][-1] == "ServerName"
    assert not [each for each in found.diagnostics if each.level is Level.ERROR]


def test_addresses_that_cannot_be_resolved_are_dropped() -> None:
    """PIT-50, PIT-51: what is left is the same set as ``*:443``."""
    hosts = model_of(
        "<VirtualHost *:80, *:443>\nServerName a\n</VirtualHost>\n"
        "<VirtualHost _default_:443>\nServerName b\n</VirtualHost>\n"
    ).hosts
    assert [each.addresses for each in hosts] == [(Address(None, 443),)] * 2


def test_a_server_name_with_scheme_and_port() -> None:
    """PIT-52, VH-20."""
    server = model_of("ServerName https://a.example:443\n").main
    assert server.server_conf(CoreServerConf).server_name.value == ServerName("a.example", 443, "https")


def test_names_have_no_case() -> None:
    """PIT-57."""
    found = bound("<Directory /x>\nREQUIRE all granted\norder allow,deny\n</Directory>\nserverNAME a\n")
    assert not [each for each in found.diagnostics if each.level is Level.ERROR]
    assert [each.spec and each.spec.name for each in found.directives] == ["<Directory>", "ServerName"]


@pytest.mark.parametrize(
    "text", ['Header set X "a"\n', "<IfModule mod_x.c>\n\tListen   80 \\\n 81\n</IfModule>\n", "Define x \\\n"]
)
def test_printing_keeps_every_byte(text: str) -> None:
    """PIT-61, PIT-64: nothing is quoted again."""
    assert str(parse(SourceFile("site.conf", text))) == text


def test_what_is_done_while_reading_acts_on_everything_after_it() -> None:
    """STR-7."""
    host = "<VirtualHost *:80>\nServerName {0}\nDefine x b\n</VirtualHost>\n"
    assert model_of(host.format("a") + host.format("${x}")).hosts[1].server_conf(
        CoreServerConf
    ).server_name.value == ServerName("b")


@pytest.mark.parametrize("section", ["Location", "Files"])
def test_a_useless_override_is_a_warning(section: str) -> None:
    """STR-8."""
    (warning,) = build(bound(f"<{section} /x>\nAllowOverride None\n</{section}>\n")).diagnostics
    message = "Useless use of AllowOverride in line 2 of site.conf."
    assert (warning.level, warning.message) == (Level.WARNING, message)
