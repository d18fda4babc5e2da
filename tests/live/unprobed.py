"""Lines of translations that no probe misses (DIF-13), as patterns with the reason: what they mean takes long, is about
the process, or says what the server would do anyhow."""

from __future__ import annotations

import re

_TIMES = "how long somebody may take: late origins are asked on stages of their own, where no time is that long"
_MANY = "only more clients, connections or requests on one connection than prove's show it"
_DEFAULT = "it says what the server does anyhow, so that nobody's compiled-in default counts"
_NEIGHBOUR = "a network of the configuration: prove's client has an address in its neighbour, which stands beside it"
_LATE = "an origin that fails while it is asked may be asked again: which failures are, is announced"
_OWN = "it is about the server's own work: processes, memory, files"
_KEPT = "what connections to origins are is excused (N12)"
_EVERY = "a single host answers for every name, or the first one does"
_NEVER = "the variable is always there, or never, where this is asked"
_OUT = "nobody asks a member that is out"
_HANDSHAKE = "which ciphers a handshake takes, and what both sides offer and remember"
_BOTH = "two patterns that can't hold together"
_BOTH_ASKED = "it is asked whether both hold: nothing is as good as 0"
_EITHER = "it is asked whether one of both holds: nothing is as good as 0"
_NAMELESS = "without a Host nginx's own $host is the name of the server"
_NO_UPGRADE = "what Connection says of an Upgrade that isn't there means nothing (N2b)"
_OFFERS = "origins offer h2c, which no mapping here names: tests/targets/test_upgrades_live.py asks others"
_EMPTY = "it declares a variable, which begins empty anyhow"
_REFUSED = "nobody is refused, or meets an error, where the line would say something"
_FIRST = "nothing asks for the host of who names none; the line says which one that is"
_NO_COOKIE = "no origin fails where the rule sets its cookie: tests/targets/test_rule_cookies_live.py asks one"
_NO_PASSWORD = "nobody shows a password, to us or for a proxy, where an address is enough"
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
        r"~\*\^.* \$upstream_http_upgrade;|add_header Upgrade .*": _OFFERS,
        r"proxy_hide_header Keep-Alive;": "Keep-Alive is excused as framing (N2b)",
        r"merge_slashes on;|proxy_redirect off;|index index\.html;": _DEFAULT,
        r"least_conn;": _MANY,
        r"zone \S+ 64k;": "the turns that worker processes share: which of them answers is chance",
        r"server \S+ max_fails=0 down;": _OUT,
        r"(\+ )?(?!127\.)\d+(\.\d+){3}/\d+ 1;|set_real_ip_from (?!127\.).*;": _NEIGHBOUR,
        r"(proxy|fastcgi)_next_upstream error( non_idempotent)?;": _LATE,
        r"server_name (redirects|headers|rules|access|balanced|files|logs)\.test.*;": _EVERY,
        r"(\+ )?volatile;": "a map of what rules change is asked once in a request here",
        r"default 0;": "nothing is the same as 0 where a flag is asked alone",
    },
    "haproxy": {
        r"timeout (tunnel|server|client|connect|http-request|http-keep-alive) \d+m?s": _TIMES,
        r"http-error status 504 .*": _TIMES,
        r"http-after-response set-status 502 if \{ status 504 \} !\{ var\(txn\.answered\) -m bool \}": _TIMES,
        r"log (stderr|global).*|no log|option dontlognull": "a server of logs gets them",
        r"http-reuse never|http-request del-header Keep-Alive": _KEPT,
        r"http-response set-var\(txn\.upgrades\) .*": _OFFERS,
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
        r"geo .* \$client_in_(10_4_0_0_16|127_0_2_5_32) \{ \+ default 0;": _EITHER,
        r"map \$client_in_10_3_0_0_16_or_127_0_2_4_32 \$user \{ ~\^\(\?:1\)\$ \"\";": _NO_PASSWORD,
        r"map \$user \$onward_credentials \{ \"\" \$http_proxy_authorization;": _NO_PASSWORD,
    },
    ("balancer", "nginx"): {
        r"map \$asked_host \$self \{ \"\" \$server_is;": _NAMELESS,
        r".* \$gateway_status \{ ~\^unix:/run/nginx-member- 502;": "no page of an error is an origin's here",
        r"map \$upstream_status \$header_set_cookie_of_origin \{ \"\" \"\";":
            "no member has changed where none has answered",
        r"map \$http_upgrade \$hop_connection \{ \"\" \"\";": _NO_UPGRADE,
    },
    ("files", "nginx"): {
        r"map \$asked_host \$self \{ \"\" \$server_is;": _NAMELESS,
        r"map \"\" \$(round|failed_path|first_path) \{ (\+ )?default \"\";": _EMPTY,
        r"map \$status \$page_of_410 \{ (410 \$request_filename|default /);|if \(!-e \$page_of_410\) \{":
            "the page of the error is there",
        r"location = /extra \{": _REST,
        r"map .* \$origin_expires \{ default off;": "nginx takes a time that is none for off",
        r"map \$asked_path \$who_answers_root_inner \{ .* scripts;|location @scripts \{": _BOTH,
        r"map \$uri \$script_of_path \{ \+ default \$uri;": "whatever is handed to a script has its suffix",
        r"if \(-d \S+/a\.txt\) \{": "it is a file, not a folder, for as long as nobody makes it one",
        r"fastcgi_param (SERVER_SIGNATURE|SERVER_SOFTWARE|PATH) .*;":
            "what a script is told of the server is excused (N19)",
        r"gzip_comp_level 6;": "how tightly a body is packed",
        r"limit_rate 400k;": "how fast a body comes",
        r"location = /slow \{": "only how fast a body comes is another there",
        r"index index\.html t\.php;": "a folder that has the second one alone has a fallback as well",
    },
    ("headers", "nginx"): {
        r"map \$agent_part \$onward_x_bot_or_blank \{ \"\" \" \";": "the part of the pattern is never empty",
        r"map \$upstream_status \$header_(x_(edit|canary|created|mode)|cache_control)_of_origin(_2)? \{ \"\" \"\";":
            _REFUSED,
        r"map \$(http_x_mode \$x_mode_is_a|args \$query_has_mode_a) \{ \+ default 0;": _EITHER,
        r"proxy_hide_header X-Mode;": "an origin sends only so many of the fields itself",
    },
    ("logs", "nginx"): {
        r"map .* \$env_known \{ default -;": "the log has only requests that set it",
    },
    ("mapping", "nginx"): {
        r"map \$asked_host \$(kept_host|self) \{ \"\" \$server_is;": "who names nobody is answered by the first host",
        r"map .* \$public_(content_location|uri|destination)_2 \{ .*/(cart/)?\$tail;":
            "origins name themselves, and not one another",
        r"map \$onward_upgrade(_2)? \$onward_connection(_2)? \{ \"\" \"\";": _NO_UPGRADE,
        r"map \"\" \$round \{ \+ default \"\";": _EMPTY,
        r"server_name first\.test;": _EVERY,
        r"location = /static \{": _REST,
        r"recursive_error_pages off;": "no document of an error fails in its turn",
        r"map \$status \$page_of_502 \{ 502 \$request_filename;|if \(!-e \$page_of_502\) \{":
            "the page of an error is there",
    },
    ("redirects", "nginx"): {
        r"map \$asked_host \$self(_at_port)? \{ \"\" \$server_is(:8081)?;": _NAMELESS,
    },
    ("rewriting", "nginx"): {
        r"map \$asked_path \$path_(begins_(app|api|secure)|is_by_id) \{ \+ default 0;": _BOTH_ASKED,
        r"map \$args \$query_has_id \{ \+ default 0;": _BOTH_ASKED,
        r"map \$path_is_by_id\$query_has_id \$path_is_by_id_and_query_has_id \{ \+ default 0;": _EITHER,
        r"map \$(http_cookie|request_method) \$(sent_cookie_has_beta_on|method_begins_trace_delete) \{ \+ default 0;":
            _BOTH_ASKED,
        r"map \$asked_host \$self \{ \"\" \$server_is;": _NAMELESS,
        r"proxy_hide_header X-Tagged;": "an origin that sends the field itself is asked where no rule sets it",
        r"map \$upstream_status \$header_x_tagged_of_origin \{ \"\" \"\";": _REFUSED,
        r"map .* \$header_set_cookie_of_failure \{ 1 .*|add_header Set-Cookie .*_of_failure always;": _NO_COOKIE,
        r"set \$failing_in [01];": _NO_COOKIE,
    },
    ("secure", "nginx"): {
        r"map \$asked_host \$self \{ \"\" \$server_is;": _NAMELESS,
        r"map \$asked_host \$forwarded_host \{ \"\" \$http_x_forwarded_host;": _NAMELESS,
        r"map .* \$the_ssl_(protocol|client_verify)_or_null \{ \"\" \(null\);":
            "it is always there where TLS is spoken",
        r"ssl_ciphers .*;|ssl_prefer_server_ciphers (on|off);|ssl_session_tickets on;": _HANDSHAKE,
        r"ssl_protocols TLSv1 TLSv1\.1 TLSv1\.2 TLSv1\.3;|proxy_ssl_protocols .*;": _HANDSHAKE,
        r"(proxy_)?ssl_verify_depth \d+;": "stand-ins sign themselves: their chains have no depth",
        r"proxy_ssl_verify off;": _DEFAULT,
        r"if \(\$shown_as != 2\) \{": "nginx refuses it itself where clients are asked for certificates",
    },
    ("access", "haproxy"): {
        r"http-request set-header x-pass '%\[req\.hdrs,.*": "what is looked for stands in one of the lines, if in all",
        r"user user password .*": "a user of the file itself, whose password prove doesn't know",
        r"use_backend \S+ if \{ path -m beg /outside/ \}": _REST,
    },
    ("files", "haproxy"): {
        r"http-request set-header Host %\[url,field\(3,/\),.*|http-request set-uri /%\[query\] if .*":
            "no origin is asked, and no path tells anything apart",
        r"http-request normalize-uri path-(merge-slashes|strip-dot)": "no path tells anything apart",
        r"http-response (set-var\(txn\.answered\) bool\(true\)|del-header .*)": "no origin is asked",
        r"http-request deny deny_status 404 if \{ path -m sub (%00|-i %2f) \}": "every path is a 404 there",
        r"use_backend not-found if \{ .*": "what no rule takes goes there, too",
    },
    ("headers", "haproxy"): {
        r"http-request set-header x-(list|merged) '%\[req\.hdrs,.*": "a list in several lines is the same list (N6)",
    },
    ("logs", "haproxy"): {
        r"log stdout format raw local0 info info|log-format .*":
            "its lines go to standard output, and are compared with httpd's in the tests of logs alone",
        r"http-request set-var\(txn\.asked_(referer|user_agent)\) .*": "only such a line asks it",
    },
    ("redirects", "haproxy"): {
        r"http-request set-uri /%\[query\] if .*": "an absolute URL without a path is led to no redirect of these",
        r"http-request set-var\(txn\.more\) .*": "the text that the next line looks at",
        r"http-request deny deny_status 500 if \{ var\(txn\.more\) -m reg '.*' \}":
            "the rule's pattern takes no controls",
    },
    ("mapping", "haproxy"): {
        r"http-request set-var\(txn\.host\) str\(first\.test\)": _FIRST,
    },
    ("rewriting", "haproxy"): {
        r"http-request set-path %\[var\(txn\.new_path\)\]": "the rule leaves the path as it is",
        r"http-request set-pathq %\[path\] if !\{ query -m len gt 0 \}": "the query of this rule is never empty",
        r"http-request set-var\(txn\.path\) path,url_dec": "the text that the next line looks at",
        r"http-request deny deny_status 500 if \{ var\(txn\.path\) -m reg '.*' \}":
            "the rule's pattern takes no controls",
        r"http-request set-var-fmt\(txn\.held_text_if_path_begins_tag\) \(null\)": _NEVER,
    },
    ("secure", "haproxy"): {
        r"http-request set-var\(txn\.host\) str\(secure\.test-2\)": _FIRST,
        r"http-request set-var\(txn\.self\) str\(secure\.test\) unless .*": _NEVER,
        r"http-request set-header X-Cipher \(null\) if .*": _NEVER,
    },
}  # fmt: skip


#: What stands in front of an entry of a table: what it is about makes no difference in most lists.
_TABLE = re.compile(r"(map|geo|split_clients|upstream) .*? \{ ")


def is_listed(name: str, target: str, text: str) -> bool:
    """Whether nobody has to miss a line of the configuration ``name``."""
    entry = _TABLE.sub("", text, count=1)
    everywhere = any(re.fullmatch(pattern, entry) for pattern in UNPROBED[target])
    return everywhere or any(re.fullmatch(pattern, text) for pattern in HERE.get((name, target), ()))
