"""mod_expires in the program: Expires and Cache-Control of answers by their type (EX-1, EX-2)."""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.modules.declare import Conf
from apacheconf.modules.mod_expires import ExpiresDirConf
from apacheconf.modules.mod_expires import Expiry as Written
from apacheconf.program.handling import Expiry, ExpiryRules
from apacheconf.program.steps import Step
from apacheconf.program.telling import settings_of, tell


def steps(conf: Conf) -> Iterator[Step]:
    """Nothing unless ExpiresActive is On."""
    assert isinstance(conf, ExpiresDirConf)
    if conf.active.value:
        by_type = tuple((name, _expiry(each)) for name, each in conf.by_type.value.items())
        default = conf.default.value
        yield tell(ExpiryRules(by_type, None if default is None else _expiry(default)), settings_of(conf))


def _expiry(written: Written) -> Expiry:
    return Expiry(_as_int(written.seconds), written.since_modification)


def _as_int(number: int) -> int:
    """A number as C's int of 32 bits has it: what is more than 68 years lies in the past to httpd."""
    return (number + (1 << 31)) % (1 << 32) - (1 << 31)
