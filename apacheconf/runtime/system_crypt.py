"""crypt(3) of the system, for hashes that only it knows: yescrypt, which Debian's own tools make (AB-2)."""

from __future__ import annotations

import ctypes
from functools import cache
from hmac import compare_digest

#: What is asked of it: yescrypt, gost-yescrypt, scrypt.
PREFIXES = ("$y$", "$gy$", "$7$")


def verify(given: bytes, hashed: bytes) -> bool:
    """Whether the password belongs to the hash; never where the system has no libcrypt. Safe in threads."""
    library = _library()
    if library is None or b"\0" in given:
        return False
    room, size = ctypes.c_void_p(), ctypes.c_int()
    made = library.crypt_ra(given, hashed, ctypes.byref(room), ctypes.byref(size))
    _free(room)  # ctypes has copied the text
    return made is not None and not made.startswith(b"*") and compare_digest(made, hashed)


def _free(room: ctypes.c_void_p) -> None:
    ctypes.CDLL(None).free(room)


@cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libcrypt.so.1")
        library.crypt_ra.restype = ctypes.c_char_p
        library.crypt_ra.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p)
    except (OSError, AttributeError):  # none at all, or one without the call that is safe in threads
        return None
    return library
