"""What configurations are made of, for rules: mappings, ways back, targets, balancers and their members."""

from __future__ import annotations

from dataclasses import dataclass

from apacheconf.ledger import Written
from apacheconf.lint.urls import Url
from apacheconf.model.types import Section, Server
from apacheconf.modules.mod_proxy import ProxyPass, ProxyPassReverse
from apacheconf.syntax.words import split


@dataclass(frozen=True, slots=True)
class Mapping:
    """A ProxyPass as it holds for ``server``; ``section`` is the Location it stands in.

    ``path`` is what it matches: its own, or the section's pattern. ``inherited`` means that the main server
    says it and ``server`` is a virtual host (INH-1).
    """

    server: Server
    entry: ProxyPass
    node: Written
    path: str
    section: Section | None = None
    inherited: bool = False

    @property
    def target(self) -> str:
        return self.entry.target

    @property
    def is_exclusion(self) -> bool:
        return self.target == "!"

    @property
    def is_prefix(self) -> bool:
        """It compares a plain prefix: no regular expression, no glob, nothing interpolated (PP-16, PU-11)."""
        glob = self.section is not None and any(char in self.path for char in "*?[")
        in_regex = self.entry.regex or (self.section is not None and self.section.regex)
        return not (glob or in_regex or "interpolate" in self.entry.keywords)

    @property
    def url(self) -> Url:
        return Url.of(self.target)

    @property
    def path_word(self) -> int:
        """The number of the word that holds the path; for a section's ProxyPass there is none, so its name."""
        if self.section is not None:
            return -1
        return 1 if self.node.args.lstrip().startswith("~") else 0

    @property
    def target_word(self) -> int:
        return self.path_word + 1

    def written(self, path: str, target: str) -> str:
        """The directive with another path and target, as one would write it."""
        if self.section is not None:
            return f'{self.node.name} "{target}"'
        return f'{self.node.name} "{path}" "{target}"'


@dataclass(frozen=True, slots=True)
class WayBack:
    """A ProxyPassReverse as it holds for a server."""

    entry: ProxyPassReverse
    node: Written
    path: str
    section: Section | None = None

    @property
    def url(self) -> Url:
        return Url.of(self.entry.url)

    def wrong_word(self, mapping: Mapping) -> int:
        """The number of the word that differs from ``mapping``: its path or its URL."""
        if self.entry.path is None:
            return 0
        return 0 if self.entry.url == mapping.target else 1


@dataclass(frozen=True, slots=True)
class Member:
    url: str
    node: Written
    parameters: dict[str, object]

    @property
    def url_word(self) -> int:
        """The number of the word that holds the URL: the balancer's name may come before it (BP-15)."""
        return 1 if balancer_name(split(self.node.args)[0]) else 0


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that requests go to: of a ProxyPass or a BalancerMember; ``word`` is the number of its word."""

    url: Url
    node: Written
    word: int


@dataclass(frozen=True)
class BalancerView:
    """A balancer as it holds for a server. ``parameters`` maps each one to its value and directive."""

    name: str
    members: list[Member]
    parameters: dict[str, tuple[object, Written]]
    defined_by: list[Written]


def balancer_name(url: str) -> str:
    """``balancer://name`` in lower case without path (BP-14); empty for another URL."""
    if not url.lower().startswith("balancer://"):
        return ""
    parts = Url.of(url)
    return f"balancer://{parts.host}"
