"""httpd and each target with its translation, on the same configuration and the same origins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest

from apacheconf.engines import haproxy, httpd, nginx
from apacheconf.engines.process import Server
from apacheconf.engines.sandbox import Sandbox, free_ports
from apacheconf.targets import TARGETS
from tests.engines.real import need
from tests.targets.configs import translated
from tests.targets.echoes import ask, echo

_START: dict[str, Callable[..., Server]] = {"httpd": httpd.start, "nginx": nginx.start, "haproxy": haproxy.start}
MODULES = ("proxy_module", "proxy_http_module", "authz_core_module", "authz_host_module", "dir_module", "mime_module")

#: What a balancer of httpd needs beside them.
BALANCER = ("proxy_balancer_module", "lbmethod_byrequests_module", "slotmem_shm_module")


@dataclass(frozen=True)
class Fronts:
    """The port of each server by its name, and those of the two origins."""

    at: dict[str, int]
    one: int
    two: int


@contextmanager
def fronts(
    config: str,
    folder: Path,
    modules: Sequence[str] = MODULES,
    versions: Mapping[str, str] = MappingProxyType({}),
    targets: Sequence[str] = tuple(TARGETS),
) -> Iterator[Fronts]:
    """Run httpd and the ``targets``; ``{port}``, ``{one}``, ``{two}`` and ``{none}`` (nobody listens) are filled in.

    ``versions`` are the targets' that are written for and run, where any will not do.
    """
    one, two, none, *ports = free_ports(3 + 1 + len(targets))
    at = dict(zip(("httpd", *targets), ports, strict=True))
    with ExitStack() as stack:
        stack.enter_context(echo(one))
        stack.enter_context(echo(two))
        for name, port in at.items():
            text = config
            for key, value in {"port": port, "one": one, "two": two, "none": none}.items():
                text = text.replace(f"{{{key}}}", str(value))
            own = folder / name
            own.mkdir()
            _start(name, text, port, own, modules, stack, versions.get(name))
        yield Fronts(at, one, two)


def differing(running: Fronts, host: str, paths: Iterable[str], target: str = "haproxy") -> list[str]:
    """The paths for which the target says something else than httpd, with what both say."""
    asked = ((path, *(ask(running.at[name], host, path) for name in ("httpd", target))) for path in paths)
    return [f"{path}: {theirs} / {ours}" for path, theirs, ours in asked if ours != theirs]


def lay_out(factory: pytest.TempPathFactory, names: Iterable[str]) -> Path:
    """A folder with files that hold their own names, which httpd's children may read."""
    root = factory.mktemp("files")
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    for each in (root, *root.parents[:2]):
        each.chmod(0o755)
    return root


def _start(
    name: str, text: str, port: int, folder: Path, modules: Sequence[str], stack: ExitStack, version: str | None
) -> None:
    engine = need(name, version)
    box = stack.enter_context(Sandbox("test"))
    if name == "httpd":
        text = f"{httpd.preamble(engine, box, modules)}\nListen 127.0.0.1:{port}\n{text}"
    else:
        files = translated(folder, text, name, version).files
        for file, content in files.items():
            box.write(file, content)
        text = next(iter(files.values()))
    stack.enter_context(_START[name](engine, box, text, [("127.0.0.1", port)]))
