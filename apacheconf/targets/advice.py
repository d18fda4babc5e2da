"""What to do about a caveat, and a request that shows it (DES-10): by the key that every caveat carries.

Texts name no host of anybody's: an example goes to the host and the path of its row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apacheconf.ledger import Answer, Outcome


@dataclass(frozen=True, slots=True)
class Advice:
    """``help`` says what to do, ``example`` which request shows the difference; empty where no request can."""

    help: str
    example: str = ""


_NOTHING = "nothing, unless somebody relies on it"
_ANEW = "translate anew when the file changes"

ADVICE: Mapping[str, Advice] = {
    "unique-id": Advice(
        "let whoever reads the identifier take any word that differs for each request",
        "GET / HTTP/1.1 twice, and compare what the origin is told",
    ),
    "admission": Advice(
        "guard the path at the origin, or serve it with apacheconf serve",
        "GET the path without credentials",
    ),
    "first-host": Advice(
        "say it alike in all hosts of the address, or give the host an address of its own",
        "GET / HTTP/1.1 with the name of the other host",
    ),
    "always": Advice("set the header for the whole host, or at the origin", "GET the path while its origin is down"),
    "ssi": Advice("look through the pages for exec, fsize, flastmod, printenv and conditions", "GET such a page"),
    "suffix-filters": Advice("let an origin make these pages", "GET a file with the suffix"),
    "server-path": Advice(
        "nothing, unless clients of HTTP/1.0 send no Host", "GET a path below it, as HTTP/1.0 without Host"
    ),
    "user-dir": Advice("write a location for the folder of each user: alias /home/NAME/public_html/", "GET /~NAME/"),
    "attempts": Advice(
        "choose how often members are tried in the target's own words",
        "GET while every member is busy",
    ),
    "certificate-page": Advice(_NOTHING, "GET / over TLS without a certificate"),
    "asked-early": Advice(
        "give the sections one SSLVerifyDepth, and ask in a virtual host of its own who may have no certificate",
        "GET the path over TLS 1.3 with a certificate, but without post-handshake authentication",
    ),
    "autoindex": Advice(_NOTHING, "GET a folder that has no index"),
    "brotli": Advice(
        "say DEFLATE for the same types, or build nginx with ngx_brotli and add brotli on;",
        "GET with Accept-Encoding: br",
    ),
    "ca-folder": Advice(
        "give each authority in the folder a name that ends in .pem, beside the link with its hash",
        "GET with a client certificate",
    ),
    "canonical-dns": Advice("set UseCanonicalName On and a ServerName", "GET the folder of a file without its slash"),
    "chain-file": Advice(
        "append the chain to the certificate's file: cat CHAIN >> CERTIFICATE",
        "a handshake of a client that knows the root only",
    ),
    "cookie-flags": Advice(
        "let the application set the flags of its cookies itself",
        "GET the path while the origin sets a cookie that has them",
    ),
    "charset": Advice("let the origin say its charset", "GET a path that is redirected"),
    "closed": Advice(
        "write the rule so that the path or the host decides, or leave this host to apacheconf serve",
        "GET the path: it is refused",
    ),
    "compression": Advice(_NOTHING, "GET with Accept-Encoding: gzip"),
    "condition": Advice(
        "ask for something else, or leave this host to apacheconf serve",
        "GET the path with and without what is asked for",
    ),
    "deflate-types": Advice("compress text/html, too", "GET a text file with Accept-Encoding: gzip"),
    "directory-slash": Advice("link to folders with their slash", "GET a folder without its slash"),
    "edit-all": Advice("let the origin send the header once", "GET while the origin sends the header twice"),
    "empty-header": Advice(_NOTHING, "GET while the origin sends the header without a value"),
    "dangling-links": Advice("take away links that lead nowhere", "GET the path of a link that leads nowhere"),
    "linked-folders": Advice(
        "put folders where their links are, or Options SymLinksIfOwnerMatch", "GET a path below a linked folder"
    ),
    "empty-files": Advice("let no empty files lie there", "GET the path of an empty file"),
    "slashes-in-sections": Advice(
        "httpd escapes the percent sign of %2F again there: AllowEncodedSlashes Off, or no section for such paths",
        "GET a path of the section with %2F in it",
    ),
    "encoded-slashes": Advice("AllowEncodedSlashes Off, or let origins take a slash in a parameter", "GET /a%2Fb"),
    "unclear-slashes": Advice("let clients escape in paths what needs it, and nothing else", "GET /%61%2Fb"),
    "decoded-slashes": Advice(
        "AllowEncodedSlashes Off, or nocanon or the flag NE, which keep them encoded in httpd, too", "GET /a%2Fb"
    ),
    "environment": Advice("set the variable to a fixed text", "GET the path, and look at the variable"),
    "empty-client": Advice(
        "let the proxy in front send addresses alone, in one line", "GET with X-Forwarded-For: 198.51.100.7:80"
    ),
    "error-document": Advice("write the page as text in ErrorDocument, or as a URL", "GET a path that is not there"),
    "error-log": Advice("collect standard error, by journald or the container's own log"),
    "expires": Advice(
        "write max-age into the Header line, and leave ExpiresByType out there",
        "GET a path of that Header line, and look for Expires",
    ),
    "expires-modification": Advice(
        "write the time from the access: ExpiresByType TYPE A604800",
        "GET a file that is old",
    ),
    "expires-modified": Advice("write the time from the access: ExpiresByType TYPE A604800", "GET a file that is old"),
    "failonstatus": Advice("let a health check find such members", "GET while a member answers with that status"),
    "field-count": Advice("let the origin count the header fields", "GET with 99 header fields"),
    "file-tests": Advice(
        "serve these files by nginx or apacheconf serve, beside HAProxy",
        "GET the path of a file that is there",
    ),
    "files": Advice("map its paths to a server that has the files", "GET a file"),
    "forward-proxy": Advice(
        "leave this host to apacheconf serve, or to a forward proxy",
        "GET http://another.example.com/ HTTP/1.1",
    ),
    "gzip": Advice(_NOTHING, "GET with Accept-Encoding: gzip"),
    "handler": Advice("map the path to a program that answers it", "GET the path"),
    "unknown-status": Advice(
        "list the statuses that get a page: ProxyErrorOverride On 404 500 502 503",
        "GET a path that the origin answers with 599",
    ),
    "slashes-merged": Advice(
        "let the origin take one slash for several, or serve the host with apacheconf serve",
        "GET /a//b HTTP/1.1",
    ),
    "header-edit": Advice("set the header to a fixed text, or let the origin set it", "GET the path"),
    "header-lines": Advice("let the header be sent once", "GET while the header is sent twice"),
    "health-check": Advice(
        "write the check in the target's own words, where it has them",
        "GET while a member answers its check badly",
    ),
    "folders-of-rules": Advice(
        "say DirectoryIndex disabled and DirectorySlash Off where rules send everything to an origin",
        "GET a folder that is there, with its slash and without",
    ),
    "htaccess": Advice(
        "translate anew whenever one of the files changes",
        "GET a path that a file written later has rules for",
    ),
    "htaccess-lost": Advice(
        "say it in a <Location> of the host where it matters, or serve the folder with nginx or apacheconf serve",
        "GET a path that the line is about",
    ),
    "htaccess-wrong": Advice(
        "mend the file: apacheconf check --context htaccess:FOLDER FILE", "GET a path in its folder"
    ),
    "index-by-origin": Advice(_NOTHING, "GET the folder, and look at what the script is told"),
    "interpolate": Advice("write the path without variables", "GET the path"),
    "interpolation": Advice("write a ProxyPass for each value that the variable has", "GET the path"),
    "joined-files": Advice(
        "run the command of the comment, now and whenever what it joins changes", "openssl s_client -showcerts"
    ),
    "lbmethod": Advice("lbmethod=byrequests or bybusyness", "many requests with answers of different lengths"),
    "log-condition": Advice("let whoever reads the log leave these lines out", "GET, and look at the log"),
    "log-escapes": Advice(
        "let whoever reads the log know \\x22 for a quote",
        "GET with a quote in User-Agent, and look at the log",
    ),
    "log-item": Advice("write the log without it", "GET, and look at the log"),
    "log-level-of-modules": Advice("choose one level", ""),
    "look-ahead": Advice("trust no name on a path that is open", "GET an open path with any name and password"),
    "log-to-stdout": Advice("collect standard output, by journald or the container's own log"),
    "map-kind": Advice("write the texts of the map to a txt: file", "GET a path that the map is asked for"),
    "mapping": Advice("map without mapping=, and look at paths with ; and %", "GET the path with ;a=b in it"),
    "member-host": Advice(
        "leave out NE, or let every member take the same Host (ProxyPreserveHost On)",
        "GET twice, and look at the Host that each member gets",
    ),
    "member-paths": Advice(
        "give the members of a balancer one path",
        "GET twice, and look at the path that each member gets",
    ),
    "minimum-rate": Advice("choose shorter times for heads and bodies", "a request whose bytes come one by one"),
    "multiviews": Advice("link to files with their suffixes", "GET a file without its suffix"),
    "document-missing": Advice(
        "put a file there, at a path that ends in no slash and falls back to nothing",
        "a request that fails, while the file isn't there",
    ),
    "escaped-parts": Advice(
        "let the script read the path itself (REQUEST_URI), or let the pattern take letters and digits alone",
        "GET a path with & or + in the part that the rule takes",
    ),
    "escaped-once": Advice("NE, so that nothing is escaped twice in httpd either", "GET a path with %20 in it"),
    "document-script": Advice(
        "let the script say no status of its own: the error's is kept",
        "a request that fails, while the script answers with a redirect",
    ),
    "no-split": Advice("look at what the script makes of PATH_INFO", "GET /index.php/more"),
    "named-users": Advice("write SSLUserName for the whole host", "GET with a client certificate, and look at the log"),
    "no-authorities": Advice(
        "name the authorities in SSLCACertificateFile or SSLCACertificatePath", "GET with a client certificate"
    ),
    "nocanon": Advice("let the origin take normalised paths", "GET /a//b/../c"),
    "nofailover": Advice(_NOTHING, "GET with the cookie of a member that is down"),
    "not-yet": Advice("leave this host to apacheconf serve, which carries it", "GET the path"),
    "one-format": Advice("choose one format for the address", "GET, and look at the log"),
    "origin-certificate": Advice(
        "name the authority of the origins: SSLProxyVerify require, SSLProxyCACertificateFile",
        "GET while the origin's certificate is out of date",
    ),
    "origin-chain": Advice(_NOTHING, "GET while the origin's certificate is another authority's"),
    "detail": Advice(
        "see to the directive that it says more about, which has a row of its own",
        "what shows the difference there",
    ),
    "override-499": Advice(_NOTHING, "GET while the origin answers 499"),
    "override-more": Advice(
        "name the statuses that have an ErrorDocument in ProxyErrorOverride, too",
        "GET a path that the origin answers with an error that the line names",
    ),
    "override-gateway": Advice("name 502 and 504 in ProxyErrorOverride, too", "GET while the origin answers 504"),
    "password-hash": Advice(
        "translate where the password file can be read, or write its users to the userlist",
        "GET with the name and password of a user",
    ),
    "password-lines": Advice("write the file with htpasswd alone", "GET with the name and password of such a line"),
    "password-kinds": Advice("hash passwords with htpasswd -m", "GET with the name and password of a user"),
    "pass-phrase": Advice("write the pass phrase to a file, or take it off the key", "a start"),
    "path-info": Advice("link to files without a path behind them", "GET /file.html/more"),
    "piped-log": Advice("write to a file, and let the program follow it", "GET, and look at the log"),
    "long-fields": Advice(
        "let LimitRequestFieldSize be as large as LimitRequestLine", "GET with a field that is longer than the limit"
    ),
    "ping": Advice(
        "shorten timeout=, after which a silent member is given up",
        "POST with a body while the origin takes connections and stays silent",
    ),
    "pool-limits": Advice("limit requests at the origin", "more requests at once than max="),
    "idle-members": Advice("choose lbmethod=byrequests", "GET / several times, one after the other"),
    "protocol-gap": Advice(
        "leave out no version between two that are spoken", "a handshake of the version that is left out"
    ),
    "proxies-believed": Advice(
        "let proxies that stand one behind the other be four at most",
        "GET with five addresses of trusted proxies in the header",
    ),
    "private-client": Advice("let outer proxies send public addresses only", "GET with X-Forwarded-For: 10.0.0.1"),
    "proxies-header": Advice("write the header in the outer proxy", "GET through two proxies"),
    "proxy-protocol-exceptions": Advice("let such clients in at another port", "GET without the PROXY protocol"),
    "ranges": Advice(_NOTHING, "GET with a Range of many parts"),
    "redirect-target": Advice("write the redirect with a fixed text", "GET the path"),
    "refuses-everyone": Advice(
        "write the restriction so that the target can ask it, or guard it at the origin",
        "GET the path: everyone is refused",
    ),
    "revocation-leaf": Advice(
        "give each authority its list, and ask for them all: SSLCARevocationCheck chain",
        "GET with the certificate of an authority that is taken back",
    ),
    "revocation-lists": Advice(
        "give each authority its list", "GET with the certificate of an authority that has no list"
    ),
    "scheme": Advice("speak HTTP with the origin, or leave this host to apacheconf serve", "GET the path"),
    "slashes-of-others": Advice("say the same MergeSlashes in all hosts of an address", "GET /a//b of the host"),
    "sni-policy": Advice(
        "say SSLVHostSNIPolicy secure, or nothing", "GET with the name of another host than the handshake's"
    ),
    "standby-sessions": Advice(
        "give sessions a member each, and standbys none", "GET with the session of a member that is down"
    ),
    "substitute": Advice("replace it in the origin, or search text/html, too", "GET a page that holds the text"),
    "substitute-case": Advice(_NOTHING, "GET a page that holds the text in other letters"),
    "substitute-coded": Advice(
        "let origins send bodies as they are: RequestHeader unset Accept-Encoding", "GET with Accept-Encoding: gzip"
    ),
    "substitute-order": Advice(
        "replace everything in one step: write out what comes of it", "GET a page that holds the texts"
    ),
    "suffixes": Advice(
        "name the type of such files, or let a Header line say the language",
        "GET a file with the suffix, and look at its headers",
    ),
    "tiers": Advice("look at the members' order by hand", "GET while the first members are down"),
    "two-clients": Advice(
        "let one of the two say who the client is",
        "GET with the PROXY protocol and with X-Forwarded-For",
    ),
    "verify-depth": Advice(
        "let clients send their own certificate only, or write for HAProxy 2.8",
        "GET with a client certificate and that of its authority",
    ),
}


def advice_for(answer: Answer) -> Advice | None:
    """What to do about what became of a directive; None where nothing has to be done."""
    return ADVICE.get(answer.key) if answer.outcome >= Outcome.EQUIVALENT else None
