"""Conditions in HAProxy: each an ACL in braces; what one can't say is a variable that a rule sets first (HAP-6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from apacheconf.program.conditions import (
    AllOf,
    Always,
    AnyOf,
    Compare,
    Condition,
    InNetwork,
    IsSet,
    Never,
    Not,
    Operator,
    Test,
)
from apacheconf.program.values import (
    REQUEST_URI,
    Call,
    Chosen,
    Escaped,
    Joined,
    Literal,
    LookAhead,
    Lookup,
    Made,
    Matched,
    Value,
    Variable,
)
from apacheconf.targets.captures import parts_in
from apacheconf.targets.environments import variables_in
from apacheconf.targets.haproxy.texts import MapFiles, Words, rules_of
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.naming import Names
from apacheconf.targets.questions import (
    ADDRESSES,
    CannotAsk,
    as_match,
    matches_all,
    matches_all_paths,
    matches_empty,
    variable_title,
)
from apacheconf.targets.rule_cookies import TIME
from apacheconf.targets.spoken import name_of, name_of_value

#: httpd's variables as sample fetches.
_FETCHES = {
    "REQUEST_URI": "path,url_dec", "REQUEST_METHOD": "method", "QUERY_STRING": "query",
    "HTTP_HOST": "req.fhdr(host)", "HTTP_USER_AGENT": "req.fhdr(user-agent)", "HTTP_REFERER": "req.fhdr(referer)",
    "HTTP_COOKIE": "req.fhdr(cookie)", "HTTP_ACCEPT": "req.fhdr(accept)", "REMOTE_ADDR": "src", "SERVER_ADDR": "dst",
    "REMOTE_PORT": "src_port", "CLIENT_PORT": "src_port",
    "HTTPS": "ssl_fc,iif(on,off)", "REQUEST_SCHEME": "ssl_fc,iif(https,http)",
    "REMOTE_USER": "var(txn.user)", "REQUEST_TIME_USEC": "date(0,us)",
    "UNIQUE_ID_OF_REQUEST": "uuid()",
}  # fmt: skip
#: Parts of the local time, each of two digits.
_OF_TIME = {"TIME_MON": "%m", "TIME_DAY": "%d", "TIME_HOUR": "%H", "TIME_MIN": "%M", "TIME_SEC": "%S"}
_FETCHES |= {name: f"date,ltime({code})" for name, code in _OF_TIME.items()}
#: Variables that have always so many digits.
_OF_DIGITS = {**dict.fromkeys(_OF_TIME, 2), "REQUEST_STATUS": 3}
#: Comparisons of texts that are those of numbers where all texts are digits, and of one length.
_OF_TEXTS = {
    Operator.BEFORE: Operator.LT, Operator.BEFORE_OR_SAME: Operator.LE, Operator.AFTER: Operator.GT,
    Operator.AFTER_OR_SAME: Operator.GE, Operator.LENGTH_LT: Operator.LT, Operator.LENGTH_LE: Operator.LE,
    Operator.LENGTH_GT: Operator.GT, Operator.LENGTH_GE: Operator.GE,
}  # fmt: skip
#: A certificate of a client as mod_headers writes it: the lines of its PEM form behind each other.
_IN_LINES = (r'ssl_c_der,base64,regsub("(.{1,64})","\1 ",g),'
             r'regsub("^(.*)$","-----BEGIN CERTIFICATE----- \1-----END CERTIFICATE-----")')  # fmt: skip
#: Those of mod_ssl; the names in a certificate are ``SSL_CLIENT_S_DN_CN`` and the like.
_OF_TLS = {
    "SSL_PROTOCOL": "ssl_fc_protocol", "SSL_CIPHER": "ssl_fc_cipher", "SSL_TLS_SNI": "ssl_fc_sni",
    "SSL_SESSION_ID": "ssl_fc_session_id,hex", "SSL_CLIENT_M_SERIAL": "ssl_c_serial,hex", "SSL_CLIENT_CERT": _IN_LINES,
    "SSL_CIPHER_USEKEYSIZE": "ssl_fc_use_keysize", "SSL_CIPHER_ALGKEYSIZE": "ssl_fc_alg_keysize",
}  # fmt: skip
_NAME_PART = re.compile(r"SSL_CLIENT_([SI])_DN_(CN|O|OU|C|ST|L)")
#: What is known of the answer only.
_OF_ANSWERS = {"REQUEST_STATUS": "status", "CONTENT_TYPE": "res.fhdr(content-type)"}
#: Variables that httpd's modules set without a line that says so, by how their names begin.
_FOREIGN = ("BALANCER_", "SSL_", "MATCH_", "AUTHENTICATE_", "AUTHORIZE_", "REDIRECT_", "UNIQUE_ID")
#: What is known when an origin was chosen, and no sooner.
_LATER = frozenset({*_OF_ANSWERS, "RESP", "REMOTE_USER"})
#: Most networks of one term; HAProxy takes 64 words in a line.
_MOST_NETWORKS = 40
#: Longest condition of a line, in words, besides what else stands there.
_MOST_WORDS = 48
_NUMBERS = {Operator.EQ: "eq", Operator.LT: "lt", Operator.LE: "le", Operator.GT: "gt", Operator.GE: "ge"}
Term = tuple[str, ...]
_TRUE, _FALSE = ("TRUE",), ("FALSE",)


@dataclass(frozen=True)
class Environment:
    """The variables of the environment: ``known`` ones have rules that set them, ``lost`` ones can't be said.

    Any other is never set, but HTTPS where ``tls`` is spoken. ``port`` is the one of URLs without any. Of those that
    modules set, ``never`` are not set here; ``certain`` ones are there whenever an origin is asked.
    ``keeps_slashes``: an encoded slash stays one in the decoded path (AllowEncodedSlashes NoDecode).
    """

    known: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    tls: bool = False
    port: int = 0
    keeps_slashes: bool = False
    #: The sample that holds who is connected, where a header may have named another client.
    peer: str = "src"
    maps: MapFiles | None = field(default=None, compare=False, repr=False)
    certain: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()

    def sample(self, name: str) -> str:
        """The sample that holds a variable, empty if nobody ever sets it. Raises CannotAsk."""
        if name in self.never:
            return ""
        foreign = name.startswith(_FOREIGN) or (name == "HTTPS" and self.tls)
        if name in self.lost or (foreign and name not in self.known):
            raise CannotAsk(f"%{{ENV:{name}}}")
        return f"var({variable_of(name)})" if name in self.known else ""

    def learnt(self, names: Iterable[str]) -> Environment:
        """The same where rules have set these, too."""
        return replace(self, known=self.known | set(names), lost=self.lost - set(names))

    def is_certain(self, value: Value) -> bool:
        """Whether it is a variable that is there whenever an origin is asked."""
        return isinstance(value, Variable) and value.name == "ENV" and value.argument in self.certain

    def is_never_set(self, value: Value) -> bool:
        """Whether it is a variable that nobody sets."""
        if not isinstance(value, Variable) or value.name != "ENV":
            return False
        try:
            return not self.sample(value.argument)
        except CannotAsk:
            return False


def variable_of(name: str) -> str:
    """The variable that stands for one of the environment."""
    return f"txn.env_{re.sub('[^A-Za-z0-9_]', '_', name)}"


NOTHING_SET = Environment()
#: What the client calls the server; a frontend sets it where anything asks for it.
SERVER_NAME = "txn.server_name"
#: The decoded path in which encoded slashes are still ones.
KEPT_PATH = r'path,regsub("%(2[Ff])","%25\\1",g),url_dec'
#: The first port behind a name or an IPv6 address.
_PORT = r"^(?:\\[[^\\]]*\\]|[^:\\[]*):0*([0-9]+).*$"


def fetch_of(value: Value, environment: Environment = NOTHING_SET) -> str:
    """The sample that holds the value. Raises CannotAsk."""
    match value:
        case Literal(text) if text and not set(text) & set("'\"(),\\"):
            return f"str({text})"
        case Variable("HTTP", name) | Variable("HTTP_OR_ENV", name) if name not in environment.known:
            return f"req.fhdr({name.lower()})"
        case Variable("HTTP_OR_ENV" | "ENV", name):
            return environment.sample(name) or f"var({variable_of(name)})"
        case Variable("REQUEST_URI") if environment.keeps_slashes:
            return KEPT_PATH
        case Variable("SERVER_NAME"):
            return f"var({SERVER_NAME})"
        case Variable("SERVER_PORT") if environment.port:
            return (
                f'base,regsub("/.*$",""),concat(:{environment.port}),regsub("{_PORT}","\\\\1")'  # without a Host, too
            )
        case Variable("COOKIE_EXPIRES", seconds):
            return f'date({seconds}),utime("expires={TIME}")'
        case Variable("CONN_REMOTE_ADDR"):
            return environment.peer
        case Variable("RESP", name):
            return f"res.fhdr({name.lower()})"
        case Variable("SSL", name):
            return _FETCHES.get(name) or _of_tls(name, value)
        case Variable(name) if name in _FETCHES or name in _OF_ANSWERS:
            return _FETCHES.get(name) or _OF_ANSWERS[name]
        case Variable(name) if name.startswith("SSL_"):
            return _of_tls(name, value)
        case Variable():
            raise CannotAsk(variable_title(value))
        case Call("tolower" | "toupper" as function, argument):
            return f"{fetch_of(argument, environment)},{function.removeprefix('to')}"
        case LookAhead(Variable("REMOTE_USER") as user):
            return fetch_of(user, environment)
        case _:
            raise CannotAsk("a value of several parts")


def _of_tls(name: str, value: Variable) -> str:
    found = _NAME_PART.fullmatch(name)
    if found:
        return f"ssl_c_{found[1].lower()}_dn({found[2]})"
    if name not in _OF_TLS:
        raise CannotAsk(variable_title(value))
    return _OF_TLS[name]


def is_of_answer(part: object) -> bool:
    """Whether anything in it is known of the answer only."""
    return any(each.name in _OF_ANSWERS or each.name == "RESP" or is_of_member(each) for each in variables_in(part))


def is_of_member(variable: Variable) -> bool:
    """Whether it is one of those that mod_proxy_balancer sets when it has chosen a member (ST-11)."""
    return variable.name in ("ENV", "HTTP_OR_ENV") and variable.argument.startswith("BALANCER_")


class Terms:
    """Conditions as terms of rules; ``rules`` collects the lines that set their variables.

    ``name`` begins the names of these, so that several places of one request don't disturb each other.
    """

    def __init__(self, name: str = "asked", environment: Environment = NOTHING_SET, kind: str = "http-request") -> None:
        self.rules = Section("rules")
        self.environment = environment
        self._name, self._kind, self._names = name, kind, Names()
        self._made: dict[tuple[Condition, Environment], Term] = {}
        self._texts: dict[tuple[Value, Environment], str] = {}

    def of(self, condition: Condition) -> Term:
        """The term that is true where the condition holds. Raises CannotAsk."""
        key = condition, self.environment
        if key not in self._made:
            self._made[key] = self._make(condition)
        return self._made[key]

    def kept(self, condition: Condition) -> Term:
        """The same in a variable, which is there when the answer comes."""
        term = self.of(condition)
        return term if term[1:2] and term[1].startswith("var(txn.") else self.any_of([term], name_of(condition))

    def fetch(self, value: Value) -> str:
        """The sample that holds the value; one of several parts is a variable. Raises CannotAsk."""
        match value:
            case Call("tolower" | "toupper" as function, argument):
                return f"{self.fetch(argument)},{function.removeprefix('to')}"
            case Lookup(key=key, kind="int", source="tolower" | "toupper" as function):
                return f"{self.fetch(key)},{function.removeprefix('to')}"
            case Matched() | Joined() | Chosen() | Escaped() | Lookup() | Made():
                return self._text(value)
            case _:
                return fetch_of(value, self.environment)

    def _text(self, value: Value) -> str:
        key = value, self.environment
        if key not in self._texts:
            for each in (*reversed(list(parts_in(value, Made))), value):  # what was made first goes first
                if (each, self.environment) not in self._texts:
                    self._texts[each, self.environment] = self._new_text(each)
        return self._texts[key]

    def _new_text(self, value: Value) -> str:
        name = self._variable(name_of_value(value))
        for rule in rules_of(value, name, Words(self.fetch, self.of, self.environment.maps)):
            self.rules.add(self._kind, *rule)
        return f"var({name})"

    def _make(self, condition: Condition) -> Term:
        found = as_match(condition)
        if found is not None:
            value, pattern, ignore_case = found
            fetch = self.fetch(value)
            if (matches_all_paths if value == REQUEST_URI else matches_all)(pattern):
                return _TRUE
            term = ("{", fetch, "-m", "reg", *(["-i"] if ignore_case else []), "--", pattern, "}")
            # What isn't there matches nothing in HAProxy, and is empty in httpd.
            missing = ("!{", fetch, "-m", "found", "}")
            return self.any_of([term, missing], name_of(condition)) if matches_empty(pattern) else term
        match condition:
            case Always():
                return _TRUE
            case Never():
                return _FALSE
            case Not(inner):
                return negated(self.of(inner))
            case AllOf(parts):
                terms = [term for part in parts if (term := self.of(part)) != _TRUE]
                if len(terms) < 2 or _FALSE in terms:
                    return _FALSE if _FALSE in terms else terms[0] if terms else _TRUE
                return self.any_of([tuple(word for term in terms for word in term)], name_of(condition))
            case AnyOf(parts) if len(parts) > 1 and (networks := _networks(parts)):
                return ("{", self.fetch(networks.value), "-m", "ip", *networks.networks, "}")
            case AnyOf(parts):
                terms = [term for part in parts if (term := self.of(part)) != _FALSE]
                if len(terms) < 2 or _TRUE in terms:
                    return _TRUE if _TRUE in terms else terms[0] if terms else _FALSE
                return self.any_of(terms, name_of(condition))
            case Compare(Variable(one), Operator.SAME, Variable(other)) if {one, other} <= ADDRESSES:
                self.rules.add("http-request", "set-var-fmt(txn.address)", f"%[{_FETCHES[other]}]")
                same = ("{", f"{_FETCHES[one]},strcmp(txn.address)", "eq", "0", "}")
                return self.any_of([same], name_of(condition))
            case Compare(left, Operator.DIFFERENT, right):
                return negated(self.of(Compare(left, Operator.SAME, right)))
            case Compare(left, Operator.NE, right):
                return negated(self.of(Compare(left, Operator.EQ, right)))
            case Compare(left, operator, Literal(text)) if operator in _NUMBERS and _is_number(text):
                return self._compared(condition, self.fetch(left), operator, int(text))
            case Compare(left, operator, Literal(text)) if (
                operator in _OF_TEXTS and len(text) == _digits_of(left) and _is_number(text)
            ):  # texts of one length compare as numbers do (RW-42)
                return self._compared(condition, self.fetch(left), _OF_TEXTS[operator], int(text))
            case Test("n", value):
                return ("{", self.fetch(value), "-m", "len", "gt", "0", "}")
            case Test("z", value):
                return negated(self.of(Test("n", value)))
            case IsSet(Variable("ENV") as variable) if self.environment.is_certain(variable):
                return _TRUE
            case IsSet(Variable("ENV", name)):
                sample = self.environment.sample(name)
                return ("{", sample, "-m", "found", "}") if sample else _FALSE
            case IsSet(variable):
                return ("{", self.fetch(variable), "-m", "found", "}")
            case InNetwork(Variable("REMOTE_ADDR"), networks):
                return ("{", "src", *networks, "}")
            case InNetwork(Variable("CONN_REMOTE_ADDR") as peer, networks):
                return ("{", self.fetch(peer), "-m", "ip", *networks, "}")
            case _:
                raise CannotAsk(type(condition).__name__)

    def _compared(self, condition: Condition, fetch: str, operator: Operator, number: int) -> Term:
        """A comparison of numbers; a text that is none counts as 0 (EXPR-4)."""
        term = ("{", f"{fetch},add(0)", _NUMBERS[operator], str(number), "}")
        holds = {"eq": number == 0, "lt": number > 0, "le": number >= 0, "gt": number < 0, "ge": number <= 0}
        missing = ("!{", f"{fetch},add(0)", "-m", "found", "}")
        return self.any_of([term, missing], name_of(condition)) if holds[term[2]] else term

    def _variable(self, words: str) -> str:
        """One more variable, called by what it holds."""
        return f"txn.{self._name}_{self._names.of(object(), words).replace('-', '_')}"

    def any_of(self, alternatives: list[Term], words: str) -> Term:
        """A variable that is true where one of the terms is; ``words`` say what is asked."""
        alternatives = [self.shortened(each, words) for each in alternatives]
        name = self._variable(words)
        for each in alternatives:
            self.rules.add(self._kind, f"set-var({name})", "bool(true)", "if", *each)
        return ("{", f"var({name})", "-m", "bool", "}")

    def shortened(self, term: Term, words: str) -> Term:
        """The same term, what has no room in a line in variables."""
        line: Term = ()
        for each in split_terms(term):
            if line and len(line) + len(each) > _MOST_WORDS:
                line = self.any_of([line], words)
            line += each
        return line


def every_of(*terms: Term) -> Term:
    """The term that is true where all of them are, each said once."""
    asked = dict.fromkeys(each for term in terms for each in split_terms(term) if each != _TRUE)
    never = _FALSE in asked or any((f"!{each[0]}", *each[1:]) in asked for each in asked)
    return _FALSE if never else tuple(word for each in asked for word in each)


def split_terms(words: tuple[str, ...]) -> Iterator[Term]:
    """The terms of a rule: words such as ``METH_GET``, or from a brace to the one that ends it."""
    at = 0
    while at < len(words):
        end = words.index("}", at) + 1 if words[at] in ("{", "!{") else at + 1
        yield words[at:end]
        at = end


def _networks(parts: tuple[Condition, ...]) -> InNetwork | None:
    """The networks of conditions that ask for nothing but these of one address, as far as one term can hold them."""
    found = [each for each in parts if isinstance(each, InNetwork)]
    values = {each.value for each in found}
    networks = tuple(network for each in found for network in each.networks)
    if len(found) < len(parts) or len(values) > 1 or len(networks) > _MOST_NETWORKS:
        return None
    value = values.pop()
    return InNetwork(value, networks) if isinstance(value, Variable) and value.name in ADDRESSES else None


def _digits_of(value: Value) -> int:
    """How many digits a value always has; 0 for any other."""
    if isinstance(value, Variable):
        return _OF_DIGITS.get(value.name, 0)
    digits = [_digits_of(each) for each in value.parts] if isinstance(value, Joined) else [0]
    return sum(digits) if all(digits) else 0


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d{1,15}", text) is not None


def negated(term: Term) -> Term:
    """The term that is true where this one is false."""
    if term in (_TRUE, _FALSE):
        return _FALSE if term == _TRUE else _TRUE
    return (term[0][1:], *term[1:]) if term[0].startswith("!") else (f"!{term[0]}", *term[1:])


def can_ask(condition: Condition, environment: Environment = NOTHING_SET) -> bool:
    """Whether HAProxy has words for it before an origin is asked."""
    try:
        Terms(environment=environment).of(condition)
    except CannotAsk:
        return False
    return not any(each.name in _LATER for each in variables_in(condition))
