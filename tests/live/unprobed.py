"""Lines of translations that no probe misses (DIF-13), as patterns with the reason: what they mean takes long, is about
the process, or says what the server would do anyhow."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TIMES = "how long somebody may take is asked on stages of their own"
_OWN = "it is about the server's own work: processes, memory, files"
_DEFAULT = "it says what the server does anyhow, so that nobody's compiled-in default counts"
_GUARD = "another line refuses the same requests before or after it"
_NEIGHBOUR = "a network of the configuration: prove's client has an address in its neighbour, which stands beside it"
_TURNS = "which member takes a request is counted in a scenario of its own (DIF-11)"
_LATE = "an origin that fails while it is asked may be asked again: which failures are, is announced"
_COMBINED = "one of the combinations of what may be asked: each thing is asked by itself"
#: The named locations among which a place chooses by variables.
_CASE = r"(to|answer|files|scripts|closed|another-path|redirect)\S*"
_LARGE = "only larger messages than the probes send show it (TRAP-43, TRAP-45)"

#: Target -> pattern (whole lines, without their indent) -> reason.
UNPROBED: dict[str, dict[str, str]] = {
    "nginx": {
        r"(client_(header|body)|send|(proxy|fastcgi)_(connect|read|send))_timeout \S+;": _TIMES,
        r"keepalive_(timeout|requests|time) \S+;|keepalive \d+;": _TIMES,
        r"worker_(connections|processes|rlimit_nofile) \S+;|zone \S+ \S+;|pid \S+;|user .*;": _OWN,
        r"types_hash_\w+ \d+;|volatile;|disable_symlinks .*;": _OWN,
        r"(error_log|access_log) .*;|log_format .*;": _OWN,
        r"(proxy|fastcgi)_(request_buffering|next_upstream|redirect|http_version) \S+;|merge_slashes on;": _DEFAULT,
        r"recursive_error_pages off;|default_type \"\";|index index.html;": _DEFAULT,
        r"(large_client_header_buffers|(proxy|fastcgi)_buffers?(_size)?) .*;|client_max_body_size \d+;": _LARGE,
        r"proxy_hide_header Keep-Alive;": "Keep-Alive is excused as framing (N2b)",
        r"proxy_set_header Connection .*;": "what connections to origins are is excused (N12)",
        rf"location @{_CASE} \{{|(~\^[01.]+\$|[01]+) {_CASE};": _COMBINED,
        r"\d+(\.\d+){3}/\d+ 1;|set_real_ip_from .*;": _NEIGHBOUR,
        r"default 502;": _DEFAULT,
        r"if_modified_since before;": "no file that is there is asked whether it has changed",
        r"least_conn;|server (unix:)?\S+ max_fails=0( .*)?;": _TURNS,
        r"proxy_next_upstream error non_idempotent;": _LATE,
        r'"" " ";': "a variable that is there, and empty",
        r"default \$upstream_http_destination;": "only WebDAV clients send it",
        r"server_name (redirects|headers|rules|access|members|files)\.test.*;": "a single host answers for every name",
        r"application/\S+ \S.*;|image/\S+ \S.*;|text/\S+ \S.*;": "types of files that are not there",
    },
    "haproxy": {
        r"timeout \S+ \S+": _TIMES,
        r"balance leastconn|server checked\d\.internal .*": _TURNS,
        r"http-response set-var\(txn\.env_BALANCER_WORKER_ROUTE\) str\(.*\) if .*": _TURNS,
        r"http-response add-header .*\(null\).* if .*": "a variable that is always set where this is asked",
        r"use-server two\.internal:8001 .*": "the member of the greater load factor answers anyhow",
        r"default-path config": _OWN,
        r"http-request deny deny_status 503": _GUARD,
        r"http-request set-var\(txn\.path\) 'path,regsub\(%A.*": "the letters of escapes are excused in Location (N18)",
        r"option httpchk|http-check .*": "a check takes its interval",
        r"log .*|no log|option dontlognull|tune\.\S+ \d+|nbthread \d+|maxconn \d+|http-reuse never": _OWN,
        r"retries \d+|retry-on .*|option redispatch 1|balance roundrobin": _DEFAULT,
        r"http-request del-header (Keep-Alive|Upgrade)( .*)?|http-response del-header (Keep-Alive|TE|Proxy-\S+)":
            "the server itself drops or replaces it",
        r"http-request deny deny_status 400 if .*": _GUARD,
        r"http-after-response (del-header Cache-Control|set-status 502) .*": "an origin that is late or says it itself",
        r"http-response set-var\(txn\.answered\) .*": "an origin that is late or says it itself",
        r"http-request set-(var\(txn\.self\)|header Host) .*": "every request that is asked so has a Host",
        r"http-response replace-header Destination .*": "only WebDAV clients send it",
        r"http-request set-var\(txn\.host\) str\((first\.test|secure\.test-2)\).*":
            "the host of all names that nobody has: set or not",
        r"http-request set-var-fmt\(txn\.via_port\) %\[str\(\)\]": _DEFAULT,
        r"http-request deny deny_status 403 if \{ path -m sub -i %3f \}": _GUARD,
        r"use_backend \S+ if (\{ path,url_dec -m reg [^}]*\} ){1,}\{ path,url_dec -m reg [^}]*\}": _COMBINED,
        r"user user password .*": "a user of the file itself, whose password prove doesn't know",
        r".* if \{ src \d+(\.\d+){3}/\d+ \}": _NEIGHBOUR,
        r"http-request \S+( \S+)? \(null\)( if .*)?": "a variable that is always set where this is asked",
    },
}  # fmt: skip
#: Configuration and target -> how many lines at most are missed by nobody as yet: it only gets less.
OPEN: dict[tuple[str, str], int] = {
    ("balancer", "nginx"): 42, ("files", "nginx"): 81, ("headers", "nginx"): 12, ("mapping", "nginx"): 26,
    ("redirects", "nginx"): 12, ("rewriting", "nginx"): 44, ("secure", "nginx"): 40, ("access", "nginx"): 5,
    ("balancer", "haproxy"): 1,
    ("files", "haproxy"): 30, ("redirects", "haproxy"): 5, ("rewriting", "haproxy"): 14, ("secure", "haproxy"): 3,
}  # fmt: skip
#: HAProxy: a backend is chosen for a path, and a pattern of it, be it of the whole path.
_CHOICE = re.compile(r"use_backend \S+ if (?:.*)\{ path -m (str|beg) (\S+) \}(.*)")
_PLACE = re.compile(
    r"use_backend (?P<backend>\S+) if (?P<host>\{ var\(txn\.host\) -m str \S+ \} )?"
    r"\{ path -m (?P<kind>str|beg) (?P<path>\S+) \}"
)
_PATTERN = re.compile(r"\{ path,url_dec -m reg (?:-i )?-- '?(\S+?)'? \}")


def is_listed(target: str, text: str, later: Sequence[str] = ()) -> bool:
    """Whether nobody has to miss a line; ``later`` are those that come after it."""
    return (
        any(re.fullmatch(pattern, text) for pattern in UNPROBED[target])
        or never_holds(text)
        or is_repeated(text, later)
    )


def is_repeated(text: str, later: Sequence[str]) -> bool:
    """Whether a path is led where all other paths of its host are, and no line in between is about one above it."""
    found = _PLACE.fullmatch(text)
    if not found:
        return False
    backend, host, path = found["backend"], found["host"] or "", found["path"]
    for line in later:
        if line in (f"use_backend {backend} if {host}".rstrip(), f"default_backend {backend}"):
            return True
        other = _PLACE.fullmatch(line)
        if other and (other["host"] or "") == host and other["backend"] != backend and _is_above(other, path):
            return False
    return False


def _is_above(place: re.Match[str], path: str) -> bool:
    return path == place["path"] or (place["kind"] == "beg" and path.startswith(place["path"]))


def never_holds(text: str) -> bool:
    """Whether a line asks for a path that is two at once: a prefix or the path itself, and a pattern of another one."""
    found = _CHOICE.fullmatch(text)
    if not found:
        return False
    kind, path, rest = found.groups()
    return any(_excludes(path, kind == "str", pattern) for pattern in _PATTERN.findall(rest))


def _excludes(path: str, whole: bool, pattern: str) -> bool:
    if whole:
        return re.search(pattern.replace(r"\z", r"\Z"), path) is None
    begins = re.match(r"\^(/[\w-]*(?:/[\w-]+)*)(?![?*{])(?:\((?:\?:)?([\w-]+(?:\|[\w-]+)*)\)/)?", pattern)
    stems = [begins[1] + word for word in (begins[2] or "").split("|")] if begins else []
    return bool(stems) and all(
        stem != "/" and not path.startswith(stem) and not stem.startswith(path) for stem in stems
    )
