"""Values in nginx: each a word with variables, made by maps where nginx has none of its own (NGX-121, NGX-127)."""

from __future__ import annotations

import re

from apacheconf.program.conditions import Regex
from apacheconf.program.regexes import search
from apacheconf.program.rewrite_maps import table_of
from apacheconf.program.values import Chosen, Joined, Literal, LookAhead, Lookup, Matched, Value, Variable
from apacheconf.targets.named_folders import BY_ADDRESS, BY_NAME
from apacheconf.targets.nginx import mod_vhost_alias
from apacheconf.targets.nginx.maps import Map, Maps
from apacheconf.targets.nginx.tree import glued, literal
from apacheconf.targets.patterns import escape
from apacheconf.targets.questions import CannotAsk, as_group, matches_empty, pcre, variable_title
from apacheconf.targets.spoken import name_of_value, words_of

#: httpd's variables as nginx names them; what nginx knows at no time, or not before it picks a location, is missing.
VARIABLES = {
    "REQUEST_METHOD": "$request_method", "REQUEST_SCHEME": "$scheme", "QUERY_STRING": "$args",
    "THE_REQUEST": "$request", "HTTP_USER_AGENT": "$http_user_agent",
    "HTTP_REFERER": "$http_referer", "HTTP_COOKIE": "$http_cookie", "HTTP_ACCEPT": "$http_accept",
    "REMOTE_ADDR": "$remote_addr", "REMOTE_PORT": "$remote_port", "CLIENT_PORT": "$remote_port",
    "SERVER_ADDR": "$server_addr",
    "SERVER_PROTOCOL": "$server_protocol", "SERVER_NAME": "$host", "CONN_REMOTE_ADDR": "$realip_remote_addr",
    "SSL_CLIENT_VERIFY": "$ssl_client_verify",
}  # fmt: skip
#: The bits of ciphers' keys, by what OpenSSL calls them: of 3DES fewer count than it has.
_OF_CIPHERS = (("~(?:AES|CAMELLIA|ARIA)_?256|CHACHA20", "256"), ("~(?:AES|CAMELLIA|ARIA)_?128|SEED|IDEA|RC[24]", "128"))
_3DES = {"SSL_CIPHER_USEKEYSIZE": "112", "SSL_CIPHER_ALGKEYSIZE": "168"}
#: Where the parts of the time stand in $time_iso8601, the local time as httpd takes it.
_OF_TIME = {"TIME_YEAR": r"^(....)", "TIME_MON": r"^....-(..)", "TIME_DAY": r"^.{8}(..)", "TIME_HOUR": r"T(..)",
            "TIME_MIN": r"T..:(..)", "TIME_SEC": r"T.{6}(..)"}  # fmt: skip
_OF_NAME = re.compile(r"SSL_CLIENT_S_DN_(CN|O|OU|C|ST|L)")
#: A regex over the names of headers that only one of them matches, in any case of its letters.
_ONE_NAME = re.compile(r"\(\?i\)\^([A-Za-z0-9-]+)\$")
#: More keys than these that differ in more than case are not looked up one by one.
_MOST_KEYS = 500


def header_variable(family: str, name: str) -> str:
    """``$http_x_name``: the variable of a header. Raises CannotAsk for a name that a variable can't be called by."""
    if not re.fullmatch(r"[\w-]+", name, re.ASCII):
        raise CannotAsk(f"the header {name}")
    return f"${family}_{name.lower().replace('-', '_')}"


def text_of(maps: Maps, value: Value) -> str:
    """The value as a word of nginx. Raises CannotAsk."""
    known = maps.word(value) if isinstance(value, Variable) else None
    if known is not None:
        return known
    match value:
        case Literal(text):
            return literal(text)
        case Joined(parts):
            return glued(text_of(maps, part) for part in parts)
        case Variable("HTTP_HOST"):
            return maps.use("asked_host")
        case Variable("HTTP", name) if name.lower() == "host":
            return maps.use("asked_host")
        case Variable("HTTP_MATCHING", pattern) if (one := _ONE_NAME.fullmatch(pattern)) is not None:
            return text_of(maps, Variable("HTTP", one[1]))
        case Variable("HTTP", name):
            return header_variable("http", name)
        case Variable("COOKIE_EXPIRES", seconds):
            return f"Max-Age={seconds}"  # nginx can write no time but that of now
        case Variable("HTTPS"):
            return maps.make("https_is", Map("$https", (("on", "on"), ("default", "off")), "%{HTTPS}"))
        case Variable("REQUEST_URI"):
            return maps.path()
        case Variable(name) if name in _3DES:
            sizes = (("", ""), *_OF_CIPHERS, ("~3DES|DES-CBC3", _3DES[name]), ("default", "0"))
            return maps.make(name.lower(), Map("$ssl_cipher", sizes, variable_title(value)))
        case Variable(name) if name in _OF_TIME:
            entry = (f"~{_OF_TIME[name]}", "$1")
            return maps.make(name.lower(), Map("$time_iso8601", (entry, ("default", "")), variable_title(value)))
        case Variable(name, item) if name in (BY_NAME, BY_ADDRESS):
            return mod_vhost_alias.part_of(maps, item, by_address=name == BY_ADDRESS)
        case Variable("ENV", name) if name.upper() == "REDIRECT_STATUS" and not value.missing:
            return maps.use("redirect_status")
        case Variable(name) if name in VARIABLES:
            return VARIABLES[name]
        case Variable("SSL_CLIENT_S_DN"):
            made = Map("$ssl_client_verify $ssl_client_s_dn", ((r"~^SUCCESS (?<of_name>.+)$", "$of_name"),
                       ("default", "")), variable_title(value))  # fmt: skip
            return maps.make("client_name", made)
        case Variable(name) if (part := _OF_NAME.fullmatch(name)) is not None:
            return _name_part(maps, part[1], value)
        case Variable():
            raise CannotAsk(variable_title(value))
        case Matched(whole, regex, group):
            return _matched(maps, value, text_of(maps, whole), regex, group)
        case Chosen(condition, yes, no):
            from apacheconf.targets.nginx.conditions import flag_of as asked  # they ask each other

            entries = (("1", text_of(maps, yes)), ("default", text_of(maps, no)))
            flag = asked(maps, condition)
            if flag in "01":
                return text_of(maps, yes if flag == "1" else no)
            return maps.make(name_of_value(value), Map(flag, entries, ""))
        case Lookup():
            return _looked_up(maps, value)
        case LookAhead(Variable("REMOTE_USER") as user) if (word := maps.word(user)) is not None:
            return word  # by the time of headers it is known who that is
        case _:
            raise CannotAsk("a capture or a function")


def _name_part(maps: Maps, part: str, variable: Variable) -> str:
    """A part of the name in a client's certificate that is believed: the first one, which RFC 2253 writes last. One
    with signs that would have to be escaped is left out, so that it equals nothing."""
    entries = ((f"~^SUCCESS {_first_of(part)}", "$of_name"), ("default", ""))
    made = Map("$ssl_client_verify $ssl_client_s_dn", entries, variable_title(variable))
    return maps.make(f"client_{part.lower()}", made)


def name_part(maps: Maps, whose: str, part: str, missing: str) -> str:
    """The same of any certificate that a client shows: its owner's (``S``) or of who signed it (``I``) (NGX-187)."""
    entries = ((f"~^{_first_of(part)}", "$of_name"), ("default", missing))
    title = f"%{{SSL_CLIENT_{whose}_DN_{part}}}"
    return maps.make(f"{'issuer' if whose == 'I' else 'shown'}_{part.lower()}",
                     Map(f"$ssl_client_{whose.lower()}_dn", entries, title))  # fmt: skip


def _first_of(part: str) -> str:
    return rf"(?:.*(?<!\\),)?{part}=(?<of_name>[^,+\\]*)(?=,|$)(?!.*(?<!\\)[,+]{part}=)"


def _matched(maps: Maps, value: Value, source: str, regex: Regex, group: int) -> str:
    """What a group of a regex has matched. nginx tries no regex on an empty text, and knows no group 0."""
    pattern, number = (pcre(regex), group) if group else (as_group(pcre(regex)), 1)
    if number > 9:
        raise CannotAsk("more than nine groups")
    entries = [(f"~{'*' if regex.ignore_case else ''}{pattern}", f"${number}"), ("default", "")]
    if matches_empty(regex.pattern):
        entries.insert(0, ("", dict(enumerate(search(regex, "") or ())).get(group) or ""))
    return maps.make(name_of_value(value), Map(source, tuple(entries), ""))


def _looked_up(maps: Maps, lookup: Lookup) -> str:
    """A RewriteMap, as its file is now: a table, in which letters count unless the key is made lower case (RW-43)."""
    default = text_of(maps, lookup.default)
    if lookup.kind == "":
        return default
    if lookup.kind not in ("txt", "rnd", "dbm"):
        raise CannotAsk(f"a RewriteMap of type {lookup.kind}{':' + lookup.source if lookup.kind == 'int' else ''}")
    key, lowered = lookup.key, False
    if isinstance(key, Lookup) and (key.kind, key.source) == ("int", "tolower"):
        key, lowered = key.key, True
    table = table_of(lookup.source, lookup.dbm)
    if len(table) > _MOST_KEYS and not lowered:
        raise CannotAsk(f"a RewriteMap of more than {_MOST_KEYS} keys")
    if isinstance(key, Literal):
        found = table.get(key.text.lower() if lowered else key.text)
        return default if found is None else _drawn(maps, found) if lookup.kind == "rnd" else literal(found)
    entries = []
    for name, found in table.items():
        if lowered and name != name.lower():
            continue  # nobody can ask for it
        pattern = rf"~{'*' if lowered else ''}^{escape(name)}\z"
        entries.append((pattern, _drawn(maps, found) if lookup.kind == "rnd" else literal(found)))
    made = Map(text_of(maps, key), (*entries, ("default", default)), f"RewriteMap {lookup.map}")
    return maps.make(f"map_{words_of(lookup.map) or 'of_rules'}", made)


def _drawn(maps: Maps, found: str) -> str:
    """One of several texts, another for every request."""
    texts = found.split("|")
    if len(texts) == 1:
        return literal(texts[0])
    counts = {text: texts.count(text) for text in texts}
    *shares, (last, _) = counts.items()
    entries = [(f"{count / len(texts):.2%}", literal(text)) for text, count in shares]
    return maps.make("drawn", Map("$request_id", (*entries, ("*", literal(last))), "", kind="split_clients"))
