"""All plays of ``scripted``."""

from __future__ import annotations

from tests.runtime.breakdowns import FAILURES
from tests.runtime.documented import DOCUMENTED
from tests.runtime.fields import WHOLE_HEADS
from tests.runtime.limits import LIMITS
from tests.runtime.logged import LOGGED
from tests.runtime.misread import MISREAD
from tests.runtime.oddities import ODD
from tests.runtime.parameters import PLAYS as PARAMETERS
from tests.runtime.peculiar import PECULIAR
from tests.runtime.preambles import PREAMBLES
from tests.runtime.released import RELEASED
from tests.runtime.scripts import PLAYS

ALL = (
    *PLAYS,
    *FAILURES,
    *ODD,
    *WHOLE_HEADS,
    *LIMITS,
    *MISREAD,
    *DOCUMENTED,
    *LOGGED,
    *RELEASED,
    *PECULIAR,
    *PARAMETERS,
    *PREAMBLES,
)
