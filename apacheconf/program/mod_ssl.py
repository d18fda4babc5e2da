"""mod_ssl in the program: how TLS is spoken with the origins of a request (TB-1 to TB-7).

The settings are those of the request's own sections, so a ``<Proxy>`` section may change them for its URLs. What
mod_ssl does towards clients is not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from apacheconf.modules.declare import Conf, Setting
from apacheconf.modules.mod_ssl import SslDirConf
from apacheconf.program.link import Linker
from apacheconf.program.phases import Phase
from apacheconf.program.steps import SecureOrigin, Step
from apacheconf.program.tls import OriginTls

_OF_ORIGINS = tuple(each.name for each in fields(SslDirConf) if each.name.startswith("proxy_"))


def layer(conf: SslDirConf, linker: Linker) -> SslDirConf:
    """A section's settings for origins, linked; what concerns clients is left behind."""
    linked: dict[str, Setting[Any]] = {}
    for name in _OF_ORIGINS:
        given: Setting[Any] = getattr(conf, name)
        if given.is_set:
            linked[name] = Setting(given.value, linker.numbers(given.said_by))
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
    """One step with all of it, where any of it was said."""
    assert isinstance(conf, SslDirConf)
    said_by: list[Any] = [number for name in _OF_ORIGINS for number in getattr(conf, name).said_by]
    if said_by:
        yield Step(Phase.HANDLER, SecureOrigin(origin_tls(conf)), tuple(dict.fromkeys(said_by)))
