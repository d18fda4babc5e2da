"""ErrorDocument in nginx: texts, URLs and paths for errors that nginx itself answers with (NGX-90, SEM-22).

What holds for all paths of a host stands at its server once, for the guards answer there; a location with others has
its full set. A document that is made anew for each request is left to the report.
"""

from __future__ import annotations

from apacheconf.ledger import Outcome
from apacheconf.program.conditions import ALWAYS, NEVER
from apacheconf.program.hosts import Host
from apacheconf.program.steps import Action, Respond, SetErrorDocument, Step
from apacheconf.program.values import Literal
from apacheconf.targets.asked_path import place_of
from apacheconf.targets.choices import Closed, leaves
from apacheconf.targets.claims import Claim, approximated, equivalent, exact
from apacheconf.targets.error_documents import DEPENDS, TYPE, lines_of
from apacheconf.targets.nginx.conditions import flag_of
from apacheconf.targets.nginx.document_sources import is_file
from apacheconf.targets.nginx.lowering import NO_FILE, Lowering
from apacheconf.targets.nginx.maps import ROUND, Map, Maps, emit_test
from apacheconf.targets.nginx.rewriting import FORBIDDEN
from apacheconf.targets.nginx.texts import steps_outside
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.routes import Route

_OF_FILES = "a file that stands for an error has no Last-Modified"
_OF_SCRIPTS = "a status that the script itself says doesn't count, so that nobody follows a redirect of its"
_LOST = "while the file that stands for the error isn't there, the error is answered with another status"
#: A page of nginx's making for any error.
STOCK_PAGE = "<!DOCTYPE html><html><head><title>$status</title></head><body><h1>$status</h1></body></html>"
#: What is answered where a script can't be asked.
UNREACHABLE = "@script-unreachable"


def common_documents(low: Lowering, routes: list[Route]) -> list[Step]:
    """The documents that all routes of a host have and that nginx has words for, by status.

    Those of sections don't count, however many paths these hold for: the guards of the server answer without them.
    """
    per_route = [sayable(low, route) for route in routes]
    if not per_route:
        return []
    outside = {step.action for step in steps_outside(routes[0].host)}
    shared = [step for action, step in per_route[0].items()
              if action in outside and all(action in each for each in per_route)]  # fmt: skip
    return sorted(shared, key=lambda step: _document(step).status)


def sayable(low: Lowering, route: Route) -> dict[Action, Step]:
    """The documents of a route that nginx has words for."""
    return {step.action: step for step in route.others if _can_say(low, route.host, step)}


def _can_say(low: Lowering, host: Host, step: Step) -> bool:
    """httpd asks for a password where it should send a 401 elsewhere, and answers no request with 504 by itself."""
    if isinstance(step.action, SetErrorDocument) and step.action.status == 504 and not low.overrides_504:
        return False
    match step.action:
        case SetErrorDocument(status, url=url) if url:
            return status != 401 and not DEPENDS.search(url)
        case SetErrorDocument(_, text=Literal(text)):
            return bool(text) and not DEPENDS.search(text)
        case SetErrorDocument(status, path=path) if path:
            return status != 401 and not DEPENDS.search(path) and is_file(low, host, path) is not None
        case _:
            return False


def lead_back(routes: list[Route]) -> bool:
    """Whether an error may lead to a path of the same server."""
    steps = (step.action for route in routes for step in route.others)
    return any(isinstance(each, SetErrorDocument) and each.path for each in steps)


def _document(step: Step) -> SetErrorDocument:
    assert isinstance(step.action, SetErrorDocument)
    return step.action


def status_of(step: Step) -> int:
    """The status that a document is for."""
    return _document(step).status


def emit_documents(low: Lowering, host: Host, documents: list[Step], proxied: bool, server: Block) -> None:
    """The documents of a server. Those of failed origins stand where these are told apart: ``gateway_pages``."""
    if documents:
        server.space()
    if proxied and gateway_pages(low, host, documents):
        server.add("recursive_error_pages", "on")
    for step in documents:
        page = _page(low, host, step)
        if not (proxied and _document(step).status in (502, 504)):
            _add(low, host, step, page, server)


def emit_own(low: Lowering, route: Route, location: Block) -> None:
    """The documents of a location that has other ones than its server: then it inherits none (NGX-30)."""
    own = {action: step for action, step in sayable(low, route).items() if action not in low.documents}
    if route.mapping:  # what failed origins come to is said for the whole server
        own = {action: step for action, step in own.items() if _document(step).status not in (502, 503, 504)}
    if not own:
        return
    stated = {_document(step).status for step in own.values()}
    said = sayable(low, route).items()
    emit_set(low, route, [step for action, step in said if action in own or _document(step).status not in stated],
             location)  # fmt: skip
    low.own_documents |= {*own}


def emit_set(low: Lowering, route: Route, documents: list[Step], location: Block) -> None:
    """All that a location says of errors."""
    if route.mapping:
        location.add("error_page", "502", "504", "=", "@gateway_error")
    for step in documents:
        if _document(step).status not in (502, 504):
            _add(low, route.host, step, _page(low, route.host, step), location)


def emit_of_scripts(low: Lowering, route: Route, location: Block) -> None:
    """The documents of a location whose origin speaks FastCGI: one that fails is 503, one that is late 504 (FC-11)."""
    said = sayable(low, route)
    unreachable = UNREACHABLE
    for step in said.values():
        status = _document(step).status
        if status == 503:
            unreachable = _page(low, route.host, step)
        if status != 502:
            _add(low, route.host, step, _page(low, route.host, step), location)
    low.own_documents |= {*said}
    how = "=503" if unreachable.startswith("/") else "="
    location.add("error_page", "502", how, unreachable)
    low.unreachable = low.unreachable or unreachable.startswith("@script")


def _add(low: Lowering, host: Host, step: Step, page: str, block: Block) -> None:
    said_by = lines_of(host, step)
    status, comment = str(_document(step).status), low.sources.comment(said_by)
    claim = _claim(low, host, step)
    block.add("error_page", status, *_from(low, host, page), page, comment=comment, claims=(claim,))


def _claim(low: Lowering, host: Host, step: Step) -> Claim:
    made, said_by = _document(step), lines_of(host, step)
    if not made.path or is_file(low, host, made.path) == NEVER:
        return exact(said_by)
    if made in low.script_documents:
        return approximated(said_by, _OF_SCRIPTS, "document-script")
    if made in low.lost_documents:
        return approximated(said_by, _LOST, "document-missing")
    return equivalent(said_by, _OF_FILES, "document-fields")


def _from(low: Lowering, host: Host, page: str) -> tuple[str, ...]:
    """An origin that answers with the page says the status, too, and so does a location that redirects."""
    redirects = any(name == page and made.url for made, name in low.texts.items())
    return ("=",) if redirects or (page.startswith("/") and is_file(low, host, page) == NEVER) else ()


def _page(low: Lowering, host: Host, step: Step) -> str:
    """What ``error_page`` goes to: the URL, or a location that ``emit_texts`` writes."""
    made = _document(step)
    if made.path or (made.url and not low.overrides):  # where an origin has answered its location has its headers
        low.dropped.append(_claim(low, host, step))
        if made.path and is_file(low, host, made.path) not in (ALWAYS, NEVER):
            name = f"@document-{made.status}"
            low.told_apart[name] = made, host
            return name
        return literal(made.url or made.path)
    alike = [each for each in low.texts if each.status == made.status and each != made]
    return low.texts.setdefault(made, f"@error-{made.status}" + (f"-{len(alike) + 1}" if alike else ""))


def emit_texts(low: Lowering, server: Block) -> None:
    """The locations of all texts of a server, and of what is said where a script can't be asked."""
    if low.unreachable:
        server.space()
        location = server.open("location", UNREACHABLE)
        if low.overrides_502:
            location.open("if", low.maps.use("origin_answers")).add("return", "502")
        location.add("return", "503")
    for target, name in low.fronts.items():
        server.space()
        server.open("location", name).add("try_files", NO_FILE, target)
    if low.forbids:
        server.space()
        server.open("location", FORBIDDEN).add("return", "403")
    for name, (document, host) in low.told_apart.items():
        server.space()
        _emit_told_apart(low, host, document, server.open("location", name))
    for made, name in low.texts.items():
        server.space()
        location = server.open("location", name)
        if made.url:
            location.add("return", "302", literal(made.url))
            continue
        assert isinstance(made.text, Literal)
        location.open("types")  # the path's suffix would say the type
        location.add("default_type", TYPE)
        location.add("return", str(made.status), literal(made.text.text))


def _emit_told_apart(low: Lowering, host: Host, made: SetErrorDocument, location: Block) -> None:
    """A document that is a file, with the error's status, or an origin's answer, with its own.

    Both are asked for anew, as an error of this location: 421 stands for the second.
    """
    where = is_file(low, host, made.path)
    assert where is not None
    location.add("recursive_error_pages", "on")
    location.add("error_page", str(made.status), literal(made.path))
    location.add("error_page", "421", "=", literal(made.path))
    known, flag = dict(low.maps.asked), flag_of(low.maps, where)
    asked = Maps()
    flag_of(asked, where)
    for letter, file in asked.asked:  # the server's guards answer before the server looks for files
        emit_test(letter, file, low.maps.asked[letter, file], location)
    low.maps.asked = known
    location.open("if", flag).add("return", str(made.status))
    location.add("return", "421")


def may_fail_again(low: Lowering, host: Host, documents: list[Step]) -> bool:
    """Whether an origin is asked for the page of an origin that has failed."""
    paths = [_document(step).path for step in documents if _document(step).status in (502, 503, 504)]
    return any(path and is_file(low, host, path) != ALWAYS for path in paths)


def emit_end_of_rounds(low: Lowering, location: Block) -> None:
    """The stock page where the page of an error fails in turn: it is not asked for again."""
    entries = ((r"~^\.\.+502", "502"), (r"~^\.\.+503", "503"), ("default", ""))
    made = Map(f"{ROUND}{low.maps.use('gateway_status')}", entries, "what the page of an error itself comes to")
    again = low.maps.make("page_status", made)
    location.open("types")
    location.add("default_type", TYPE)
    for status in ("503", "502"):
        location.open("if", again, "=", status).add("return", status, STOCK_PAGE)


def gateway_pages(low: Lowering, host: Host, documents: list[Step]) -> list[tuple[str, ...]]:
    """For the place where 502 and 503 of origins are told apart: the words of ``error_page`` for each document."""
    own = [step for step in documents if _document(step).status in (502, 503, 504)]
    for step in own:
        low.dropped.append(_claim(low, host, step))
    pages = ((str(_document(step).status), _page(low, host, step)) for step in own)
    return [(status, *_from(low, host, page), page) for status, page in pages]


def _are_refused(ends: list[Route | Closed], status: int) -> bool:
    """Whether whoever asks for the page gets the status that it is for."""
    answers = [end.answer.action for end in ends if isinstance(end, Route) and end.answer]
    return len(answers) == len(ends) and all(
        isinstance(each, Respond) and each.status == status and each.body is None for each in answers
    )


def settle_refused(low: Lowering, routes: list[Route]) -> None:
    """Documents that are refused with the status that they are for: the stock page stands in their place."""
    for action, (step, host) in {step.action: (step, route.host) for route in routes for step in route.others}.items():
        if not isinstance(action, SetErrorDocument) or not action.path:
            continue
        place = place_of(low.places, action.path.partition("?")[0])
        ends = [end for _, end in leaves(place.tree)] if place else []
        if ends and _are_refused(ends, action.status):
            low.documents.add(action)
            why = "its own page is refused, so that the stock page stands in its place"
            low.dropped.append(Claim(lines_of(host, step), Outcome.NO_EFFECT, why, "refused-document"))


def settle_unasked(low: Lowering, host: Host, routes: list[Route]) -> None:
    """Documents for 504, which httpd never answers with by itself, where no line says it either."""
    answers = [route.answer.action for route in routes if route.answer]
    if low.overrides_504 or any(isinstance(each, Respond) and each.status == 504 for each in answers):
        return
    for step in {step.action: step for route in routes for step in route.others}.values():
        if isinstance(step.action, SetErrorDocument) and step.action.status == 504:
            low.documents.add(step.action)
            why = "nothing here answers with 504: origins that are too slow make it 502"
            low.dropped.append(Claim(lines_of(host, step), Outcome.NO_EFFECT, why, "never-504"))


def end_rounds(locations: Block, server: Block) -> None:
    """A document that is a file and isn't there ends in the stock page, where an origin's failure may go on (ED-1)."""
    if not any(each.name == "recursive_error_pages" for each in server.directives()):
        return
    for location in locations.directives():
        block = location.block or Block()
        if {each.name for each in block.directives()} & {"root", "alias"}:
            block.add("recursive_error_pages", "off")
