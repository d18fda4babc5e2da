"""``check --httpd --here`` says what httpd -t says of the very machine it runs on, text for text."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from apacheconf.engines.httpd import build_of
from tests.conftest import Command
from tests.engines.real import need

#: A configuration that asks for something which is missing, or that is set right; ROOT is a folder, MODULES theirs.
CASES = {
    # CLI-16: folders of logs, each kind together, virtual hosts from the last one to the first
    "error-logs": "ErrorLog no/error.log\n<VirtualHost *:80>\nErrorLog no2/x.log\n</VirtualHost>\n<VirtualHost *:81>\n"
    "ErrorLog syslog:local1\n</VirtualHost>\n<VirtualHost *:82>\nErrorLog /no/y.log\nCustomLog no/z c\n</VirtualHost>",
    "a-file-for-a-folder": "ErrorLog main.conf/error.log",
    "default-error-log": "DocumentRoot ROOT",
    "custom-logs": 'ErrorLog "|/bin/cat"\nCustomLog "|/bin/cat" c\nCustomLog no/a.log c\nTransferLog no2/b.log\n'
    "<VirtualHost *:80>\nCustomLog no3/c.log c\n</VirtualHost>\n<VirtualHost *:81>\nCustomLog no3/d.log c env=x\n"
    "</VirtualHost>\n<VirtualHost *:82>\n</VirtualHost>\nGlobalLog no4/e.log c",
    "user": "User no-such-user",
    "group": "Group no-such-group",
    "certificate": "LoadModule ssl_module MODULES/mod_ssl.so\nErrorLog error.log\nSSLCertificateFile no.pem",
    "document-root": "DocumentRoot /no/such",
    "document-root-of-a-host": "ErrorLog error.log\n<VirtualHost *:80>\nDocumentRoot /no/such\n</VirtualHost>",
    "its-own-name": "ErrorLog error.log\n-ServerName",  # CLI-17
    "negative": "ErrorLog error.log\nStartServers 0\nLoadModule authz_core_module MODULES/mod_authz_core.so\n"
    "<Location />\n<RequireAll>\nRequire not all granted\n</RequireAll>\n</Location>",
    # STR-40 to STR-43
    "module": "LoadModule nope_module modules/nope.so",
    "module-of-the-loader": "LoadModule nope_module nope.so",
    "library": "LoadFile ROOT/nope.so y.so",
    "built-in": "LoadModule log_config_module MODULES/mod_log_config.so",
    "server-root": "ServerRoot /no/such",
    "runtime-folder": "DefaultRuntimeDir nope",
    "order": "LoadModule proxy_http_module MODULES/mod_proxy_http.so\nLoadModule proxy_module MODULES/mod_proxy.so",
    # CLI-18
    "servers": "StartServers -3\nMinSpareThreads 0\nServerLimit 30000",
    "no-servers": "ServerLimit 0\nStartServers 2",
    "threads": "ThreadsPerChild 100",
    "no-threads": "ThreadsPerChild 0\nThreadLimit x",
    "many-threads": "ThreadLimit 50000000",
    "few-threads": "ThreadLimit 10\nThreadsPerChild 64\nMaxRequestWorkers 5000\nServerLimit 2",
    "few-workers": "MaxRequestWorkers 10",
    "no-workers": "MaxClients 0",
    "workers": "MaxRequestWorkers 410\nThreadsPerChild 20",
    "many-workers": "MaxRequestWorkers 10001",
    "last-word": "MaxRequestWorkers 10\nMaxRequestWorkers 50",
    "worker": "-mpm worker\nThreadLimit 30000\nThreadsPerChild 500\nMaxRequestWorkers 4",
    "worker-spare": "-mpm worker\nStartServers 0\nMinSpareThreads 0",
    "worker-servers": "-mpm worker\nServerLimit 0\nThreadLimit 0\nThreadsPerChild 0\nMaxRequestWorkers 0",
    "worker-many": "-mpm worker\nServerLimit 99999\nThreadsPerChild 64\nMaxRequestWorkers 2000000",
    "prefork": "-mpm prefork\nStartServers 0\nMaxRequestWorkers 10000\nMinSpareServers 0",
    "prefork-none": "-mpm prefork\nServerLimit 0\nMaxRequestWorkers 0",
    "prefork-many": "-mpm prefork\nServerLimit 999999\nMaxRequestWorkers 999999",
}
#: Modules that need another's symbols (STR-41), each alone.
NEEDY = (
    *("cache_disk", "cache_socache", "dav_fs", "dav_lock", "proxy_ajp", "proxy_balancer", "proxy_connect"),
    *("proxy_express", "proxy_fcgi", "proxy_fdpass", "proxy_ftp", "proxy_hcheck", "proxy_http", "proxy_http2"),
    *("proxy_scgi", "proxy_uwsgi", "proxy_wstunnel", "session_cookie", "session_crypto", "session_dbd"),
)


def lay_out(root: Path, case: str) -> Path:
    """The case as a main file that loads the MPM it wants and has a name, unless the case says otherwise."""
    modules = build_of(need("httpd")).module_dir
    lines = case.replace("MODULES", str(modules)).replace("ROOT", str(root)).splitlines()
    mpm = next((line.split()[1] for line in lines if line.startswith("-mpm")), "event")
    name = [] if "-ServerName" in lines else ["ServerName main.example"]
    first = [f"LoadModule mpm_{mpm}_module {modules}/mod_mpm_{mpm}.so", *name]
    file = root / "main.conf"
    file.write_text("\n".join([*first, *(line for line in lines if not line.startswith("-"))]) + "\n")
    if "main.conf/" not in case and "no" not in case.split("ErrorLog")[-1]:
        (root / "logs").mkdir(exist_ok=True)
    return file


def same(root: Path, case: str, command: Command) -> None:
    engine, file = need("httpd"), lay_out(root, case)
    theirs = subprocess.run(
        [engine.path, "-t", "-d", str(root), "-f", str(file)], capture_output=True, text=True, timeout=60
    )
    ours = command("check", "-d", root, "-f", file, "--httpd", "--here")
    assert (ours.stderr, ours.returncode) == (theirs.stderr, theirs.returncode)


@pytest.mark.live
@pytest.mark.parametrize("case", CASES)
def test_as_httpd_says_it(case: str, tmp_path: Path, command: Command) -> None:
    """CLI-1, CLI-2, CLI-16, CLI-17, CLI-18, STR-40 to STR-43."""
    same(tmp_path, CASES[case], command)


@pytest.mark.live
@pytest.mark.parametrize("module", NEEDY)
def test_modules_need_others_before_them(module: str, tmp_path: Path, command: Command) -> None:
    """STR-41."""
    same(tmp_path, f"LoadModule {module}_module MODULES/mod_{module}.so", command)


def test_without_here_nothing_of_the_machine_is_an_error(tmp_path: Path, command: Command) -> None:
    """CLI-16: what only this machine lacks never stops us."""
    site = tmp_path / "httpd.conf"
    site.write_text("ErrorLog no/error.log\nLoadModule proxy_module nope.so\nServerRoot /no/such\nUser no-such-user\n")
    quiet, noted, here = (command("check", site, *words) for words in ((), ("--notes",), ("--here",)))
    assert (quiet.returncode, noted.returncode, here.returncode) == (0, 0, 1)
    assert "log-folder-not-here" not in quiet.stderr
    assert f"{site}:1:1: note: Cannot access directory" in noted.stderr
    assert f"{site}:1:1: error: Cannot access directory" in here.stderr


def test_a_fragment_may_name_modules_in_any_order(tmp_path: Path, command: Command) -> None:
    """STR-41: what stands around a part may load them."""
    part = tmp_path / "proxy_http.load"
    part.write_text("LoadModule proxy_http_module modules/mod_proxy_http.so\n")
    assert command("check", part, "--context", "server").returncode == 0
