"""A ``.htaccess`` that is translated alone: what stands around it is not known, and what is taken for it is said."""

from __future__ import annotations

from apacheconf.program.hosts import Host
from apacheconf.targets.choices import Place, leaves
from apacheconf.targets.nginx import mod_proxy_fcgi, static
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.routes import Route

#: Files that are programs wherever there is anything that runs them.
SCRIPTS = r"\.(?:php\d?|phtml|phar|cgi|pl|py)(?:/|$)"
_STUB = "who answers for scripts isn't said in the .htaccess: name it here, as with fastcgi_pass"
#: What distributions add to httpd's own index.html.
INDEX = ("index.html", "index.php")


def emit_stub(low: Lowering, host: Host, place: Place, location: Block) -> None:
    """Scripts are closed until somebody says what runs them, for files are sent as they are."""
    if not low.stands_alone(host):
        return
    ends = [end for _, end in leaves(place.tree) if isinstance(end, Route)]
    if not any(static.is_served(end) and mod_proxy_fcgi.script_origin(low, end) for end in ends):
        location.open("location", "~", SCRIPTS, comment=_STUB).add("return", "503")


def notes(low: Lowering) -> tuple[str, ...]:
    """What is taken for the configuration around the file."""
    alone = [host for host in low.program.hosts if low.stands_alone(host)]
    return tuple(
        f"a .htaccess alone: DocumentRoot is taken to be {host.document_root}, DirectoryIndex {' '.join(INDEX)}; "
        "copy the locations into the server of your site"
        for host in alone
    )
