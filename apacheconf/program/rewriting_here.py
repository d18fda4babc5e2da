"""The rules of a section or a ``.htaccess``: where their run begins, and what it comes to in the fixups.

The URL of such a run is a file's path; what a rule leaves below the section's folder is tried by the next one, and
what is left in the end is asked for anew, as a URL, by an internal redirect (RW-5 to RW-7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apacheconf.program.handling import FileRules
from apacheconf.program.steps import BeginRewriting, FinishRewriting

if TYPE_CHECKING:
    from apacheconf.program.course import Course
    from apacheconf.program.rewriting import Rewriting

#: The handler that makes the internal redirect; mod_dir steps aside for it.
REDIRECT_HANDLER = "redirect-handler"
_LINKS = frozenset({"followsymlinks", "symlinksifownermatch"})
_OFF = (
    "AH00670: Options FollowSymLinks and SymLinksIfOwnerMatch are both off, so the RewriteRule directive is also "
    "forbidden due to its similar ability to circumvent directory restrictions : "
)


def begin_here(action: BeginRewriting, course: Course) -> str:
    """The file that the rules begin with; the request is refused where links may not be followed."""
    state = course.state
    rules = course.told.get(FileRules)
    options = rules.options if isinstance(rules, FileRules) else FileRules().options
    file = state.file if course.origin is None else f"proxy:{state.mapped}"
    if not options & _LINKS:
        course.refuse(403, "")
        course.log("error", "rewrite", _OFF + file)
    state.folder, state.base, state.rewritten = action.folder, action.base, file
    return file


def local_path(run: Rewriting, action: FinishRewriting, course: Course) -> str:
    """The URL path for a file's path (RW-6): RewriteBase for the folder, no DocumentRoot, or the alias put back."""
    path, state = run.url, course.state
    if action.base:
        found = put_for(path, action.folder, action.base)
    else:
        root = state.root.rstrip("/")
        found = path[len(root) :] if root and path.startswith(f"{root}/") else path
    if found is path and action.context:  # of DocumentRoot itself this leaves a path without a slash: a 400
        return put_for(path, state.context_root or state.root, state.context_prefix)
    return found


def redirected(url: str, action: FinishRewriting, authority_ends: int) -> str:
    """A URL of this rule's own with RewriteBase for the folder in it."""
    slash = url.find("/", authority_ends)
    if not action.base or slash < 0 or slash + 1 >= len(url):
        return url
    at = slash + 1
    return url[:at] + put_for(url[at:], action.folder[1:], action.base[1:])


def put_for(path: str, folder: str, base: str) -> str:
    """``path`` with ``base`` for ``folder``, where it lies below it (subst_prefix_path)."""
    folder = folder.rstrip("/") if folder.endswith("/") else folder
    if not path.startswith(folder) or path[len(folder) : len(folder) + 1] != "/":
        return path
    base = base if not base or base.endswith("/") else base + "/"
    return base + path[len(folder) + 1 :]
