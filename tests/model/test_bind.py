"""Binding: every error at once, each under the word that is wrong, and modules that are not loaded."""

from __future__ import annotations

import pytest

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.expand import Input, Options, expand
from apacheconf.model import Bound, bind, build
from apacheconf.modules import registry
from apacheconf.modules.gone import GONE
from apacheconf.source import SourceFile


def bound(text: str, main: bool = False) -> Bound:
    source = SourceFile("site.conf", text)
    return bind(expand(Input((source,), "/srv", "site.conf" if main else None), Options(environ={})))


def errors(text: str, main: bool = False) -> tuple[Diagnostic, ...]:
    return tuple(each for each in bound(text, main).diagnostics if each.level is Level.ERROR)


def test_all_errors_at_once() -> None:
    """MOD-4 is httpd's; ours says all of them, in httpd's order."""
    found = errors("Foo\nTimeout\n<VirtualHost *:80>\nListen 1\nProxyPass /a b\n</VirtualHost>\nKeepAlive maybe\n")
    assert [each.place.line for each in found if each.place] == [1, 2, 4, 5, 7]


def test_httpds_own_text() -> None:
    """MOD-7, MOD-9: the last physical line of a continued one."""
    (found,) = errors("\nTimeout 1 \\\n 2\n")
    assert found.httpd == (
        "AH00526: Syntax error on line 3 of site.conf:\nTimeout takes one argument, Timeout duration (sec)"
    )


def test_the_caret_is_under_the_word() -> None:
    (found,) = errors('ProxyPass "/a b" http://h/ retry=1 timeout=0\n')
    assert found.span is not None and found.span.text == "timeout=0"
    (found,) = errors("  Timeout 1 22\n")
    assert found.span is not None and (found.span.text, found.span.column) == ("22", 13)


def test_no_caret_where_the_text_was_expanded() -> None:
    (found,) = errors("Define bad timeout=0\nProxyPass /a http://h/ ${bad}\n")
    assert found.span is None and found.where is not None and found.where.line == 2


def test_a_module_that_is_not_loaded() -> None:
    """MOD-5: httpd's words, and the line that would help."""
    (found,) = errors("ProxyPass / http://h/\n", main=True)
    assert found.name == "module-not-loaded" and found.message.startswith("Invalid command 'ProxyPass', perhaps")
    assert found.help is not None and "LoadModule proxy_module modules/mod_proxy.so" in found.help
    assert not errors("ProxyPass / http://h/\n")
    assert not errors("ProxyPass / http://h/\nLoadModule proxy_module modules/mod_proxy.so\n", main=True)


def test_one_mpm() -> None:
    """MOD-10: two are an error; none may mean that one is compiled in, so its directives count as known."""
    (found,) = bound("Listen 80\n", main=True).diagnostics
    assert (found.level, found.httpd) == (Level.WARNING, "AH00534: {argv0}: Configuration error: No MPM loaded.")
    loads = "LoadModule mpm_event_module e.so\nLoadModule mpm_worker_module w.so\n"
    (found,) = bound(loads, main=True).diagnostics
    assert (found.level, found.message) == (Level.ERROR, "Configuration error: More than one MPM loaded.")
    assert not bound("LoadModule mpm_worker_module w.so\nListen 80\n", main=True).diagnostics


def test_a_misspelled_name() -> None:
    (found,) = errors("ProxyPas / http://h/\n")
    assert found.name == "unknown-directive" and found.help is not None and "ProxyPass" in found.help


def test_a_section_written_as_a_directive() -> None:
    (found,) = errors("Location /x\n")
    assert found.help is not None and "<Location> is a section" in found.help


def test_other_peoples_modules() -> None:
    """A known module from elsewhere: fine in a fragment, or where it is loaded."""
    assert not errors("php_value a b\nWSGIScriptAlias / /x\n")
    assert not errors("LoadModule php_module modules/libphp.so\nphp_value a b\n", main=True)
    (found,) = errors("php_value a b\n", main=True)
    assert found.help is not None and "mod_php" in found.help


def test_a_module_we_do_not_know_may_have_what_we_do_not_know() -> None:
    loads = "LoadModule mpm_event_module e.so\nLoadModule strange_module modules/mod_strange.so\n"
    (found,) = bound(f"{loads}Strange a\n", main=True).diagnostics
    assert found.level is Level.WARNING and found.help is not None and "strange_module" in found.help


def test_what_stands_in_an_unknown_section_is_left_alone() -> None:
    """MOD-6: one error, and no second one for what only that section would understand."""
    (found,) = errors("<Foo>\nBar\nTimeout\n</Foo>\n")
    assert found.message.startswith("Invalid command '<Foo',")


def test_names_in_any_case() -> None:
    """LEX-22."""
    assert not errors("tImeOut 5\n<LOCATION /x>\nproxypreservehost on\n</location>\n")


def test_values_of_one_text_are_read_once_per_place() -> None:
    """LOC-15: the same words mean another thing in a Location than in a host."""
    text = "ProxyPass / http://h/\n<Location /x>\nProxyPass http://h/\n</Location>\n<Location /y>\nProxyPass http://h/\n</Location>\n"
    directives = bound(text).directives
    assert directives[0].value.path == "/"
    assert [section.children[0].value.path for section in directives[1:] if section.children] == [None, None]


def test_places_of_a_misplaced_directive() -> None:
    (found,) = errors("<Directory /x>\nProxyPass http://h/\n</Directory>\n")
    assert found.help == "ProxyPass may stand outside of sections, in <VirtualHost>, in <Location> or in <Proxy>"


def test_names_that_a_list_can_not_hold() -> None:
    """STR-33: AH00116 of httpd, a warning."""
    text = "<Directory /x>\nAllowOverrideList Header <Files Nope <Limit>\n</Directory>\n"
    found = [(each.message, each.level) for each in build(bound(text)).all_diagnostics]
    said = "Discarding unrecognized directive `{}' in AllowOverrideList at site.conf:2"
    assert found == [(said.format(name), Level.WARNING) for name in ("Nope", "<Limit>")]


@pytest.mark.parametrize(
    ("line", "name", "pointed_at", "help"),
    [
        ("AcceptMutex flock", "unknown-directive", "AcceptMutex", "httpd 2.4 has no AcceptMutex: write `Mutex`"),
        ("  rewritelog x", "unknown-directive", "rewritelog", "LogLevel rewrite:trace3"),
        ("<Nope x>\n</Nope>", "unknown-directive", "<Nope", "no module that we know"),
        ("Require all granted", "wrong-context", "Require", "may stand in <Directory>"),
        ("KeepAlive maybe", "bad-value", "maybe", None),
        ("KeepAlive", "argument-count", "KeepAlive", None),
        ("RewriteRule x y [P, L]", "bad-value", "[P,", "one pair of brackets"),
        ("ProxyPass / http://h/ retri=5", "bad-value", "retri=5", "did you mean retry=?"),
        ("ProxyPass / balancer://c/ stickyssesion=5", "bad-value", "stickyssesion=5", "did you mean stickysession=?"),
        ("ProxyPass / http://h/ zzz=5", "bad-value", "zzz=5", None),
    ],
)
def test_the_caret_and_the_help(line: str, name: str, pointed_at: str, help: str | None) -> None:
    """The caret stands under the name or the word that is wrong, and the help says what to do."""
    (found,) = errors(line + "\n")
    assert found.name == name
    assert found.where is not None and found.where.text == pointed_at
    assert (found.help is None) if help is None else (help in (found.help or ""))


def test_names_of_elder_servers() -> None:
    """Section 5.7: a notice of httpd's for the first NameVirtualHost, and a warning for each DefaultType."""
    text = "NameVirtualHost *:80\nNameVirtualHost *:81\nDefaultType none\nDefaultType text/plain\n"
    found = build(bound(text)).all_diagnostics
    assert [(each.name, each.place.line) for each in found if each.place] == [
        ("name-virtual-host", 1),
        ("default-type", 4),
    ]
    assert found[0].httpd == f"AH00548: {found[0].message} site.conf:1"


def test_no_name_that_is_gone_is_known() -> None:
    assert not [name for name in GONE if (row := registry.row(name)) is not None and row.args is not None]
