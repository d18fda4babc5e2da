"""Tables: what serve makes of directives that no step names. ``honesty`` reads them."""

from __future__ import annotations

from apacheconf.ledger import Answer, Outcome
from apacheconf.program.steps import AddFilter


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: Actions that serve doesn't do yet.
NOT_DONE: dict[type, str] = {
    AddFilter: "serve has no output filters yet",
}
#: Why, where "not served yet" would leave a question.
NOT_YET: dict[str, str] = {}
HANDLERS = "the handler is not served yet: its path answers 503 or 500, and never a file's text"
DOCUMENT_IN_FILE = "files are not served: the stock page answers in place of this document"
FILE_ANSWER = Answer(
    Outcome.EQUIVALENT, "files are not served: what exists answers 500, so nobody gets more than before", key="files"
)
FILE_SECTIONS = frozenset({"directory", "directorymatch", "files", "filesmatch"})

_NO_FILES = Answer(Outcome.NO_EFFECT, "files are not served")
_TUNING = Answer(Outcome.NO_EFFECT, "it tunes httpd's memory, or its status pages")
#: Directives that serve answers for by name, whatever their value.
BY_NAME = {
    "limitrequestbody": Answer(Outcome.NO_EFFECT, "httpd doesn't enforce it on requests for origins"),
    "serversignature": Answer(Outcome.APPROXIMATED, "error pages carry no signature"),
    "servertokens": Answer(Outcome.APPROXIMATED, "the Server header of answers made here says apacheconf"),
    "logformat": Answer(Outcome.ABSORBED),
    **dict.fromkeys(_names("acceptpathinfo forcetype"), _NO_FILES),
    **dict.fromkeys(
        _names("balancergrowth balancerpersist proxystatus proxyiobuffersize proxyreceivebuffersize"), _TUNING
    ),
}
#: What the program was made of without a step that names it.
READ = frozenset(
    _names(
        """
        servername serveralias serveradmin documentroot listen usecanonicalname keepalive keepalivetimeout
        maxkeepaliverequests timeout limitrequestfields limitrequestfieldsize limitrequestline allowencodedslashes
        mergeslashes traceenable proxytimeout requestreadtimeout balancerinherit balancermember proxyset proxypass
        proxypassmatch
        proxypassreverse proxypassreversecookiepath proxypassreversecookiedomain require requireall requireany
        requirenone error errorlog errorlogformat loglevel proxyhcexpr proxyhctemplate proxyhctpsize rewriteengine rewritemap
        """
    )
)
#: Values with which other directives say what serve does anyway.
DEFAULTS: dict[str, set[str]] = {
    "adddefaultcharset": {"off"},
    "sslengine": {"off"},
    "httpprotocoloptions": {"strict", "allow0.9"},
    "stricthostcheck": {"off"},
    "proxybadheader": {"iserror"},
    "proxyvia": {"off"},
    "proxyrequests": {"off"},
    "proxy100continue": {"on"},
    "proxypreservehost": {"off"},
    "proxyaddheaders": {"on"},
    "proxyerroroverride": {"off"},
    "qualifyredirecturl": {"off"},
    "usecanonicalphysicalport": {"off"},
    "proxypassinherit": {"on"},
    "proxypassinterpolateenv": {"off"},
    "proxymaxforwards": {"-1"},
    "sethandler": {"none"},
    "rewriteoptions": {"inherit", "inheritbefore", "inheritdown", "inheritdownbefore", "ignoreinherit"},
}
