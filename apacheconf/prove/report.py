"""The report of a comparison: what was asked, what was equal, and each difference with both answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass

from apacheconf.prove.compare import Comparison
from apacheconf.prove.observe import Observation, to_json

#: The shape of ``Report.to_json``; a change that a reader must know about makes it another number.
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Reduction:
    """The smallest ``config`` and ``request`` found that show a difference; ``unfinished`` when time was over."""

    config: str
    request: str
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """One probe in one scenario. ``cause`` is the directive that decided it (``site.conf:9:5: ProxyPass / ...``),
    ``announced`` the key of the translation's caveat that says so."""

    scenario: str
    host: str
    probe: str
    comparison: Comparison
    reference: Observation
    other: Observation
    cause: str = ""
    announced: str | None = None
    reduced: Reduction | None = None

    @property
    def equal(self) -> bool:
        return self.comparison.equal

    @property
    def unannounced(self) -> bool:
        return not self.equal and self.announced is None


@dataclass(frozen=True, slots=True)
class Sums:
    """How many requests of one scenario were asked, and what came of them."""

    host: str
    scenario: str
    asked: int
    equal: int
    announced: int
    different: int

    @classmethod
    def of(cls, host: str, scenario: str, results: list[Result]) -> Sums:
        equal, bad = sum(each.equal for each in results), sum(each.unannounced for each in results)
        return cls(host, scenario, len(results), equal, len(results) - equal - bad, bad)


@dataclass(frozen=True)
class Report:
    """What ``prove`` found. ``reference`` and ``other`` are titles with versions; ``notes`` what was not asked.

    ``silent_keys`` are announced caveats that no probe of this run has shown, ``seed`` is what chose the requests,
    ``left_out`` how many a budget has cost.
    """

    reference: str
    other: str
    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()
    silent_keys: tuple[str, ...] = ()
    seed: int = 0
    left_out: int = 0

    @property
    def asked(self) -> int:
        return len(self.results)

    @property
    def equal(self) -> int:
        return sum(result.equal for result in self.results)

    @property
    def different(self) -> tuple[Result, ...]:
        """Every difference, the unannounced ones first."""
        found = [result for result in self.results if not result.equal]
        return tuple(sorted(found, key=lambda result: not result.unannounced))

    @property
    def unannounced(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.unannounced)

    @property
    def exit_code(self) -> int:
        """1 when anything differed that nobody had announced, or when nothing was asked: that proves nothing."""
        return 1 if self.unannounced or not self.results else 0

    @property
    def excused(self) -> Counter[str]:
        """How often each normalisation (DIF-9) was needed."""
        return Counter(name for result in self.results for name in result.comparison.excused)

    def sums(self) -> tuple[Sums, ...]:
        """Host by host and scenario by scenario, in the order in which they were asked."""
        found: dict[tuple[str, str], list[Result]] = {}
        for result in self.results:
            found.setdefault((result.host, result.scenario), []).append(result)
        return tuple(Sums.of(host, scenario, results) for (host, scenario), results in found.items())

    def to_json(self) -> dict[str, object]:
        """The report as data, versioned by ``schema``; ``cli/schemas/proof.schema.json`` describes it."""
        return {
            "schema": SCHEMA,
            "reference": self.reference,
            "other": self.other,
            "seed": self.seed,
            "left out": self.left_out,
            "asked": self.asked,
            "equal": self.equal,
            "announced": len(self.different) - len(self.unannounced),
            "unannounced": len(self.unannounced),
            "normalisations": dict(sorted(self.excused.items())),
            "notes": list(self.notes),
            "announced but not shown": list(self.silent_keys),
            "differences": [_result_to_json(result) for result in self.different],
        }


def _result_to_json(result: Result) -> dict[str, object]:
    aspects = [{"what": a.what, "reference": a.reference, "other": a.other} for a in result.comparison.aspects]
    small = result.reduced
    return {
        "scenario": result.scenario,
        "host": result.host,
        "probe": result.probe,
        "announced": result.announced,
        "cause": result.cause,
        "aspects": aspects,
        "reference": to_json(result.reference),
        "other": to_json(result.other),
        **({} if small is None else {"reduced": asdict(small)}),
    }
