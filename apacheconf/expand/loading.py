"""LoadModule and LoadFile (STR-40, STR-41): nothing is loaded, only recorded.

A shared object that is not on this machine is a note. One that needs another module's symbols must come after it,
which is true everywhere.
"""

from __future__ import annotations

import os

from apacheconf.diagnostics import Level
from apacheconf.expand.arguments import some_words
from apacheconf.expand.known import COMPILED_IN
from apacheconf.expand.reader import Line
from apacheconf.expand.reading import Reading
from apacheconf.expand.refused import Refused
from apacheconf.expand.tree import Node
from apacheconf.syntax.words import split

_LOAD_MODULE = "takes two arguments, a module name and the name of a shared object file to load it from"
_LOAD_FILE = "shared object file or library to load into the server at runtime"

#: Names that a module defines when it is loaded. ModSecurity's second says its own version, which is Debian's.
_DEFINED_BY = {"security2_module": ("MODSEC_2.5", "MODSEC_2.9")}

#: Module: the one that must be loaded before it, and the symbol that the dynamic loader misses otherwise.
_NEEDS = {
    "cache_disk_module": ("cache_module", "ap_cache_cacheable_headers_in"),
    "cache_socache_module": ("cache_module", "ap_cache_cacheable_headers_in"),
    "dav_fs_module": ("dav_module", "dav_do_find_liveprop"),
    "dav_lock_module": ("dav_module", "dav_push_error"),
    "proxy_ajp_module": ("proxy_module", "proxy_module"),
    "proxy_balancer_module": ("proxy_module", "proxy_hcmethods"),
    "proxy_connect_module": ("proxy_module", "ap_proxy_tunnel_create"),
    "proxy_express_module": ("proxy_module", "proxy_module"),
    "proxy_fcgi_module": ("proxy_module", "proxy_module"),
    "proxy_fdpass_module": ("proxy_module", "proxy_hook_canon_handler"),
    "proxy_ftp_module": ("proxy_module", "ap_proxy_canonenc"),
    "proxy_hcheck_module": ("proxy_module", "proxy_hcmethods"),
    "proxy_http_module": ("proxy_module", "ap_proxy_location_reverse_map"),
    "proxy_http2_module": ("proxy_module", "ap_proxy_location_reverse_map"),
    "proxy_scgi_module": ("proxy_module", "proxy_hook_canon_handler"),
    "proxy_uwsgi_module": ("proxy_module", "proxy_module"),
    "proxy_wstunnel_module": ("proxy_module", "ap_proxy_pass_brigade"),
    "session_cookie_module": ("session_module", "ap_hook_session_save"),
    "session_crypto_module": ("session_module", "ap_hook_session_encode"),
    "session_dbd_module": ("session_module", "ap_hook_session_save"),
}


def load_module(reading: Reading, line: Line) -> list[Node]:
    name, file = some_words(line, (2,), _LOAD_MODULE)
    note = ""
    if name in COMPILED_IN:
        note = "compiled in; skipped"
        message = f"module {name} is built-in on Debian, loaded by this line on other systems; skipped"
        reading.note_here(line, "module-compiled-in", message, f"module {name} is built-in and can't be loaded")
    elif name in reading.modules:
        note = "already loaded; skipped"
        message = f"module {name} is already loaded, skipping"
        reading.report(Level.WARNING, "module-already-loaded", message, line.place, "AH01574")
    else:
        _load(reading, line, name, file)
    reading.done(line, note)
    return []


def _load(reading: Reading, line: Line, name: str, file: str) -> None:
    """The module counts as loaded, also where it comes too early: one mistake is told once."""
    reading.modules[name] = None
    for defined in _DEFINED_BY.get(name, ()):
        reading.variables.define(defined, None)
    _note_missing(reading, line, file)
    needed, symbol = _NEEDS.get(name, ("", ""))
    if needed and not reading.is_loaded(needed):
        path = reading.relative(file)
        help = f"write LoadModule {needed} before this line"
        raise Refused(f"Cannot load {file} into server: {path}: undefined symbol: {symbol}", "load-order", help)


def load_file(reading: Reading, line: Line) -> list[Node]:
    files = split(line.args)
    if not files or not files[0]:
        raise Refused(f"LoadFile requires at least one argument, {_LOAD_FILE}", "argument-count")
    for file in files:
        _note_missing(reading, line, file)
    reading.done(line)
    return []


def _note_missing(reading: Reading, line: Line, file: str) -> None:
    path = reading.relative(file)
    if not os.path.exists(path):
        looked_for = path + "/" * file.endswith("/") if "/" in file else file  # a bare name is the dynamic loader's
        said = (
            f"Cannot load {file} into server: {looked_for}: cannot open shared object file: No such file or directory"
        )
        message = f"{path} is not on this machine; its directives count as known"
        reading.note_here(line, "shared-object-not-here", message, said)
