"""What httpd 2.4.71's stock pages say of errors that only origins or access rules give, as observed.

``pages`` holds those of the proxy itself; an error without a text says what 500 says.
"""

from __future__ import annotations

import html


def escape(text: str) -> str:
    """A text in HTML, as httpd escapes it: an apostrophe stays."""
    return html.escape(text, quote=False).replace('"', "&quot;")


class Html(str):
    """A note that is HTML already."""

    __slots__ = ()


PLAIN_HTTP = Html(
    "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n"
    " Instead use the HTTPS scheme to access this URL, please.<br />\n"
)
NOT_ASKED = Html("Reason: Cannot perform Post-Handshake Authentication.<br />\n")
WITHOUT_SNI = Html(
    "Reason: The client software did not provide a hostname using Server Name Indication (SNI), "
    "which is required to access this server.<br />\n"
)

#: What the page of a redirect says, with its URL escaped, and where it isn't that the document has moved.
MOVED = '<p>The document has moved <a href="{}">here</a>.</p>\n'
REDIRECTS = {
    300: "",
    303: '<p>The answer to your request is located <a href="{}">here</a>.</p>\n',
    305: (
        "<p>This resource is only accessible through the proxy\n<br />\n"
        "You will need to configure your client to use that proxy.</p>\n"
    ),
}

#: ``{method}`` is the request's, ``{note}`` what explains it.
RARE_TEXTS = {
    401: (
        "<p>This server could not verify that you\n"
        "are authorized to access the document\n"
        "requested.  Either you supplied the wrong\n"
        "credentials (e.g., bad password), or your\n"
        "browser doesn't understand how to supply\n"
        "the credentials required.</p>\n"
    ),
    406: ("<p>An appropriate representation of the requested resource could not be found on this server.</p>\n{note}"),
    410: (
        "<p>The requested resource is no longer available on this server and there is no forwarding address.\n"
        "Please remove all references to this resource.</p>\n"
    ),
    411: ("<p>A request of the requested method {method} requires a valid Content-length.<br />\n{note}</p>\n"),
    412: "<p>The precondition on the request for this URL evaluated to false.</p>\n",
    415: ("<p>The supplied request data is not in a format\nacceptable for processing by this resource.</p>\n"),
    416: (
        "<p>None of the range-specifier values in the Range\n"
        "request-header field overlap the current extent\n"
        "of the selected resource.</p>\n"
    ),
    421: (
        "<p>The client needs a new connection for this\n"
        "request as the requested host name does not match\n"
        "the Server Name Indication (SNI) in use for this\n"
        "connection.</p>\n"
    ),
    422: (
        "<p>The server understands the media type of the\n"
        "request entity, but was unable to process the\n"
        "contained instructions.</p>\n"
    ),
    423: (
        "<p>The requested resource is currently locked.\n"
        "The lock must be released or proper identification\n"
        "given before the method can be applied.</p>\n"
    ),
    424: (
        "<p>The method could not be performed on the resource\n"
        "because the requested action depended on another\n"
        "action and that other action failed.</p>\n"
    ),
    426: (
        "<p>The requested resource can only be retrieved\n"
        "using SSL.  The server is willing to upgrade the current\n"
        "connection to SSL, but your client doesn't support it.\n"
        "Either upgrade your client, or try requesting the page\n"
        "using https://\n"
    ),
    428: "<p>The request is required to be conditional.</p>\n",
    429: "<p>The user has sent too many requests\nin a given amount of time.</p>\n",
    431: "<p>The server refused this request because\nthe request header fields are too large.</p>\n",
    451: "<p>Access to this URL has been denied for legal reasons.<br />\n{note}</p>\n",
    501: "<p>{method} not supported for current URL.<br />\n{note}</p>\n",
    506: (
        "<p>A variant for the requested resource\n"
        "<pre>\n"
        "\n"
        "</pre>\n"
        "is itself a negotiable resource. This indicates a configuration error.</p>\n"
    ),
    507: (
        "<p>The method could not be performed on the resource\n"
        "because the server is unable to store the\n"
        "representation needed to successfully complete the\n"
        "request.  There is insufficient free space left in\n"
        "your storage allocation.</p>\n"
    ),
    508: "<p>The server terminated an operation because\nit encountered an infinite loop.</p>\n",
    510: ("<p>A mandatory extension policy in the request is not\naccepted by the server for this resource.</p>\n"),
    511: "<p>The client needs to authenticate to gain\nnetwork access.</p>\n",
}
RARE_TEXTS[407] = RARE_TEXTS[401]
#: A rule may answer with the status of a redirect and say no URL (RW-14).
RARE_TEXTS |= {status: REDIRECTS.get(status, MOVED).format("") for status in (300, 301, 302, 303, 305, 307, 308)}
#: A 417 for which no Expect can be named, as when an origin gave it.
UNSEEN_EXPECTATION = (
    "<p>No expectation was seen, the Expect request-header \nfield was not presented by the client.\n"
    "</p><p>Only the 100-continue expectation is supported.</p>\n"
)
