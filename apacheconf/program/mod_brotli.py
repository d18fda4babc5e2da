"""mod_brotli in the program: how a server's answers are compressed, where a filter asks for it."""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.model.types import Server
from apacheconf.modules.mod_brotli import BrotliServerConf
from apacheconf.program.handling import BrotliNotes, BrotliRules
from apacheconf.program.link import Linker
from apacheconf.program.phases import Phase
from apacheconf.program.steps import Step


def server_steps(server: Server, linker: Linker) -> Iterator[Step]:
    """Nothing unless some setting differs from httpd's own."""
    conf = server.server_conf(BrotliServerConf)
    settings = (conf.quality, conf.window, conf.max_input_block, conf.alter_etag)
    said_by = [each for setting in settings for each in setting.said_by]
    if said_by:
        rules = BrotliRules(conf.quality.value, conf.window.value, conf.max_input_block.value, conf.alter_etag.value)
        yield linker.step(Phase.FILTERS, rules, said_by)
    if conf.notes.value:
        yield linker.step(Phase.FILTERS, BrotliNotes(conf.notes.value), conf.notes.said_by)
