"""Files of keys and values, as httpd's dbm maps read them: SDBM, Berkeley DB's hash files and GDBM (RW-43, AB-3).

A map is looked up often and changes seldom, so its pages are read one after the other into a table; nothing is
written, and no lock is taken. What is damaged behind its header gives what can be read of it.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

Pair = tuple[bytes, bytes]
#: apr_sdbm's page: a table of offsets in front, keys and values from the end on.
_SDBM_PAGE = 1024
#: Berkeley DB: where the magic number of a hash file stands, in the byte order of its machine, and the page's size.
_MAGIC, _MAGIC_AT, _SIZE_AT = 0x061561, 12, 20
#: How long what it says of itself is at least.
_METADATA = 72
_HASH_PAGES = frozenset({2, 13})
_HEADER = 26
_INLINE, _ELSEWHERE = 1, 3
#: GDBM with offsets of 64 bits: its magic numbers; where a bucket's elements begin, after what is free in its block.
_GDBM = (0x13579ACF, 0x13579AD1)
_GDBM_HEADER = 40
_FIRST_ELEMENT, _ELEMENT = 112, struct.Struct("<i4xqii")


def dbm_kind(named: str) -> str:
    """``sdbm``, ``gdbm`` or ``db``: what a type is in AuthDBMType or RewriteMap, where Debian's default is ``db``."""
    return {"": "db", "default": "db"}.get(named.lower(), named.lower())


def dbm_file(path: str, kind: str) -> str:
    """The file that holds the pairs of a dbm of this name."""
    return f"{path}.pag" if kind == "sdbm" else path


def read_dbm(path: str, kind: str) -> dict[str, str]:
    """All pairs, as latin-1 text. Raises OSError where httpd could not open it, with the library's own number.

    What is no database is one to SDBM, without pairs.
    """
    try:
        data = _opened(path, kind)
    except OSError as fault:
        raise OSError(_NUMBERS.get((kind, fault.errno or 0), fault.errno), "no database") from None
    return {key.decode("latin-1"): value.decode("latin-1") for key, value in _READERS[kind](data)}


#: Numbers of GDBM: it can't be opened, it is a folder, no magic number, empty, and shorter than its header.
_UNOPENED, _FOLDER, _NO_MAGIC, _EMPTY, _SHORT = 3, 6, 7, 8, 25
_NUMBERS = {
    **dict.fromkeys((("gdbm", errno.ENOENT), ("gdbm", errno.EACCES)), _UNOPENED),
    ("gdbm", errno.EISDIR): _FOLDER,
}


def complaint(kind: str, fault: OSError) -> str:
    """What httpd says of a dbm that it could not open; APR knows no words for the other libraries' numbers."""
    if kind == "sdbm":
        return f"({fault.errno}){os.strerror(fault.errno or 0)}"
    return f"({120000 + (fault.errno or 0)})APR does not understand this error code"


def _opened(path: str, kind: str) -> bytes:
    """What the file holds. Raises OSError where it is no database of this kind, or no file at all."""
    file = Path(dbm_file(path, kind))
    mode = file.stat().st_mode
    if kind == "sdbm":
        Path(f"{path}.dir").stat()
        return file.read_bytes() if stat.S_ISREG(mode) else b""
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "")
    data = file.read_bytes() if stat.S_ISREG(mode) else b""
    if kind == "gdbm" and (len(data) < _GDBM_HEADER or not _gdbm_order(data)):
        raise OSError((_SHORT if data else _EMPTY) if len(data) < _GDBM_HEADER else _NO_MAGIC, "")
    if kind == "db" and (len(data) < _METADATA or not _hash_order(data)):
        raise OSError(errno.EINVAL, "")
    return data


def _gdbm_order(data: bytes) -> str:
    return next((each for each in "<>" if data[:4] in (struct.pack(f"{each}I", magic) for magic in _GDBM)), "")


def _hash_order(data: bytes) -> str:
    return next((each for each in "<>" if data[_MAGIC_AT : _MAGIC_AT + 4] == struct.pack(f"{each}I", _MAGIC)), "")


def _gdbm_pairs(data: bytes) -> Iterator[Pair]:
    """The elements of all buckets, to which the directory points, some of them more than once."""
    order = _gdbm_order(data)
    directory, size = struct.unpack_from(f"{order}8xqi", data)
    (elements,) = struct.unpack_from(f"{order}28xi", data)
    if not 0 < directory < len(data):
        return
    numbers = struct.unpack_from(f"{order}{max(0, min(size, len(data) - directory)) // 8}q", data, directory)
    for bucket in dict.fromkeys(numbers):
        for number in range(elements):
            at = bucket + _FIRST_ELEMENT + number * _ELEMENT.size
            if not 0 < at <= len(data) - _ELEMENT.size:
                break
            hashed, place, key, value = struct.unpack_from(f"{order}i4xqii", data, at)
            if hashed != -1 and place >= 0 and key >= 0 and value >= 0:
                yield data[place : place + key], data[place + key : place + key + value]


def _sdbm_pairs(data: bytes) -> Iterator[Pair]:
    for at in range(0, len(data) - _SDBM_PAGE + 1, _SDBM_PAGE):
        page = data[at : at + _SDBM_PAGE]
        (count,) = struct.unpack_from("<h", page)
        if not 0 < count < _SDBM_PAGE // 2:
            continue
        offsets = struct.unpack_from(f"<{count}h", page, 2)
        items = [page[begin:end] for begin, end in zip(offsets, (_SDBM_PAGE, *offsets), strict=False)]
        yield from zip(items[::2], items[1::2], strict=False)


def _hash_pairs(data: bytes) -> Iterator[Pair]:
    order = _hash_order(data)
    (size,) = struct.unpack_from(f"{order}I", data, _SIZE_AT)
    for at in range(size, len(data) - size + 1, size) if size > _HEADER else ():
        page = data[at : at + size]
        if page[25] in _HASH_PAGES:
            items = list(_items(page, order, data, size))
            yield from zip(items[::2], items[1::2], strict=False)


def _items(page: bytes, order: str, data: bytes, size: int) -> Iterator[bytes]:
    (count,) = struct.unpack_from(f"{order}H", page, 20)
    offsets = struct.unpack_from(f"{order}{min(count, size // 4)}H", page, _HEADER)
    for begin, end in zip(offsets, (len(page), *offsets), strict=False):
        item = page[begin:end]
        if item[:1] == bytes([_ELSEWHERE]) and len(item) >= 12:
            number, length = struct.unpack_from(f"{order}II", item, 4)
            yield _overflow(number, length, order, data, size)
        else:
            yield item[1:] if item[:1] == bytes([_INLINE]) else b""


def _overflow(number: int, length: int, order: str, data: bytes, size: int) -> bytes:
    """A long item, kept on pages of its own, each of which names the next."""
    found = b""
    while number and len(found) < length:
        page = data[number * size : (number + 1) * size]
        if len(page) < _HEADER:
            break
        number, used = struct.unpack_from(f"{order}I", page, 16)[0], struct.unpack_from(f"{order}H", page, 22)[0]
        found += page[_HEADER : _HEADER + used]
        if not used:
            break
    return found[:length]


_READERS: dict[str, Callable[[bytes], Iterator[Pair]]] = {"sdbm": _sdbm_pairs, "gdbm": _gdbm_pairs, "db": _hash_pairs}
