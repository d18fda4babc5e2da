"""What access logs say (LOG-1 ff.): formats on a stage, the requests, and the lines that are compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program.loading import load
from apacheconf.prove import Report, prove
from apacheconf.prove.aims import find_targets
from apacheconf.prove.compare import Aspect
from apacheconf.prove.logged import LOGS, differences, probes
from apacheconf.prove.logs import read, steadied
from apacheconf.prove.observe import Tokens
from tests.engines.real import need

_SITE = "Listen 80\n<VirtualHost *:80>\nServerName a.test\n{}\nProxyPass / http://10.0.0.1/\n</VirtualHost>\n"


@pytest.mark.parametrize(
    ("format", "left"),
    [
        ('"%h %l %u %t \\"%r\\" %>s %b"', '"%h %l %u ~ \\"%r\\" %>s ~"'),
        ('"%D %{ms}T %P %{tid}P %I %O %k %X"', '"~ ~ ~ ~ ~ ~ ~ ~"'),
        ('"%{%d/%b/%Y}t %!200D %%D %{UNIQUE_ID}e %{X-T}i"', '"~ ~ %%D ~ %{X-T}i"'),
        ('"%m" "expr=%{REQUEST_STATUS} >= 400"', '"%m" "expr=%{REQUEST_STATUS} >= 400"'),
    ],
)
def test_formats_lack_what_no_two_runs_share(format: str, left: str) -> None:
    assert steadied(format) == left


def test_only_a_host_with_a_log_is_asked_for_it(tmp_path: Path) -> None:
    for line, count in (("", 0), ('CustomLog logs/a.log "%r"', 9)):
        (tmp_path / "site.conf").write_text(_SITE.format(line))
        (target,) = find_targets(load([str(tmp_path / "site.conf")]).require())
        assert len(list(probes(target.host, target.aim))) == count


def test_lines_are_compared_whenever_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "access1.log").write_text("b 127.0.0.1:12345\na\n")
    (tmp_path / "access2.log").touch()
    (tmp_path / "error.log").write_text("no\n")
    here = read(tmp_path, Tokens({12345: "10.0.0.1"}, {}))
    assert here == {"access1": ("a", "b 10.0.0.1")}
    assert dict(differences(here, {"access1": ("a", "c")})) == {
        "access1": (Aspect("log line 2", "b 10.0.0.1", "c"),)
    }  # fmt: skip
    assert dict(differences(here, {})) == {
        "access1": (Aspect("log line 1", "a", "(none)"), Aspect("log line 2", "b 10.0.0.1", "(none)"))
    }


def _proven(folder: Path, line: str, against: str) -> Report:
    need("httpd"), need("nginx")
    (folder / "site.conf").write_text(_SITE.format(line))
    return prove([str(folder / "site.conf")], against=against)


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("against", ["serve", "nginx"])
def test_logs_of_two_servers_say_the_same(tmp_path: Path, against: str) -> None:
    lines = 'CustomLog logs/a.log "%h %l %u %t %r %>s %b %{User-Agent}i"\nSetEnvIf Cookie a=1 known\n' \
            'CustomLog logs/b.log "%m %U%q %H %{a}C" env=known'  # fmt: skip
    results = {each.probe: each for each in _proven(tmp_path, lines, against).results if each.scenario == LOGS}
    assert {"log: access1", "log: access2"} <= set(results)
    assert all(each.comparison.equal for each in results.values())
