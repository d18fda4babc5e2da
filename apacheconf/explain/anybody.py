"""The authority of explain: it reads no password, so whoever names a user is taken at their word."""

from __future__ import annotations

from collections.abc import Iterable

from apacheconf.program.admission import GroupFiles, Provider
from apacheconf.program.authority import Finding, Membership, Nobody, Verdict


class Anybody(Nobody):
    """Any password is the right one, and everybody is in every group; no name is looked up."""

    def password(self, provider: Provider, user: str, password: str) -> Finding:
        return Finding(Verdict.GRANTED)

    def digest_password(self, provider: Provider, user: str, realm: str, password: str) -> Finding:
        return Finding(Verdict.GRANTED)

    def membership(self, files: GroupFiles, user: str, groups: Iterable[str], dbm: bool) -> Membership:
        return Membership(True)


ANYBODY = Anybody()
