"""What values of one route come to in nginx, where a line of a header or a log asks them (NGX-69, NGX-110, NGX-192).

nginx has no environment. A variable of it is the chain of the lines that set it, each a map whose ``default`` is what
the lines before it came to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from apacheconf.program.cells import steps_where
from apacheconf.program.conditions import ALWAYS, AllOf, Condition, Matches, Test
from apacheconf.program.hosts import Host, LayerKind
from apacheconf.program.steps import NEXT, ExportTls, NameUser, Rewrite, Step
from apacheconf.program.values import Capture, Literal, Value, Variable
from apacheconf.program.workers import Balancer
from apacheconf.targets.captures import parts_of
from apacheconf.targets.environments import guarded, variables_set
from apacheconf.targets.hostnames import own_scheme
from apacheconf.targets.known import matches_anything
from apacheconf.targets.nginx.conditions import flag_of
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map, Maps
from apacheconf.targets.nginx.sessions import route_changed, route_chosen
from apacheconf.targets.nginx.tree import glued, literal
from apacheconf.targets.nginx.values import header_variable, name_part, text_of
from apacheconf.targets.nginx.workers import Service
from apacheconf.targets.questions import CannotAsk, as_group, pcre
from apacheconf.targets.spoken import words_of

#: mod_ssl's variables; what else it looks up is known by its own name.
_OF_TLS = {"SSL_PROTOCOL": "$ssl_protocol", "SSL_CIPHER": "$ssl_cipher", "SSL_TLS_SNI": "$ssl_server_name",
           "SSL_CLIENT_VERIFY": "$ssl_client_verify", "SSL_CLIENT_S_DN": "$ssl_client_s_dn",
           "SSL_CLIENT_I_DN": "$ssl_client_i_dn", "SSL_CLIENT_M_SERIAL": "$ssl_client_serial",
           "SSL_CLIENT_V_START": "$ssl_client_v_start", "SSL_CLIENT_V_END": "$ssl_client_v_end",
           "SSL_CLIENT_V_REMAIN": "$ssl_client_v_remain", "SSL_SESSION_ID": "$ssl_session_id"}  # fmt: skip
#: A certificate's lines, of which the longest has fewer, with blanks between them.
_MOST_LINES = 100
_IN_ONE_LINE = (
    "~^(?<pem1>[^\\n]+)" + "".join(rf"(?:\n(?<pem{n}>[^\n]+))?" for n in range(2, _MOST_LINES)) + r"\s*$",
    " ".join(f"$pem{n}" for n in range(1, _MOST_LINES)),
)
_BY_MOD_SSL = frozenset({"HTTPS", "REMOTE_ADDR", "REMOTE_USER", "REQUEST_METHOD", "REQUEST_SCHEME", "REQUEST_URI",
                         "SERVER_NAME", "SERVER_PORT", "QUERY_STRING"})  # fmt: skip
_MAY_BE_MISSING = frozenset({"HTTP", "REMOTE_USER", "QUERY_STRING"})
_CLOCK = (r"~^(?<whole>\d+)\.(?<part>\d+)$", "$whole${part}000")
#: Milliseconds as httpd's microseconds.
_USECS = (("0.000", "0"), (r"~^0\.00(?<part>\d)$", "${part}000"), (r"~^0\.0(?<part>\d\d)$", "${part}000"),
          (r"~^0\.(?<part>\d+)$", "${part}000"), _CLOCK)  # fmt: skip
_OF_NAME = re.compile(r"SSL_CLIENT_([SI])_DN_(CN|O|OU|C|ST|L)")
_PORT = r"~:0*(?<named_port>\d+)$"


#: Variables of the environment that httpd's modules set by themselves.
_FOREIGN = ("SSL_", "MATCH_", "AUTHENTICATE_", "AUTHORIZE_", "REDIRECT_", "UNIQUE_ID")
#: Variables that nginx has under a name of its own.
_AS_IT_IS = {
    "UNIQUE_ID_OF_REQUEST": "$request_id", "REQUEST_STATUS": "$status", "CONTENT_TYPE": "$sent_http_content_type",
}  # fmt: skip


@dataclass(frozen=True)
class _Setting:
    """What a variable of the environment is given by the line with the number ``at``; None takes it away."""

    at: int
    when: Condition
    value: Value | None


@dataclass
class Texts:
    """The words of one route's values; ``tell`` hears of each step in order. ``used`` are the variables that were read.

    ``service`` is where the route leads; None where nobody can tell, or where it is ``made_here``.
    """

    low: Lowering
    host: Host
    service: Service | None = None
    #: The word of REMOTE_USER, where only whoever has shown a password is answered.
    user: str | None = None
    #: The variable of a client's certificate that names the user, if one does.
    named: str = ""
    #: Whether the answer is made here, so that no balancer has a say.
    made_here: bool = False
    used: set[str] = field(default_factory=set)
    #: Variables of the environment that may be something else.
    unsure: set[str] = field(default_factory=set)
    #: Words of what a script is told, which its last lines ask and see; those that they have ``written`` themselves.
    told: dict[str, str] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    _settings: dict[str, list[_Setting]] = field(default_factory=dict)
    #: How many lines were told so far, or come before the one that is being said.
    _told: int = 0

    def tell(self, step: Step) -> None:
        """Variables that the step sets are what it makes of them from now on."""
        for each in variables_set(step):
            self._give(each.name, step.when, each.value)
        if isinstance(step.action, ExportTls):
            self._give("HTTPS", step.when, Literal("on"))
            self._give("SSL_TLS_SNI", step.when, Variable("SSL", "SSL_TLS_SNI"))
        elif isinstance(step.action, NameUser):
            self.named = step.action.variable
        self._told += 1

    def _give(self, name: str, when: Condition, value: Value | None) -> None:
        self._settings.setdefault(name.lower(), []).append(_Setting(self._told, when, value))

    @contextmanager
    def known(self) -> Iterator[None]:
        """Within it ``text_of`` and ``flag_of`` know these words."""
        before, self.low.maps.word = self.low.maps.word, self.word
        try:
            yield
        finally:
            self.low.maps.word = before

    def text(self, value: Value) -> str:
        """The value as a word. Raises CannotAsk."""
        with self.known():
            return text_of(self.low.maps, value)

    def flag(self, condition: Condition) -> str:
        """The variable that is ``1`` where the condition holds, else ``0``. Raises CannotAsk."""
        with self.known():
            return flag_of(self.low.maps, condition)

    def where(self, title: str, condition: Condition, value: Value, before: str) -> str:
        """The value as a word where the condition holds, else what was there ``before``; a map that is needed has this
        ``title``. Raises CannotAsk."""
        chain = _Chain(title, self.low.maps, before)
        with self.known():
            self._set(condition, value, chain)
        return chain.word()

    def word(self, variable: Variable) -> str | None:
        """The word of a variable; None where it is nothing special to a route. Raises CannotAsk."""
        maps, missing = self.low.maps, literal(variable.missing)
        if variable.name == "ENV" and variable.argument in self.told:
            return self.told[variable.argument]
        if missing and variable.name in _MAY_BE_MISSING:
            return self._or_missing(text_of(maps, replace(variable, missing="")), missing)
        match variable:
            case Variable("ENV", name) if name.upper().startswith("BALANCER_"):
                return self._of_balancer(name.upper(), missing)
            case Variable("ENV_IS_SET", name) if name.upper().startswith("BALANCER_") and self.made_here:
                return "0"
            case Variable("ENV_IS_SET", name) if name.upper().startswith("BALANCER_"):
                return flag_of(maps, Test("n", Variable("ENV", name)))
            case Variable("ENV" | "ENV_IS_SET" as family, name):
                return self._of_environment(name, missing, family == "ENV_IS_SET")
            case Variable("HTTP_OR_ENV", name) if name.lower() in self._settings:
                raise CannotAsk(f"{name}, a header or a variable")
            case Variable("HTTP_OR_ENV", name):
                return text_of(maps, Variable("HTTP", name))
            case Variable("SSL", name):
                return self._of_tls(variable, name, missing)
            case Variable("REMOTE_USER") if self.user is not None:
                return self.named_or(self.user)
            case Variable("REQUEST_URI"):
                return maps.path()
            case Variable("SERVER_NAME"):
                return literal(self.host.name) if self.host.canonical_name else "$host"
            case Variable("SERVER_PORT"):
                return self._port()
            case Variable("REQUEST_TIME_USEC"):
                return maps.make("clock_usec", Map("$msec", (_CLOCK,), "microseconds, as far as nginx counts them"))
            case Variable("DURATION_USEC"):
                return maps.make(
                    "request_usec", Map("$request_time", _USECS, "microseconds, as far as nginx counts them")
                )
            case Variable("RESP", name) if self.service is not None:
                return header_variable("upstream_http", name)
            case _:
                return _AS_IT_IS.get(variable.name)

    def _of_tls(self, variable: Variable, name: str, missing: str) -> str | None:
        """The word of one of mod_ssl's variables of this name; None where nginx knows nothing of it."""
        maps = self.low.maps
        if name in _BY_MOD_SSL:
            return text_of(maps, Variable(name, missing=variable.missing))
        if name == "SSL_CLIENT_CERT":
            made = Map("$ssl_client_raw_cert", (_IN_ONE_LINE, ("default", missing)), "%{SSL_CLIENT_CERT} in one line")
            return maps.make("client_cert", made)
        if name in _OF_TLS:
            return self._or_missing(_OF_TLS[name], missing)
        part = _OF_NAME.fullmatch(name)
        return None if part is None else name_part(maps, part[1], part[2], missing)

    def named_or(self, user: str) -> str:
        """The word for whom a certificate names, and for ``user`` where none does (NGX-189)."""
        try:
            word = self.text(Variable("SSL", self.named)) if self.named else ""
        except CannotAsk:
            return user
        made = Map(word, (("", user), ("default", word)), f"SSLUserName {self.named}")
        return self.low.maps.make("named_user", made) if word else user

    def _or_missing(self, word: str, missing: str) -> str:
        if not missing or not word.startswith("$"):
            return word or missing
        made = Map(word, (("", missing), ("default", word)), "")
        return self.low.maps.make(f"{words_of(word)}_or_null", made)

    def _port(self) -> str:
        if self.host.canonical_port or self.host.physical_port:
            raise CannotAsk("%{SERVER_PORT} under UseCanonicalName or UseCanonicalPhysicalPort")
        own = self.host.port or (443 if own_scheme(self.host) == "https" else 80)
        entries = (_PORT, "$named_port"), ("default", str(own))
        return self.low.maps.make("asked_port_of", Map(self.low.maps.use("asked_host"), entries, "%{SERVER_PORT}"))

    def _of_balancer(self, name: str, missing: str) -> str:
        found = None
        if self.made_here or (self.service is not None and not isinstance(self.service.origin, Balancer)):
            return missing
        if self.service is not None:
            ways = {"BALANCER_WORKER_ROUTE": route_chosen, "BALANCER_ROUTE_CHANGED": route_changed}
            found = ways[name](self.service, self.low) if name in ways else None
        if found is None:
            raise CannotAsk(f"%{{{name}}}e")
        return found

    def _of_environment(self, name: str, missing: str, whether: bool) -> str:
        """The text of a variable of the environment: what the last line that held gave it; or ``whether`` one did."""
        settings = self._settings.get(name.lower(), ())
        if name.lower() in self.unsure or (not settings and name.upper().startswith(_FOREIGN)):
            raise CannotAsk(f"%{{{name}}}e")
        self.used.add(name.lower())
        title, told = f"env_{words_of(name)}{'_set' if whether else ''}", self._told
        chain = _Chain(title, self.low.maps, "0" if whether else missing)
        for setting in settings:
            if setting.at < told:
                value = setting.value
                if whether:
                    value = Literal("0" if value is None else "1")
                self._told = setting.at  # what it asks is what the lines before it have set
                self._set(setting.when, Literal(missing) if value is None else value, chain)
                self._told = told
        return chain.word()

    def is_set(self, name: str) -> bool:
        """Whether a variable of the environment is set for certain, be it to nothing. Raises CannotAsk."""
        found = False
        for setting in self._settings.get(name.lower(), ()):
            if setting.value is None:
                found = False
            elif matches_anything(setting.when) or self.flag(setting.when) == "1":
                found = True
        return found

    def _set(self, when: Condition, value: Value, chain: _Chain) -> None:
        """A line gives a variable a value where a condition holds."""
        maps = self.low.maps
        if not any(isinstance(each, Capture) for each in parts_of(value)):
            text = text_of(maps, value)
            chain.give("1" if when == ALWAYS else flag_of(maps, when), text)
            return
        found = _matched(when, parts_of(value))
        whole = any(isinstance(each, Capture) and not each.group for each in parts_of(value))
        text = glued(self._captured(each, int(whole)) for each in parts_of(value))
        alone = found == when and not chain.ways
        entries = ((_regex(found, whole), text), ("default", chain.base if alone else ""))
        captured = maps.make(f"{chain.title}_captured", Map(text_of(maps, found.value), entries, ""))
        chain.give("1" if alone else flag_of(maps, when), captured)

    def _captured(self, part: Value, shift: int) -> str:
        """``shift``: the match as a whole is the first group, since nginx has no $0."""
        if isinstance(part, Capture):
            return f"${part.group + shift}"
        return text_of(self.low.maps, part)


@dataclass
class _Chain:
    """What lines make of a variable, of which the last one counts that holds: each of the ``ways`` is a flag and the
    text that it brings, ``base`` the text where none does."""

    title: str
    maps: Maps
    base: str
    ways: list[tuple[str, str]] = field(default_factory=list)

    def give(self, flag: str, text: str) -> None:
        """One more line, which holds where ``flag`` is ``1``."""
        if flag == "1":
            self.base, self.ways = text, []
        elif flag != "0":
            self.ways.append((flag, text))

    def word(self) -> str:
        """The word for it all: a map over the flags, the last of which is asked first."""
        if not self.ways:
            return self.base
        if [text for _, text in self.ways] == ["1"] and self.base == "0":
            return self.ways[0][0]
        texts = {text for _, text in self.ways}
        entries = [(f"~^{'.' * at}1", text) for at, (_, text) in enumerate(self.ways)]
        if len(texts) == 1:
            entries = [("1" if len(self.ways) == 1 else "~1", texts.pop())]
        source = "".join(flag for flag, _ in self.ways)
        return self.maps.make(self.title, Map(source, (*reversed(entries), ("default", self.base)), ""))


def texts_of_server(low: Lowering, host: Host) -> Texts:
    """What every request of a host comes to, whatever its path: the lines outside all sections.

    Variables that a section sets, or a rule behind one that may end the rewriting, are told by ``Texts.unsure``.
    """
    steps = list(guarded(steps_outside(host)))
    texts, plain_so_far = Texts(low, host), True
    for step in steps:
        if isinstance(step.action, Rewrite):
            if not plain_so_far:
                texts.unsure |= {each.name.lower() for each in variables_set(step)}
            plain_so_far = plain_so_far and step.then == NEXT and step.otherwise == NEXT
        texts.tell(step)
    known = {step.said_by for step in steps}
    for cell in host.shape.cells:
        texts.unsure |= {
            each.name.lower() for step in steps_where(host.shape, cell, set(cell.layers) | set(cell.maybe))
            if step.said_by not in known for each in variables_set(step)
        }  # fmt: skip
    return texts


def steps_outside(host: Host) -> tuple[Step, ...]:
    """What every request of a host meets, and all that one meets that no section is asked about."""
    root = next((cell for cell in host.shape.cells if not cell.path), None)
    outside = {number for number, layer in enumerate(host.shape.layers) if layer.kind is LayerKind.SERVER}
    return steps_where(host.shape, root, outside) if root else ()


def _matched(when: Condition, parts: tuple[Value, ...]) -> Matches:
    """The match whose groups the parts are. Raises CannotAsk."""
    kinds = {each.match for each in parts if isinstance(each, Capture)}
    every = when.conditions if isinstance(when, AllOf) else (when,)
    found = [each for each in every if isinstance(each, Matches) and (each.captures == "cond") == (kinds == {"cond"})]
    groups = [each.group for each in parts if isinstance(each, Capture)]
    last = 9 if all(groups) else 8
    if not found or len(kinds) > 1 or max(groups) > last:
        raise CannotAsk("a capture")
    found = found if kinds == {"cond"} else found[:1]
    return found[-1]


def _regex(found: Matches, whole: bool) -> str:
    pattern = as_group(pcre(found.regex)) if whole else pcre(found.regex)
    return f"~{'*' if found.regex.ignore_case else ''}{pattern}"
