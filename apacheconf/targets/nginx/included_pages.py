"""AddOutputFilter in nginx: pages that include others, by ``ssi``; no other filter goes by a suffix (NGX-172)."""

from __future__ import annotations

from apacheconf.program.handling import FileRules, MimeRules, SuffixFilters
from apacheconf.program.steps import Step
from apacheconf.targets.claims import Claim, approximated, equivalent, unsupported
from apacheconf.targets.media_types import types_of
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.routes import Route

_INCLUDES = "includes"
_OTHER = "no filter goes by a suffix in nginx: such files are sent as they are"
_WORDS = (
    "nginx knows include, echo, set, if and config in pages, and its own variables and conditions there; all files of "
    "the type are searched, whatever their suffix"
)
_UNCHANGED = "a page that is sent as it is has an ETag, which httpd leaves out"
#: What nginx searches in any case.
_ALWAYS = "text/html"


def emit(low: Lowering, route: Route, step: Step, location: Block) -> list[Claim]:
    """The filters of suffixes. Without Options Includes httpd sends such a page as it is, too."""
    assert isinstance(step.action, SuffixFilters)
    said_by = route.host.said_by(step)
    if step.action.of_requests or set(step.action.names) != {_INCLUDES}:
        return [unsupported(said_by, _OTHER, "suffix-filters")]
    options = {name for each in route.others if isinstance(each.action, FileRules) for name in each.action.options}
    if not options & {_INCLUDES, "includesnoexec"}:
        return [equivalent(said_by, _UNCHANGED, "etag-form")]
    types = _types(low, route)
    if _ALWAYS not in types:
        return [unsupported(said_by, "bodies of text/html are searched in any case, so none is", "suffix-filters")]
    location.add("ssi", "on", comment=low.sources.comment(said_by), claims=(approximated(said_by, _WORDS, "ssi"),))
    if types - {_ALWAYS}:
        location.add("ssi_types", *sorted(types - {_ALWAYS}))
    return []


def _types(low: Lowering, route: Route) -> set[str]:
    """The media types of the suffixes that have the filter."""
    known = dict(types_of(low.program, low.scopes))
    rules = [each.action for each in route.others if isinstance(each.action, MimeRules)]
    suffixes = {suffix for each in rules for suffix, _ in each.output_filters}
    own = {suffix: kind for each in rules for suffix, kind in each.types if kind is not None}
    return {kind for suffix in suffixes if (kind := {**known, **own}.get(suffix))}
