"""Ask a server's own checker (``httpd -t``, ``nginx -t``, ``haproxy -c``) about a configuration (DES-16, ENG-7).

The check runs on a copy in a sandbox, where only what belongs to another machine is replaced: ports that may
not be bound, addresses that this machine doesn't have, names that don't resolve here. Line numbers stay.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from apacheconf.diagnostics import CheckerError
from apacheconf.engines import haproxy, nginx
from apacheconf.engines.installed import Engine, find
from apacheconf.engines.sandbox import Sandbox

#: A name that doesn't resolve is replaced and the check is made again, at most this often.
UNRESOLVED_NAMES = 50
#: Seconds that a checker has: it looks up names, and whoever should answer may not.
SECONDS = 60.0


class Verdict(Enum):
    VALID = "valid"
    WARNED = "valid, with warnings"
    REFUSED = "refused"
    NOT_VALIDATED = "not validated"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """``output`` is what the checker said, with our file names; ``replaced`` what the copy had instead."""

    verdict: Verdict
    engine: Engine | None
    output: str = ""
    replaced: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """False when refused. A missing checker is not ok either: nothing was shown (ENG-7)."""
        return self.verdict in (Verdict.VALID, Verdict.WARNED)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The lines of ``output`` that warn, each followed by those that go on with it (they are indented)."""
        if self.engine is None or self.verdict is not Verdict.WARNED:
            return ()
        found: list[str] = []
        warns = False
        for line in self.output.splitlines():
            warns = bool(_WARNING[self.engine.name].search(line)) or (warns and line.startswith(" "))
            if warns:
                found.append(line)
        return tuple(found)

    def __str__(self) -> str:
        by = (
            f" by {self.engine.title}"
            if self.engine
            else ": no such server is here; pip install 'apacheconf[engines]' brings nginx and HAProxy"
        )
        return f"{self.verdict.value}{by}"


def check(engine: Engine | str, files: Mapping[str, str]) -> CheckResult:
    """What the checker of ``engine`` says to ``files`` (name to text; the first one is the main file).

    ``engine`` may be a name; without an installed binary the verdict is NOT_VALIDATED. For httpd the text must
    load its own modules. Raises CheckerError when the checker comes to no end.
    """
    found = find(engine) if isinstance(engine, str) else engine
    if found is None:
        return CheckResult(Verdict.NOT_VALIDATED, None)
    main = next(iter(files))
    with Sandbox("check") as box:
        replaced: list[str] = []
        addresses: dict[str, str] = {}
        for name, text in files.items():
            box.write(name, _prepare(found, text, box, replaced, addresses))
        for _ in range(UNRESOLVED_NAMES):
            asked = _run(found, box, main)
            output = asked.stdout + asked.stderr
            if asked.returncode == 0 or not _replace_unresolved(box, output, replaced):
                break
        said = output.replace(f"{box.path}/", "").strip()
    return CheckResult(_verdict(found, asked.returncode, said), found, said, tuple(replaced))


def _prepare(engine: Engine, text: str, box: Sandbox, replaced: list[str], addresses: dict[str, str]) -> str:
    if engine.name == "nginx":
        return nginx.sandboxed(_replace_listens(text, replaced, addresses), box)
    return haproxy.sandboxed(text, box) if engine.name == "haproxy" else text


def _run(engine: Engine, box: Sandbox, main: str) -> subprocess.CompletedProcess[str]:
    if engine.name == "nginx":
        command = nginx.command(engine, box, main, "-t")
    elif engine.name == "haproxy":
        command = haproxy.command(engine, box, main, "-c")
    else:
        command = [str(engine.path), "-t", "-d", str(box.path), "-f", str(box.path / main)]
    return ask(engine, command, box)


def ask(engine: Engine, command: Sequence[str], box: Sandbox) -> subprocess.CompletedProcess[str]:
    """Run a checker in ``box``. Raises CheckerError when it hasn't ended after SECONDS; it is gone then."""
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, cwd=box.path, stdin=subprocess.DEVNULL,
            errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise CheckerError(
            f"{engine.title} has not checked the translation within {SECONDS:g} seconds: do all names in it resolve?"
        ) from None


_WARNING = {
    "nginx": re.compile(r"\[warn\]"),
    "haproxy": re.compile(r"\[WARNING\]"),
    "httpd": re.compile(r"^AH(?!0055[78]:)\d+: ", re.MULTILINE),
}


def _verdict(engine: Engine, code: int, said: str) -> Verdict:
    if code != 0:
        return Verdict.REFUSED
    return Verdict.WARNED if _WARNING[engine.name].search(said) else Verdict.VALID


# --- what belongs to another machine -------------------------------------------------------------------------

_LISTEN = re.compile(r"^([ \t]*listen[ \t]+)((?:\[[^]]*\]|[^\s;:]+):)?(\d+)(?=[\s;])", re.MULTILINE)
#: nginx and HAProxy name the host, and the file and line that hold it.
_UNRESOLVED = (
    re.compile(r'host not found in (?:upstream )?"(?P<host>[^"/:]+)[^"]*".* in (?P<file>\S+):(?P<line>\d+)'),
    re.compile(r"\[(?P<file>[^]\s]+):(?P<line>\d+)\].*could not resolve address '(?P<host>[^'/:]+)"),
)


def _replace_listens(text: str, replaced: list[str], addresses: dict[str, str]) -> str:
    """nginx -t binds what it checks: every listen goes to a loopback address and a port above 1023.

    ``addresses`` are those of all files, each with its stand-in.
    """

    def other(found: re.Match[str]) -> str:
        before, address, port = found.group(1), found.group(2) or "", int(found.group(3))
        stand_in = addresses.setdefault(address, f"127.{len(addresses) + 1}.0.1:")
        high = port if port > 1023 else port + 20000
        replaced.append(f"listen {address}{port} -> {stand_in}{high}")
        return f"{before}{stand_in}{high}"

    return _LISTEN.sub(other, text)


def _replace_unresolved(box: Sandbox, output: str, replaced: list[str]) -> bool:
    """Replace the host that the checker could not resolve, in the line that it names; False if there is none."""
    found = next((match for pattern in _UNRESOLVED if (match := pattern.search(output))), None)
    if found is None:
        return False
    host, number = found["host"], int(found["line"])
    file = box.path / found["file"]
    lines = file.read_text("latin-1").split("\n")
    changed = re.sub(rf"(?<![\w.-]){re.escape(host)}(?![\w.-])", "127.0.0.1", lines[number - 1])
    if changed == lines[number - 1]:
        return False
    lines[number - 1] = changed
    file.write_bytes("\n".join(lines).encode("latin-1"))
    replaced.append(f"name {host} -> 127.0.0.1")
    return True


__all__ = ["CheckResult", "Verdict", "check"]
