"""mod_proxy_fcgi in nginx: who answers for scripts, and what they are told of a request (NGX-157, NGX-158, FC-4 to
FC-9).

FPM takes off what httpd writes in front of a file's name, so nginx sends the name alone. Where a location knows which
part of the path is the script, its regex has captured that as ``$script`` and what follows as ``$trail``.
"""

from __future__ import annotations

from dataclasses import replace

from apacheconf.program.by_handler import is_proxy, origin_of
from apacheconf.program.handling import FcgiRules, FileRules
from apacheconf.program.hosts import Reach
from apacheconf.program.mod_proxy_fcgi import PATH_INFO, is_fcgi
from apacheconf.program.naming import NO_ADMIN
from apacheconf.program.steps import MapToFile, NameUser, SetHandler, Step
from apacheconf.program.values import Variable
from apacheconf.program.workers import Origin
from apacheconf.targets.choices import routes_in
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.environments import guarded, variables_set
from apacheconf.targets.nginx import documents, overriding, script_variables
from apacheconf.targets.nginx.core import emit_charset, seconds
from apacheconf.targets.nginx.failed_requests import tell_failed
from apacheconf.targets.nginx.failures import mark_failures
from apacheconf.targets.nginx.first_paths import urls_told
from apacheconf.targets.nginx.folders import document_root, folder_of
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import USER, Map
from apacheconf.targets.nginx.mod_headers import HeaderLines
from apacheconf.targets.nginx.mod_remoteip import what_is_left
from apacheconf.targets.nginx.rewriting import substitution
from apacheconf.targets.nginx.script_variables import Params
from apacheconf.targets.nginx.sessions import member_of_session
from apacheconf.targets.nginx.texts import Texts
from apacheconf.targets.nginx.timeouts import timeouts
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.nginx.workers import Service, service_of
from apacheconf.targets.patterns import escape
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.routes import Route, members, new_path, regex_of
from apacheconf.targets.spoken import words_of

#: What the client sends that no script is told, and what httpd tells under another name (FC-9).
_WITHHELD = ("HTTP_AUTHORIZATION", "HTTP_PROXY_AUTHORIZATION", "HTTP_PROXY", "HTTP_CONTENT_TYPE",
             "HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING")  # fmt: skip
_OF_USERS = frozenset({"HTTP_AUTHORIZATION", "HTTP_PROXY_AUTHORIZATION"})
_X_ACCEL = ("X-Accel-Buffering", "X-Accel-Charset", "X-Accel-Expires", "X-Accel-Limit-Rate", "X-Accel-Redirect")
#: Seconds that nginx waits where it is told nothing.
_NGINX_OWN = 60
_OF_SERVER = (
    "SERVER_SOFTWARE, UNIQUE_ID and PATH are nginx's own, and PATH_TRANSLATED where PATH_INFO would lead elsewhere; "
    "proxy-nokeepalive and the variables of balancers are not told, of those with REDIRECT_ only what is said of a "
    "request that has failed"
)
_NO_SPLIT = "what follows a script's name in the path is not told apart from it"


def script_origin(low: Lowering, route: Route) -> Origin | None:
    """Who answers for a route's files: the FastCGI origin that its handler names."""
    name = next((step.action.name for step in reversed(route.others) if isinstance(step.action, SetHandler)), "")
    if not is_proxy(name):
        return None
    found = origin_of(low.program, route.host.origins, name)
    return found if is_fcgi(found) and members(found or ()) else None  # type: ignore[arg-type]


def emit_script(low: Lowering, route: Route, origin: Origin, location: Block) -> list[Step]:
    """Files that a handler hands to FastCGI (FC-3, FC-5); the steps that are spoken for."""
    mapped = route.file.action if route.file else None
    assert isinstance(mapped, MapToFile)
    params = Params()
    words = ("$script", "$trail") if low.script else low.script_words
    if words is not None:
        script, trail = words
        folder = f"{folder_of(low, mapped)}$in_folder" if mapped.prefix else f"$document_root{script}"
        params.tell("SCRIPT_FILENAME", folder)
        params.tell("SCRIPT_NAME", script)
        params.tell("PATH_INFO", trail, True)
        made = Map(
            trail,
            (("", ""), ("default", f"{document_root(low, route)}{trail}")),
            "where PATH_INFO would be a file",
        )
        params.tell("PATH_TRANSLATED", low.maps.make("translated", made), True)
    else:
        params.tell("SCRIPT_FILENAME", "$request_filename")
        params.tell("SCRIPT_NAME", low.maps.path() if _is_made_by_rules(route) else "$uri")
    handlers = [step for step in route.others if isinstance(step.action, SetHandler)]
    said_by = [each for step in (*handlers, route.file, route.local) if step for each in route.host.said_by(step)]
    claims = [equivalent(said_by, _OF_SERVER, "server-software")]
    if not (words or low.one_path) and route.cell.reach is Reach.BELOW:
        claims.append(
            approximated([each for step in handlers for each in route.host.said_by(step)], _NO_SPLIT, "no-split")
        )
    return [*handlers, *_emit(low, route, origin, params, claims, location)]


def _is_made_by_rules(route: Route) -> bool:
    """Whether a server's rules name the file, which leave the URL as it was asked for (RW-9)."""
    return route.file is not None and any(each.name.lower() == "rewriterule" for each in route.host.said_by(route.file))


def emit_mapped(low: Lowering, route: Route, origin: Origin, location: Block) -> list[Step]:
    """A mapping to FastCGI (FC-6): the path of the mapping is the file."""
    assert route.map is not None and route.mapping is not None
    said_by = route.host.said_by(route.mapping)
    claims = [equivalent(said_by, _OF_SERVER, "server-software")]
    params = Params()
    params.tell("SCRIPT_FILENAME", mapped_file(low, route, origin))
    params.tell("SCRIPT_NAME", "$uri")
    return _emit(low, route, origin, params, claims, location)


def mapped_file(low: Lowering, route: Route, origin: Origin) -> str:
    """The mapping's path: text, what a regex captured, or what follows a prefix."""
    assert route.map is not None and route.mapping is not None
    path = new_path(route.map, route.cell, origin, regex_of(route.mapping))
    name = f"script_below_{words_of(route.cell.path) or 'root'}"
    if path.regex is not None:
        pattern, made = substitution(path.regex, path.made)
        return low.maps.make(name, Map("$uri", ((f"~{pattern}", literal(path.head) + made), ("default", "")), ""))
    if path.whole is not None:
        return literal(path.whole)
    if not path.cut:
        return f"{literal(path.head)}$uri"
    entries = ((f"~(?s)^{escape(path.cut)}(?<rest>.*)$", f"{literal(path.head)}$rest"), ("default", ""))
    return low.maps.make(name, Map("$uri", entries, ""))


def _emit(
    low: Lowering, route: Route, origin: Origin, params: Params, claims: list[Claim], location: Block
) -> list[Step]:
    """The location of whoever asks a FastCGI origin; the steps that it speaks for."""
    worker, service = members(origin)[0], service_of(origin, low)
    tell_request(low, route, service, params)
    lines = tell_headers(low, route, service, params)
    tell_failed(low, route, params)
    spoken = tell_environment(low, route, service, params)
    documents.emit_of_scripts(low, route, location)
    spoken += overriding.emit(low, route, location, "fastcgi")
    location.add("fastcgi_pass", member_of_session(service, low), claims=tuple(claims))
    if all(each.reusable for each in members(origin)):
        location.add("fastcgi_keep_conn", "on")
    connect, wait = timeouts(route.host, worker)
    for what, most in (("connect", connect), ("send", wait), ("read", wait)):
        if most != _NGINX_OWN:
            location.add(f"fastcgi_{what}_timeout", seconds(most))
    if route.admits:
        location.add("set", USER, "$remote_user")
    params.emit("fastcgi", location)
    low.dropped += params.claims
    low.asks_scripts = True
    for name in lines.hidden():
        location.add("fastcgi_hide_header", name)
    lines.emit_response(location)
    mark_failures(low, lines, location)
    emit_charset(low, route, location)
    low.dropped += [exact(route.host.said_by(step)) for step in (route.forwarded, route.keep_host) if step]
    return [*spoken, *(step for step in route.others if isinstance(step.action, FcgiRules))]


def tell_request(
    low: Lowering, route: Route, service: Service, params: Params, withheld: tuple[str, ...] = _WITHHELD
) -> None:
    """CGI's own variables (FC-9)."""
    mapped = route.file.action if route.file else None
    prefix, root = "", document_root(low, route)
    context = root
    if isinstance(mapped, MapToFile) and mapped.prefix:
        prefix, context = mapped.prefix, folder_of(low, mapped)
    texts = Texts(low, route.host, service)
    for name, value in (
        ("REQUEST_URI", "$request_uri"), ("QUERY_STRING", "$query_string"), ("REQUEST_METHOD", "$request_method"),
        ("DOCUMENT_ROOT", root), ("CONTEXT_PREFIX", literal(prefix)),
        ("CONTEXT_DOCUMENT_ROOT", context), ("REQUEST_SCHEME", "$scheme"),
        ("SERVER_PROTOCOL", "$server_protocol"), ("SERVER_NAME", texts.text(Variable("SERVER_NAME"))),
        ("SERVER_PORT", _port(texts)), ("SERVER_ADDR", "$server_addr"),
        ("SERVER_ADMIN", literal(route.host.admin or NO_ADMIN)), ("SERVER_SIGNATURE", ""),
        ("SERVER_SOFTWARE", "nginx/$nginx_version"), ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("REMOTE_ADDR", "$remote_addr"), ("REMOTE_PORT", "$remote_port"), ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        *urls_told(low, route).items(),
    ):  # fmt: skip
        params.tell(name, value)
    if "unique_id_module" in low.program.modules:
        params.tell("UNIQUE_ID", "$request_id")
    params.tell("CONTENT_TYPE", "$content_type", True)
    params.tell("CONTENT_LENGTH", "$content_length", True)
    passes_user = any(isinstance(step.action, FileRules) and step.action.passes_user for step in route.others)
    for name in withheld:
        if not (passes_user and name in _OF_USERS):
            params.withhold(name)
    taken = route.host.remote_ip.header if route.host.remote_ip else ""
    left = what_is_left(low, route.host, taken)
    if left is not None:
        params.tell(f"HTTP_{taken.upper().replace('-', '_')}", left, True)
    _tell_user(low, route, texts, params)


def tell_headers(low: Lowering, route: Route, service: Service, params: Params) -> HeaderLines:
    """RequestHeader, as the variables that headers become; what isn't told stays so. Gives all lines of the route."""
    lines, made = HeaderLines(low, replace(route, forwarded=None), service), Block()  # a script hears of no proxy
    lines.emit_request(made)
    withheld = {name for name, told in params.lines.items() if told == ("", True)}
    for each in made.directives():
        name, word = each.words
        variable = f"HTTP_{name.upper().replace('-', '_')}"
        variable = "CONTENT_TYPE" if variable == "HTTP_CONTENT_TYPE" else variable
        if variable not in withheld:
            params.tell(variable, word, True)
        params.claims += each.claims
    if lines.host():
        params.tell("HTTP_HOST", lines.host() or "", True)
    return lines


def _tell_user(low: Lowering, route: Route, texts: Texts, params: Params) -> None:
    """Who has shown a password, and whom a certificate names in its place (NGX-189)."""
    asked = any(each.admits for each in routes_in(low.places))  # told alike wherever it is, so that it is told once
    for step, _ in route.met:
        if isinstance(step.action, NameUser):
            texts.tell(step)
    word = texts.named_or(USER if asked else "")
    if word:
        params.tell("REMOTE_USER", word, True)
    if asked:
        low.tells_user = True
        params.tell("AUTH_TYPE", low.maps.make("auth_type", Map(USER, (("", ""), ("default", "Basic")), "")), True)


def _port(texts: Texts) -> str:
    try:
        return texts.text(Variable("SERVER_PORT"))
    except CannotAsk:
        return "$server_port"


def tell_environment(low: Lowering, route: Route, service: Service, params: Params) -> list[Step]:
    """SetEnv and its like, then the lines of ProxyFCGISetEnvIf, which have the last word (FC-8)."""
    texts, spoken, names = Texts(low, route.host, service), [], dict[str, list[Step]]()
    for step in guarded(step for step, _ in route.met):
        texts.tell(step)
        for each in variables_set(step):
            names.setdefault(each.name, []).append(step)
    if route.host.front_tls:
        params.tell("HTTPS", "on")
        params.tell("SSL_TLS_SNI", "$ssl_server_name", True)
    for name, steps in names.items():
        said_by = [each for step in steps for each in route.host.said_by(step)]
        spoken += steps
        if name.lower() == PATH_INFO:
            params.claims.append(unsupported(said_by, f"{PATH_INFO}: {_NO_SPLIT}", "no-split"))
            continue
        try:
            params.tell(name, texts.text(Variable("ENV", name)), not texts.is_set(name))
        except CannotAsk as missing:
            params.claims.append(unsupported(said_by, f"{missing} can't be said here in nginx", "environment"))
            continue
        params.claims.append(exact(said_by))
    originals = [step for step, _ in route.met if any(each.said_by == step.said_by for each in spoken)]
    for step in route.others:
        if isinstance(step.action, FcgiRules):
            script_variables.tell(route, step, step.action, service.origin, texts, params)
    return originals


def emit_defaults(low: Lowering, http: Block) -> None:
    """What holds for every script: headers come back as with httpd."""
    if not low.asks_scripts:
        return
    http.space()
    http.say("What holds for every script: headers come back as with httpd.")
    http.add("fastcgi_buffer_size", "16k")
    http.add("fastcgi_buffers", "8", "16k")
    http.add("fastcgi_next_upstream", "error")
    http.add("fastcgi_ignore_headers", *_X_ACCEL, "Cache-Control", "Expires", "Set-Cookie", "Vary")
    for name in _X_ACCEL:
        http.add("fastcgi_pass_header", name)
