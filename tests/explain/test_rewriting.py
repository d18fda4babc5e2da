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
