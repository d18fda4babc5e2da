"""Who knows users and passwords for serve: files, looked at for each request, and verdicts that are remembered.

A password costs its hash's time once: the verdict is kept under a digest of user, password and hash with a key of
this process, so that neither is kept in clear and a changed file counts at once. What takes long (hashes, names of
addresses) is found beside the loop: ``Pending`` says what, and the request is decided again when it is there.
"""

from __future__ import annotations

import os
import socket
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from hashlib import blake2b
from hmac import compare_digest
from itertools import count
from pathlib import Path
from typing import Generic, TypeVar

from apacheconf.program.admission import GroupFiles, Provider, is_read
from apacheconf.program.authority import DigestClient, Finding, Membership, Pending, Verdict
from apacheconf.program.dbm_files import complaint, dbm_file, dbm_kind, read_dbm
from apacheconf.program.messages import Message, not_regular
from apacheconf.runtime.passwords import is_quick, verify
from apacheconf.runtime.userfiles import Kept, NoFile, Stamp, digests_of, groups_of, of_lines, stamp_of, users_of

T = TypeVar("T")

#: How many verdicts and names are kept, each for so many seconds.
KEPT = 4096
LASTS = 300.0
NAME_LASTS = 60.0
#: Seconds between two looks at a file that a remembered decision rests on.
LOOKS_EVERY = 0.02


class Memory(Generic[T]):
    """Bounded and expiring; when it is full the oldest go."""

    def __init__(self, lasts: float, size: int = KEPT) -> None:
        self._lasts, self._size = lasts, size
        self._known: dict[bytes, tuple[float, T]] = {}

    def get(self, key: bytes) -> T | None:
        found = self._known.get(key)
        return found[1] if found is not None and found[0] > time.monotonic() else None

    def put(self, key: bytes, value: T) -> None:
        self._known.pop(key, None)
        while len(self._known) >= self._size:
            del self._known[next(iter(self._known))]
        self._known[key] = time.monotonic() + self._lasts, value


class Question(Pending, Generic[T]):
    """What isn't known yet: ``answer`` finds it, for the memory."""

    def __init__(self, memory: Memory[T], key: bytes, answer: Callable[[], T]) -> None:
        super().__init__()
        self.key = key
        self._memory, self._answer = memory, answer

    def find(self) -> None:
        self._memory.put(self.key, self._answer())


class Watch:
    """The files that a decision rests on, as they were; it holds until they change, and not for ever.

    They are looked at again when the last look is older than ``LOOKS_EVERY``: a busy server saves 5 us per request.
    """

    __slots__ = ("_files", "_looked", "_until")

    def __init__(self, files: Iterable[tuple[str, Stamp]]) -> None:
        self._files = tuple(files)
        self._looked = time.monotonic()
        self._until = self._looked + LASTS

    def holds(self) -> bool:
        now = time.monotonic()
        if now - self._looked < LOOKS_EVERY:
            return True
        self._looked = now
        try:
            return now < self._until and all(stamp_of(Path(path).stat()) == was for path, was in self._files)
        except OSError:
            return False


class FileAuthority:
    """The authority of one serving process. ``begin`` and ``watch`` stand around a decision."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._verdicts: Memory[bool] = Memory(LASTS)
        self._names: Memory[str] = Memory(NAME_LASTS)
        self._addresses: Memory[frozenset[str]] = Memory(NAME_LASTS)
        self._own_names: Memory[str] = Memory(float("inf"))
        self._seen: dict[str, Stamp] = {}
        self._users = Kept(of_lines(users_of), self._seen)
        self._digests = Kept(of_lines(digests_of), self._seen)
        self._groups = Kept(of_lines(groups_of), self._seen)
        self._pairs = {kind: self._kept(kind) for kind in ("sdbm", "gdbm", "db")}
        self._clients: dict[int, DigestClient] = {}
        self._numbers, self._once = count(1), count(1)

    def begin(self) -> None:
        """A decision begins."""
        self._seen.clear()

    def watch(self) -> Watch:
        """The files that were read since it began."""
        return Watch(self._seen.items())

    def _kept(self, kind: str) -> Kept[dict[str, str]]:
        return Kept(lambda path: read_dbm(path, kind), self._seen, lambda path: dbm_file(path, kind))

    # --- users -----------------------------------------------------------------------------------------------

    def password(self, provider: Provider, user: str, password: str) -> Finding:
        if provider.kind == "anon":
            return _anonymous(provider, user, password)
        if provider.kind == "socache":  # a cache that holds nothing
            return Finding(Verdict.UNKNOWN)
        found = self._pair(provider, user) if provider.kind == "dbm" else self._line(provider, user)
        if isinstance(found, Finding):
            return found
        return Finding(Verdict.GRANTED if self._fits(user, password, found) else Verdict.DENIED)

    def _line(self, provider: Provider, user: str) -> str | Finding:
        """The hash of a user in a text file, or why there is none."""
        if provider.kind != "file":
            return _not_served(provider)
        if not provider.file:
            said = "AH01619: AuthUserFile not specified in the configuration"
            return Finding(Verdict.BROKEN, (Message("error", "authn_file", said),))
        try:
            found = self._users.read(provider.file).get(user)
        except OSError as fault:
            said = "AH01620: Could not open password file: "
            return Finding(Verdict.BROKEN, _unopened("authn_file", said, provider.file, fault))
        return Finding(Verdict.UNKNOWN) if found is None else found

    def _pair(self, provider: Provider, key: str) -> str | Finding:
        """The same of a dbm file, whose values may have more after a colon."""
        if not is_read(provider.dbm_type):
            return _not_served(provider)
        kind = dbm_kind(provider.dbm_type)
        try:
            found = self._pairs[kind].read(provider.file).get(key)
        except OSError as fault:
            said = f"AH10285: could not open dbm (type {provider.dbm_type}) file: {provider.file}"
            return Finding(Verdict.BROKEN, (Message("error", "authn_dbm", said, complaint(kind, fault)),))
        return Finding(Verdict.UNKNOWN) if found is None else found.partition(":")[0]

    def _fits(self, user: str, password: str, hashed: str) -> bool:
        """Raises Question where the hash isn't computed yet."""
        if is_quick(hashed):
            return verify(password, hashed)
        key = self._digest(user, password, hashed)
        known = self._verdicts.get(key)
        if known is None:
            raise Question(self._verdicts, key, lambda: verify(password, hashed))
        return known

    def _digest(self, *texts: str) -> bytes:
        found = blake2b(key=self._key, digest_size=32)
        for text in texts:
            data = text.encode("latin-1", "replace")
            found.update(b"%d:%b" % (len(data), data))
        return found.digest()

    def secret(self, provider: Provider, user: str, realm: str) -> Finding:
        if provider.kind == "socache":
            return Finding(Verdict.UNKNOWN)
        if provider.kind == "dbm":
            pair = self._pair(provider, f"{user}:{realm}")
            return pair if isinstance(pair, Finding) else Finding(Verdict.GRANTED, secret=pair)
        if provider.kind != "file":
            return _not_served(provider)
        try:
            found = self._digests.read(provider.file).get((user, realm)) if provider.file else None
        except OSError as fault:
            said = "AH01622: Could not open password file: "
            return Finding(Verdict.BROKEN, _unopened("authn_file", said, provider.file, fault))
        return Finding(Verdict.UNKNOWN) if found is None else Finding(Verdict.GRANTED, secret=found)

    def digest_password(self, provider: Provider, user: str, realm: str, password: str) -> Finding:
        found = self.secret(provider, user, realm)
        if found.verdict is not Verdict.GRANTED:
            return found
        from hashlib import md5

        made = md5(f"{user}:{realm}:{password}".encode("latin-1", "replace"), usedforsecurity=False).hexdigest()
        fits = compare_digest(made.encode(), found.secret.lower().encode("latin-1"))
        return Finding(Verdict.GRANTED if fits else Verdict.DENIED)

    # --- groups ----------------------------------------------------------------------------------------------

    def membership(self, files: GroupFiles, user: str, groups: Iterable[str], dbm: bool) -> Membership:
        if dbm:
            return self._dbm_membership(files, user, groups)
        if not files.text:
            said = "AH01664: No group file was specified in the configuration"
            return Membership(False, (Message("error", "authz_groupfile", said),))
        try:
            found = self._groups.read(files.text).get(user)
        except OSError as fault:
            said = "AH01665: Could not open group file: "
            return Membership(False, _unopened("authz_groupfile", said, files.text, fault))
        if not found:
            said = "AH01666: Authorization of user {user} to access {path} failed, reason: user doesn't appear in"
            said += f" group file ({files.text})."
            return Membership(False, (Message("info", "authz_groupfile", said),))
        if any(group.lower() in found for group in groups):
            return Membership(True)
        said = "AH01667: Authorization of user {user} to access {path} failed, reason: user is not part of the"
        return Membership(False, (Message("debug", "authz_groupfile", f"{said} 'require'ed group(s)."),))

    def _dbm_membership(self, files: GroupFiles, user: str, groups: Iterable[str]) -> Membership:
        """The value of a user is a list of groups, which compare with their case."""
        if not files.dbm:
            said = "AH01798: No group file was specified in the configuration"
            return Membership(False, (Message("error", "authz_dbm", said),))
        if not is_read(files.dbm_type):
            said = f"files of AuthzDBMType {files.dbm_type} are not read here: {{path}} is answered with 500"
            return Membership(None, (Message("error", "authz_dbm", said),))
        kind = dbm_kind(files.dbm_type)
        try:
            found = self._pairs[kind].read(files.dbm).get(user)
        except OSError as fault:
            said = f"AH01799: could not open dbm (type {files.dbm_type}) group access file: {files.dbm}"
            return Membership(None, (Message("error", "authz_dbm", said, complaint(kind, fault)),))
        refused = "Authorization of user {user} to access {path} failed, reason: user"
        if found is None:
            said = f"AH01800: {refused} doesn't appear in DBM group file ({files.dbm})."
            return Membership(False, (Message("error", "authz_dbm", said),))
        fields = found.split(":")  # the groups alone, or a password in front of them
        own = fields[min(1, len(fields) - 1)].split(",")
        if any(group in own for group in groups):
            return Membership(True)
        said = f"AH01801: {refused} is not part of the 'require'ed group(s)."
        return Membership(False, (Message("error", "authz_dbm", said),))

    def owner(self, file: str, group: bool) -> str | None:
        for place in (Path(file), *Path(file).parents[:-1]):
            try:
                return place.group() if group else place.owner()
            except FileNotFoundError:
                continue
            except (OSError, KeyError, ValueError):
                break
        return None

    # --- names of addresses ----------------------------------------------------------------------------------

    def client_name(self, address: str) -> str | None:
        key = address.encode()
        known = self._names.get(key)
        if known is None:
            raise Question(self._names, key, lambda: _name_of(address))
        return known or None

    def addresses(self, name: str) -> frozenset[str]:
        key = name.encode("latin-1", "replace")
        known = self._addresses.get(key)
        if known is None:
            raise Question(self._addresses, key, lambda: _addresses_of(name))
        return known

    def own_name(self, address: str) -> str:
        key = b"own " + address.encode()
        known = self._own_names.get(key)
        if known is None:
            raise Question(self._own_names, key, lambda: _own_name(address))
        return known

    def known_own_name(self, address: str) -> str:
        """The same as far as it was asked before."""
        return self._own_names.get(b"own " + address.encode()) or ""

    # --- digests ---------------------------------------------------------------------------------------------

    def nonce(self, realm: str, opaque: str, once: bool = False) -> str:
        number = next(self._once) if once else time.time_ns()
        made = b64encode(number.to_bytes(8)).decode()
        return made + self._signed(made, realm, opaque)

    def nonce_made(self, nonce: str, realm: str, opaque: str) -> float | None:
        made, signed = nonce[:12], nonce[12:]
        if not compare_digest(signed.encode("latin-1"), self._signed(made, realm, opaque).encode()):
            return None
        return int.from_bytes(b64decode(made)) / 1e9

    def _signed(self, made: str, realm: str, opaque: str) -> str:
        return self._digest("nonce", made, realm, opaque).hex()[:40]

    def digest_client(self, number: int) -> DigestClient | None:
        found = self._clients.get(number)
        if found is not None:  # whoever is asked for stays longest
            self._clients[number] = self._clients.pop(number)
        return found

    def new_digest_client(self) -> DigestClient:
        number = next(self._numbers)
        while len(self._clients) >= KEPT:
            del self._clients[next(iter(self._clients))]
        made = self._clients[number] = DigestClient(f"{number:x}")
        return made


def _not_served(provider: Provider) -> Finding:
    said = f"users of the provider {provider.name} are not known here: {{path}} is answered with 500"
    return Finding(Verdict.BROKEN, (Message("error", "auth_basic", said),))


def _unopened(module: str, said: str, file: str, fault: OSError) -> tuple[Message, ...]:
    found = Message("error", module, f"{said}{file}", f"({fault.errno}){os.strerror(fault.errno or 0)}")
    return (not_regular(file), found) if isinstance(fault, NoFile) else (found,)


def _anonymous(provider: Provider, user: str, password: str) -> Finding:
    """mod_authn_anon: a name that is invited, and a password that looks like what was asked for."""
    rules = provider.anonymous
    if not rules.names and not rules.no_name:
        return Finding(Verdict.UNKNOWN)
    if not (rules.no_name and not user) and not rules.names & {"*", user.lower()}:
        return Finding(Verdict.UNKNOWN)
    if (rules.needs_password and not password) or (rules.verifies and not ("@" in password and "." in password)):
        return Finding(Verdict.DENIED)
    said = f"AH01672: Anonymous: Passwd <{password or chr(39) + 'none' + chr(39)}> Accepted"
    return Finding(Verdict.GRANTED, (Message("info", "authn_anon", said),) if rules.logs_password else ())


def _name_of(address: str) -> str:
    """The name of an address, empty if there is none or it doesn't lead back."""
    try:
        name = socket.gethostbyaddr(address)[0]
    except OSError:
        return ""
    return name if address in _addresses_of(name) else ""


def _own_name(address: str) -> str:
    try:
        return socket.getnameinfo((address, 0), socket.NI_NAMEREQD)[0].lower()
    except OSError:
        return ""


def _addresses_of(name: str) -> frozenset[str]:
    try:
        return frozenset(str(found[4][0]) for found in socket.getaddrinfo(name, None))
    except (OSError, UnicodeError):
        return frozenset()
