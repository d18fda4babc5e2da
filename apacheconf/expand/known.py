"""What reading must know of names: who owns a directive, and how modules are called (COND-9, COND-12)."""

from __future__ import annotations

from functools import cache

#: Modules that Debian or Red Hat compile in, in the order of Debian's ``apache2 -l``: always loaded.
COMPILED_IN = (
    "core_module",
    "so_module",
    "watchdog_module",
    "http_module",
    "log_config_module",
    "logio_module",
    "version_module",
    "unixd_module",
)

_ODD_SOURCES = {
    "core_module": "core.c",
    "http_module": "http_core.c",
    "mpm_event_module": "event.c",
    "mpm_worker_module": "worker.c",
    "mpm_prefork_module": "prefork.c",
}
_ODD_IDENTIFIERS = {source: identifier for identifier, source in _ODD_SOURCES.items()}


def identifier_of(name: str) -> str:
    """The identifier for a module's source name, or ``name`` itself: ``mod_proxy.c`` gives ``proxy_module``."""
    if name in _ODD_IDENTIFIERS:
        return _ODD_IDENTIFIERS[name]
    if name.startswith("mod_") and name.endswith(".c"):
        identifier = name[4:-2] + "_module"
        return name if identifier in _ODD_SOURCES else identifier
    return name


def source_names() -> frozenset[str]:
    """Every module that we know, by source name and identifier."""
    from apacheconf.modules import registry

    modules = registry.modules()
    return frozenset([*map(registry.source_name, modules), *map(registry.identifier, modules)])


@cache
def spelling(name: str) -> str:
    """``name`` as httpd's tables spell it, sections with their ``<`` alone; an unknown one as typed (LEX-22)."""
    from apacheconf.modules import registry

    row = registry.row(f"{name}>" if name.startswith("<") else name)
    return row.spelling.removesuffix(">") if row else name


@cache
def providers(name: str) -> tuple[str, ...]:
    """Identifiers of the modules that have the directive; a section's name begins with ``<``."""
    from apacheconf.modules import registry

    row = registry.row(f"{name}>" if name.startswith("<") else name)
    return tuple(map(registry.identifier, row.modules)) if row else ()
