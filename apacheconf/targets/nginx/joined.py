"""Files of TLS that nginx wants joined where httpd reads several, or a folder: their names, and the commands that make
them, each in a comment that begins with ``run:`` (NGX-188).

The files of the configuration stay as they are, so that renewals go on as they did. A command takes exactly what httpd
takes: of a certificate's file the first certificate where a chain is named, of a folder what its links lead to whose
names are the hashes of what they lead to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from shlex import quote

from apacheconf.program.program import Program
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.sources import RUN

CHAIN = "the certificate and its chain stand in one file, which the command in the comment makes"
FOLDER = "the folder's certificates stand in one file, which the command in the comment makes"
LISTS = "the folder's lists stand in one file, which the command in the comment makes"
#: The caveats' key.
KEY = "joined-files"
_NOTE = (
    "nginx reads from one file what httpd reads from several, or from a folder: sed -n 's/^ *# run: //p' {} | "
    "sort -u | sh makes these files, now and whenever what they are made of changes"
)
#: Where certbot keeps the certificates of a site: with their chain, too.
_LIVE = "/letsencrypt/live/"
_EACH = '(%scd %s && for f in *.%s; do [ "${f%%.*}" = "$(openssl %s -noout -hash -in "$f")" ] && awk 1 "$f"; done)'


@dataclass
class Joined:
    """``chains`` are the files for certificates and their chains; ``made`` is what other names stand for."""

    chains: dict[tuple[str, str], str]
    made: dict[str, str] = field(default_factory=dict)
    #: Whether any command was said, and which of them in the server that is being written.
    any: bool = False
    said: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, program: Program) -> Joined:
        """The names for all hosts of a program."""
        joined = cls({})
        for host in program.hosts:
            tls = host.front_tls
            for certificate in tls.certificates if tls and tls.chain else ():
                pair = certificate, tls.chain if tls else ""
                if pair not in joined.chains:
                    joined.chains[pair] = joined._chain(*pair)
        return joined

    def _chain(self, certificate: str, chain: str) -> str:
        if chain == certificate:
            return certificate
        if _is_kept(certificate, chain):
            return str(PurePosixPath(certificate).with_name("fullchain.pem"))
        file = PurePosixPath(certificate)
        stem = certificate.removesuffix(file.suffix)
        return self._name(f"{stem}-fullchain", file.suffix, chain_command(certificate, chain))

    def is_made(self, certificate: str, chain: str) -> bool:
        """Whether a command has to join the two."""
        return chain != certificate and not _is_kept(certificate, chain)

    def bundle(self, folder: str, file: str = "") -> tuple[str, str]:
        """The file for a folder of authorities, to whom those of ``file`` are added, and the command that makes it."""
        first = f"awk 1 {quote(file)} && " if file else ""
        return self._of_folder("bundle", _EACH % (first, quote(folder), "[0-9]", "x509"), folder)

    def lists(self, folder: str, file: str = "") -> tuple[str, str]:
        """The same for lists of revoked certificates."""
        first = f"awk 1 {quote(file)} && " if file else ""
        return self._of_folder("lists", _EACH % (first, quote(folder), "r[0-9]", "crl"), folder)

    def _of_folder(self, what: str, command: str, folder: str) -> tuple[str, str]:
        return self._name(f"{folder.rstrip('/')}-{what}", ".pem", command), command

    def _name(self, stem: str, ending: str, command: str) -> str:
        """The name for what ``command`` writes: another command has another one."""
        name, number = f"{stem}{ending}", 1
        while self.made.setdefault(name, command) != command:
            number += 1
            name = f"{stem}-{number}{ending}"
        return name

    def say(self, command: str, name: str, block: Block) -> None:
        """Write the command down, once in a server, which may have a file of its own."""
        self.any = True
        if name not in self.said:
            self.said.add(name)
            block.say(f"{RUN}{command} > {quote(name)}")

    def notes(self, files: Iterable[str]) -> tuple[str, ...]:
        """How all commands of these files are run; nothing if there are none."""
        return (_NOTE.format(" ".join(map(quote, files))),) if self.any else ()


def chain_command(certificate: str, chain: str) -> str:
    """What writes the first certificate of a file, with a newline at its end, and all of its chain."""
    return f"(openssl x509 -in {quote(certificate)} && cat {quote(chain)})"


def _is_kept(certificate: str, chain: str) -> bool:
    """Whether certbot keeps the two together, too, and renews that file with them."""
    file, other = PurePosixPath(certificate), PurePosixPath(chain)
    return _LIVE in certificate and file.parent == other.parent and (file.name, other.name) == ("cert.pem", "chain.pem")
