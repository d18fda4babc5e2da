"""What serve says of rules: exact where they are run, named where they are not, and refusals are never lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.diagnostics import ConfigError
from apacheconf.ledger import Outcome
from apacheconf.program import Program, Request, decide, load
from apacheconf.runtime.honesty import account, refuse_dishonoured

TEXT = """
<VirtualHost *:80>
    ServerName a.example
    RewriteEngine On
    RewriteOptions Inherit
    RewriteMap lc int:tolower
    RewriteMap users "dbd:SELECT name FROM users WHERE id = %s"
    RewriteRule ^/a /b [PT]
    RewriteCond ${users:x} .
    RewriteRule ^/secret - [F]
    RewriteCond ${users:x} (.*)
    RewriteRule ^ - [E=USER:%1]
    ProxyPass / http://127.0.0.1:8080/
    <Location /section>
        RewriteRule x y
    </Location>
    <Directory /srv>
        RewriteRule x http://127.0.0.1:8080/ [P]
    </Directory>
</VirtualHost>
<VirtualHost *:80>
    ServerName off.example
    RewriteRule ^ - [F]
</VirtualHost>
"""


def program_of(folder: Path, text: str) -> Program:
    file = folder / "site.conf"
    file.write_text(text)
    return load([str(file)]).require()


def test_each_line_is_accounted_for(tmp_path: Path):  # RW-1, RW-44
    program = program_of(tmp_path, TEXT)
    found = [(row.name, row.outcome) for row in account(program) if row.name.startswith("Rewrite")]
    unsupported = Outcome.UNSUPPORTED
    assert found == [
        ("RewriteEngine", Outcome.EXACT),
        ("RewriteOptions", Outcome.ABSORBED),
        *[("RewriteMap", Outcome.ABSORBED)] * 2,
        ("RewriteRule", Outcome.EXACT),
        *[("RewriteCond", unsupported), ("RewriteRule", unsupported)] * 2,
        ("RewriteRule", Outcome.EXACT),
        ("RewriteRule", Outcome.EXACT),
        ("RewriteRule", Outcome.DEAD_IN_SOURCE),
    ]


def test_a_refusal_that_is_not_run_stops_serve(tmp_path: Path):
    program = program_of(tmp_path, TEXT)
    with pytest.raises(ConfigError, match="RewriteRule"):
        refuse_dishonoured(program, frozenset())
    refuse_dishonoured(program, frozenset({"rewriterule"}))
    harmless = "<Location /x>\nRewriteEngine On\nRewriteRule a b\n</Location>\nProxyPass / http://127.0.0.1:8080/\n"
    refuse_dishonoured(program_of(tmp_path, harmless), frozenset())


@pytest.mark.parametrize(("path", "status"), [("/secret", 500), ("/other", None)])
def test_a_rule_that_can_not_be_evaluated_refuses_where_it_might_match(tmp_path: Path, path: str, status: int | None):
    program = program_of(tmp_path, TEXT)
    assert decide(program, Request("GET", path, (("Host", "a.example"),))).status == status
