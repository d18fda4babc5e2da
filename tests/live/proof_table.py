"""Sites whose translation still differs from httpd where its report announces nothing: what is to be mended.

A site that isn't named has no such difference. A site that is named here and has none any more fails its test, so
that the table only ever gets shorter.
"""

from __future__ import annotations

#: Target -> sites.
OPEN: dict[str, frozenset[str]] = {
    "nginx": frozenset(
        {
            "api-gateway-with-basic-auth",
            "blue-green-by-define",
            "drupal",
            "elasticsearch-guarded",
            "fastapi-sse",
            "flask-uwsgi-http",
            "forward-proxy-restricted",
            "geoserver",
            "grafana",
            "home-assistant",
            "http2-and-ajp-origins",
            "jira",
            "jitsi-meet",
            "kibana",
            "macro-heavy-tenants",
            "maintenance-switch",
            "mastodon",
            "matrix-synapse",
            "mediawiki",
            "moodle",
            "nagios",
            "nexus",
            "odd-but-legal-formatting",
            "owncloud",
            "phpmyadmin-guarded",
            "red-hat-tree-with-sites",
            "remoteip-behind-lb",
            "source-layout-with-extra",
            "static-site-with-caching-headers",
            "tomcat",
            "wordpress",
        }
    ),
    "haproxy": frozenset(),
}
