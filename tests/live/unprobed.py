"""Lines of translations that no probe misses (DIF-13), as patterns with the reason: what they mean takes long, is about
the process, or says what the server would do anyhow."""

from __future__ import annotations

import re

_TIMES = "how long somebody may take: late origins are asked on stages of their own, where no time is that long"
_MANY = "only more clients, connections or requests on one connection than prove's show it"
_DEFAULT = "it says what the server does anyhow, so that nobody's compiled-in default counts"
_GUARD = "another line refuses the same requests"
_NEIGHBOUR = "a network of the configuration: prove's client has an address in its neighbour, which stands beside it"
_LATE = "an origin that fails while it is asked may be asked again: which failures are, is announced"
_OWN = "it is about the server's own work: processes, memory, files"
_KEPT = "what connections to origins are is excused (N12)"
_EVERY = "a single host answers for every name, or the first one does"
_NEVER = "the variable is always there, or never, where this is asked"
_OUT = "nobody asks a member that is out"
_HANDSHAKE = "which ciphers a handshake takes, and what both sides offer and remember"
_BOTH = "two patterns that can't hold together"
_REST = "it leads where the rest leads"

#: Target -> pattern (whole lines, without their indent) -> reason.
UNPROBED: dict[str, dict[str, str]] = {
    "nginx": {
        r"(client_header|client_body|send)_timeout \d+s;": _TIMES,
        r"(proxy|fastcgi)_(connect|send|read)_timeout \d+s;": _TIMES,
        r"keepalive_timeout \d+s;|keepalive_requests \d+;": _MANY,
        r"worker_processes auto;|worker_connections \d+;|types_hash_(max|bucket)_size \d+;": _OWN,
        r"error_log \S+ warn;|access_log off;": _OWN,
        r"keepalive \d+;|proxy_set_header Connection (\"\"|close);|proxy_http_version 1\.1;": _KEPT,
        r"proxy_request_buffering (on|off);": "whether an origin sees a body before all of it is there",
        r"proxy_hide_header Keep-Alive;": "Keep-Alive is excused as framing (N2b)",
        r"merge_slashes on;|proxy_redirect off;|index index\.html;": _DEFAULT,
        r"least_conn;": _MANY,
        r"zone \S+ 64k;": "the turns that worker processes share: which of them answers is chance",
        r"server \S+ max_fails=0 down;": _OUT,
        r"(?!127\.)\d+(\.\d+){3}/\d+ 1;|set_real_ip_from (?!127\.).*;": _NEIGHBOUR,
        r"(proxy|fastcgi)_next_upstream error( non_idempotent)?;": _LATE,
        r"server_name (redirects|headers|rules|access|balanced|files|logs)\.test.*;": _EVERY,
        r"volatile;": "a map of what rules change is asked once in a request here",
    },
    "haproxy": {
        r"timeout (tunnel|server|client|connect|http-request|http-keep-alive) \d+m?s": _TIMES,
        r"http-after-response set-status 502 if \{ status 504 \} !\{ var\(txn\.answered\) -m bool \}": _TIMES,
        r"log (stderr|global).*|no log|option dontlognull": "a server of logs gets them",
        r"http-reuse never|http-request del-header Keep-Alive": _KEPT,
        r"http-response del-header Keep-Alive": "Keep-Alive is excused as framing (N2b)",
        r"http-after-response del-header Cache-Control unless .*":
            "Cache-Control of HAProxy's own pages is excused (N8)",
        r"default-path config": _OWN,
        r"option httpchk|http-check .*": "a check takes its interval",
        r"retries \d+|retry-on conn-failure|option redispatch 1": _LATE,
        r"balance roundrobin": _DEFAULT,
        r"balance leastconn": _MANY,
        r"server \S+ \S+.* disabled": _OUT,
        r".* if \{ src (?!127\.)\d+(\.\d+){3}/\d+ \}": _NEIGHBOUR,
        r"http-request deny deny_status 400 if \{ url -m sub '#' \}":
            "builds since 2.6.15, and Debian's, refuse it before any rule",
        r"http-request deny deny_status 503": "a backend without servers answers so by itself",
        r"http-request set-var\(txn\.path\) 'path,regsub\(%A,%a,g\).*' if \{ path -m sub % \}":
            "the letters of escapes are excused in Location (N18)",
    },
}  # fmt: skip

#: Configuration and target -> the same for lines of that one alone.
HERE: dict[tuple[str, str], dict[str, str]] = {
    ("access", "nginx"): {
        r"127\.0\.2\.2/32 1;": "who is believed is so whether it is said of the neighbour or of whom that hands on",
        r"default \$http_x_client_ip;": "an address that is replaced has been in the field",
    },
    ("balancer", "nginx"): {
        r"~\^unix:/run/nginx-member- 502;": "the value is compared with 503 alone",
        r"add_header \"no answer of a member\" - always;": "a member's server that fails is told from one that answers",
        r"\"\" \"\";": "without an Upgrade what Connection says of it means nothing",
        r"proxy_set_header Connection \$onward_connection;": "the server of the member says it anew",
        r"server unix:\S+ max_fails=0 backup;": "several stand in for a session's member: one of them is enough",
    },
    ("files", "nginx"): {
        r"\"\" \$server_is;": "without a Host nginx's own $host is the same",
        r"~\^https: 443;": "nobody speaks TLS with this host",
        r"~\(\) 1;": "an empty text has been taken by the line above",
        r"default off;": "a time that is none is the same",
        r"default \"\";": "it declares a variable that begins empty",
        r"~\^0011\.\$ scripts;|location @scripts \{": _BOTH,
        r"if \(-d \S+/a\.txt\) \{": "what is there is a file",
        r"fastcgi_param (SERVER_SIGNATURE|SERVER_SOFTWARE|PATH) .*;":
            "what a script is told of the server is excused (N19)",
        r"charset_types text/plain;": "the stage knows no other type that would get a charset",
        r"gzip_comp_level 6;": "how tightly a body is packed",
        r"limit_rate 400k;": _TIMES,
        r"location = /slow \{": _REST,
        r"index index\.html t\.php;": "no folder there has the second one alone",
    },
    ("headers", "nginx"): {
        r"\"\" \" \";": _NEVER,
        r"~\^1111\.\$ to-private;|01111 to-private-9;|location @to-private(-9)? \{":
            "so many conditions are not met by one request: two and three together are",
        r"proxy_hide_header X-Mode;": "an origin sends only so many of the fields itself",
        r"location = /private \{": _REST,
    },
    ("logs", "nginx"): {
        r"default -;": _NEVER,
    },
    ("mapping", "nginx"): {
        r"default 0;": "a flag that is asked alone: where several stand together it is missed",
        r"default \"\";": "it declares a variable that begins empty",
        r"server_name first\.test;": _EVERY,
        r"location = /static \{": _REST,
        r"recursive_error_pages off;": "no document of an error fails in its turn",
    },
    ("rewriting", "nginx"): {
        r"proxy_hide_header X-Tagged;": "an origin that sends the field itself is asked where no rule sets it",
        r"on on;": "nobody speaks TLS with this host",
        r"\"\" \"\";": "nothing is answered there without an origin",
    },
    ("secure", "nginx"): {
        r"default 0;": "a flag that is asked alone: where several stand together it is missed",
        r"\"\" (\(null\)|\" \"|\$http_x_forwarded_host);": _NEVER,
        r"ssl_ciphers .*;|ssl_prefer_server_ciphers (on|off);|ssl_session_tickets on;": _HANDSHAKE,
        r"ssl_protocols TLSv1 TLSv1\.1 TLSv1\.2 TLSv1\.3;|proxy_ssl_protocols .*;": _HANDSHAKE,
        r"(proxy_)?ssl_verify_depth \d+;": "stand-ins sign themselves: their chains have no depth",
        r"proxy_ssl_verify off;": _DEFAULT,
        r"if \(\$shown_as != 2\) \{": "nginx refuses it itself where clients are asked for certificates",
        r"~\^\(\?:http:.*0\*443\)\$ \"\";|\"~\^.*asked_port>.* \$asked_port;":
            "nobody names a port where this host makes a URL of itself",
    },
    ("access", "haproxy"): {
        r"user user password .*": "a user of the file itself, whose password prove doesn't know",
        r"http-request set-var\(txn\.peer\) src": "an address that is replaced is asked for by its neighbour's",
        r"http-request set-header X-Client-IP '%\[req\.fhdr\(X-Client-IP,1\)\], .*": "several fields are no list here",
        r"http-request set-(var|src).*(int\([34]\)|believed_1\) -m int [34] \})( .*)?":
            "longer chains than prove sends",
        r"use_backend \S+ if \{ path -m str /outside \} \|\| \{ path -m beg /outside/ \}": _REST,
    },
    ("headers", "haproxy"): {
        r"http-request set-header X-(Build|Bot) \(null\) if .*": _NEVER,
    },
    ("balancer", "haproxy"): {
        r"http-response add-header Set-Cookie 'ROUTE=\.\(null\); path=/' if .*": _NEVER,
        r"http-response set-var\(txn\.env_BALANCER_WORKER_ROUTE\) str\(\) if \{ srv_id \d \}": _NEVER,
    },
    ("files", "haproxy"): {
        r"http-request set-header Host %\[url,field\(3,/\),.*|http-request set-uri /%\[query\] if .*":
            "no origin is asked, and no path tells anything apart",
        r"http-request normalize-uri path-(merge-slashes|strip-dot)": "no path tells anything apart",
        r"http-response (set-var\(txn\.answered\) bool\(true\)|del-header .*)": "no origin is asked",
        r"http-request deny deny_status 404 if \{ path -m sub (%00|-i %2f) \}": "every path is a 404 there",
    },
    ("logs", "haproxy"): {
        r"log stdout format raw local0 info info|log-format .*":
            "its lines go to standard output, and are compared with httpd's in the tests of logs alone",
        r"http-request set-var\(txn\.(env_(quiet|known)|asked_(referer|user_agent))\) .*": "only such a line asks it",
    },
    ("redirects", "haproxy"): {
        r"http-request set-uri /%\[query\] if .*": "an absolute URL without a path is led to no redirect of these",
        r"http-request set-var\(txn\.more\) .*": "the text that the next line looks at",
        r"http-request deny deny_status 500 if \{ var\(txn\.more\) -m reg '.*' \}":
            "the rule's pattern takes no controls",
    },
    ("mapping", "haproxy"): {
        r"http-request set-var\(txn\.host\) str\(first\.test\)( if .*)?":
            "it is the host of who names none: set or not",
        r"http-request set-var\(txn\.self\) str\(shop\.test\) unless .*": _NEVER,
        r"http-request set-header Host shop\.test unless .*": _NEVER,
        r"http-request set-var-fmt\(txn\.via_port\) %\[str\(\)\]": _DEFAULT,
        r"http-after-response set-var\(txn\.host\) str\(first\.test\) unless .*":
            "it is the host of who names none",
        r"http-error status 504 content-type text/html file \S+": "late answers are 502",
    },
    ("rewriting", "haproxy"): {
        r"http-request deny deny_status 403 if \{ path -m sub -i %3f \}": _GUARD,
        r"http-request deny deny_status 403 if \{ (path,url_dec|var\(txn\.refused_path_part\)) -m reg -- '\\\?' \}":
            _GUARD,
        r"http-request set-var\(txn\.refused_path_part\) 'path,url_dec,regsub\(\"\(\?s\)\^\.\*\?\(\?:\(\?s\)\^/app/.*":
            "the text that such a line looks at",
        r"http-request set-path %\[var\(txn\.new_path\)\]": "the rule leaves the path as it is",
        r"http-request set-pathq %\[path\] unless .*": "the query of this rule is never empty",
        r"http-request set-var\(txn\.path\) path,url_dec": "the text that the next line looks at",
        r"http-request deny deny_status 500 if \{ var\(txn\.path\) -m reg '.*' \}":
            "the rule's pattern takes no controls",
        r"http-request set-var-fmt\(txn\.held_text_if_path_begins_tag\) \(null\)": _NEVER,
    },
    ("secure", "haproxy"): {
        r"http-request set-var\(txn\.host\) str\(secure\.test-2\)( if .*)?":
            "it is the host of who names none: set or not",
        r"http-request set-var\(txn\.self\) str\(secure\.test\) unless .*": _NEVER,
        r"http-request set-header X-Cipher \(null\) if .*": _NEVER,
    },
}  # fmt: skip


def is_listed(name: str, target: str, text: str) -> bool:
    """Whether nobody has to miss a line of the configuration ``name``."""
    patterns = (*UNPROBED[target], *HERE.get((name, target), ()))
    return any(re.fullmatch(pattern, text) for pattern in patterns)
