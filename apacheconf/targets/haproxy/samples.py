"""httpd's variables as sample fetches of HAProxy, those of the environment as variables of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from apacheconf.program.values import Call, Joined, Literal, LookAhead, Value, Variable
from apacheconf.targets.environments import variables_in
from apacheconf.targets.haproxy.texts import MapFiles
from apacheconf.targets.questions import CannotAsk, variable_title
from apacheconf.targets.rule_cookies import TIME

#: httpd's variables as sample fetches.
FETCHES = {
    "REQUEST_URI": "path,url_dec", "REQUEST_METHOD": "method", "QUERY_STRING": "query",
    "HTTP_HOST": "req.fhdr(host)", "HTTP_USER_AGENT": "req.fhdr(user-agent)", "HTTP_REFERER": "req.fhdr(referer)",
    "HTTP_COOKIE": "req.fhdr(cookie)", "HTTP_ACCEPT": "req.fhdr(accept)", "REMOTE_ADDR": "src", "SERVER_ADDR": "dst",
    "REMOTE_PORT": "src_port", "CLIENT_PORT": "src_port",
    "HTTPS": "ssl_fc,iif(on,off)", "REQUEST_SCHEME": "ssl_fc,iif(https,http)",
    "REMOTE_USER": "var(txn.user)", "REQUEST_TIME_USEC": "date(0,us)",
    "UNIQUE_ID_OF_REQUEST": "uuid()", "IS_SUBREQ": "str(false)",
    "THE_REQUEST": "var(txn.the_request)", "SERVER_PROTOCOL": "var(txn.protocol)",
}  # fmt: skip
#: The local time and parts of it, each of so many digits.
_OF_TIME = {
    "TIME_YEAR": ("%Y", 4), "TIME_MON": ("%m", 2), "TIME_DAY": ("%d", 2), "TIME_HOUR": ("%H", 2), "TIME_MIN": ("%M", 2),
    "TIME_SEC": ("%S", 2), "TIME_WDAY": ("%w", 1), "TIME": ("%Y%m%d%H%M%S", 14),
}  # fmt: skip
FETCHES |= {name: f"date,ltime({code})" for name, (code, _) in _OF_TIME.items()}
#: Variables that have always so many digits.
_OF_DIGITS = {name: digits for name, (_, digits) in _OF_TIME.items()} | {"REQUEST_STATUS": 3}
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
LATER = frozenset({*_OF_ANSWERS, "RESP", "REMOTE_USER"})


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
        name = self._as_set(name)
        foreign = name.startswith(_FOREIGN) or (name == "HTTPS" and self.tls)
        if name in self.lost or (foreign and name not in self.known):
            raise CannotAsk(f"%{{ENV:{name}}}")
        return f"var({variable_of(name)})" if name in self.known else ""

    def _as_set(self, name: str) -> str:
        """The name as the lines that set it spell it: case makes no other variable. Raises CannotAsk where
        several would be one here."""
        told = [each for each in self.known | self.lost if variable_of(each).lower() == variable_of(name).lower()]
        if len(told) > 1:
            raise CannotAsk(f"{' and '.join(sorted(told))}, of which HAProxy's names are alike")
        return told[0] if told and told[0].lower() == name.lower() else name

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


def header_name(name: str) -> str:
    """A header's name as an argument of a sample. Raises CannotAsk for one that would end the argument."""
    if not re.fullmatch(r"[\w!#$%&*+.^`|~-]+", name, re.ASCII):
        raise CannotAsk(f"the header {name}")
    return name.lower()


def fetch_of(value: Value, environment: Environment = NOTHING_SET) -> str:
    """The sample that holds the value. Raises CannotAsk."""
    match value:
        case Literal(text) if text and not set(text) & set("'\"(),\\"):
            return f"str({text})"
        case Variable("HTTP", name) | Variable("HTTP_OR_ENV", name) if name not in environment.known:
            return f"req.fhdr({header_name(name)})"
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
            return f"res.fhdr({header_name(name)})"
        case Variable("SSL", name):
            return FETCHES.get(name) or _of_tls(name, value)
        case Variable(name) if name in FETCHES or name in _OF_ANSWERS:
            return FETCHES.get(name) or _OF_ANSWERS[name]
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


def digits_of(value: Value) -> int:
    """How many digits a value always has; 0 for any other."""
    if isinstance(value, Variable):
        return _OF_DIGITS.get(value.name, 0)
    digits = [digits_of(each) for each in value.parts] if isinstance(value, Joined) else [0]
    return sum(digits) if all(digits) else 0
