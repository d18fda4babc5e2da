"""What the values of the smaller modules become, and how scopes merge them.

That httpd accepts and refuses the same ones, in the same words, is the business of ``fixtures/refusals/mod_*.txt``.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from apacheconf.diagnostics import Level
from apacheconf.expand import Input, Options, expand
from apacheconf.model import Model, bind, build
from apacheconf.modules import registry
from apacheconf.modules.declare import Args, Conf
from apacheconf.modules.mod_access_compat import AccessDirConf
from apacheconf.modules.mod_authz_core import AuthzDirConf, RequireGroup, Requirement
from apacheconf.modules.mod_expires import ExpiresDirConf, Expiry
from apacheconf.modules.mod_filter import FilterByType, FilterDirConf
from apacheconf.modules.mod_mime import MimeDirConf
from apacheconf.modules.mod_remoteip import RemoteIpServerConf
from apacheconf.modules.mod_reqtimeout import ReadTimeout, ReqTimeoutServerConf
from apacheconf.modules.mod_ssl import SslDirConf, SslServerConf
from apacheconf.modules.mod_substitute import SubstituteDirConf, Substitution
from apacheconf.source import SourceFile


def model_of(text: str) -> Model:
    expanded = expand(Input((SourceFile("site.conf", text),), "/srv", None), Options(environ={}))
    model = build(bind(expanded))
    assert not [each for each in model.all_diagnostics if each.level is Level.ERROR]
    return model


def location(text: str, conf: type[Conf]) -> Any:
    """The conf of the only section."""
    model = model_of(f"<Location /x>\n{text}\n</Location>\n")
    return model.main.sections[0].conf(conf)


def in_host(main: str, host: str) -> Any:
    """The host's server, where the main server has something too."""
    return model_of(f"{main}\n<VirtualHost *:80>\n{host}\n</VirtualHost>\n").hosts[0]


@pytest.mark.parametrize(
    ("words", "enabled"),
    [
        ("all -SSLv3 -TLSv1 -TLSv1.1", {"TLSv1.2", "TLSv1.3"}),
        ("-all +TLSv1.2 +tlsv1.3", {"TLSv1.2", "TLSv1.3"}),
        ("TLSv1.2 TLSv1.3", {"TLSv1.3"}),
        ("TLSv1.2 +TLSv1.3", {"TLSv1.2", "TLSv1.3"}),
    ],
)
def test_a_protocol_without_a_sign_forgets_those_before_it(words: str, enabled: set[str]) -> None:
    assert model_of(f"SSLProtocol {words}\n").main.server_conf(SslServerConf).protocols.value == enabled


def test_a_host_keeps_what_it_does_not_set() -> None:
    """INH-14: one scalar is the host's, the other the main server's."""
    host = in_host("SSLProtocol TLSv1.3\nSSLHonorCipherOrder on", "SSLEngine on\nSSLHonorCipherOrder off")
    conf = host.server_conf(SslServerConf)
    assert (conf.engine.value, conf.protocols.value, conf.honor_cipher_order.value) == ("on", {"TLSv1.3"}, False)


def test_tls_with_an_origin_belongs_to_its_proxy_section() -> None:
    model = model_of("SSLProxyEngine on\n<Proxy https://h/>\nSSLProxyVerify require\n</Proxy>\n")
    assert model.main.dir_conf(SslDirConf).proxy_verify.value == "none"
    assert model.main.sections[0].conf(SslDirConf).proxy_verify.value == "require"


def test_trusted_proxies_add_up() -> None:
    """INH-18: the main server's and the host's are trusted alike."""
    conf = in_host("RemoteIPInternalProxy 10.0.0.1", "RemoteIPTrustedProxy 10.0.0.2").server_conf(RemoteIpServerConf)
    assert [(each.words, each.internal) for each in conf.proxies.value] == [
        (("10.0.0.1",), True),
        (("10.0.0.2",), False),
    ]


@pytest.mark.parametrize(
    ("code", "expiry"),
    [
        ("A3600", Expiry(3600)),
        ("M60", Expiry(60, since_modification=True)),
        ('"access plus 1 month 2 days"', Expiry(2592000 + 2 * 86400)),
        ('"modification 1 hour 3 minutes 4 seconds"', Expiry(3784, since_modification=True)),
        ('"now plus 1 year"', Expiry(31536000)),
        ('"ACCESS PLUS 1 DAY"', Expiry(0)),
    ],
)
def test_expiry(code: str, expiry: Expiry) -> None:
    """A capital A is a form of its own, whatever follows."""
    assert location(f"ExpiresDefault {code}", ExpiresDirConf).default.value == expiry


def test_expiries_win_type_by_type() -> None:
    host = in_host(
        "ExpiresByType text/css A1\nExpiresByType image/png A2", "ExpiresByType text/css A3\nExpiresActive on"
    )
    table = host.dir_conf(ExpiresDirConf).by_type.value
    assert table == {"text/css": Expiry(3), "image/png": Expiry(2)}


@pytest.mark.parametrize(
    ("text", "substitution"),
    [
        ("s/a/b/", Substitution("a", "b")),
        ("s|a/b|c|in", Substitution("a/b", "c", frozenset("in"))),
        ('"s/a b/c"', Substitution("a b", "c")),
    ],
)
def test_substitutions(text: str, substitution: Substitution) -> None:
    assert location(f"Substitute {text}", SubstituteDirConf).substitutions.value == (substitution,)


def test_request_timeouts() -> None:
    conf = in_host("RequestReadTimeout header=20-40,MinRate=500 body=10", "RequestReadTimeout body=0").server_conf(
        ReqTimeoutServerConf
    )
    assert conf.timeouts.value == {"header": ReadTimeout(20, 40, 500), "body": ReadTimeout(0)}


def test_filters_by_type() -> None:
    conf = location("AddOutputFilterByType INFLATE;DEFLATE text/HTML text/plain", FilterDirConf)
    assert conf.by_type.value == (FilterByType(("INFLATE", "DEFLATE"), ("text/html", "text/plain")),)


def test_extensions_have_no_dot_and_may_be_removed() -> None:
    conf = location("AddType a/b .X y\nRemoveType .x\nAddHandler cgi-script .CGI", MimeDirConf)
    assert conf.types.value == {"x": None, "y": "a/b"}
    assert conf.handlers.value == {"cgi": "cgi-script"}


def test_old_access_control_keeps_its_lines_and_methods() -> None:
    """STR-16, STR-17: a line within Limit is the section's own, about its methods alone."""
    conf = location("Order deny,allow\n<Limit POST>\nDeny from all\n</Limit>\nAllow from 10.0.0.0/8", AccessDirConf)
    assert [(rule.name, rule.words) for rule in conf.rules.value] == [
        ("order", ("deny,allow",)),
        ("deny", ("all",)),
        ("allow", ("10.0.0.0/8",)),
    ]
    rule = conf.rules.value[1]
    assert (rule.name, rule.methods.names, rule.methods.all_but) == ("deny", frozenset({"POST"}), False)


def test_an_alias_of_a_provider_is_the_requirement_it_was_made_of() -> None:
    text = (
        '<AuthzProviderAlias ip office "10.0.0.0/8 192.168.0.1">\n</AuthzProviderAlias>\n'
        "<Location /x>\n<RequireAll>\nRequire office\nRequire not office\n</RequireAll>\n</Location>\n"
    )
    (group,) = model_of(text).main.sections[0].conf(AuthzDirConf).requires.value
    assert isinstance(group, RequireGroup)
    entries = [each for each in group.entries if isinstance(each, Requirement)]
    assert [(each.provider, each.words, each.negated) for each in entries] == [
        ("ip", ("10.0.0.0/8", "192.168.0.1"), False),
        ("ip", ("10.0.0.0/8", "192.168.0.1"), True),
    ]


# --- what only another machine has ---------------------------------------------------------------------------


def notes(text: str) -> list[tuple[str, Level]]:
    expanded = expand(Input((SourceFile("site.conf", text),), "/srv", None), Options(environ={}))
    return [(each.message, each.level) for each in build(bind(expanded)).all_diagnostics]


def test_a_file_that_is_not_here_is_a_note_and_its_name_is_kept() -> None:
    assert notes("SSLCertificateFile conf/no-such.pem\n") == [
        ("SSLCertificateFile: file '/srv/conf/no-such.pem' does not exist or is empty", Level.NOTE)
    ]
    conf = model_of("SSLCertificateFile conf/no-such.pem\n").main.server_conf(SslServerConf)
    assert conf.certificates.value == ("/srv/conf/no-such.pem",)


@pytest.mark.parametrize("line", ["User no-such-user", "Group no-such-group", "SSLCryptoDevice no-such-engine"])
def test_who_is_not_known_here_is_a_note(line: str) -> None:
    assert [level for _, level in notes(f"{line}\n")] == [Level.NOTE]


# --- the facts -----------------------------------------------------------------------------------------------


def test_numbers_of_argument_types() -> None:
    """ARG-18."""
    rows = [row for name in registry.names() if (row := registry.row(name)) and row.args is not None]
    assert Counter(Args(row.args) for row in rows) == {
        Args.TAKE1: 429,
        Args.FLAG: 115,
        Args.RAW_ARGS: 90,
        Args.ITERATE: 50,
        Args.TAKE12: 31,
        Args.TAKE2: 29,
        Args.TAKE23: 25,
        Args.ITERATE2: 18,
        Args.TAKE_ARGV: 14,
        Args.TAKE123: 6,
        Args.TAKE3: 4,
    }


@pytest.mark.parametrize(
    "name",
    [
        *("Header", "RequestHeader", "ProxyPass", "ProxyPassMatch", "BalancerMember", "ProxySet", "SetEnvIf"),
        *("SetEnvIfNoCase", "BrowserMatch", "BrowserMatchNoCase", "ServerAlias", "Options", "AllowOverride"),
        *("DirectoryIndex", "Require", "RewriteRule", "RewriteCond", "Error", "Use"),
    ],
)
def test_directives_that_split_their_own_text(name: str) -> None:
    """ARG-19."""
    row = registry.row(name)
    assert row is not None and Args(row.args) is Args.RAW_ARGS


def test_sections_split_their_own_text_but_for_one() -> None:
    """ARG-19: <IfVersion> alone has counted arguments."""
    rows = [row for name in registry.names() if name.startswith("<") and (row := registry.row(name)) and row.args]
    assert [row.spelling for row in rows if Args(row.args) is not Args.RAW_ARGS] == ["<IfVersion>"]
