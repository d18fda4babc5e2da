"""httpd's stock error pages and the heads of answers made here, as observed on 2.4.71.

Only statuses that the proxy itself gives have a text of their own; the others say what httpd says for all.
"""

from __future__ import annotations

from email.utils import formatdate
from html import escape

from apacheconf.program.naming import NO_ADMIN
from apacheconf.runtime.answer import spoken, standard_reason
from apacheconf.runtime.page_texts import RARE_TEXTS, UNSEEN_EXPECTATION, Html

_DOCTYPE = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<html><head>\n'
_INTERNAL = (
    "<p>The server encountered an internal error or\nmisconfiguration and was unable to complete\nyour request.</p>\n"
    "<p>Please contact the server administrator at \n {admin} to inform them of the time this error occurred,\n"
    " and the actions you performed just before this error.</p>\n"
    "<p>More information about this error may be available\nin the server error log.</p>\n"
)
_BAD_GATEWAY = "<p>The proxy server received an invalid\r\nresponse from an upstream server.<br />\r\n{note}</p>\n"
#: What httpd's page says below its heading.
_TEXTS = {
    400: "<p>Your browser sent a request that this server could not understand.<br />\n{note}</p>\n",
    403: "<p>You don't have permission to access this resource.{note}</p>\n",
    404: "<p>The requested URL was not found on this server.</p>\n",
    405: "<p>The requested method {method} is not allowed for this URL.</p>\n",
    408: "<p>Server timeout waiting for the HTTP request from the client.</p>\n",
    413: (
        "The requested resource does not allow request data with {method} requests, or the amount of data provided in"
        "\nthe request exceeds the capacity limit.\n"
    ),
    414: "<p>The requested URL's length exceeds the capacity\nlimit for this server.<br />\n{note}</p>\n",
    417: (
        "<p>The expectation given in the Expect request-header\nfield could not be met by this server.\n"
        "The client sent<pre>\n    {note}\n</pre>\n</p><p>Only the 100-continue expectation is supported.</p>\n"
    ),
    500: _INTERNAL,
    502: _BAD_GATEWAY,
    503: (
        "<p>The server is temporarily unable to service your\nrequest due to maintenance downtime or capacity\n"
        "problems. Please try again later.</p>\n"
    ),
    504: "<p>The gateway did not receive a timely response\nfrom the upstream server or application.</p>\n",
}
#: Statuses after which httpd closes the client's connection.
CLOSING = frozenset({400, 408, 411, 413, 414, 500, 501, 503})
CONTENT_TYPE = b"text/html; charset=iso-8859-1"


def page(
    status: int,
    reason: str = "",
    note: str = "",
    method: str = "GET",
    admin: str = "",
    second: int = 0,
    signature: str = "",
) -> bytes:
    """The page for ``status``. ``note`` explains it; with the reason ``Proxy Error`` as mod_proxy's reason.

    ``second`` is what went wrong with the error document (ED-2), ``signature`` what stands below (ED-5).
    """
    title, status = reason or standard_reason(status).decode(), status if reason else spoken(status)
    again = _SECOND.format(_title(second)) if second else ""
    return (
        f"{_DOCTYPE}<title>{status} {title}</title>\n</head><body>\n<h1>{title}</h1>\n"
        f"{_text(status, reason, note, method, admin)}{again}{signed(signature)}</body></html>\n"
    ).encode("latin-1", "replace")


def signed(signature: str) -> str:
    """A signature below the text of a page."""
    return f"<hr>\n{signature}" if signature else ""


_SECOND = (
    "<p>Additionally, a {}\nerror was encountered while trying to use an ErrorDocument to handle the request.</p>\n"
)


def _title(status: int) -> str:
    return f"{spoken(status)} {standard_reason(status).decode()}"


def _text(status: int, reason: str, note: str, method: str, admin: str) -> str:
    note = note if isinstance(note, Html) else escape(note, quote=False)
    if reason == "Proxy Error" and note:
        note = f"The proxy server could not handle the request<p>Reason: <strong>{note}</strong></p>"
        if status == 500:
            return f"{note}<p />\n"
    elif note and status != 417:
        note = note if note.endswith(".") else f"{note}"
    admin = escape(admin) if admin else NO_ADMIN
    text = _TEXTS.get(status) or RARE_TEXTS.get(status, _INTERNAL)
    if status == 417 and not note:
        text = UNSEEN_EXPECTATION
    return text.format(note=note, method=escape(method), admin=admin)


def http_date(now: float) -> bytes:
    """``now``, in seconds since 1970, as HTTP writes dates."""
    return formatdate(now, usegmt=True).encode()
