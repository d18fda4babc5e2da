"""What the script that is the page of an error is told about the request that failed: REDIRECT_STATUS and its like
(ED-1, NGX-92). The request itself has by then another path, no query and the method GET."""

from __future__ import annotations

from apacheconf.targets.nginx.first_paths import first_path, urls_told
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import SCRIPT_URL, Map
from apacheconf.targets.nginx.script_variables import Params
from apacheconf.targets.routes import Route

_NONE = ("default", "")
#: What failed before rules were asked has no SCRIPT_URL, so that the one there is is that of the page.
_HAD_URL = r"~(?s)^[45]\d\d (.+) \1$"


def tell_failed(low: Lowering, route: Route, params: Params) -> None:
    """Tell a script where errors lead to it."""
    if (route.cell.path, route.cell.reach) not in low.document_cells:
        return
    first = first_path(low)
    for name, source, pattern, value in (
        *((name, f"$status {first} {SCRIPT_URL}", _HAD_URL, url) for name, url in urls_told(low, route).items()),
        ("STATUS", "$status", r"~^[45]", "$status"),
        ("URL", "$status", r"~^[45]", first),
        ("QUERY_STRING", "$status $request_uri", r"~^[45]\d\d [^?]*\?(?<failed_query>.*)$", "$failed_query"),
        ("REQUEST_METHOD", "$status $request", r"~^[45]\d\d (?<failed_method>\S+)", "$failed_method"),
    ):
        made = Map(source, ((pattern, value), _NONE), "")
        params.tell(f"REDIRECT_{name}", low.maps.make(f"redirect_{name.lower()}_of_error", made), True)
