"""The registry: generated from facts, complete, and in agreement with what the module files declare."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apacheconf.modules import generate, registry
from apacheconf.modules.declare import Args, Context, Fate, Spec

FACTS = json.loads((Path(__file__).parents[1] / "spec" / "directives.json").read_text())
DECLARED = [
    (module, spec)
    for name in (*registry.modules(), "mpm_common")
    if (module := registry.declared(name))
    for spec in module.directives
]


def test_the_data_is_what_the_facts_give() -> None:
    """Edit the facts and run the generator, never the result."""
    assert generate.TARGET.read_text() == generate.generate()


def test_every_directive_of_httpd_is_known() -> None:
    """DIR-1 to DIR-3: all of the binary's, under the spelling of its tables."""
    for fact in FACTS:
        name = fact["name"].strip("<>")
        spec = registry.spec(name.upper(), fact["section"])
        if not fact["in_binary"]:
            assert spec is None and registry.row(fact["name"]) is not None
            continue
        assert spec is not None
        assert spec.name == fact.get("binary_spelling", fact["name"])
        assert spec.args is Args(fact["args"])
        assert spec.exec_on_read is fact["exec_on_read"]
        assert registry.providers(name, fact["section"]) == tuple(fact["modules"])


@pytest.mark.parametrize(("module", "declared"), DECLARED, ids=lambda each: getattr(each, "name", ""))
def test_declarations_agree_with_the_facts(module: object, declared: Spec) -> None:
    """STR-2: argument type and contexts are those of httpd's tables, less what its handlers refuse."""
    facts = registry.row(declared.name)
    assert facts is not None
    assert declared.args is Args(facts.args)
    places = ~(Context.HTACCESS | Context.REQUIRE)
    assert declared.contexts & places == facts.contexts & places, declared.name


@pytest.mark.parametrize(("module", "declared"), DECLARED, ids=lambda each: getattr(each, "name", ""))
def test_a_directive_fills_a_field_that_exists(module: object, declared: Spec) -> None:
    confs = {"server": module.server_conf, "dir": module.dir_conf}  # type: ignore[attr-defined]
    if declared.fills:
        assert declared.fills in confs[declared.per].__dataclass_fields__
    if declared.fills_in_section:
        assert declared.fills_in_section in confs["dir"].__dataclass_fields__


def test_every_module_has_a_fate() -> None:
    for fact in FACTS:
        spec = registry.spec(fact["name"].strip("<>"), fact["section"])
        assert spec is None or isinstance(registry.fate(spec), Fate)


@pytest.mark.parametrize(
    ("name", "fate"),
    [
        ("ProxyPass", Fate.SERVED),
        ("Listen", Fate.SERVED),
        ("MaxRequestWorkers", Fate.NO_EFFECT),
        ("LoadModule", Fate.NO_EFFECT),
        ("User", Fate.NO_EFFECT),
        ("AllowOverride", Fate.SERVED),
        ("RewriteRule", Fate.REFUSED),
        ("SecRule", Fate.REFUSED),
        ("SetOutputFilter", Fate.REFUSED),
        ("CGIPassAuth", Fate.REFUSED),
    ],
)
def test_fates(name: str, fate: Fate) -> None:
    spec = registry.spec(name)
    assert spec is not None and registry.fate(spec) is fate


@pytest.mark.parametrize(
    "name",
    [
        *("Require", "AuthType", "order", "deny", "allow", "Satisfy", "AuthUserFile", "ProxyBlock", "SecRule"),
        *("SSLVerifyClient", "SSLRequireSSL", "LimitRequestBody", "AllowMethods", "RequestReadTimeout", "TraceEnable"),
    ],
)
def test_what_restricts_says_so(name: str) -> None:
    """These are never ignored in silence."""
    spec = registry.spec(name)
    assert spec is not None and spec.restricts


@pytest.mark.parametrize("name", ["Limit", "LimitExcept", "RequireAll", "RequireAny", "RequireNone"])
def test_sections_that_restrict_say_so(name: str) -> None:
    spec = registry.spec(name, section=True)
    assert spec is not None and spec.restricts


@pytest.mark.parametrize("name", ["ProxyPass", "Timeout", "AllowOverride", "CustomLog", "LimitInternalRecursion"])
def test_what_restricts_nobody_does_not_say_so(name: str) -> None:
    spec = registry.spec(name)
    assert spec is not None and not spec.restricts


@pytest.mark.parametrize(
    ("module", "identifier", "source"),
    [
        ("mod_proxy", "proxy_module", "mod_proxy.c"),
        ("core", "core_module", "core.c"),
        ("http_core", "http_module", "http_core.c"),
        ("event", "mpm_event_module", "event.c"),
        ("util_ldap", "ldap_module", "util_ldap.c"),
    ],
)
def test_names_of_modules(module: str, identifier: str, source: str) -> None:
    """COND-9."""
    assert (registry.identifier(module), registry.source_name(module)) == (identifier, source)
    assert registry.module_of(identifier) == module


def test_every_module_that_httpd_loads_is_known() -> None:
    facts = Path(__file__).parents[1] / "spec" / "httpd-modules.txt"
    for line in facts.read_text().splitlines():
        module = registry.module_of(line.split()[0])
        assert module in registry.modules()
        assert registry.identifier(module) == line.split()[0]


def test_a_section_and_a_directive_of_one_name() -> None:
    """DIR-3."""
    directive, section = registry.spec("MDomain"), registry.spec("MDomain", section=True)
    assert directive is not None and section is not None
    assert (directive.name, section.name) == ("MDomain", "<MDomain>")


def test_candidates() -> None:
    assert registry.candidates("ProxyPas")[0] == "ProxyPass"
    assert registry.candidates("virtualhots", section=True) == ["<VirtualHost>"]
    assert registry.candidates("Zzzzzz") == []


def test_third_party() -> None:
    found = registry.third_party("PHP_admin_Value")
    assert found is not None and found.module == "mod_php"
    assert registry.third_party("ProxyPass") is None
