"""What to do once so that HAProxy finds the keys that don't stand where it looks: links, said in one note (HAP-110)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from os.path import split
from pathlib import Path
from shlex import quote
from typing import NamedTuple

_WHY = "HAProxy looks for keys beside their certificates"
#: More sites than these are not named one by one, nor are more links of their own.
_MOST_SITES, _MOST_LINKS = 6, 4


class _Form(NamedTuple):
    """What links have in common: ``site`` stands between these texts, a folder or the name of a file."""

    key: tuple[str, str]
    link: tuple[str, str]

    def commands(self, sites: Sequence[str]) -> Iterator[str]:
        """What makes the links of these sites."""
        if len(sites) < 2:
            yield from (f"ln -s {quote(self._key(site))} {quote(self._link(site))}" for site in sites)
        elif len(sites) <= _MOST_SITES:
            yield f"for site in {' '.join(sites)}; do ln -s {self._key('$site')} {self._link('$site')}; done"
        elif self.is_of_folders:
            yield f"for site in {self.key[0]}*/; do ln -s {self.key[1][1:]} ${{site}}{self.link[1][1:]}; done"
        else:
            site = f"$(basename $key {self.key[1]})"
            yield f"for key in {self._key('*')}; do ln -s $key {self._link(site)}; done"

    @property
    def is_of_folders(self) -> bool:
        """Whether each site has a folder of its own, with the certificate and its key."""
        return self.key[1].startswith("/") and self.key[0] == self.link[0]

    def _key(self, site: str) -> str:
        return self.key[1][1:] if self.is_of_folders and site.startswith("$") else site.join(self.key)

    def _link(self, site: str) -> str:
        return site.join(self.link)


def note_of(links: Iterable[tuple[str, str]]) -> str:
    """The note for keys and where links to them are looked for; empty if none is needed.

    Where the files of many sites are called alike a loop makes all links.
    """
    alike: dict[_Form, list[str]] = {}
    for key, link in links:
        form, site = _form_of(key, link)
        alike.setdefault(form, []).append(site)
    commands = [each for form, sites in alike.items() for each in form.commands(sites)]
    more = len(commands) - _MOST_LINKS
    shown = commands if more <= 0 else [*commands[:_MOST_LINKS], f"and so on, for {more} more"]
    return f"{_WHY}: {'; '.join(shown)}" if shown else ""


def _form_of(key: str, link: str) -> tuple[_Form, str]:
    """The form of a link, and the site in it: the folder of both, or the name that both begin with."""
    (folder, name), (other, link_name) = split(key), split(link)
    parent, site = split(folder)
    if quote(key) != key or quote(link) != link:
        return _Form((key, ""), (link, "")), ""
    if folder == other and site:
        return _Form((f"{parent}/", f"/{name}"), (f"{parent}/", f"/{link_name}")), site
    stem, ending = Path(name).stem, Path(name).suffix
    if stem and link_name.startswith(f"{stem}."):
        return _Form((f"{folder}/", ending), (f"{other}/", link_name[len(stem) :])), stem
    return _Form((key, ""), (link, "")), ""
