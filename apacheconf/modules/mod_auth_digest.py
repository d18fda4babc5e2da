"""mod_auth_digest: Digest authentication."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from apacheconf.modules.declare import Conf, Fate, Module, Setting, ValueRefused, setting
from apacheconf.modules.facts import listed, served
from apacheconf.modules.mod_authn_core import providers
from apacheconf.modules.values import choice, one_of, whole


@dataclass(frozen=True)
class AuthDigestDirConf(Conf):
    """``nonce_lifetime`` in seconds, negative for ever."""

    module: ClassVar[str] = "mod_auth_digest"

    providers: Setting[tuple[str, ...]] = setting(("file",))
    nonce_lifetime: Setting[int] = setting(300)
    domain: Setting[tuple[str, ...]] = setting(())
    check_count: Setting[bool] = setting(False)
    algorithm: Setting[str] = setting("MD5")
    qop: Setting[tuple[str, ...]] = setting(())

    def merge(self, child: Self) -> Self:
        """httpd merges the providers alone: what an inner section says replaces all the rest (AB-9)."""
        return child if child.providers.is_set else replace(child, providers=self.providers)


def _qop(words: Sequence[str]) -> tuple[str, ...]:
    said = "AuthDigestQop is deprecated: only 'auth' is supported"
    return tuple(one_of(word, ("auth",), said, number) for number, word in enumerate(words))


_SIZE = re.compile(r"\s*([+-]?\d+)(K|M|$)", re.IGNORECASE)
#: What one client takes in the shared memory of a 64-bit build.
_LEAST = 88


def _shared_memory(words: Sequence[str]) -> int:
    form = _SIZE.match(words[0])
    if form is None:
        raise ValueRefused(f"Invalid size in AuthDigestShmemSize: {words[0]}", 0)
    size = int(form[1]) * {"": 1, "k": 1 << 10, "m": 1 << 20}[form[2].lower()]
    if size < _LEAST:
        raise ValueRefused(f"size in AuthDigestShmemSize too small: {size} < {_LEAST}", 0)
    return size


MODULE = Module(
    "mod_auth_digest",
    dir_conf=AuthDigestDirConf,
    fate=Fate.SERVED,
    directives=served([
        listed(
            "AuthDigestProvider",
            parse_in=providers(digest=True), per="dir", fills="providers", extends=True, restricts=True,
        ),
        listed(
            "AuthDigestNonceLifetime", whole("Invalid time in AuthDigestNonceLifetime: %s", -(1 << 63)),
            per="dir", fills="nonce_lifetime", restricts=True,
        ),
        listed(
            "AuthDigestAlgorithm", choice("Unsupported algorithm in AuthDigestAlgorithm: %s", "MD5"),
            per="dir", fills="algorithm", restricts=True,
        ),
        listed("AuthDigestQop", _qop, per="dir", fills="qop", restricts=True),
        listed("AuthDigestDomain", tuple, per="dir", fills="domain", extends=True, restricts=True),
        listed("AuthDigestShmemSize", _shared_memory),
        listed("AuthDigestNcCheck", per="dir", fills="check_count", restricts=True),
    ]),
)  # fmt: skip
