"""Passwords against the hashes that htpasswd makes and crypt(3) knows (AB-2). It takes its time: run it in a thread."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha1
from hmac import compare_digest

from apacheconf.runtime import system_crypt

_BCRYPT = ("$2y$", "$2a$", "$2b$")


def verify(password: str, hashed: str) -> bool:
    """Whether the password, latin-1, belongs to the hash. Plain text is no hash; one that nobody knows fits nothing."""
    given = password.encode("latin-1", "replace")
    try:
        return _verify(given, hashed)
    except (ValueError, TypeError):  # no hash of its kind, or a password with a NUL
        return False


def is_quick(hashed: str) -> bool:
    """Whether ``verify`` takes microseconds."""
    return hashed.startswith("{SHA}")


def _verify(given: bytes, hashed: str) -> bool:
    if hashed.startswith("{SHA}"):
        made = "{SHA}" + b64encode(sha1(given, usedforsecurity=False).digest()).decode()
        return compare_digest(made.encode(), hashed.encode("latin-1"))
    if hashed.startswith(_BCRYPT):
        import bcrypt

        return bcrypt.checkpw(given[:72], hashed.encode("latin-1"))
    if hashed.startswith(system_crypt.PREFIXES):
        return system_crypt.verify(given, hashed.encode("latin-1"))
    from passlib.hash import (  # type: ignore[import-untyped]
        apr_md5_crypt,
        des_crypt,
        md5_crypt,
        sha256_crypt,
        sha512_crypt,
    )  # fmt: skip

    for prefix, scheme in (
        ("$apr1$", apr_md5_crypt),
        ("$1$", md5_crypt),
        ("$5$", sha256_crypt),
        ("$6$", sha512_crypt),
        ("", des_crypt),
    ):
        if hashed.startswith(prefix):
            return bool(scheme.verify(given, hashed))
    return False
