"""Tables: what serve makes of directives that no step names. ``honesty`` reads them."""

from __future__ import annotations

from apacheconf.ledger import Answer, Outcome


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


INPUT_FILTERS = "serve has the input filter DEFLATE alone, for whole locations: a request's body goes on as it comes"
#: Actions that serve doesn't do yet.
NOT_DONE: dict[type, str] = {}
#: Why, where "not served yet" would leave a question.
NOT_YET: dict[str, str] = {
    "httpprotocoloptions": "methods that nobody registered and HTTP/0.9 are let through",
    "sslopensslconfcmd": "of OpenSSL's commands MinProtocol, MaxProtocol, CipherString and two Options are done",
    **dict.fromkeys(
        _names(
            "sslocspenable sslocspdefaultresponder sslocspnoverify sslocspoverrideresponder sslocspproxyurl"
            " sslocsprespondercertificatefile sslocspuserequestnonce"
        ),
        "nobody is asked by OCSP whether a client's certificate was revoked",
    ),
    "proxywebsocketfallbacktoproxyhttp": "ws:// and wss:// get requests that ask for no WebSocket, too, as with On",
    "logmessage": "the error log has no messages of the configuration's own",
    "heartbeatlisten": "nothing listens for beats; they are read from HeartbeatStorage",
    "proxyhtmlenable": "pages of origins are sent as they are: their links are not rewritten",
}
#: How a comparison calls what shows of that.
KEYS = {"proxyhtmlenable": "links-left"}
HANDLERS = "the handler is not served yet: its path answers 503 or 500, and never a file's text"
#: Names of handlers by which files and folders are answered.
FILE_HANDLERS = frozenset({"", "none", "default-handler", "httpd/unix-directory", "type-map"})
#: Output filters that serve has.
FILTERS = frozenset({"brotli_compress", "deflate", "inflate", "rate_limit", "substitute"})

_TUNING = Answer(Outcome.NO_EFFECT, "it tunes httpd's memory, or its status pages")
#: Directives that serve answers for by name, whatever their value.
BY_NAME = {
    "cachenegotiateddocs": Answer(Outcome.NO_EFFECT, "only mod_cache asks it"),
    "protocol": Answer(Outcome.NO_EFFECT, "it only says how a listener's connections are accepted"),
    "limitxmlrequestbody": Answer(Outcome.NO_EFFECT, "only mod_dav asks it, which is not served"),
    "filtertrace": Answer(Outcome.NO_EFFECT, "messages of the level debug are not written"),
    "servertokens": Answer(Outcome.APPROXIMATED, "the Server header of answers made here says apacheconf"),
    "logformat": Answer(Outcome.ABSORBED),
    **dict.fromkeys(_names("maxrequestworkers maxclients"), Answer(Outcome.EXACT)),
    **dict.fromkeys(
        _names("threadsperchild threadlimit serverlimit"), Answer(Outcome.ABSORBED, "MaxRequestWorkers goes by it")
    ),
    **dict.fromkeys(
        _names(
            "aliaspreservepath regexdefaultoptions rewriteoptions rewritebase accessfilename allowoverride"
            " allowoverridelist limitinternalrecursion"
        ),
        Answer(Outcome.ABSORBED),
    ),
    **dict.fromkeys(
        _names("expiresactive expiresbytype expiresdefault filterdeclare filterprovider filterchain filterprotocol"),
        Answer(Outcome.ABSORBED),
    ),
    **dict.fromkeys(
        _names(
            """
            require requireall requireany requirenone limit limitexcept authmerging authzsendforbiddenonfailure
            authzprovideralias authnprovideralias order allow deny satisfy allowmethods authname authtype authuserfile
            authgroupfile authdbmuserfile authdbmtype authdbmgroupfile authzdbmtype authbasicprovider
            authbasicauthoritative authbasicfake authbasicusedigestalgorithm authdigestprovider authdigestqop
            authdigestalgorithm authdigestdomain authdigestnoncelifetime authdigestnccheck anonymous anonymous_nouserid
            anonymous_mustgiveemail anonymous_verifyemail anonymous_logemail
            remoteipheader remoteipproxiesheader remoteipinternalproxy remoteiptrustedproxy remoteipinternalproxylist
            remoteiptrustedproxylist remoteipproxyprotocol remoteipproxyprotocolexceptions
            """
        ),
        Answer(Outcome.ABSORBED),
    ),
    **dict.fromkeys(
        _names("authncacheenable authncacheprovidefor authncachesocache authncachetimeout authncachecontext"),
        Answer(Outcome.NO_EFFECT, "serve remembers verdicts of its own accord"),
    ),
    "authdigestshmemsize": Answer(Outcome.NO_EFFECT, "4096 clients of mod_auth_digest are remembered"),
    **dict.fromkeys(_names("balancergrowth balancerpersist proxystatus proxyreceivebuffersize"), _TUNING),
}
#: What the program was made of without a step that names it.
READ = frozenset(
    _names(
        """
        servername serveralias serverpath serveradmin documentroot listen usecanonicalname usecanonicalphysicalport
        unsetenv substituteinheritbefore stricthostcheck
        keepalive keepalivetimeout maxkeepaliverequests timeout limitrequestfields limitrequestfieldsize
        limitrequestline allowencodedslashes
        mergeslashes traceenable proxytimeout requestreadtimeout balancerinherit balancermember proxyset proxypass
        proxypassmatch proxypassinterpolateenv heartbeatstorage logiotrackttfb typesconfig proxyvia proxymaxforwards
        proxybadheader proxyblock proxyiobuffersize listenbacklog proxypassreverse proxypassreversecookiepath
        proxypassreversecookiedomain error errorlog errorlogformat loglevel proxyhcexpr proxyhctemplate proxyhctpsize
        rewriteengine rewritemap proxyremote proxyremotematch noproxy proxypassinherit filterprotocol
        """
    )
)
#: Values with which other directives say what serve does anyway.
DEFAULTS: dict[str, set[str]] = {
    "adddefaultcharset": {"off"},
    "httpprotocoloptions": {"strict", "allow0.9", "lenientmethods"},
    "stricthostcheck": {"off"},
    "proxyrequests": {"off"},
    "proxy100continue": {"on"},
    "proxypreservehost": {"off"},
    "proxyaddheaders": {"on"},
    "proxyerroroverride": {"off"},
    "qualifyredirecturl": {"off"},
    "sethandler": {"none"},
    "proxywebsocketfallbacktoproxyhttp": {"on"},
}
