"""Lines of translations that no probe misses (DIF-13), as patterns with the reason: what they mean takes long, is about
the process, or says what the server would do anyhow."""

from __future__ import annotations

_TIMES = "it takes a minute to show"
_OWN = "it is about the server's own work: processes, memory, files"
_DEFAULT = "it says what the server does anyhow, so that nobody's compiled-in default counts"
_GUARD = "another line refuses the same requests before or after it"

#: Target -> pattern (whole lines, without their indent) -> reason.
UNPROBED: dict[str, dict[str, str]] = {
    "nginx": {
        r"(client_(header|body)|send|proxy_(connect|read|send))_timeout \S+;": _TIMES,
        r"keepalive_(timeout|requests|time) \S+;|keepalive \d+;": _TIMES,
        r"worker_(connections|processes|rlimit_nofile) \S+;|zone \S+ \S+;|pid \S+;|user .*;": _OWN,
        r"(error_log|access_log) .*;": _OWN,
        r"proxy_(request_buffering|next_upstream|redirect|http_version) \S+;|merge_slashes on;": _DEFAULT,
        r"(large_client_header_buffers|proxy_buffers?(_size)?) .*;|client_max_body_size 0;":
            "only larger messages than the probes send show it (TRAP-43, TRAP-45)",
        r'default ("?\S*"?);|"" \S+;|"?~\S+ \S+;': "an entry of a map for requests that are asked of other hosts",
        r"proxy_hide_header Keep-Alive;": "Keep-Alive is excused as framing (N2b)",
        r"server_name .*;": "a single host answers for every name",
        r"server \S+ max_fails=0;": "a member that was lost is another scenario's first",
    },
    "haproxy": {
        r"timeout \S+ \S+": _TIMES,
        r"log .*|no log|option dontlognull|tune\.\S+ \d+|nbthread \d+|maxconn \d+": _OWN,
        r"retries \d+|retry-on .*|option redispatch 1|balance roundrobin": _DEFAULT,
        r"http-request del-header (Keep-Alive|Upgrade)|http-response del-header (Keep-Alive|TE|Proxy-\S+)":
            "the server itself drops or replaces it",
        r"http-request deny deny_status 400 if .*": _GUARD,
        r"http-after-response (del-header Cache-Control|set-status 502) .*": "an origin that is late or says it itself",
        r"http-response set-var\(txn\.answered\) .*": "an origin that is late or says it itself",
        r"http-request set-(var\(txn\.self\)|header Host) .*": "every request that is asked so has a Host",
        r"http-response replace-header Destination .*": "only WebDAV clients send it",
    },
}  # fmt: skip
