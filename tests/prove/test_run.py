"""Running a front for a scenario: one that goes away is named, with what it said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apacheconf.engines import EngineFailed
from apacheconf.program.loading import load
from apacheconf.prove import side
from apacheconf.prove.aims import find_targets
from apacheconf.prove.ask import scenarios
from apacheconf.prove.stage import authorities, modules_for


def test_a_front_that_goes_away_is_named(sites: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(side, "ask", gone)
    loaded = load([str(sites / "reverse-proxy/conf.d")])
    target = find_targets(loaded.require())[0]
    scenario = next(iter(scenarios(loaded.require(), target.aim, authorities(loaded.require()))))
    with pytest.raises(EngineFailed, match="apacheconf serve stopped answering"):
        side.observe(loaded, target, scenario, side.Front.find("serve"), lambda _: None)


def test_a_module_gets_what_it_looks_for(tmp_path: Path) -> None:
    """httpd doesn't start with mod_authn_socache alone."""
    file = tmp_path / "site.conf"
    file.write_text("<Location />\nAuthnCacheProvideFor file\n</Location>\n")
    assert "socache_shmcb_module" in modules_for(load([str(file)]))


def test_the_modules_of_htaccess_files_are_loaded_too(tmp_path: Path) -> None:
    """A fragment doesn't say them; without them its files are a 500 for both sides."""
    (tmp_path / "html").mkdir()
    (tmp_path / "html/.htaccess").write_text("RewriteEngine On\n")
    file = tmp_path / "site.conf"
    file.write_text(
        f"<VirtualHost *:80>\nDocumentRoot {tmp_path}/html\n<Directory {tmp_path}/html>\nAllowOverride All\n"
        "</Directory>\n</VirtualHost>\n"
    )
    assert "rewrite_module" in modules_for(load([str(file)]))
