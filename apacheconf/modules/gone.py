"""Directives that httpd 2.4 no longer has, and what came after them (section 5.7 of config-language.md)."""

from __future__ import annotations

_MUTEX = "write `Mutex` in its place"
_REWRITE = "write `LogLevel rewrite:trace3` in its place"
_ALWAYS = "it has no place any more: leave it out"
_LISTEN = "write `Listen` in its place"
_PROVIDERS = "leave it out: AuthBasicProvider names who is asked, one after the other"

#: What to do about a name of Apache 1.3, 2.0 or 2.2, in lower case.
GONE = {
    "acceptmutex": _MUTEX,
    "lockfile": _MUTEX,
    "rewritelock": _MUTEX,
    "sslmutex": _MUTEX,
    "watchdogmutexpath": _MUTEX,
    "rewritelog": _REWRITE,
    "rewriteloglevel": _REWRITE,
    "servertype": _ALWAYS,
    "accessconfig": "write `Include` in its place",
    "resourceconfig": "write `Include` in its place",
    "addmodule": "LoadModule is enough",
    "clearmodulelist": _ALWAYS,
    "bindaddress": _LISTEN,
    "cookielog": "write `CustomLog` in its place",
    "disallowbasicauth": _ALWAYS,
    "authauthoritative": _PROVIDERS,
    "authdbmauthoritative": _PROVIDERS,
    "authdigestfile": "write `AuthUserFile` in its place",
    "authdigestgroupfile": "write `AuthGroupFile` in its place",
    "authzdefaultauthoritative": "leave it out: what no Require grants is denied",
    "authzgroupfileauthoritative": "leave it out: what no Require grants is denied",
    "authzuserauthoritative": "leave it out: what no Require grants is denied",
    "authzownerauthoritative": "leave it out: what no Require grants is denied",
    "authzdbmauthoritative": "leave it out: what no Require grants is denied",
    "cacheforcecompletion": _ALWAYS,
    "cachegcinterval": "run htcacheclean in its place",
}
