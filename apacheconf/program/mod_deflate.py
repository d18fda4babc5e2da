"""mod_deflate in the program: how a server's answers are compressed, where a filter asks for it."""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.model.types import Server
from apacheconf.modules.declare import Conf
from apacheconf.modules.mod_deflate import DeflateDirConf, DeflateServerConf
from apacheconf.program.handling import DeflateNotes, DeflateRules, InflateRules
from apacheconf.program.link import Linker
from apacheconf.program.phases import Phase
from apacheconf.program.steps import Step
from apacheconf.program.telling import settings_of, tell


def steps(conf: Conf) -> Iterator[Step]:
    """How far bodies of requests are inflated, where that isn't what httpd does by itself."""
    assert isinstance(conf, DeflateDirConf)
    if any(each.is_set for each in settings_of(conf)):
        yield tell(
            InflateRules(conf.inflate_limit.value, conf.ratio_limit.value, conf.ratio_burst.value), settings_of(conf)
        )


def server_steps(server: Server, linker: Linker) -> Iterator[Step]:
    """Nothing unless some setting differs from httpd's own."""
    conf = server.server_conf(DeflateServerConf)
    settings = (conf.level, conf.memory_level, conf.window_size, conf.alter_etag)
    said_by = [each for setting in (*settings, conf.buffer_size) for each in setting.said_by]
    if said_by:
        rules = DeflateRules(conf.level.value, conf.memory_level.value, conf.window_size.value, conf.alter_etag.value)
        yield linker.step(Phase.FILTERS, rules, said_by)
    if conf.notes.value:
        yield linker.step(Phase.FILTERS, DeflateNotes(conf.notes.value), conf.notes.said_by)
