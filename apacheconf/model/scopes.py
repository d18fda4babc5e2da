"""Scopes: what the directives of one place set, collected in dicts and made into confs once, at its end."""

from __future__ import annotations

from typing import Any

from apacheconf.expand.tree import Node
from apacheconf.model.bound import Directive
from apacheconf.modules import registry
from apacheconf.modules.declare import Conf, Setting, Spec

Confs = dict[str, Conf]
#: Module name to field name to its Setting.
Settings = dict[str, dict[str, Setting[Any]]]


class _Entries:
    """A list that is growing: the entries and, parallel to them, the directives they came from."""

    __slots__ = ("said_by", "values")

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.said_by: list[Node] = []

    def setting(self) -> Setting[Any]:
        return Setting(tuple(self.values), tuple(self.said_by))


class Scope:
    """The settings of a server (``per_server`` and ``per_dir``) or of a section (``per_dir`` alone)."""

    __slots__ = ("per_dir", "per_server")

    def __init__(self) -> None:
        self.per_server: dict[str, dict[str, Any]] = {}
        self.per_dir: dict[str, dict[str, Any]] = {}

    def take(self, directive: Directive, server: Scope) -> None:
        """Take the value of a directive that stands here; what is the server's goes to ``server``."""
        spec, value = directive.spec, directive.value
        if value is None or spec is None or not spec.fills:
            return
        if spec.per == "dir":
            _put(self.per_dir, spec, value, directive.node)
            return
        _put(server.per_server, spec, value, directive.node)
        if spec.fills_in_section and self is not server:
            self.per_dir.setdefault(spec.module, {})[spec.fills_in_section] = Setting(value, (directive.node,))

    def settings(self) -> tuple[Settings, Settings]:
        """Per server and per directory."""
        return _finished(self.per_server), _finished(self.per_dir)


def _put(confs: dict[str, dict[str, Any]], spec: Spec, value: Any, node: Node) -> None:
    fields = confs.get(spec.module)
    if fields is None:
        fields = confs[spec.module] = {}
    if not (spec.appends or spec.extends or type(value) is dict):
        fields[spec.fills] = Setting(value, (node,))
        return
    old = fields.get(spec.fills)
    if type(value) is dict:
        table, said = (old.value, old.said_by) if old else ({}, ())
        fields[spec.fills] = Setting({**table, **value}, (*said, node))
        return
    if old is None:
        old = fields[spec.fills] = _Entries()
    entries = value if spec.extends else (value,)
    old.values.extend(entries)
    old.said_by.extend([node] * len(entries))


def _finished(confs: dict[str, dict[str, Any]]) -> Settings:
    for fields in confs.values():
        for name, field in fields.items():
            if type(field) is _Entries:
                fields[name] = field.setting()
    return confs


# --- from settings to confs ----------------------------------------------------------------------------------


def conf_class(module: str, per: str) -> type[Conf]:
    declared = registry.declared(module)
    found = declared and (declared.dir_conf if per == "dir" else declared.server_conf)
    assert found, f"{module} declares a directive that fills a {per} conf it has not"
    return found


def confs_of(settings: Settings, per: str) -> Confs:
    """The confs in which exactly these settings are set."""
    return {module: conf_class(module, per).of(fields) for module, fields in settings.items()}


def inherited(confs: Confs) -> Confs:
    """What a virtual host starts from: the main server's confs without what each host has for itself (INH-15)."""
    return {module: conf.within({}) for module, conf in confs.items()}


def merged(base: Confs, settings: Settings, own: Confs) -> Confs:
    """A server's effective confs: ``settings`` (of which ``own`` are the confs) within ``base``, or the defaults."""
    found = dict(base)
    for module, fields in settings.items():
        if module in base:
            found[module] = base[module].within(fields)
        elif any(type(field.value) is dict for field in fields.values()):
            found[module] = type(own[module])().within(fields)  # a table's defaults stay beside what is set
        else:
            found[module] = own[module]
    return found
