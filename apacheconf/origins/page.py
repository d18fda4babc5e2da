"""The answer of a stub: the request as the origin has received it, as a page or as JSON."""

from __future__ import annotations

import html
import json
from dataclasses import asdict

from apacheconf.origins.received import Headers, Received


def page(request: Received) -> str:
    """A small page that shows the request as this origin received it."""
    shown = "\n".join([request.request_line, *(f"{name}: {value}" for name, value in request.headers)])
    body = f"a body of {request.length} bytes, SHA-256 {request.sha256}…" if request.length else "no body"
    number = f"Connection {request.connection}; " if request.connection else ""
    return _PAGE.format(origin=html.escape(request.origin), shown=html.escape(shown), foot=number + body)


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{origin}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; color: #223 }}
h1 {{ font-size: 1.6rem; margin: 0 }} p {{ color: #667; margin: .3rem 0 1.2rem }}
pre {{ background: #f3f5f8; border-radius: .5rem; padding: 1rem; font-size: .85rem;
  white-space: pre-wrap; overflow-wrap: anywhere }}
@media (prefers-color-scheme: dark) {{ body {{ background: #14161a; color: #dde }} p {{ color: #aab }}
  pre {{ background: #1f2329 }} }}
</style></head><body>
<h1>{origin}</h1>
<p>A stand-in for this origin, and the request as the origin would have received it.</p>
<pre>{shown}</pre>
<p>{foot}.</p>
</body></html>
"""


def _wants_json(request: Received) -> bool:
    accepted = (request.value("accept") or "").lower()
    return "json" in accepted and "html" not in accepted


def shown(request: Received) -> tuple[Headers, bytes]:
    """Headers and body of the answer that shows ``request``."""
    if _wants_json(request):
        return (("Content-Type", "application/json"),), (json.dumps(asdict(request), indent=1) + "\n").encode()
    return (("Content-Type", "text/html; charset=utf-8"),), page(request).encode("utf-8")
