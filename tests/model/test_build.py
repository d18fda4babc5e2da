"""Servers, addresses, listeners and inheritance: what the model holds of a configuration."""

from __future__ import annotations

from apacheconf.diagnostics import Level
from apacheconf.expand import Input, Options, expand
from apacheconf.model import Address, Model, bind, build
from apacheconf.modules.core import CoreDirConf, CoreServerConf, ErrorDocument
from apacheconf.modules.mod_authz_core import AuthzDirConf, RequireGroup
from apacheconf.modules.mod_log_config import LogServerConf
from apacheconf.modules.mod_proxy import BalancerMember, ProxyDirConf, ProxyPass, ProxyServerConf, ProxySet
from apacheconf.source import SourceFile


def model_of(text: str, main: bool = False) -> Model:
    source = SourceFile("site.conf", text)
    expanded = expand(Input((source,), "/srv", "site.conf" if main else None), Options(environ={}))
    assert not [each for each in expanded.diagnostics if each.level is Level.ERROR]
    bound = bind(expanded)
    assert not bound.diagnostics
    model = build(bound)
    assert not [each for each in model.diagnostics if each.level is Level.ERROR]
    return model


def host(number: int, text: str) -> str:
    return f"<VirtualHost *:80>\nServerName h{number}\n{text}\n</VirtualHost>\n"


def test_addresses() -> None:
    """VH-10, VH-11, VH-13, VH-14: wildcards are one, names stay names, each address counts once."""
    words = "*:80 *:80 0.0.0.0:81 [::]:82 _DEFAULT_:83 10.1:80 10.0.0.1:80 [::0:1]:* example.com *:http"
    model = model_of(f"<VirtualHost {words}>\n</VirtualHost>\n")
    assert model.hosts[0].addresses == (
        Address(None, 80),
        Address(None, 81),
        Address(None, 82),
        Address(None, 83),
        Address("10.0.0.1", 80),
        Address("::1", None),
        Address("example.com", None),
    )
    (warning,) = model.diagnostics
    assert (warning.level, warning.message) == (Level.WARNING, "Could not resolve host name *:http -- ignoring!")
    assert warning.span is not None and warning.span.text == "*:http"


def test_listeners_as_written() -> None:
    """VH-2, VH-6: the protocol is https for port 443 unless the line says something else."""
    model = model_of("Listen 80\nListen 127.0.0.1:443\nListen [::1]:8443 HTTPS\nListen *:444\n")
    assert [(each.host, each.port, each.protocol, each.inferred) for each in model.listeners] == [
        (None, 80, "http", False),
        ("127.0.0.1", 443, "https", False),
        ("::1", 8443, "https", False),
        (None, 444, "http", False),
    ]


def test_a_fragment_infers_its_listeners() -> None:
    fragment = "<VirtualHost *:8080 *:443>\n</VirtualHost>\n<VirtualHost *:8080>\n</VirtualHost>\n"
    assert [(each.port, each.protocol) for each in model_of(fragment).listeners] == [(8080, "http"), (443, "https")]
    assert [each.port for each in model_of("<VirtualHost *>\n</VirtualHost>\n").listeners] == [80]
    assert all(each.inferred for each in model_of(fragment).listeners)


def test_a_main_file_infers_nothing() -> None:
    """VH-7."""
    text = "LoadModule mpm_event_module e.so\n<VirtualHost *:8080>\n</VirtualHost>\n"
    assert model_of(text, main=True).listeners == ()


def test_mappings_add_up_main_first() -> None:
    """INH-1, INH-2, PP-23: ProxyPassInherit takes nothing away."""
    text = "ProxyPass /m http://m/\n" + host(1, "ProxyPass /v http://v/\nProxyPassInherit Off")
    conf = model_of(text, main=False).hosts[0].server_conf(ProxyServerConf)
    assert [(each.path, each.target) for each in conf.definitions.value] == [("/m", "http://m/"), ("/v", "http://v/")]
    assert [node.args for node in conf.definitions.said_by] == ["/m http://m/", "/v http://v/"]


def test_reverses_add_up_main_first() -> None:
    """INH-3."""
    model = model_of("ProxyPassReverse /m http://m/\n" + host(1, "ProxyPassReverse /v http://v/"))
    reverses = model.hosts[0].dir_conf(ProxyDirConf).reverses
    assert [each.path for each in reverses.value] == ["/m", "/v"]


def test_the_host_wins_where_it_says_something() -> None:
    """INH-14, INH-17: scalars are the host's if set, else the main server's, else the default."""
    text = "Timeout 7\nProxyTimeout 8\nProxyPreserveHost On\n" + host(1, "Timeout 9") + host(2, "ProxyPreserveHost Off")
    one, two = model_of(text).hosts
    assert one.server_conf(CoreServerConf).timeout.value == 9.0
    assert two.server_conf(CoreServerConf).timeout.value == 7.0
    assert one.server_conf(ProxyServerConf).timeout.value == two.server_conf(ProxyServerConf).timeout.value == 8.0
    assert (one.dir_conf(ProxyDirConf).preserve_host.value, two.dir_conf(ProxyDirConf).preserve_host.value) == (
        True,
        False,
    )


def test_what_each_host_has_for_itself() -> None:
    """INH-15, INH-16: names and AllowEncodedSlashes are not inherited, even by a host that says nothing at all."""
    text = "ServerName main\nAllowEncodedSlashes On\n" + "<VirtualHost *:80>\n</VirtualHost>\n"
    model = model_of(text)
    assert model.main.server_conf(CoreServerConf).server_name.value is not None
    assert model.hosts[0].server_conf(CoreServerConf).server_name.value is None
    assert model.hosts[0].dir_conf(CoreDirConf).allow_encoded_slashes.value == "Off"
    assert model.main.dir_conf(CoreDirConf).allow_encoded_slashes.value == "On"


def test_error_documents_per_status() -> None:
    """INH-11, ARG-21."""
    text = "ErrorDocument 404 /m\nErrorDocument 500 no\\ way\n" + host(1, 'ErrorDocument 404 "gone away"')
    text = text.replace("no\\ way", "'no way'")
    documents = model_of(text).hosts[0].dir_conf(CoreDirConf).error_documents.value
    assert documents == {404: ErrorDocument("text", "gone away"), 500: ErrorDocument("text", "no way")}


def test_logs_replace_and_formats_add_up() -> None:
    """INH-10."""
    text = "CustomLog m common\nLogFormat %h mine\n" + host(1, "CustomLog v mine") + host(2, "")
    one, two = (each.server_conf(LogServerConf) for each in model_of(text).hosts)
    assert [log.target for log in one.logs.value] == ["v"]
    assert [log.target for log in two.logs.value] == ["m"]
    assert one.formats.value["mine"] == "%h" and "CLF" in one.formats.value


def test_sections_are_the_main_servers_then_the_hosts() -> None:
    """INH-12, INH-13."""
    text = "<Location /m>\n</Location>\n" + host(1, "<Location /v>\n</Location>")
    model = model_of(text)
    assert [each.pattern for each in model.hosts[0].sections] == ["/m", "/v"]
    assert [each.pattern for each in model.hosts[0].own_sections] == ["/v"]


def test_sections_nest_and_keep_what_they_set() -> None:
    """MRG-6: a nested section's settings are its own, not its container's."""
    section = (
        "<Location ~ ^/a>\nProxyPreserveHost On\n<If true>\nProxyPreserveHost Off\n</If>\n<Else>\n</Else>\n</Location>"
    )
    (location,) = model_of(section).main.sections
    assert (location.kind, location.pattern, location.regex) == ("Location", "^/a", True)
    assert location.conf(ProxyDirConf).preserve_host.value is True
    assert [(each.kind, each.pattern) for each in location.sections] == [("If", "true"), ("Else", "")]
    assert location.sections[0].conf(ProxyDirConf).preserve_host.value is False
    assert not location.sections[1].conf(ProxyDirConf).preserve_host.is_set


def test_workers_of_sections_are_the_servers() -> None:
    """BP-15, BP-20, PP-8: one list in configuration order, wherever its entries stand."""
    text = host(
        1,
        "ProxyPass /a balancer://C/x\n<Proxy balancer://C/y retry=1>\n</Proxy>".replace(" retry=1", " timeout=1")
        + "\n<Proxy balancer://C>\nBalancerMember http://m loadfactor=1.5 status=+D-I\nProxySet maxattempts=2\n</Proxy>"
        + "\n<Location /l>\nProxyPass http://l/ nocanon\n</Location>",
    )
    (server,) = model_of(text).hosts
    assert server.server_conf(ProxyServerConf).definitions.value == (
        ProxyPass("/a", "balancer://C/x"),
        ProxySet("balancer://C/y", (("timeout", 1.0),)),
        BalancerMember("balancer://c", "http://m", (("loadfactor", 150), ("status", frozenset({"D", "-I"})))),
        ProxySet("balancer://C", (("maxattempts", 2),)),
        ProxyPass(None, "http://l/", keywords=frozenset({"nocanon"})),
    )
    mapping = server.sections[-1].conf(ProxyDirConf).mapping
    assert mapping.value == ProxyPass(None, "http://l/", keywords=frozenset({"nocanon"}))


def test_the_last_mapping_of_a_section_wins() -> None:
    """PP-9 within one section."""
    (section,) = model_of("<Location /l>\nProxyPass http://a/\nProxyPass http://b/\n</Location>").main.sections
    mapping = section.conf(ProxyDirConf).mapping.value
    assert mapping is not None and mapping.target == "http://b/"


def test_requirements_form_groups() -> None:
    """STR-18: what stands in a group knows its directive."""
    text = (
        "<Location /l>\nRequire ip 10\n<RequireAll>\nRequire all granted\nRequire not local\n</RequireAll>\n</Location>"
    )
    (section,) = model_of(text).main.sections
    first, all_of = section.conf(AuthzDirConf).requires.value
    assert isinstance(all_of, RequireGroup)
    assert [(each.provider, each.negated) for each in all_of.entries] == [("all", False), ("local", True)]
    assert [node.args for node in all_of.said_by] == ["all granted", "not local"]
    assert (first.provider, first.words) == ("ip", ("10",))


def test_a_setting_knows_its_directive() -> None:
    conf = model_of("Timeout 5\n# note\nTimeout 6\n").main.server_conf(CoreServerConf)
    assert [node.place.line for node in conf.timeout.said_by] == [3]


def test_aliases_accumulate() -> None:
    """VH-22: each alias knows its line."""
    names = model_of(host(1, "ServerAlias a b\nServerAlias *.c")).hosts[0].server_conf(CoreServerConf).server_aliases
    assert names.value == ("a", "b", "*.c")
    assert [node.args for node in names.said_by] == ["a b", "a b", "*.c"]
