"""Requests for files that are there (DIF-6, DIF-8)."""

from __future__ import annotations

from pathlib import Path

from apacheconf.program.loading import load
from apacheconf.prove.aims import find_targets
from apacheconf.prove.served import generate


def titles(site: Path, lines: str) -> list[str]:
    """What is asked of a host with these lines, and ``site`` for {here}."""
    text = lines.replace("{here}", str(site))
    (site.parent / "site.conf").write_text(
        f"Listen 80\n<VirtualHost *:80>\nServerName a.test\n{text}\n</VirtualHost>\n"
    )
    (target,) = find_targets(load([str(site.parent / "site.conf")]).require())
    return [probe.name.removeprefix("file: ") for probe in generate(target.host, target.aim)]


def laid_out(folder: Path, *names: str) -> Path:
    """A folder with files of these names."""
    for name in names:
        file = folder / "site" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return folder / "site"


def test_one_file_of_each_kind_is_asked_for_in_each_folder(tmp_path: Path) -> None:
    site = laid_out(tmp_path, "a.txt", "b.txt", "c.css", "sub/d.txt", "sub/deep/e.txt")
    asked = titles(site, 'DocumentRoot "{here}"')
    assert {"GET /a.txt", "GET /c.css", "GET /sub/d.txt"} <= set(asked)
    assert not {"GET /b.txt", "GET /sub/deep/e.txt"} & set(asked)


def test_a_file_is_asked_for_as_clients_ask_who_know_it(tmp_path: Path) -> None:
    asked = titles(laid_out(tmp_path, "a.txt"), 'DocumentRoot "{here}"')
    assert {
        "GET /a.txt, If-Modified-Since when it was made",
        "GET /a.txt, If-Modified-Since later",
        "GET /a.txt, If-Modified-Since before",
        "GET /a.txt, If-None-Match: *",
        "HEAD /a.txt",
        "GET /a.txt/x",
    } <= set(asked)


def test_folders_are_asked_for_with_a_slash_and_without(tmp_path: Path) -> None:
    asked = titles(laid_out(tmp_path, "sub/a.txt"), 'DocumentRoot "{here}"')
    assert {"GET /sub", "GET /sub/", "GET /sub?q=1", "GET /sub/nothing-here"} <= set(asked)


def test_nothing_that_might_be_run_is_asked_for(tmp_path: Path) -> None:
    """But where an origin answers instead."""
    site = laid_out(tmp_path, "a.php", "b.cgi", "c", "d.txt")
    (site / "c").chmod(0o755)
    asked = {each.split(",")[0] for each in titles(site, 'DocumentRoot "{here}"')}
    assert not {"GET /a.php", "GET /b.cgi", "GET /c"} & asked
    handler = '<FilesMatch "\\.php$">\nSetHandler "proxy:fcgi://127.0.0.1:9000"\n</FilesMatch>'
    asked = set(titles(site, f'DocumentRoot "{{here}}"\n{handler}'))
    assert {"GET /a.php", "GET /a.php/x"} <= asked and "GET /b.cgi" not in asked


def test_only_files_that_a_path_leads_to_are_asked_for(tmp_path: Path) -> None:
    site = laid_out(tmp_path, "a.txt", "static/b.txt")
    asked = titles(site, 'DocumentRoot "{here}"\nProxyPass /static !\nProxyPass / http://10.0.0.1/')
    assert "GET /static/b.txt" in asked and "GET /a.txt" not in asked
    asked = titles(site, 'Alias /s/ "{here}/static/"\nProxyPass /s/ !\nProxyPass / http://10.0.0.1/')
    assert "GET /s/b.txt" in asked


def test_nothing_is_asked_where_nothing_lies(tmp_path: Path) -> None:
    assert not titles(tmp_path / "site", 'DocumentRoot "{here}"')
