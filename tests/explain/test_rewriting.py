"""The story of a request that rules change: each rule, and what it made (RW-5, PP-24)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.explain import explain, request_for
from apacheconf.program import load

TEXT = """
<VirtualHost *:80>
    ServerName a.example
    RewriteEngine On
    RewriteCond %{HTTP:X-Old} 1
    RewriteRule ^/old(.*) /new$1?x=1 [PT]
    RewriteRule ^/deny - [F]
    RewriteRule ^/mark - [E=a:b]
    ProxyPass / http://127.0.0.1:8080/
</VirtualHost>
"""


@pytest.mark.parametrize(
    ("path", "headers", "said"),
    [
        ("/old/a", ["X-Old: 1"], "RewriteRule ^/old(.*) /new$1?x=1 [PT] makes it /new/a?x=1."),
        ("/old/a", [], "RewriteRule ^/old(.*) /new$1?x=1 [PT] doesn't apply: its pattern or a condition before it "
         "doesn't hold."),
        ("/deny", [], "RewriteRule ^/deny - [F] answers it with 403."),
        ("/deny", [], "RewriteRule ^/mark - [E=a:b] isn't asked."),
        ("/mark", [], "RewriteRule ^/mark - [E=a:b] matches and leaves the URL as it is."),
    ],
)  # fmt: skip
def test_rules_are_told(tmp_path: Path, path: str, headers: list[str], said: str):
    file = tmp_path / "site.conf"
    file.write_text(TEXT)
    story = explain(load([str(file)]).require(), request_for(f"http://a.example{path}", headers=headers))
    told = [sentence.text for chapter in story.chapters for sentence in chapter.sentences]
    assert said in told


def test_a_htaccess_and_its_rules_are_told(tmp_path: Path):
    """RW-5: what a rule of a folder makes is asked for anew."""
    folder = tmp_path / "html" / "blog"
    folder.mkdir(parents=True)
    (folder / "index.php").write_text("x")
    (folder / ".htaccess").write_text(
        "RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule . /blog/index.php [L]\n"
    )
    file = tmp_path / "site.conf"
    file.write_text(
        f"<VirtualHost *:80>\nServerName a.example\nDocumentRoot {tmp_path}/html\n"
        f"<Directory {tmp_path}>\nAllowOverride All\nRequire all granted\n</Directory>\n</VirtualHost>\n"
    )
    story = explain(load([str(file)]).require(), request_for("http://a.example/blog/post"))
    told = {sentence.text: sentence.sources for chapter in story.chapters for sentence in chapter.sentences}
    assert f"{folder}/.htaccess applies." in told
    rule = told["RewriteRule . /blog/index.php [L] makes it /blog/index.php."]
    assert [(each.file, each.line) for each in rule] == [(f"{folder}/.htaccess", line) for line in (2, 3)]
    assert (story.outcome, story.facts["file"]) == ("file", f"{folder}/index.php")
