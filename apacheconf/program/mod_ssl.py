"""mod_ssl in the program: how TLS is spoken with clients (TL) and with the origins of a request (TB-1 to TB-7).

The settings are those of the request's own sections, so a ``<Proxy>`` section may change them for its URLs. What a host
says of TLS with its clients is its ``FrontTls``; what a section asks of them are steps (TL-5, TL-7).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from apacheconf.ledger import Written
from apacheconf.model.types import Model, Server
from apacheconf.modules.declare import Conf, Setting
from apacheconf.modules.mod_ssl import SslDirConf, SslServerConf
from apacheconf.program.conditions import NEVER, AllOf, AnyOf, Compare, Condition, Not, Operator
from apacheconf.program.expressions import NotEvaluated, condition_of
from apacheconf.program.link import LeaveOut, Linker
from apacheconf.program.openssl_commands import commanded
from apacheconf.program.phases import Phase
from apacheconf.program.steps import (
    END,
    Action,
    AskCertificate,
    ExportTls,
    FakeBasicAuth,
    NameUser,
    Respond,
    SecureOrigin,
    Step,
)
from apacheconf.program.tls import FrontTls, OriginTls
from apacheconf.program.values import Literal, Variable
from apacheconf.syntax.expr import ExprError

_OF_ORIGINS = tuple(each.name for each in fields(SslDirConf) if each.name.startswith("proxy_"))
#: What a section may ask of clients, or tell of them.
_OF_CLIENTS = (
    "options", "require_ssl", "requires", "user_name", "verify_client", "verify_depth", "ca_file", "ca_path",
    "reneg_buffer_size",
)  # fmt: skip
_HTTPS = Compare(Variable("HTTPS"), Operator.SAME, Literal("on"))
_VERIFIED = Compare(Variable("SSL_CLIENT_VERIFY"), Operator.SAME, Literal("SUCCESS"))


def of_whole_server(conf: SslDirConf, speaks: bool) -> SslDirConf:
    """A server's own settings without what is asked in the handshake; ``speaks`` TLS or not."""
    usual = SslDirConf()
    asked = {name: getattr(usual, name) for name in ("verify_client", "verify_depth", "ca_file", "ca_path")}
    return replace(conf, **asked, speaks=Setting(True) if speaks else usual.speaks)


def layer(conf: SslDirConf, linker: Linker, left_out: LeaveOut) -> SslDirConf:
    """A section's settings, linked. ``left_out`` hears of what is refused because it can't be asked."""
    linked: dict[str, Setting[Any]] = {}
    for name in (*_OF_ORIGINS, *_OF_CLIENTS):
        given: Setting[Any] = getattr(conf, name)
        if given.is_set:
            linked[name] = Setting(given.value, linker.numbers(given.said_by))
    if conf.speaks.value:
        linked["speaks"] = conf.speaks
    for text, said_by in zip(conf.requires.value, conf.requires.said_by, strict=False):
        if _requirement(text) is None:
            left_out(said_by, "SSLRequire compares in a way that is not evaluated; it denies")
    return SslDirConf.of(linked)


def origin_tls(conf: SslDirConf) -> OriginTls:
    """The settings in the program's terms."""
    name, cn = conf.proxy_check_name, conf.proxy_check_cn
    revocation = conf.proxy_revocation.value
    return OriginTls(
        engine=conf.proxy_engine.value,
        protocols=conf.proxy_protocols.value,
        ciphers=conf.proxy_ciphers.value.get("SSL", ""),
        ciphers_13=conf.proxy_ciphers.value.get("TLSv1.3", ""),
        verify=conf.proxy_verify.value,
        depth=conf.proxy_verify_depth.value,
        ca_file=conf.proxy_ca_file.value,
        ca_path=conf.proxy_ca_path.value,
        # SSLProxyCheckPeerCN Off takes the name's check away too, unless that was asked for in so many words.
        check_name=name.value and (name.is_set or cn.value),
        check_cn=not name.value and cn.is_set and cn.value,
        check_expire=conf.proxy_check_expire.value,
        certificate=conf.proxy_machine_certificate.value,
        revocation=revocation[0],
        crl_file=conf.proxy_crl_file.value,
        crl_path=conf.proxy_crl_path.value,
    )


def steps(conf: Conf) -> Iterator[Step]:
    """TLS with origins in one step, where any of it was said, and what is asked of clients and told of them."""
    assert isinstance(conf, SslDirConf)
    said_by: list[Any] = [number for name in _OF_ORIGINS for number in getattr(conf, name).said_by]
    if said_by:
        yield Step(Phase.HANDLER, SecureOrigin(origin_tls(conf)), tuple(dict.fromkeys(said_by)))
    yield from _demands(conf)
    options = _options(conf)
    if "FakeBasicAuth" in options:
        yield _step(Phase.HEADER_PARSER, FakeBasicAuth(), conf.options)
    if conf.user_name.value:
        yield _step(Phase.FIXUPS, NameUser(conf.user_name.value), conf.user_name)
    if conf.options.value or conf.speaks.value:
        data = "ExportCertData" in options or "ExportBothCertData" in options
        export = ExportTls("StdEnvVars" in options, data, "LegacyDNStringFormat" in options)
        yield _step(Phase.FIXUPS, export, conf.options)


def _demands(conf: SslDirConf) -> Iterator[Step]:
    """What forbids (TL-5). Where a certificate can't be asked for any more, there is no way in without one."""
    if conf.require_ssl.value:
        said = "AH02219: access to {what} failed, reason: SSL connection required"
        yield _forbids(Not(_HTTPS), conf.require_ssl, said)
    if conf.verify_client.value != "none":
        depth = conf.verify_depth.value if conf.verify_depth.is_set else None
        action = AskCertificate(conf.verify_client.value == "require", depth, conf.reneg_buffer_size.value)
        settings = (conf.verify_client, conf.verify_depth, conf.reneg_buffer_size)
        asks = [_step(Phase.HEADER_PARSER, action, each) for each in settings]  # before any Require is asked
        yield replace(asks[0], said_by=tuple(number for each in asks for number in each.said_by))
    if conf.verify_client.value == "require":
        yield _forbids(Not(_VERIFIED), conf.verify_client)
    for text, said_by in zip(conf.requires.value, conf.requires.said_by, strict=False):
        said = "AH02229: access to {what} failed, reason: SSL requirement expression not fulfilled"
        yield _forbids(AllOf((_HTTPS, Not(_requirement(text) or NEVER))), Setting(text, (said_by,)), said)


def _step(phase: Phase, action: Action, setting: Setting[Any]) -> Step:
    numbers = tuple(dict.fromkeys(number for number in setting.said_by if isinstance(number, int)))
    return Step(phase, action, numbers)


def _forbids(when: Condition, setting: Setting[Any], said: str = "") -> Step:
    refusal = Respond(403, said=("ssl", said) if said else None)
    return replace(_step(Phase.ACCESS, refusal, setting), when=when, then=END)


def _options(conf: SslDirConf) -> frozenset[str]:
    """SSLOptions line by line: words with signs change what is there, a line without them begins anew."""
    found: frozenset[str] = frozenset()
    for line in conf.options.value:
        if any(word[0] not in "+-" for word in line):
            found = frozenset()
        for word in line:
            name = word.lstrip("+-")
            found = found - {name} if word[0] == "-" else found | {name}
    return found


_STRING = re.compile(r'("(?:[^"\\]|\\.)*"|m?/(?:[^/\\]|\\.)*/i?|m#[^#]*#i?)')
#: SSLRequire's words; those of the same name in ap_expr compare numbers.
_WORDS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_WORD = re.compile(rf"(?<![\w-])({'|'.join(_WORDS)})\b")
_OTHER = re.compile(r"\b(?:file|OID|PeerExtList)\b")
_BY_LENGTH = {
    Operator.BEFORE: Operator.LENGTH_LT, Operator.BEFORE_OR_SAME: Operator.LENGTH_LE,
    Operator.AFTER: Operator.LENGTH_GT, Operator.AFTER_OR_SAME: Operator.LENGTH_GE,
    Operator.LT: Operator.LENGTH_LT, Operator.LE: Operator.LENGTH_LE,
    Operator.GT: Operator.LENGTH_GT, Operator.GE: Operator.LENGTH_GE,
    Operator.EQ: Operator.SAME, Operator.NE: Operator.DIFFERENT,
}  # fmt: skip


def _requirement(text: str) -> Condition | None:
    """The condition of an SSLRequire, whose language is ap_expr's elder sister; None where they differ too much."""
    pieces = _STRING.split(text)
    for at, piece in enumerate(pieces):
        if at % 2 == 0:
            if _OTHER.search(piece):
                return None
            pieces[at] = _WORD.sub(lambda found: _WORDS[found[1]], piece)
    try:
        return _by_length(condition_of("".join(pieces)))
    except (NotEvaluated, ExprError):
        return None


def _by_length(condition: Condition) -> Condition:
    """The same with texts compared as SSLRequire does: the shorter one is the smaller one (TL-5)."""
    match condition:
        case Compare(left, sign, right):
            return Compare(left, _BY_LENGTH.get(sign, sign), right)
        case Not(inner):
            return Not(_by_length(inner))
        case AllOf(parts):
            return AllOf(tuple(map(_by_length, parts)))
        case AnyOf(parts):
            return AnyOf(tuple(map(_by_length, parts)))
    return condition


def front_tls(server: Server, model: Model) -> FrontTls | None:
    """How the host speaks TLS with clients; None when it doesn't."""
    conf, per_dir = server.server_conf(SslServerConf), server.dir_conf(SslDirConf)
    implied = not conf.engine.is_set and bool(conf.certificates.value) and _listens_for_https(server, model)
    if conf.engine.value != "on" and not implied:  # with ``optional`` clients begin in plain text, and ours stay there
        return None
    phrase = model.main.server_conf(SslServerConf).phrase_dialog.value
    settings: dict[str, Setting[Any]] = {
        "certificates": conf.certificates,
        "keys": conf.keys,
        "chain": conf.chain,
        "protocols": conf.protocols,
        "own_order": conf.honor_cipher_order,
        "tickets": conf.session_tickets,
        "verify": per_dir.verify_client,
        "depth": per_dir.verify_depth,
        "ca_file": per_dir.ca_file,
        "ca_path": per_dir.ca_path,
        "crl_file": conf.crl_file,
        "crl_path": conf.crl_path,
        "strict_sni": conf.strict_sni,
        "policy": conf.sni_policy,
    }
    ciphers, revocation = per_dir.ciphers.value, conf.revocation.value
    made = FrontTls(
        phrase_from=phrase.removeprefix("exec:").removeprefix("|") if phrase != "builtin" else "",
        ciphers=ciphers.get("SSL", ""),
        ciphers_13=ciphers.get("TLSv1.3", ""),
        revocation=revocation[0],
        without_list="no_crl_for_cert_ok" in revocation,
        **{name: each.value for name, each in settings.items()},
        said_by=tuple(_said_by(conf.engine, per_dir.ciphers, conf.revocation, *settings.values())),
    )
    for (name, value), directive in zip(conf.commands.value, conf.commands.said_by, strict=True):
        made = commanded(made, name.lower(), value, directive)
    return made


def _said_by(*settings: Setting[Any]) -> Iterator[Written]:
    for each in settings:
        yield from dict.fromkeys(each.said_by)


def _listens_for_https(server: Server, model: Model) -> bool:
    """Whether the server belongs to a listener for https, and mod_ssl is there: certificates then switch it on."""
    if not model.expanded.fragment and "ssl_module" not in model.expanded.modules:
        return False
    secure = {(each.host, each.port) for each in model.listeners if each.protocol == "https"}
    return any(
        (address.host, address.port) in secure or (None, address.port) in secure or ("", address.port) in secure
        for address in server.addresses
    )
