"""What ``serve`` does with directives that no program step answers for: served, no effect here, refused.

Every module has one of the three. Refused is the answer for whatever changes what a client gets and is not
served; nothing is ignored in silence because nobody thought of it.
"""

from __future__ import annotations

import re
from functools import cache

from apacheconf.modules.declare import Fate


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Modules whose directives tell a server of processes, threads and shared memory how to run itself, or that only
#: other modules use. A single process has no use for them.
_NO_EFFECT = _names(
    """
    event worker prefork mpm_common mpm_netware mod_so mod_unixd mod_watchdog mod_suexec mod_privileges
    mod_version mod_macro mod_slotmem_shm mod_slotmem_plain mod_socache_shmcb mod_socache_dbm mod_socache_memcache
    mod_socache_redis mod_dumpio mod_nw_ssl mod_isapi mod_info mod_unique_id mod_lbmethod_heartbeat
    mod_heartbeat mod_heartmonitor
    """
)
#: Modules whose declared directives become program steps or settings that ``serve`` reads.
_SERVED = _names(
    """
    core http_core mod_proxy mod_proxy_balancer mod_proxy_http mod_lbmethod_byrequests mod_authz_core
    mod_authz_host mod_log_config mod_mime mod_dir mod_autoindex mod_negotiation mod_expires mod_substitute
    mod_proxy_hcheck mod_reqtimeout mod_lbmethod_bytraffic mod_lbmethod_bybusyness
    """
)

#: Single directives of other modules that a reverse proxy in one process may leave alone: they tune memory and
#: files.
_NO_EFFECT_DIRECTIVES = _names(
    """
    acceptfilter cgimapextension cgivar coredumpdirectory
    defaultruntimedir enablemmap enablesendfile errorlogformat extendedstatus flushmaxpipelined flushmaxthreshold
    gprofdir hostnamelookups maxconnectionsperchild maxmemfree maxrequestsperchild mergetrailers mutex
    namevirtualhost pidfile protocols protocolshonororder readbuffersize registerhttpmethod rlimitcpu rlimitmem
    rlimitnproc scoreboardfile scriptinterpretersource seerequesttail serverroot threadstacksize unclist defaulttype
    mimemagicfile logiotrackttfb bufferedlogs sslrandomseed sslsessioncache sslsessioncachetimeout
    sslpassphrasedialog sslcryptodevice proxystatus
    """
)

_RESTRICTS = re.compile(
    r"""<?(?:
        auth(?!nCache|LDAPCharset) | require | (?:order|allow|deny|satisfy)$ | limit(?:>|except|request|xml)
      | allowmethods | sec[A-Z] | sslengine$ | (?:traceenable|httpprotocoloptions|stricthostcheck|requestreadtimeout)$
      | ssl(?:verify|require|carevocation|ocsp|strictsni|vhostsni|protocol|ciphersuite|cacert|cadn|userenc)
      | sslproxy(?:verify|check|cacert|carevocation) | (?:proxyblock|noproxy|mdrequirehttps)$
      | lua(?:authzprovider|hook(?:access|auth|checkuser))
    )""",
    re.VERBOSE | re.IGNORECASE,
)


@cache
def fate_of_module(module: str) -> Fate:
    """The fate of a module's declared directives; ``refused`` for modules that nobody serves."""
    if module in _NO_EFFECT:
        return Fate.NO_EFFECT
    return Fate.SERVED if module in _SERVED else Fate.REFUSED


def fate_of_undeclared(name: str, module: str) -> Fate:
    """The fate of a directive that no module file declares: refused, unless it can have no effect here."""
    if module in _NO_EFFECT or name.lower() in _NO_EFFECT_DIRECTIVES:
        return Fate.NO_EFFECT
    return Fate.REFUSED


def restricts(name: str) -> bool:
    """Does this directive take something away from a client? Such a one is never ignored in silence."""
    return _RESTRICTS.match(name) is not None
