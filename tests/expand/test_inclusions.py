"""``dump --includes`` prints what httpd's DUMP_INCLUDES prints (CLI-9, CLI-22)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from apacheconf.engines.httpd import build_of
from apacheconf.expand import Options, expand, find
from apacheconf.model.views import dump_includes
from tests.conftest import Command
from tests.engines.real import need

MAIN = """\
ServerName x
Include a.conf
IncludeOptional d/*.conf
IncludeOptional none.conf
<IfDefine !NOPE>
Include a.conf
</IfDefine>
<VirtualHost *:80>
  Include \\
    b.conf
</VirtualHost>
<Macro M $x>
# a comment
ServerSignature On
Include $x
</Macro>
Use M a.conf
Use M c.conf
Include d
"""
FILES = {
    "a.conf": "Include b.conf\n",
    "b.conf": "# nothing\n",
    "c.conf": "\n\nInclude b.conf\n",
    "d/1.conf": "ServerTokens Prod\n",
    "d/2.conf": "ServerTokens Prod\nInclude b.conf\n",
    "z.conf": "# nothing\n",
}
#: What httpd 2.4.71 printed for it, the folder as @.
SEEN = """\
Included configuration files:
  (*) @/main.conf
    (2) @/a.conf
      (1) @/b.conf
    (3) @/d/1.conf
    (3) @/d/2.conf
      (2) @/b.conf
    (6) @/a.conf
      (1) @/b.conf
    (10) @/b.conf
    (2) @/a.conf
      (1) @/b.conf
    (2) @/c.conf
      (3) @/b.conf
    (19) @/d/1.conf
    (19) @/d/2.conf
      (2) @/b.conf
"""


@pytest.fixture
def main(tmp_path: Path) -> Path:
    for name, text in {**FILES, "main.conf": MAIN}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "logs").mkdir()
    return tmp_path / "main.conf"


def ours(main: Path, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> str:
    before = ("LoadModule macro_module x.so", *before)
    options = Options(file=str(main), server_root=str(main.parent), before=before, after=after)
    return dump_includes(expand(find([], options), options))


def test_as_seen(main: Path) -> None:
    assert ours(main).replace(str(main.parent), "@") == SEEN


@pytest.mark.live
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), ()),
        (("Define A", "Include z.conf"), ("Include c.conf",)),
        (("Include z.conf", "Define A"), ("Include a.conf", "Include z.conf")),
        (("Define A",), ()),
    ],
)
def test_as_httpd(main: Path, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Files of -C and -c stand one level down, and a main file after an Include of -C shows that line."""
    engine = need("httpd")
    folder = build_of(engine).module_dir
    words = [str(engine.path), "-t", "-D", "DUMP_INCLUDES", "-d", str(main.parent), "-f", str(main)]
    loads = [f"LoadModule {name}_module {folder}/mod_{name}.so" for name in ("mpm_event", "macro")]
    words += [word for line in loads for word in ("-C", line)]
    words += [word for line in before for word in ("-C", line)]
    words += [word for line in after for word in ("-c", line)]
    theirs = subprocess.run(words, capture_output=True, text=True, timeout=30, check=True).stdout
    assert ours(main, (loads[0], *before), after) == theirs


@pytest.mark.live
@pytest.mark.parametrize(
    "broken",
    ["Include nope.conf", "Define", "<Location /x>", "</Location>", "Include d/nope*", "NoSuchDirective", "ServerName"],
)
def test_as_httpd_where_something_is_wrong(tmp_path: Path, broken: str, command: Command) -> None:
    """CLI-9, CLI-22: httpd prints while it reads, up to the error; an error of the walk comes after all of it."""
    folder = build_of(need("httpd")).module_dir
    files = {
        "main.conf": f"LoadModule mpm_event_module {folder}/mod_mpm_event.so\nServerName x\nErrorLog {tmp_path}/e\n"
        f"Include {tmp_path}/a.conf\nInclude {tmp_path}/b.conf\nInclude {tmp_path}/c.conf\n",
        "a.conf": f"Include {tmp_path}/c.conf\n",
        "b.conf": f"Include {tmp_path}/c.conf\n{broken.replace('Include ', f'Include {tmp_path}/')}\n",
        "c.conf": "ServerAdmin a@b\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    main = tmp_path / "main.conf"
    words = [need("httpd").path, "-t", "-D", "DUMP_INCLUDES", "-d", tmp_path, "-f", main]
    theirs = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=30)
    we = command("dump", "--includes", "-d", tmp_path, "-f", main)
    assert (we.stdout, we.returncode) == (theirs.stdout, theirs.returncode)
    assert theirs.returncode == 1
