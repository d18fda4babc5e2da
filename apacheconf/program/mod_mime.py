"""mod_mime in the program: what extensions mean, handed on to the handler of files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from apacheconf.modules.declare import Conf
from apacheconf.modules.mod_mime import MimeDirConf
from apacheconf.program.handling import HandlerRules, MimeRules, Pairs, SuffixFilters
from apacheconf.program.steps import Step
from apacheconf.program.telling import settings_of, tell


def steps(conf: Conf) -> Iterator[Step]:
    """What effective settings make a request for a file meet."""
    assert isinstance(conf, MimeDirConf)
    if conf.handlers.is_set:
        yield tell(HandlerRules(_pairs(conf.handlers.value)), (conf.handlers,))
    told_apart = (conf.handlers, conf.input_filters, conf.output_filters)
    settings = [each for each in settings_of(conf) if not any(each is other for other in told_apart)]
    if conf.output_filters.is_set or any(each.is_set for each in settings):
        yield tell(rules(conf), settings)
    for filters in (conf.output_filters, conf.input_filters):
        if filters.is_set:
            yield tell(SuffixFilters(_names(filters.value), filters is conf.input_filters), (filters,))


def rules(conf: MimeDirConf) -> MimeRules:
    return MimeRules(
        types=cast("Pairs", tuple(conf.types.value.items())),
        encodings=_pairs(conf.encodings.value),
        charsets=_pairs(conf.charsets.value),
        languages=_pairs(conf.languages.value),
        output_filters=_pairs(conf.output_filters.value),
        default_language=conf.default_language.value,
        multiviews_match=conf.multiviews_match.value,
        use_path_info=conf.use_path_info.value,
    )


def _names(table: dict[str, str | None]) -> tuple[str, ...]:
    return tuple(name.lower() for names in table.values() for name in (names or "").split(";") if name)


def _pairs(table: dict[str, str | None]) -> Pairs:
    return tuple((extension, meant) for extension, meant in table.items() if meant is not None)
