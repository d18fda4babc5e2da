"""core in nginx, as far as files are concerned: Options, FileETag, ForceType and limits (NGX-153, NGX-155, NGX-156)."""

from __future__ import annotations

from apacheconf.ledger import Outcome, Written
from apacheconf.program.handling import FileRules, RangeRules, UploadRules
from apacheconf.program.steps import Step
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.nginx.links import emit_links
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.routes import Route

_OWN_LIST = "the list of a folder is nginx's own page"
_NO_VARIANTS = "MultiViews: no variant of a name is looked for, so 404 is answered"
_LINKED = "what lies below a link is a 404 and no 403, as if nothing were there"
_DANGLING = "a link that leads nowhere is a 404 and no 403"


def lines_named(route: Route, step: Step, *names: str) -> list[Written]:
    """The directives of a step with one of these names, in small letters."""
    return [each for each in route.host.said_by(step) if each.name.lower() in names]


def forces(rules: FileRules) -> bool:
    """Whether ForceType says the type, for ``none`` gives it back to the file's name."""
    return bool(rules.force_type) and rules.force_type.lower() != "none"


def emit_rules(low: Lowering, route: Route, step: Step, location: Block) -> list[Claim]:
    """How files are answered."""
    rules = step.action
    assert isinstance(rules, FileRules)
    if forces(rules):
        location.open("types")
    if rules.force_type:
        location.add("default_type", rules.force_type.lower() if forces(rules) else "")
    if not rules.etag:
        location.add("etag", "off")
    return [
        *_options(low, route, rules, lines_named(route, step, "options"), location),
        _etag(rules, lines_named(route, step, "fileetag")),
        _path_info(rules, lines_named(route, step, "acceptpathinfo")),
        exact(lines_named(route, step, "forcetype")),
        Claim(tuple(lines_named(route, step, "cgipassauth")), Outcome.NO_EFFECT, "no program is asked here", "files"),
    ]  # fmt: skip


def _options(low: Lowering, route: Route, rules: FileRules, said_by: list[Written], location: Block) -> list[Claim]:
    """The lines that ask for what can't be had answer for it; the others are carried. Nothing lists a folder without
    mod_autoindex."""
    claims = []
    if "autoindex_module" in low.program.modules and "indexes" in rules.options:
        location.add("autoindex", "on")
        claims.append(approximated(_asking(said_by, "indexes", "all"), _OWN_LIST, "autoindex"))
    if "multiviews" in rules.options:
        claims.append(unsupported(_asking(said_by, "multiviews"), _NO_VARIANTS, "multiviews"))
    if "followsymlinks" not in rules.options:
        emit_links(low, route, rules.options, said_by, location)
        owners = "symlinksifownermatch" in rules.options
        claims.append(equivalent(said_by, _DANGLING, "dangling-links") if owners else
                      approximated(said_by, _LINKED, "linked-folders"))  # fmt: skip
    told = {id(each) for claim in claims for each in claim.said_by}
    return [*claims, exact([each for each in said_by if id(each) not in told])]


def _asking(said_by: list[Written], *options: str) -> list[Written]:
    """The lines that ask for one of these options."""
    return [each for each in said_by if {word.lstrip("+") for word in each.args.lower().split()} & {*options}]


def _etag(rules: FileRules, said_by: list[Written]) -> Claim:
    if not rules.etag:
        return exact(said_by)
    return equivalent(said_by, "an ETag has nginx's own form", "etag-form")


def _path_info(rules: FileRules, said_by: list[Written]) -> Claim:
    if rules.path_info.lower() != "on":
        return exact(said_by)
    return unsupported(said_by, "a path that goes on behind a file is answered with 404", "path-info")


def emit_ranges(low: Lowering, route: Route, step: Step, location: Block) -> list[Claim]:
    """How many ranges of a file may be asked for."""
    rules = step.action
    assert isinstance(rules, RangeRules)
    if rules.most != RangeRules().most:
        location.add("max_ranges", "0" if rules.most == 0 else str(max(rules.most, 0) or 1_000_000))
    return [
        exact(lines_named(route, step, "maxranges")),
        unsupported(lines_named(route, step, "maxrangeoverlaps", "maxrangereversals"),
                    "nginx counts the ranges of a request, not how they lie", "ranges"),
    ]  # fmt: skip


def emit_limit(low: Lowering, route: Route, step: Step, location: Block) -> list[Claim]:
    """LimitRequestBody, for what nginx itself answers."""
    assert isinstance(step.action, UploadRules)
    location.add("client_max_body_size", str(step.action.limit))
    return [exact(route.host.said_by(step))]
