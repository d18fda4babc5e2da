"""What the MPMs make of numbers that don't fit together: each is set right, with a warning (CLI-18).

httpd looks at them when everything is read, in the order of the functions here. The three MPMs ask the same
questions under codes of their own; prefork knows no threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.model.bound import Directive
from apacheconf.modules.proxy_parameters import atoi


class _Mpm(NamedTuple):
    """``codes`` are the numbers of the AH codes in the order in which the questions are asked."""

    codes: Sequence[int]
    most_servers: int
    most_threads: int
    defaults: dict[str, int]


_THREADED = {
    "ServerLimit": 16, "ThreadLimit": 64, "ThreadsPerChild": 25, "MaxRequestWorkers": 400, "StartServers": 3,
    "MinSpareThreads": 75,
}  # fmt: skip
_MPMS = {
    "mpm_event_module": _Mpm(
        (497, 499, 502, 504, 507, 509, 511, 513, 515, 517, 519), 20_000, 100_000, _THREADED
    ),
    "mpm_worker_module": _Mpm((300, 302, 305, 307, 310, 312, 314, 316, 318, 320, 322), 20_000, 20_000, _THREADED),
    "mpm_prefork_module": _Mpm(
        (175, 177, 180, 182, 184, 186), 200_000, 0,
        {"ServerLimit": 256, "MaxRequestWorkers": 256, "StartServers": 5, "MinSpareServers": 5},
    ),
}  # fmt: skip
#: Older names of the same directives.
_RENAMED = {"MaxClients": "MaxRequestWorkers"}
_SEE = "To increase, please see the {} directive."
_SURVIVAL = "increasing to 1 to avoid almost certain server failure. Please read the documentation."


def corrected(directives: Sequence[Directive], modules: Iterable[str]) -> tuple[Diagnostic, ...]:
    """A warning for each number outside of sections that the MPM among ``modules`` changes; event counts if none is."""
    found = [directive for directive in directives if directive.spec and directive.spec.module == "mpm_common"]
    loaded = [name for name in modules if name in _MPMS] or ["mpm_event_module"]
    return tuple(_Correction(loaded[0], found).warnings()) if found and len(loaded) == 1 else ()


def most_requests(directives: Sequence[Directive], modules: Iterable[str]) -> int | None:
    """MaxRequestWorkers as it holds after all corrections; None where nobody has said it."""
    found = [directive for directive in directives if directive.spec and directive.spec.module == "mpm_common"]
    loaded = [name for name in modules if name in _MPMS] or ["mpm_event_module"]
    correction = _Correction(loaded[0], found)
    for _ in correction.warnings():
        pass
    return correction.values["MaxRequestWorkers"] if "MaxRequestWorkers" in correction.said_by else None


class _Correction:
    """The numbers of one configuration, and the code of the next question."""

    def __init__(self, mpm: str, directives: Iterable[Directive]) -> None:
        self.mpm = _MPMS[mpm]
        self.threaded = mpm != "mpm_prefork_module"
        self.values = dict(self.mpm.defaults)
        self.said_by: dict[str, Directive] = {}
        for directive in directives:
            assert directive.spec is not None
            name = _RENAMED.get(directive.spec.name, directive.spec.name)
            if name in self.values and directive.words:
                self.values[name], self.said_by[name] = atoi(directive.words[0]), directive

    def warnings(self) -> Iterator[Diagnostic]:
        codes = iter(self.mpm.codes)
        yield from self._within("ServerLimit", next(codes), next(codes), self.mpm.most_servers, "servers")
        if self.threaded:
            yield from self._within("ThreadLimit", next(codes), next(codes), self.mpm.most_threads, "threads")
            yield from self._threads(next(codes), next(codes))
            yield from self._workers(next(codes), next(codes), next(codes))
        else:
            yield from self._processes(next(codes), next(codes))
        yield from self._at_least_one("StartServers", next(codes), "increasing to 1.")
        spare = "MinSpareThreads" if self.threaded else "MinSpareServers"
        yield from self._at_least_one(spare, next(codes), _SURVIVAL)

    def _set(self, name: str, value: int, code: int, said: str) -> Iterator[Diagnostic]:
        """``name`` becomes ``value``; the warning stands at the directive, if one has said it."""
        message = f"{name} of {self.values[name]} {said}"
        self.values[name] = value
        directive = self.said_by.get(name)
        place = directive.node.place if directive else None
        httpd = f"AH{code:05}: WARNING: {message}"
        yield Diagnostic(Level.WARNING, "mpm-limit", message, place, httpd=httpd)

    def _within(self, name: str, above: int, below: int, most: int, unit: str) -> Iterator[Diagnostic]:
        if self.values[name] > most:
            yield from self._set(
                name, most, above, f"exceeds compile-time limit of {most} {unit}, decreasing to {most}."
            )
        yield from self._at_least_one(name, below, "increasing to 1.")

    def _at_least_one(self, name: str, code: int, then: str) -> Iterator[Diagnostic]:
        if self.values[name] < 1:
            yield from self._set(name, 1, code, f"not allowed, {then}")

    def _threads(self, above: int, below: int) -> Iterator[Diagnostic]:
        limit = self.values["ThreadLimit"]
        if self.values["ThreadsPerChild"] > limit:
            said = f"exceeds ThreadLimit of {limit} threads, decreasing to {limit}. "
            yield from self._set(
                "ThreadsPerChild", limit, above, f"{said}To increase, please see the ThreadLimit directive."
            )
        yield from self._at_least_one("ThreadsPerChild", below, "increasing to 1.")

    def _workers(self, below: int, uneven: int, above: int) -> Iterator[Diagnostic]:
        name, threads, limit = "MaxRequestWorkers", self.values["ThreadsPerChild"], self.values["ServerLimit"]
        if self.values[name] < threads:
            said = (
                f"is less than ThreadsPerChild of {threads}, increasing to {threads}. {name} must be at least as large"
            )
            yield from self._set(name, threads, below, f"{said} as the number of threads in a single server.")
        servers = self.values[name] // threads
        if self.values[name] % threads:
            said = f"is not an integer multiple of ThreadsPerChild of {threads}, decreasing to nearest multiple "
            said += f"{servers * threads}, for a maximum of {servers} servers."
            yield from self._set(name, servers * threads, uneven, said)
        if servers > limit:
            said = f"would require {servers} servers and would exceed ServerLimit of {limit}, decreasing to "
            said += f"{limit * threads}. {_SEE.format('ServerLimit')}"
            yield from self._set(name, limit * threads, above, said)

    def _processes(self, above: int, below: int) -> Iterator[Diagnostic]:
        name, limit = "MaxRequestWorkers", self.values["ServerLimit"]
        if self.values[name] > limit:
            said = f"exceeds ServerLimit value of {limit} servers, decreasing {name} to {limit}. "
            yield from self._set(name, limit, above, said + _SEE.format("ServerLimit"))
        yield from self._at_least_one(name, below, "increasing to 1.")
