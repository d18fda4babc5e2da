"""mod_substitute in the program: what the SUBSTITUTE filter replaces."""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.modules.declare import Conf
from apacheconf.modules.mod_substitute import SubstituteDirConf
from apacheconf.program.handling import Substitution, SubstitutionRules
from apacheconf.program.steps import Step
from apacheconf.program.telling import settings_of, tell


def steps(conf: Conf) -> Iterator[Step]:
    """What effective settings make a filtered answer meet."""
    assert isinstance(conf, SubstituteDirConf)
    if conf.substitutions.value:
        found = tuple(
            Substitution(
                each.pattern, each.replacement, "n" not in each.flags, "i" in each.flags, "q" not in each.flags
            )
            for each in conf.substitutions.value
        )
        yield tell(SubstitutionRules(found, conf.max_line_length.value), settings_of(conf))
