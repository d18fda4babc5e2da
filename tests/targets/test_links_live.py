"""Options without FollowSymLinks on httpd and nginx: which links are followed on the way to a file (DR-7, NGX-155)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_ALIASES = """
    Alias /linked {root}/linked
    Alias /above {root}/above/site
    Alias /one.txt {root}/www/l.txt
"""
_CONFIG = (
    """
<VirtualHost *:{port}>
    ServerName everywhere.test
    DocumentRoot {root}/above/site
    <Directory />
        Options None
        Require all granted
    </Directory>
</VirtualHost>
<VirtualHost *:{port}>
    ServerName here.test
    DocumentRoot {root}/above/site
    <Directory {root}/above/site>
        Options -FollowSymLinks
        Require all granted
    </Directory>
</VirtualHost>
<VirtualHost *:{port}>
    ServerName root.test
    DocumentRoot {root}/www
    <Directory {root}/www>
        Options -FollowSymLinks
    </Directory>
    <Directory {root}>
        Require all granted
    </Directory>
"""
    + _ALIASES
    + """
</VirtualHost>
<VirtualHost *:{port}>
    ServerName higher.test
    DocumentRoot {root}/www
    <Directory "{root}/">
        Options -FollowSymLinks
        Require all granted
    </Directory>
"""
    + _ALIASES
    + """
</VirtualHost>
<VirtualHost *:{port}>
    ServerName deeper.test
    DocumentRoot {root}/www
    <Directory {root}/www/folder/site>
        Options -FollowSymLinks
    </Directory>
    <Directory {root}>
        Require all granted
    </Directory>
"""
    + _ALIASES
    + """
</VirtualHost>
"""
)
_ASKED = (
    *(("everywhere.test", "/x.txt"), ("here.test", "/x.txt"), ("here.test", "/l.txt")),
    *((f"{name}.test", path) for name in ("root", "higher", "deeper") for path in (
      "/plain.txt", "/l.txt", "/folder/secret.txt", "/folder/site/x.txt", "/folder/site/l.txt", "/linked/x.txt",
      "/above/x.txt", "/one.txt")),
)  # fmt: skip
#: What httpd refuses with 403, and nginx as what isn't there.
_HIDDEN = {
    ("everywhere.test", "/x.txt"),
    *((name, f"/folder/{file}") for name in ("root.test", "higher.test")
      for file in ("secret.txt", "site/x.txt", "site/l.txt")),
    ("higher.test", "/linked/x.txt"),
    ("higher.test", "/above/x.txt"),
}  # fmt: skip


@pytest.fixture(scope="module", params=[pytest.param("1.22", id="1.22"), pytest.param("1.31", id="newest")])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("links") as box:
        for name in ("www/plain.txt", "other/secret.txt", "other/site/x.txt"):
            box.write(name, f"this is {name}\n")
        for name, target in (("above", "other"), ("linked", "other/site"), ("www/folder", "../other"),
                             ("www/l.txt", "../other/secret.txt"), ("other/site/l.txt", "../secret.txt")):  # fmt: skip
            (box.path / name).symlink_to(target)
        config = _CONFIG.replace("{root}", str(box.path))
        versions = {"nginx": request.param}
        with fronts(config, tmp_path_factory.mktemp("links"), (*MODULES, "alias_module"), versions) as found:
            yield found


@pytest.mark.live
@pytest.mark.parametrize(("name", "path"), _ASKED)
def test_links(name: str, path: str, running: Fronts) -> None:
    """What httpd refuses is refused, as 404 where a folder above it is the link: "linked-folders"."""
    theirs, ours = (_answer(running.at[each], name, path) for each in ("httpd", "nginx"))
    if (name, path) in _HIDDEN:
        assert (theirs, ours) == (("403", ""), ("404", ""))
    else:
        assert ours == theirs


def _answer(port: int, name: str, path: str) -> tuple[str, str]:
    lines, body = exchange(port, name, path)
    return lines[0].split()[1], body if body.startswith("this") else ""


@pytest.mark.parametrize(
    ("section", "begins"),
    [("/", ""), ("/srv", " from=/srv"), ("/srv/www", " from=$document_root"), ('"/srv/www/"', " from=$document_root"),
     ("/srv/www/in", " from=/srv/www/in")],
)  # fmt: skip
def test_where_links_begin_to_be_looked_for(section: str, begins: str, tmp_path: Path) -> None:
    lines = "DocumentRoot /srv/www", f"<Directory {section}>", "Options SymLinksIfOwnerMatch", "</Directory>"
    made = translated(tmp_path, host(*lines), "nginx")
    assert f"disable_symlinks if_not_owner{begins};" in made.text
    assert outcomes(made)["Options"] == "equivalent"


@pytest.mark.parametrize(("options", "outcome"), [("SymLinksIfOwnerMatch", "equivalent"), ("None", "approximated")])
def test_links_that_are_told_of(options: str, outcome: str, tmp_path: Path) -> None:
    """NGX-155: below a link that nobody follows httpd answers 403, nginx 404; one of another owner is a 403 in both."""
    lines = "DocumentRoot /srv/www", "<Directory /srv/www>", f"Options {options}", "</Directory>"
    assert outcomes(translated(tmp_path, host(*lines), "nginx"))["Options"] == outcome
