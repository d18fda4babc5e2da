"""mod_dir in the program: what the URL of a folder means, handed on to whoever answers for folders."""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.modules.declare import Conf
from apacheconf.modules.mod_dir import DirDirConf
from apacheconf.program.handling import FolderRules
from apacheconf.program.steps import Step
from apacheconf.program.telling import settings_of, tell


def steps(conf: Conf) -> Iterator[Step]:
    """What effective settings make a request for a folder meet."""
    assert isinstance(conf, DirDirConf)
    if conf.is_set:
        yield tell(rules(conf), settings_of(conf))


def rules(conf: DirDirConf) -> FolderRules:
    """``DirectoryIndex disabled`` alone leaves no name; among others it is one."""
    index = conf.index.value
    if conf.index.is_set and len(index) == 1 and index[0].lower() == "disabled":
        index = ()
    return FolderRules(
        index if conf.index.is_set else FolderRules().index,
        conf.index_redirect.value,
        conf.slash.value,
        conf.check_handler.value,
        conf.fallback.value,
    )
