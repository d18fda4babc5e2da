"""One host that says much: how building the program and translating it grow with the lines of one construct, and with
those of two that meet.

    python -m tests.bench.much [--count N] [--only WORDS]... [--pairs]

Seconds of CPU of N, 2 N and 4 N lines. In line is a last column of about 4; what is more than 5 is marked.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from apacheconf.program import load
from apacheconf.targets import TARGETS, translate

#: What is too little to tell anything of, in seconds, and what a ratio may be.
_LITTLE, MOST = 0.15, 5.0
#: Lines by what they are called, each with ``@`` for its number.
CONSTRUCTS = {
    "Alias": "Alias /alias@ /srv/alias@",
    "AliasMatch": "AliasMatch ^/aliasmatch@/(.*)$ /srv/match@/$1",
    "BrowserMatch": "BrowserMatch agent@ browser@",
    "Directory": "<Directory /srv/folder@>\nRequire ip 10.@.0.0/16\n</Directory>",
    "ErrorDocument": "<Location /error@>\nErrorDocument 404 /missing@.html\n</Location>",
    "Expires": "ExpiresByType text/x-@ access",
    "Files": '<Files "secret@.txt">\nRequire all denied\n</Files>',
    "FilesMatch": '<FilesMatch "\\.ext@$">\nHeader set X-@ @\n</FilesMatch>',
    "Header": "Header set X-@ @",
    "Header env": "Header set X-@ @ env=v@",
    "If": "<If \"%{HTTP:X-A} == '@'\">\nHeader set X-If-@ @\n</If>",
    "Location": "<Location /place@>\nRequire ip 10.@.0.0/16\n</Location>",
    "LocationMatch": "<LocationMatch ^/area@/>\nRequire ip 10.@.0.0/16\n</LocationMatch>",
    "ProxyPass": "ProxyPass /app@ http://10.0.0.1:80@/app@",
    "ProxyPass !": "ProxyPass /not@ !",
    "ProxyPassMatch": "ProxyPassMatch ^/match@/(.*)$ http://10.0.0.1/$1",
    "ProxyPassReverse": "ProxyPassReverse /app@ http://10.0.0.2/app@",
    "Proxy": "<Proxy http://10.0.0.1/area@>\nRequire ip 10.@.0.0/16\n</Proxy>",
    "BalancerMember": "<Proxy balancer://b>\nBalancerMember http://10.0.0.@:8080 route=r@\n</Proxy>",
    "balancers": "<Proxy balancer://c@>\nBalancerMember http://10.0.0.@:8080\n</Proxy>\nProxyPass /c@ balancer://c@/",
    "Redirect": "Redirect /moved@ http://elsewhere.test/@",
    "RedirectMatch": "RedirectMatch ^/gone@/(.*)$ http://elsewhere.test/$1",
    "RequestHeader": "RequestHeader set X-@ @",
    "RewriteRule L": "RewriteRule ^/rule@/(.*)$ /ruled@/$1 [PT,L]",
    "RewriteRule": "RewriteRule ^/go@/(.*)$ /gone@/$1",
    "RewriteRule R": "RewriteRule ^/old@/(.*)$ /new@/$1 [R,L]",
    "RewriteRule P": "RewriteRule ^/to@/(.*)$ http://10.0.0.1:80@/$1 [P]",
    "RewriteRule E": "RewriteRule ^/env@/ - [E=v@:1]",
    "RewriteRule F": "RewriteRule ^/bad@/ - [F]",
    "RewriteCond": "RewriteCond %{HTTP:X-B} ^b@$\nRewriteRule ^/cond/(.*)$ /c@/$1 [R,L]",
    "ServerAlias": "ServerAlias alias@.test",
    "SetEnv": "SetEnv e@ @",
    "SetEnvIf": "SetEnvIf User-Agent bot@ v@",
    "Require": "<Location />\n<RequireAny>\nRequire ip 10.@.0.0/16\n</RequireAny>\n</Location>",
    "AddType": "AddType text/x-@ .ext@",
}
_BEFORE = "RewriteEngine On\nDocumentRoot /srv/www\n"
_BEHIND = {
    "balancer": "<Proxy balancer://b>\nProxySet stickysession=S\n</Proxy>\nProxyPass / balancer://b/",
    "proxied": "ProxyPass / http://10.0.0.1/",
}
#: Those that need a balancer of the name b behind them.
_OF_BALANCER = "BalancerMember"
#: What is said with others in pairs.
_IN_PAIRS = (
    "Alias", "Directory", "Files", "Header env", "If", "Location", "LocationMatch", "ProxyPass", "ProxyPassMatch",
    "Proxy", "BalancerMember", "Redirect", "RedirectMatch", "RewriteRule L", "RewriteRule", "RewriteRule R",
    "RewriteCond", "SetEnvIf", "ErrorDocument",
)  # fmt: skip


def configuration(names: Sequence[str], count: int, proxied: bool = True) -> str:
    """A host with ``count`` lines of each of these constructs."""
    lines = (CONSTRUCTS[name].replace("@", str(number)) for name in names for number in range(count))
    behind = _BEHIND["balancer" if _OF_BALANCER in names else "proxied"] if proxied else ""
    inside = "\n".join([_BEFORE, *lines, behind])
    return f"<VirtualHost *:80>\nServerName a.test\n{inside}\n</VirtualHost>\n"


def taken(text: str, target: str | None, folder: Path) -> float:
    """Seconds of CPU of this process for a translation, or for building the program alone."""
    path = folder / "site.conf"
    path.write_text(text)
    began = time.process_time()
    program = load([str(path)]).require()
    if target is not None:
        began = time.process_time()
        translate(program, target)
    return time.process_time() - began


def series(names: Sequence[str], target: str | None, count: int, proxied: bool, folder: Path) -> list[float]:
    """What N, 2 N and 4 N lines cost; fewer where that takes very long."""
    found: list[float] = []
    for times in (1, 2, 4):
        found.append(taken(configuration(names, count * times, proxied), target, folder))
        if found[-1] > 20:
            break
    return found


def table(chosen: Iterator[tuple[str, ...]], count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="apacheconf-bench-") as name:
        for names in chosen:
            for target, proxied in itertools.product((None, *TARGETS), (True, False)):
                if target is None and not proxied:
                    continue
                found = series(names, target, count, proxied, Path(name))
                ratio = found[-1] / found[0]
                marked = "  MORE THAN LINEAR" if found[-1] > _LITTLE and ratio > MOST else ""
                where = f"{target or 'program':8} {'proxied' if proxied else 'files'}"
                shown = "".join(f"{each:8.2f}" for each in found)
                print(f"{' + '.join(names):34}{where:18}{shown}{ratio:8.1f}{marked}", flush=True)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--count", type=int, default=50)
    asked.add_argument("--only", action="append", default=[])
    asked.add_argument("--pairs", action="store_true")
    words = asked.parse_args()
    names = itertools.combinations(_IN_PAIRS, 2) if words.pairs else ((name,) for name in CONSTRUCTS)
    table((each for each in names if not words.only or set(words.only) & set(each)), words.count)


if __name__ == "__main__":
    main()
