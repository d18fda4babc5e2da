"""What httpd prints about a configuration: ours on Debian's tree and on a crowd of addresses, live."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from apacheconf.engines.httpd import build_of
from apacheconf.expand import Input, Options, expand, find
from apacheconf.model import Model, bind, build
from apacheconf.model.views import dump_config, dump_json, modules, needed_modules, vhosts
from apacheconf.model.views.modules import needed
from apacheconf.source import SourceFile
from tests.engines.real import need
from tests.model.refusals import preamble

SITES = Path(__file__).parents[2] / "fixtures" / "sites"

CROWD = """
PidFile {root}/pid
<VirtualHost *:83 *:84>
ServerName a
</VirtualHost>
<VirtualHost *:80>
ServerName b
ServerAlias b1 b2 *.b b?x B3
</VirtualHost>
<VirtualHost *:80 127.0.0.2:80>
ServerName c
</VirtualHost>
<VirtualHost *:*>
ServerName d
</VirtualHost>
<VirtualHost *>
ServerName D2
</VirtualHost>
<VirtualHost *:85>
ServerName e
</VirtualHost>
<VirtualHost 127.0.0.1:80 127.0.0.1:81 127.0.0.1>
ServerName f
</VirtualHost>
<VirtualHost 127.0.0.1:80>
ServerName g:88
</VirtualHost>
<VirtualHost [::1]:80 10.0.0.1:80>
ServerName https://h
ServerAlias x
</VirtualHost>
<VirtualHost 10.0.0.2:80 10.0.0.3:80 192.168.1.1:80 10.1.0.0:80 127.0.0.1:82>
ServerName i
</VirtualHost>
<VirtualHost *:84>
ServerName j
</VirtualHost>
<VirtualHost *:86 *:80>
</VirtualHost>
<Directory /x> # tail
<RequireAll>
Require   all  granted
</RequireAll>
<FilesMatch "a>b"   >
</FilesMatch>
</Directory>
  keepalive   on
<VirtualHost *:80>
ServerName k
ServerAlias
ServerAlias a \\
  b
<If  "true" >
</If>
<Else>
</Else>
</VirtualHost>
"""


def model_of(text: str, main: bool = True) -> Model:
    expanded = expand(Input((SourceFile("site.conf", text),), "/srv", "site.conf" if main else None), Options())
    return build(bind(expanded))


def httpd(main: Path, *flags: str, environ: dict[str, str] | None = None) -> str:
    """What the real server prints on stdout."""
    command = [str(need("httpd").path), "-d", str(main.parent), "-f", str(main), *flags]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, env={**os.environ, **(environ or {})})
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def load(main: Path, environ: dict[str, str] | None = None) -> Model:
    options = Options(file=str(main), server_root=str(main.parent), environ={**os.environ, **(environ or {})})
    expanded = expand(find([], options), options)
    assert not [each for each in expanded.diagnostics if each.httpd and each.level]
    return build(bind(expanded))


def in_any_order(text: str) -> tuple[list[str], list[str]]:
    """The Mutex lines apart: httpd prints them in the order of a hash (CLI-21)."""
    lines = text.splitlines()
    return [each for each in lines if not each.startswith("Mutex")], sorted(x for x in lines if x.startswith("Mutex"))


@pytest.mark.live
def test_a_crowd_of_addresses(tmp_path: Path) -> None:
    """CLI-7, CLI-20, CLI-21, CLI-23, VH-11, VH-14, VH-16."""
    folder = build_of(need("httpd")).module_dir
    main = tmp_path / "main.conf"
    main.write_text(preamble(str(tmp_path), str(folder)) + CROWD.format(root=tmp_path))
    model = load(main)
    assert in_any_order(vhosts(model)) == in_any_order(httpd(main, "-S"))
    assert modules(model) == httpd(main, "-M")
    assert dump_config(model.expanded) == httpd(main, "-t", "-D", "DUMP_CONFIG")


@pytest.mark.live
def test_debians_tree(tmp_path: Path) -> None:
    """CLI-7, CLI-20, CLI-21, CLI-23: with the variables of its envvars."""
    root = tmp_path / "apache2"
    shutil.copytree(SITES / "debian", root, symlinks=True)
    environ = {f"APACHE_{name}_DIR": str(tmp_path) for name in ("RUN", "LOG", "LOCK")}
    environ |= {"APACHE_RUN_USER": "www-data", "APACHE_RUN_GROUP": "www-data"}
    environ["APACHE_PID_FILE"] = str(tmp_path / "pid")
    (root / "envvars").write_text("".join(f"export {name}={value}\n" for name, value in environ.items()))
    main = root / "apache2.conf"
    main.write_text("ServerName main.example\n" + main.read_text())
    model = load(main)
    assert in_any_order(vhosts(model)) == in_any_order(httpd(main, "-S", environ=environ))
    assert modules(model) == httpd(main, "-M", environ=environ)
    extra = ("-C", f"LoadModule info_module {build_of(need('httpd')).module_dir}/mod_info.so")
    theirs = httpd(main, "-t", "-D", "DUMP_CONFIG", *extra, environ=environ)
    assert dump_config(model.expanded) == theirs


def test_an_empty_configuration() -> None:
    """CLI-20: the header alone."""
    assert vhosts(model_of("ServerName m\n")).splitlines()[:2] == ["VirtualHost configuration:", 'ServerRoot: "/srv"']
    assert dump_config(model_of("").expanded) == ""


def test_needed_modules() -> None:
    text = "LoadModule proxy_module x.so\nProxyPass / https://h/\n"
    text += "<Proxy balancer://c>\nProxySet lbmethod=bytraffic\n</Proxy>\n"
    said = needed_modules(model_of(text))
    states = {line.split()[0]: line.split()[1] for line in said.splitlines()}
    assert states == {
        "proxy_module": "loaded",
        "proxy_http_module": "missing",
        "proxy_balancer_module": "missing",
        "lbmethod_byrequests_module": "missing",
        "slotmem_shm_module": "missing",
        "lbmethod_bytraffic_module": "missing",
        "so_module": "compiled",
    }
    assert "ProxyPass at site.conf:2" in said


def test_what_was_done_while_reading_needs_its_module() -> None:
    said = needed_modules(
        model_of("<Macro m>\nTimeout 1\n</Macro>\n<IfVersion > 2>\nUse m\n</IfVersion>\n", main=False)
    )
    assert "macro_module    needed       <Macro> at site.conf:1\n" in said
    assert "<IfVersion> at site.conf:4\n" in said


def test_needed_modules_of_a_fragment_are_not_missing() -> None:
    assert needed_modules(model_of("ProxyPass / http://h/\n", main=False)).split()[1] == "needed"


def test_json() -> None:
    text = '<VirtualHost *:80>\n  ServerName "a b"\n</VirtualHost>\n'
    document = json.loads(dump_json(model_of(text).expanded))
    assert document["schema"] == "apacheconf-dump/1"
    assert document["directives"] == [
        {
            "file": "site.conf",
            "line": 1,
            "column": 1,
            "name": "VirtualHost",
            "arguments": "*:80",
            "children": [{"file": "site.conf", "line": 2, "column": 3, "name": "ServerName", "arguments": '"a b"'}],
        }
    ]


@pytest.mark.parametrize(
    ("line", "modules"),
    [
        ('SetHandler "proxy:unix:/run/a.sock|fcgi://localhost"', "proxy proxy_fcgi"),
        ("SetHandler server-status", "status"),
        ("AddHandler type-map var", "mime negotiation"),
        ("RewriteRule ^/(.*) https://h/$1 [L,P,QSA]", "rewrite proxy proxy_http"),
        ("RewriteRule ^/(.*) ws://h/$1 [P]", "rewrite proxy proxy_http"),
        ("RewriteRule ^/(.*) https://h/$1 [R,PT]", "rewrite"),
        ("<Location />\nAuthType basic\n</Location>", "authn_core auth_basic"),
        ("<Location />\nAuthBasicProvider dbm ldap mine\n</Location>", "auth_basic authn_dbm authnz_ldap"),
        ("AddOutputFilterByType INFLATE;SUBSTITUTE;DEFLATE text/html", "filter deflate substitute"),
        ("SetOutputFilter none", ""),
        ("<Location />\nRequire not user a\n</Location>", "authz_core authz_user"),
    ],
)
def test_modules_that_words_need(line: str, modules: str) -> None:
    """A handler, a scheme behind ``[P]``, a filter, a provider: each is another module's."""
    found = needed(model_of(line + "\n", main=False).expanded)
    assert set(found) - {"core_module"} == {f"{name}_module" for name in modules.split()}
