"""What becomes of the directives that no step spoke for: the table of fates for targets.

A target answers for what its output says. The rest has no effect there by nature (a process model, a module
list), was absorbed while reading, is dead, or is not supported yet, and the table says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from apacheconf.ledger import Answer, Outcome, Written
from apacheconf.modules import registry
from apacheconf.modules.declare import Fate
from apacheconf.modules.rewrite_rules import OF_RULES
from apacheconf.program.hosts import Host
from apacheconf.program.mod_headers import TOO_EARLY
from apacheconf.program.program import Program
from apacheconf.program.steps import Aim, MapToUrl, Rewrite, SetHandler
from apacheconf.targets.defaults import says_default
from apacheconf.targets.overridden import WHY, overridden_everywhere
from apacheconf.targets.restrictions import is_access
from apacheconf.targets.scopes import Scopes, children_of

#: Why directives of these Apache modules have no effect in a target.
_BY_MODULE = {
    "mpm_common": "processes and threads are the target's own",
    "mod_so": "modules are httpd's own",
    "mod_unixd": "the target has its own user and rights",
    "mod_proxy_balancer": "the target keeps its own state of balancers",
}
#: Directives whose module has other fates too, and why they have no effect in a target.
_BY_NAME = {
    "logmessage": "it writes to httpd's own error log only",
    "serveradmin": "it is shown on httpd's own pages only",
    "serversignature": "it is shown on httpd's own pages only",
    "servertokens": "it concerns the Server header of httpd's own answers only",
    "proxystatus": "it concerns httpd's status page only",
    "limitxmlrequestbody": "only WebDAV reads XML in bodies",
    "limitrequestbody": "httpd limits no body that goes to an origin",
    "bufferedlogs": "it concerns httpd's own logs only",
    "balancergrowth": "the target's members are those of its configuration",
    "balancerpersist": "the target's members are those of its configuration",
    "proxyhctpsize": "threads are httpd's own",
    "proxyiobuffersize": "buffers are the target's own",
    "h2maxsessionstreams": "clients of the target speak HTTP/1.1",
    "deflatefilternote": "it tells httpd's own logs how well an answer was compressed",
    "brotlifilternote": "it tells httpd's own logs how well an answer was compressed",
    "filterprotocol": "the target's own filters know what they do to an answer",
    "authncacheprovidefor": "the target looks the users up each time",
    "authncacheenable": "the target looks the users up each time",
    "authncachetimeout": "the target looks the users up each time",
    "authncachecontext": "the target looks the users up each time",
    "authncachesocache": "the target looks the users up each time",
    "sslstaplingcache": "the target keeps the answers in its own way",
}
#: What directives say more about: without it there is nothing to say more about, and where it has no counterpart the
#: line is lost with it.
_DETAILS = {
    "CacheEnable": "root dirlevels dirlength lock lockpath lockmaxage quickhandler defaultexpire minexpire maxexpire "
                   "ignoreheaders ignorecachecontrol ignorenolastmod ignorequerystring ignoreurlsessionidentifiers "
                   "disable header detailheader lastmodifiedfactor maxfilesize minfilesize staleonerror storeexpired "
                   "storenostore storeprivate keybaseurl readsize readtime",
    "Session": "cookiename cookiename2 cookieremove cryptopassphrase cryptopassphrasefile cryptocipher cryptodriver "
               "maxage header env exclude include expiryupdateinterval",
    "Dav": "lockdb mintimeout depthinfinity lockdiscovery basepath",
    "Substitute": "maxlinelength inheritbefore",
    "ProxyHTMLEnable": "urlmap links events doctype extended fixups bufsize charsetout interp meta stripcomments",
}  # fmt: skip
#: Whose details count where requests are mapped to origins, too: httpd asks them before it asks any origin.
_FORWARDING = "ProxyRequests"
#: The same for those whose names don't tell what they are about.
_ABOUT = {
    _FORWARDING: "allowconnect proxydomain noproxy proxyblock proxyremote proxyremotematch proxymaxforwards",
    "AuthBasicProvider ldap": "authldapurl authldapbinddn authldapbindpassword authldapgroupattribute "
                              "authldapgroupattributeisdn authldapremoteuserattribute authldapmaxsubgroupdepth",
    "ProxyPass ftp": "proxyftpdircharset proxyftpescapewildcards proxyftplistonwildcard",
}  # fmt: skip
_DETAIL_OF = {
    f"{name.lower().removesuffix('enable')}{detail}": name for name, details in _DETAILS.items()
    for detail in details.split()
} | {detail: name for name, details in _ABOUT.items() for detail in details.split()}  # fmt: skip
#: Directives about files, for a target that serves none.
_ABOUT_FILES = frozenset(
    {
        "typesconfig", "addtype", "addencoding", "addlanguage", "addcharset", "addicon", "adddescription",
        "addiconbytype", "addiconbyencoding", "defaulticon", "indexoptions", "indexignore", "readmename",
        "headername", "directoryindex", "directoryslash", "options", "fileetag", "mimemagicfile",
        "languagepriority", "forcelanguagepriority", "multiviewsmatch", "accessfilename", "allowoverride",
        "checkcasesonly", "checkspelling", "indexstylesheet"
    }
)  # fmt: skip
#: Those of them that are steps of the program wherever an origin is asked.
_STEPS = frozenset({"proxypassreverse", "proxypassreversecookiepath", "proxypassreversecookiedomain", "requestheader"})
_DOCUMENT = "errordocument"
_NO_PAGE = Answer(Outcome.NO_EFFECT, "no other line gives this status a page that it would take away")
_UNREAD_MAP = Answer(Outcome.NO_EFFECT, "no rule asks it", key="unread-map")
_TOO_EARLY = Answer(Outcome.NO_EFFECT, TOO_EARLY, key="too-early")
_ASKS_NOBODY = Answer(Outcome.NO_EFFECT, "no origin is asked where it stands", key="no-origin")
_SERVES_NO_FILES = frozenset({"haproxy"})
#: Words of RewriteOptions that only say which scopes have which rules.
_HEIRS = frozenset({"inherit", "inheritbefore", "inheritdown", "inheritdownbefore", "ignoreinherit"})
#: Directives that are about what origins are asked and answer.
_ABOUT_ORIGINS = frozenset(
    {
        "proxypassreverse", "proxypassreversecookiepath", "proxypassreversecookiedomain", "proxypreservehost",
        "proxyerroroverride", "proxytimeout", "proxyvia", "proxyaddheaders", "requestheader"
    }
)  # fmt: skip
#: Sections that only hold others: their contents are accounted for line by line.
_SECTIONS = "what it holds is accounted for line by line"
_FILE_SECTIONS = frozenset({"directory", "directorymatch", "files", "filesmatch"})
_NO_OTHER = "nothing that is answered from files is answered otherwise because of it"
FILES = "the translation serves no files: what no mapping takes is answered with 404"


def fallback_for(
    program: Program, scopes: Scopes, target: str, closed: Mapping[int, str]
) -> Callable[[Written], Answer]:
    """The answer for each directive that neither a step nor the target spoke for; of those of places that are
    ``closed`` (by their ``id``) why."""
    return _Fallback(program, scopes, target, closed).answer


class _Fallback:
    """What is known of a program's directives as a whole, and the answer for each; most is only found out if asked."""

    def __init__(self, program: Program, scopes: Scopes, target: str, closed: Mapping[int, str]) -> None:
        self._program, self._scopes, self._target, self._closed = program, scopes, target, closed
        self._serves_files = target not in _SERVES_NO_FILES
        self._absent = {
            id(each): _of_absent(each.name, each.why.name, each.note or each.why.value) for each in program.absent
        }
        without_effect = program.lines_without_effect()
        self._dead = {id(each): Answer(Outcome.DEAD_IN_SOURCE, why, key="dead") for each, why in without_effect}
        self._left_out = {id(each): why for each, why in program.left_out}
        self._of_files = {id(each) for section in scopes.everywhere(*_FILE_SECTIONS) for each in _below(section)}
        self._there: dict[str, bool] = {}

    def answer(self, directive: Written) -> Answer:
        """The answer for a directive: where it stands comes before what it is."""
        number, name = id(directive), directive.name.lower()
        if number in self._absent:
            return self._absent[number]
        if self._serves_files and children_of(directive):
            return Answer(Outcome.ABSORBED, _SECTIONS)
        if number in self._of_files and not (number in self._left_out and name in OF_RULES):
            return Answer(Outcome.NO_EFFECT, _NO_OTHER if self._serves_files else FILES, key="files")
        if not self._serves_files and name in _ABOUT_FILES:
            return Answer(Outcome.NO_EFFECT, FILES, key="files")
        found = self._dead.get(number) or self._by_nature(directive)
        if number in self._gone:
            return found or Answer(Outcome.DEAD_IN_SOURCE, WHY, key="overridden")
        return found or (_ASKS_NOBODY if self._is_asked_of_nobody(directive) else self._not_yet(directive))

    def _not_yet(self, directive: Written) -> Answer:
        number = id(directive)
        if number in self._closed and number in self._in_steps and number not in self._left_out:
            return Answer(Outcome.UNSUPPORTED, self._closed[number], key="closed")
        reason = f": {self._left_out[number]}" if number in self._left_out else ""
        return Answer(Outcome.UNSUPPORTED, f"not supported yet for {self._target}{reason}", key="not-yet")

    def _by_nature(self, directive: Written) -> Answer | None:
        """The answer for one that has no effect in a target wherever it stands."""
        if self._takes_no_page(directive):
            return _NO_PAGE
        if self._left_out.get(id(directive)) == TOO_EARLY:
            return _TOO_EARLY
        if directive.name.lower() == "rewritemap" and not self._may_be_asked(directive):
            return _UNREAD_MAP
        if self._program.origins and _DETAIL_OF.get(directive.name.lower()) == _FORWARDING:
            return None
        return _detail(directive, self._is_there) or _by_nature(directive)

    def _may_be_asked(self, line: Written) -> bool:
        name = f"${{{line.args.split(None, 1)[0]}:"
        return any(name in each.args for each in self._program.directives)

    def _is_there(self, about: str) -> bool:
        if about not in self._there:
            self._there[about] = any(_is_there(about, each) for each in self._program.directives)
        return self._there[about]

    def _takes_no_page(self, directive: Written) -> bool:
        words = directive.args.lower().split()
        default = directive.name.lower() == _DOCUMENT and words[1:] == ["default"]
        return default and words[0] not in self._statuses_with_page

    @cached_property
    def _statuses_with_page(self) -> frozenset[str]:
        documents = (each.args.split() for each in self._program.directives if each.name.lower() == _DOCUMENT)
        return frozenset(words[0] for words in documents if words and words[1:] != ["default"])

    def _is_asked_of_nobody(self, directive: Written) -> bool:
        number = id(directive)
        if _is_about_origins(directive, self._target) and number in self._asks_no_origin:
            return True
        is_step = directive.name.lower() in _STEPS and number not in self._left_out
        return is_step and number not in self._in_steps

    @cached_property
    def _asks_no_origin(self) -> frozenset[int]:
        hosts = (host for host in self._program.hosts if not _asks_origins(self._program, host))
        return frozenset(id(each) for host in hosts for line in self._scopes.within(host) for each in _below(line))

    @cached_property
    def _gone(self) -> frozenset[int]:
        return overridden_everywhere(self._program)

    @cached_property
    def _in_steps(self) -> frozenset[int]:
        hosts = self._program.hosts
        steps = ((host, step) for host in hosts for cell in host.shape.cells for step in cell.steps)
        return frozenset(id(each) for host, step in steps for each in host.said_by(step))


def of_no_folder(directive: Written) -> Answer | None:
    """The answer for a line of a folder's own where no folder is served; None where more than files would meet it."""
    if directive.name.lower() in _ABOUT_FILES:
        return Answer(Outcome.NO_EFFECT, FILES, key="files")
    return _by_nature(directive)


def _asks_origins(program: Program, host: Host) -> bool:
    """Whether a host may ask any, be it one that only a request names; the main server stands for all of them."""
    if host.place is None:
        return bool(program.origins) or any(_asks_origins(program, each) for each in program.hosts if each.place)
    actions = [step.action for cell in host.shape.cells for step in cell.steps]
    rules = any(isinstance(each, Rewrite) and each.aim is Aim.ORIGIN for each in actions)
    return bool(host.origins) or rules or any(isinstance(each, MapToUrl | SetHandler) for each in actions)


def _is_about_origins(directive: Written, target: str) -> bool:
    name, word = directive.name.lower(), directive.args.split(None, 1)[:1]
    if name == "header" and target in _SERVES_NO_FILES:
        return not word or word[0].lower() != "always"  # what is answered here has those only
    return name in _ABOUT_ORIGINS


def _is_there(about: str, directive: Written) -> bool:
    """Whether a directive is what others say more about, and isn't switched off."""
    name, _, word = about.lower().partition(" ")
    args = directive.args.lower()
    return directive.name.lower() == name and word in args and args.split()[:1] not in (["off"], ["none"])


def _detail(directive: Written, is_there: Callable[[str], bool]) -> Answer | None:
    """The answer for a directive that says more about another one that no line here speaks for."""
    about = _DETAIL_OF.get(directive.name.lower())
    if about is None:
        return None
    if not is_there(about):
        return Answer(Outcome.NO_EFFECT, f"it says more about {about}, which isn't here", key="detail")
    return Answer(Outcome.UNSUPPORTED, f"it says more about {about}, which has no counterpart", key="detail")


def _by_nature(directive: Written) -> Answer | None:
    """The answer for directives that could not have an effect in any target."""
    name = directive.name.lower()
    words = directive.args.lower().split()
    if children_of(directive):
        return Answer(Outcome.ABSORBED, _SECTIONS)
    if says_default(directive):
        return Answer(Outcome.NO_EFFECT, "it says what holds without it")
    if is_access(directive):
        return Answer(Outcome.NO_EFFECT, "nothing that is mapped to an origin is refused by it")
    if name == "authmerging" or (name == "authtype" and words == ["none"]):
        return Answer(Outcome.ABSORBED, "who is asked, and what is required, was worked out with it")
    if name == "accessfilename":
        return Answer(Outcome.ABSORBED, "files of these names were looked for where AllowOverride lets them speak")
    if name == "filterdeclare":
        return Answer(Outcome.ABSORBED, "what the filter does is told where FilterProvider says it")
    if name == "regexdefaultoptions":
        return Answer(Outcome.ABSORBED, "the patterns behind it say so themselves")
    if name == "authzprovideralias":
        return Answer(Outcome.ABSORBED, "what it stands for is asked where a Require names it")
    if name in ("rewriteengine", "rewritebase") or (name == "rewriteoptions" and set(words) <= _HEIRS):
        return Answer(Outcome.ABSORBED, "its rules are accounted for line by line")
    if name in _BY_NAME:
        return Answer(Outcome.NO_EFFECT, _BY_NAME[name])
    if getattr(directive, "children", None) is not None:
        return Answer(Outcome.NO_EFFECT, "a section that holds nothing")
    spec = registry.spec(directive.name, getattr(directive, "children", None) is not None)
    if spec is not None and registry.fate(spec) is Fate.NO_EFFECT:
        return Answer(Outcome.NO_EFFECT, _BY_MODULE.get(spec.module, "it has no effect on what a client gets here"))
    return None


def _of_absent(name: str, why: str, note: str) -> Answer:
    """A directive without a node: skipped, or done while reading (expand.tree.Absence)."""
    if why != "EXECUTED":
        return Answer(Outcome.NOT_READ, note)
    if name.lower() in ("loadmodule", "loadfile"):
        return Answer(Outcome.NO_EFFECT, _BY_MODULE["mod_so"])
    return Answer(Outcome.ABSORBED, note)


def _below(section: Written) -> Iterator[Written]:
    """A section and all that stands in it; nested ones are met by themselves."""
    below = [section]
    for each in below:
        yield each
        below += children_of(each)
