"""Cells as locations (NGX-32). A cell where more than the path decides picks a named location by a variable.

``try_files`` goes to it after the access phase and leaves the request as it is: method, body, path and query.
"""

from __future__ import annotations

from dataclasses import replace

from apacheconf.ledger import Outcome, Written
from apacheconf.program.conditions import FromHost
from apacheconf.program.handling import DeflateRules, ExpiryRules, FcgiRules, SubstitutionRules, Told
from apacheconf.program.hosts import Host, Reach
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.steps import (
    AddFilter,
    BeginRewriting,
    EditHeader,
    ExportTls,
    FinishRewriting,
    MapToHome,
    NameUser,
    OverrideErrors,
    Redirect,
    Respond,
    Rewrite,
    SecureOrigin,
    SetErrorDocument,
    SetHandler,
    SetUri,
    Step,
)
from apacheconf.program.workers import Balancer
from apacheconf.targets.captures import parts_in
from apacheconf.targets.choices import Ask, Closed, Place, Tree, close, leaves
from apacheconf.targets.claims import Claim, equivalent, exact, unsupported
from apacheconf.targets.environments import variables_set
from apacheconf.targets.error_documents import lines_of
from apacheconf.targets.naming import slug
from apacheconf.targets.nginx import (
    applications,
    documents,
    failures,
    file_answers,
    htaccess,
    mod_alias,
    mod_auth_basic,
    mod_deflate,
    mod_dir,
    mod_expires,
    mod_headers,
    mod_proxy,
    mod_proxy_fcgi,
    mod_ratelimit,
    mod_setenvif,
    mod_substitute,
    nesting,
    overriding,
    rewriting,
    static,
    trails,
)
from apacheconf.targets.nginx.conditions import can_ask
from apacheconf.targets.nginx.lowering import NO_FILE, Lowering
from apacheconf.targets.nginx.picking import Picker
from apacheconf.targets.nginx.rewriting import emit_refusals
from apacheconf.targets.nginx.tree import Block, Directive, add_claims, print_tree
from apacheconf.targets.nginx.unseen import without_unseen
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.restrictions import asked_by
from apacheconf.targets.routes import Route, kept_in_mind, members
from apacheconf.targets.spoken import words_of
from apacheconf.targets.unaskable import claims_of_asking

_NO_FOLDER = "nginx can't name the folder of these files here, so that they are answered with 404"
_NO_FILE_THERE = "no folder has files for it: 404 is answered"
#: What says something of bodies that are no own answers.
_OF_BODIES = AddFilter | DeflateRules | SubstitutionRules | SetHandler | OverrideErrors


def emit_place(low: Lowering, host: Host, place: Place, server: Block) -> None:
    """The location of a cell, and the named ones that it picks from."""
    server.space()
    place = replace(place, tree=without_unseen(low, place.tree))
    if _emit_served(low, place, place.tree, server):
        return
    tree, lost = close(place.tree, can_ask)
    for _, end in leaves(tree):
        if isinstance(end, Route):
            end.met += [(step, False) for step in lost if isinstance(step.action, EditHeader)]
    for step in lost if not isinstance(tree, Closed) else ():
        if isinstance(step.action, EditHeader):
            continue
        low.dropped.append(_unasked(host, step))
    if _emit_served(low, place, tree, server):
        return
    if isinstance(tree, Ask):
        _emit_choice(low, place, tree, server)
    else:
        location = server.open("location", *_matcher(place), comment=_comment(low, tree))
        _fill(low, tree, location, server)


def _emit_served(low: Lowering, place: Place, tree: Tree, server: Block) -> bool:
    """The location of a cell whose files lie in one folder, with others in it for what is asked of names."""
    if not nesting.may_be_nested(low, tree):
        return False
    tree = nesting.spread(tree, place.cell)
    served = nesting.in_one_folder(low, tree, place.cell)
    mapped = static.mapped_file(served) if served else None
    if served is None or mapped is None:
        return False
    location = server.open("location", *_matcher(place))
    static.emit_root(low, served, mapped, location)
    htaccess.emit_stub(low, served.host, place, location)
    low.tells_trails, low.script_names = trails.can_tell(tree), trails.script_names(low, tree)
    tree = trails.of_files(low, tree)

    def fill(end: Route | Closed, inner: Block) -> None:
        _fill(low, end, inner, server, has_folder=True)

    nesting.emit_nested(low, tree, place.cell, location, fill)
    return True


def _unasked(host: Host, step: Step) -> Claim:
    """The claim for what is not asked of a client: of access rules only for the lines that ask for its name."""
    name = next(parts_in(step.when, FromHost), None)
    if name is None:
        return unsupported(host.said_by(step), "its condition can't be asked in nginx", "condition")
    return unsupported(asked_by(host.said_by(step), name), mod_auth_basic.UNASKED, "condition")


def _matcher(place: Place) -> tuple[str, ...]:
    path = place.cell.path
    if not path:
        return ("/",)
    return ("=", path) if place.cell.reach is Reach.BARE else ("^~", f"{path}/")


def _emit_choice(low: Lowering, place: Place, tree: Ask, server: Block) -> None:
    tree, scripts = trails.of_all_files(low, tree)
    location = server.open("location", *_matcher(place), comment="what answers depends on more than the path")
    names = []
    for answers, end in leaves(tree):
        low.one_path = nesting.is_one_path(answers)
        low.script_words = scripts.words(low, answers) if scripts else None
        names.append(_named(low, end, server))
    low.one_path, low.script_words = False, None
    picker = Picker(low.maps, iter(names), f"who_answers_{words_of(place.cell.path) or 'root'}")
    location.add("try_files", NO_FILE, f"@{picker.word_of(tree)}")


def _named(low: Lowering, end: Route | Closed, server: Block) -> str:
    """The name of the location of an end. Those that say the same are one, with what each of them claims."""
    block, beside = Block(), Block()
    _fill(low, end, block, beside)
    return _shared(low, _kind_of(low, end), Directive("location", (), block, _comment(low, end)), server, beside)


def _kind_of(low: Lowering, end: Route | Closed) -> str:
    """What the named location of an end is called: by the origin that it leads to, or by what it answers."""
    if isinstance(end, Closed):
        return "closed"
    return f"{_answer_of(low, end)}{'-with-password' if end.admits else ''}"


def _answer_of(low: Lowering, end: Route) -> str:
    origin = end.origin(low.program)
    if origin is not None and end.map is not None:
        words = words_of(end.map.pattern.pattern if end.map.pattern else end.map.prefix) or words_of(end.cell.path)
        named = isinstance(origin, Balancer) and not low.alike  # hosts that are alike have balancers of their own
        return f"to-{slug(origin.name) if named else words.replace('_', '-') or 'origin'}"
    if mod_proxy_fcgi.script_origin(low, end) is not None:
        return "scripts"
    match end.answer and end.answer.action:
        case Respond(status):
            return f"answer-{status}"
        case Redirect():
            return "redirect"
        case SetUri():
            return "another-path"
        case _:
            return "files" if end.file else "answer-404"


def _shared(low: Lowering, kind: str, case: Directive, server: Block, beside: Block | None = None) -> str:
    """The name of a location, written with what stands ``beside`` it unless there is one already that says the same."""
    text, more = print_tree(Block([case]))[0], beside.entries if beside else []
    known = low.cases.get(text)
    if known is not None and not more:
        add_claims(known, case)
        return known.words[0].removeprefix("@")
    low.cases[text] = case
    name = low.new_name(kind)
    case.words = (f"@{name}",)
    server.space()
    server.entries += [case, *more]
    return name


def _comment(low: Lowering, end: Route | Closed) -> str:
    if isinstance(end, Closed):
        return f"closed: {low.sources.comment(end.said_by)}"
    decided = next((step for step in end.decision if step is not None), None)
    return low.sources.comment(end.host.said_by(decided)) if decided else ""


def _fill(low: Lowering, end: Route | Closed, location: Block, server: Block, has_folder: bool = False) -> None:
    if isinstance(end, Closed):
        location.add("return", str(end.status), claims=(unsupported(end.said_by, end.why, "closed"),))
        low.dropped += claims_of_asking(low.scopes, end.host, end.asks, end.said_by)
        return
    low.begin_location()
    stood = len(location.entries)
    files, carried = file_answers.emit(low, end, has_folder)
    if not any(each.name == "fastcgi_pass" for each in (files or Block()).directives()):
        documents.emit_own(low, end, location)
    outgoing = Block()
    carried += _emit_outgoing(low, end, outgoing)
    _report_unsure(low, end, location, carried)
    low.dropped += kept_in_mind(end)
    if not mod_auth_basic.emit_gate(low, end, location):
        return
    try:
        emit_refusals(low, end, location)
        _emit_decision(low, end, files, location, server)
        location.entries += outgoing.entries
    except CannotAsk as missing:
        said_by = [each for step in end.decision if step is not None for each in end.host.said_by(step)]
        why = f"it uses {missing}, which can't be said in nginx, so 503 is answered"
        del location.entries[stood:]  # guards that stand before it stay
        location.add("return", "503", claims=(unsupported(said_by, why, "closed"),))


def _emit_outgoing(low: Lowering, route: Route, block: Block) -> list[Step]:
    """Filters of answers: of those that are made here only redirects expire, and none is compressed."""
    expiry = [step for step in route.others if isinstance(step.action, ExpiryRules)]
    if route.answer is not None:
        filters = [step for step in route.others if isinstance(step.action, _OF_BODIES)]
        redirects = isinstance(route.answer.action, Redirect)
        for step in expiry if redirects else ():
            low.dropped += mod_expires.emit_rules(low, route, step, block)
        unused = [each for step in (*filters, *(() if redirects else expiry)) for each in route.host.said_by(step)]
        low.dropped.append(Claim(tuple(unused), Outcome.NO_EFFECT, "answers made here don't have it", "made-here"))
        return [*filters, *expiry]
    asked = route.mapping is not None or mod_proxy_fcgi.script_origin(low, route) is not None
    if route.mapping is not None and not is_fcgi(route.origin(low.program)):
        overrides = overriding.emit(low, route, block, applications.kind_of(route.origin(low.program)))
    elif asked:  # a script, where it is asked
        overrides = []
    else:
        overrides = [step for step in route.others if isinstance(step.action, OverrideErrors)]
        unasked = [each for step in overrides for each in route.host.said_by(step)]
        low.dropped.append(Claim(tuple(unasked), Outcome.NO_EFFECT, "no origin is asked here", "made-here"))
    carried = [*overrides, *mod_deflate.emit(low, route, block), *mod_ratelimit.emit(low, route, block)]
    carried += mod_substitute.emit(low, route, block)
    return [*carried, *(mod_expires.emit_for_origin(low, route, block) if asked else ())]


def _emit_decision(low: Lowering, end: Route, files: Block | None, location: Block, server: Block) -> None:
    """Who answers. Raises CannotAsk."""
    origin = end.origin(low.program)
    if files is not None and (origin is not None or mod_proxy_fcgi.script_origin(low, end)):
        location.entries += files.entries
    elif origin is not None:
        mod_proxy.emit_proxied(low, end, origin, location)
    else:
        lines = mod_headers.HeaderLines(low, end, None, of_file=files is not None)
        lines.emit_response(location)
        texts = any(isinstance(step.action, SetErrorDocument) and step.action.text for step in end.others)
        if texts or low.overrides:
            failures.mark_failures(low, lines, location)
        if files is None:
            _emit_local(low, end, location, server)
        else:
            location.entries += files.entries
            mod_dir.settle_redirect(location)


def _emit_local(low: Lowering, route: Route, location: Block, server: Block) -> None:
    """A cell that no mapping takes: an answer made here, or the 404 of a server without that file."""
    if route.answer:
        mapped = (step for step in (route.file, route.local) if step)
        low.dropped += [exact(route.host.said_by(step)) for step in mapped]
    if route.answer and isinstance(route.answer.action, SetUri):
        claims_of = (exact(route.host.said_by(route.answer)),)
        location.add("try_files", NO_FILE, rewriting.asked_anew(low, route), claims=claims_of)
        return
    if route.answer and isinstance(route.answer.action, Redirect):
        _emit_redirect(low, route, route.answer, location, server)
        return
    status, claims = "404", []
    if route.answer and isinstance(route.answer.action, Respond) and route.answer.action.body is None:
        status = str(route.answer.action.status)
        claims.append(exact(route.host.said_by(route.answer)))
    elif route.answer:
        status = "503"
        claims.append(unsupported(route.host.said_by(route.answer), "not supported yet for nginx", "not-yet"))
    elif route.file:
        said_by = [each for step in (route.file, route.local) if step for each in route.host.said_by(step)]
        below = static.is_below_one_file(route)
        claims.append(exact(said_by) if below else unsupported(said_by, _NO_FOLDER, "files"))
    elif route.local:
        claims.append(equivalent(route.host.said_by(route.local), _NO_FILE_THERE, "files"))
    if route.admits:  # ``return`` would answer before anybody is asked for a password
        location.add("try_files", NO_FILE, f"={status}", claims=tuple(claims))
    else:
        location.add("return", status, claims=tuple(claims))


def _emit_redirect(low: Lowering, route: Route, step: Step, location: Block, server: Block) -> None:
    """Behind a password it stands in a location of its own, for nginx redirects before it asks anybody (NGX-132)."""
    if route.admits:
        name = low.new_name("redirect")
        location.add("try_files", NO_FILE, f"@{name}")
        server.space()
        location = server.open("location", f"@{name}")
        _emit_headers(low, route, location)

    def answering(action: Redirect) -> str:
        own = Block()
        _emit_headers(low, route, own)
        mod_alias.emit_status(action, own)
        comment = "rewrite knows two statuses only"
        return _shared(low, f"redirect-{action.status}", Directive("location", (), own, comment), server)

    mod_alias.emit_redirect(low, route, step, location, answering)


def _emit_headers(low: Lowering, route: Route, location: Block) -> None:
    mod_headers.HeaderLines(low, route, None).emit_always(location)


def _report_unsure(low: Lowering, route: Route, location: Block, carried: list[Step]) -> None:
    """What is not lowered yet leaves a comment at its place, and its row."""
    origin = route.origin(low.program)
    scheme = None if origin is None else members(origin)[0].scheme if members(origin) else ""
    said_by: list[Written] = []
    readers = mod_setenvif.readers_of(route)
    others = [step for step in route.others if not isinstance(step.action, SecureOrigin)]
    if scheme not in ("https", "wss"):
        secure = [each for step in route.others if step not in others for each in route.host.said_by(step)]
        low.dropped.append(Claim(tuple(secure), Outcome.NO_EFFECT, "no origin is asked over TLS", "no-origin-tls"))
    for step in (*route.unsure, *others, *(each for each in route.rewriting if variables_set(each))):
        claim = mod_setenvif.claim_of(route, step, scheme, readers)
        if isinstance(step.action, Rewrite) and step.action.target is None and not step.action.sets:
            low.dropped.append(exact(route.host.said_by(step)))  # what it set besides is told for itself
            continue
        if isinstance(step.action, BeginRewriting | FinishRewriting):
            continue  # what the rules come to is told for each of them
        if isinstance(step.action, AddFilter | ExpiryRules) and not route.mapping and static.is_below_one_file(route):
            low.dropped.append(Claim(route.host.said_by(step), Outcome.NO_EFFECT, "no file is asked for here", "files"))
            continue
        spoken = step in carried or step.action in low.asked_early or step.action in low.documents | low.own_documents
        if spoken or isinstance(step.action, EditHeader | ExportTls | NameUser | MapToHome):
            continue
        of_files = isinstance(step.action, Told) and step.action.of_files
        if claim is None and of_files and not file_answers.asks(low, route):
            claim = Claim(route.host.said_by(step), Outcome.NO_EFFECT, "no file is asked for here", "files")
        if claim is None and isinstance(step.action, FcgiRules):
            claim = Claim(route.host.said_by(step), Outcome.NO_EFFECT, "no script is asked here", "no-script")
        if claim is not None:
            low.dropped.append(claim)
        else:
            said_by += lines_of(route.host, step)
    if said_by:
        low.dropped.append(unsupported(said_by, "not supported yet for nginx", "not-yet"))
        location.say(f"not translated: {low.sources.comment(said_by)}")
