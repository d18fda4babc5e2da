"""Whole trees of files, read by httpd and by us."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from apacheconf.expand import Options, expand, find
from tests.conftest import SITES
from tests.engines.real import need
from tests.expand import fixture


@pytest.mark.live
@pytest.mark.parametrize("root", [SITES / "debian", Path("/etc/apache2")], ids=["fixture", "installed"])
def test_debians_tree_is_read_as_httpd_reads_it(root: Path) -> None:
    """MOD-1, INC-7, INC-15, VAR-5, CLI-23."""
    engine = need("httpd")
    if not (root / "apache2.conf").is_file():
        pytest.skip(f"no Debian configuration in {root}")
    info = f"LoadModule info_module {fixture.modules_folder()}/mod_info.so"
    options = Options(before=(info,), environ={})
    found = find([str(root)], options)
    words = [str(engine.path), "-t", "-D", "DUMP_CONFIG", "-d", str(root), "-f", str(root / "apache2.conf"), "-C", info]
    environ = {**found.environ, "APACHE_RUN_DIR": "/tmp"}  # httpd wants it to exist
    done = subprocess.run(words, capture_output=True, timeout=60, check=False, env=environ)
    says = fixture.normalised(done.stdout.decode("latin-1"), root, engine.path.name)
    expanded = expand(found, options)
    assert fixture.dump(expanded, root) == says
