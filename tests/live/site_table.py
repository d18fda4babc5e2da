"""Requests of whole sites that are answered otherwise, each with the reason: what is out of scope, and what is open.

A row leaves out the requests of one site whose line, headers and source match it; everything else of the site is
compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.live.site_asks import Ask


@dataclass(frozen=True)
class Row:
    """At ``site``, requests that match ``asked``; ``status`` is what serve answers, any where it is empty.

    Where ``lines`` is set, only header lines that it matches may differ; what differs ``by_chance`` may be equal, too.
    """

    site: str
    asked: str
    why: str
    status: str = ""
    lines: str = ""
    by_chance: bool = False

    def excuses(self, theirs: str, ours: str) -> bool:
        """Whether two answers that differ differ in no more than the row speaks of."""
        if not self.lines:
            return True
        one, two = (re.sub(rf"(?m)^(?:{self.lines})(?:\n|\Z)", "", answer) for answer in (theirs, ours))
        return one == two

    def covers(self, name: str, one: Ask, answer: str) -> bool:
        every = [one.line, *re.findall(r"[A-Z]+ \S+ HTTP/1\.\d(?=\r)", one.whole)]
        every += [re.sub(r"^(\w+)\s+(?:\w+://[^/ ]*)?/*", r"\1 /", each) for each in every]
        shown = [" ".join([each, *one.headers]) for each in every]
        return self.site == name and any(re.search(self.asked, each) for each in shown) and self._says(one, answer)

    def _says(self, one: Ask, answer: str) -> bool:
        """Whether the answer has the status; of several raw requests one does, and HTTP/0.9 tells none.

        A body in chunks that has no end is a 400 before anything else is found out (RB-9).
        """
        said = f"{self.status}|400" if self.status and "chunked" in one.whole else self.status or "..."
        status = rf"HTTP/1\.[01] (?:{said}) "
        if one.whole and answer.startswith("HTTP/"):
            return re.search(rf"(?m)^{status}", answer) is not None
        return bool(one.whole) or re.match(status, answer) is not None


#: Out of scope by issue: what serve doesn't speak or do. It refuses by name, or leaves out what shows in no more than
#: the header named here.
OUT_OF_SCOPE = (
    Row("airflow", "/airflow/", "ProxyHTMLEnable makes pages anew", "200",
        lines=r"Content-(?:Length|Type): .*|(?:<html><head>)?<title>.*|</p></body></html>|"),
    Row("airflow", "/flower/", "Session and SessionCryptoPassphrase add a cookie", lines=r"Set-Cookie: session=.*"),
    Row("flask-uwsgi-http", r"^\w+ /(?!(?:static|stats)(?:/(?!\.\.)|[? ]))", "uwsgi:// and scgi:// origins", "500"),
    Row("liferay", r"^\w+ /(?!errors(?:/(?!\.\.)|[? ]))", "ajp:// members", "500"),
    Row("sticky-sessions-tomcat-cluster", r"^\w+ /(?!(?:balancer-manager|images)(?:/(?!\.\.)|[? ]))", "ajp:", "500"),
    Row("http2-and-ajp-origins", r"^\w+ /(?:grpcish|secure|legacy|files)[/? ]", "h2, h2c, ajp and ftp origins", "500"),
    Row("http2-and-ajp-origins", "^PRI ", "HTTP/2"),
    Row("forward-proxy-restricted", r"^GET (?:http|ftp)://", "forward proxying isn't served: 500"),
    Row("hot-standby-balancer", "/status", "SetHandler server-status", "500"),
    Row("legacy-2.2-access-control", "/server-info", "SetHandler server-info", "500"),
    Row("jitsi-meet", ".", "AddOutputFilter Includes", "20[06]|404",
        lines=r"(?:ETag|Last-Modified|Accept-Ranges): .*"),
    Row("static-site-with-caching-headers", r"/(?:\.|x/|page\.s|404\.htmlx|\w+\.\w+[;%+])", "CheckSpelling", "404"),
    Row("wordpress-multisite", "gzip", "SERVER_SOFTWARE in what is compressed", "200", lines="Content-Length: .*",
        by_chance=True),
    Row("reverse-proxy-with-ldap-left-out", r"^\w+ /", "AuthLDAPURL", "500"),
)  # fmt: skip

#: Not out of scope: differences that are known and to be mended.
OPEN: tuple[Row, ...] = ()


def rows_of(name: str) -> tuple[Row, ...]:
    """The rows of a site."""
    return tuple(row for row in (*OUT_OF_SCOPE, *OPEN) if row.site == name)


def row_for(name: str, one: Ask, answer: str) -> Row | None:
    """The row that says why the request is answered otherwise."""
    return next((row for row in rows_of(name) if row.covers(name, one, answer)), None)
