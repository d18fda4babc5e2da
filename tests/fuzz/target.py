"""What is done with hostile text: everything from the bytes to the model, and what must hold of it.

Nothing may raise but what the package raises on purpose, printing must give the bytes back, and the two ways to
split a line must agree. Paths of the text are led into an empty folder, so that an Include of it reads nothing of
the machine.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache

from apacheconf.diagnostics import ApacheconfError
from apacheconf.expand import Input, Options, expand
from apacheconf.expand.reading import Reading
from apacheconf.model import bind, build
from apacheconf.model.views import dump_config, dump_includes, dump_json
from apacheconf.modules import registry
from apacheconf.source import ENCODING, SourceFile
from apacheconf.syntax import parse
from apacheconf.syntax.tree import Directive
from apacheconf.syntax.words import split_with_offsets


@cache
def empty_folder() -> str:
    made = tempfile.mkdtemp(prefix="apacheconf-fuzz-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _led_away(reading: Reading, path: str) -> str:
    return os.path.normpath(f"{empty_folder()}/{os.path.normpath('/' + os.fsdecode(path.encode(ENCODING)))}")


def names() -> list[str]:
    """Every directive that we know; what declares them is loaded on the way, so that it is watched."""
    for module in registry.modules():
        registry.declared(module)
    return sorted(registry.names())


def look_at(data: bytes) -> None:
    """All of it; an AssertionError or any other exception is a find."""
    source = SourceFile("site.conf", data.decode(ENCODING))
    look_at_tree(source)
    for name, context in (("site.conf", None), ("part.conf", "vhost"), (".htaccess", None)):
        read(SourceFile(name, source.text), context, main=name == "site.conf")


def look_at_tree(source: SourceFile) -> None:
    document = parse(source)
    assert str(document) == source.text
    for item in document.walk():
        if isinstance(item, Directive):
            assert item.words == [word.value for word in split_with_offsets(item.args)]
            assert all(0 <= span.start <= span.end <= len(source.text) for span in item.word_spans)


def read(source: SourceFile, context: str | None, main: bool) -> None:
    relative = Reading.relative
    Reading.relative = _led_away  # type: ignore[method-assign]
    try:
        options = Options(context=context, environ={"PORT": "80"})
        expanded = expand(Input((source,), empty_folder(), source.name if main else None), options)
        model = build(bind(expanded))
        for each in model.all_diagnostics:
            assert each.message, each
            str(each)
        dump_config(expanded), dump_json(expanded), dump_includes(expanded)
    except ApacheconfError as error:
        assert error.exit_code != 70, error
    finally:
        Reading.relative = relative  # type: ignore[method-assign]
