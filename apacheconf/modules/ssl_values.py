"""The values of mod_ssl's directives that need more than a range or a list of words, refused in httpd's words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from apacheconf.modules.declare import (
    SERVERS,
    NotHere,
    Parse,
    Scope,
    ValueRefused,
    on_or_off,
)
from apacheconf.modules.proxy_parameters import atoi
from apacheconf.modules.regex_options import written_in
from apacheconf.modules.values import existing_file, in_server_root, is_there, one_of


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: No OpenSSL of today has SSLv3 or compression compiled in.
_PROTOCOLS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_SPELLINGS = {each.lower(): each for each in _PROTOCOLS}


def protocols(name: str) -> Parse:
    """SSLProtocol: each line begins with none, and a word without a sign forgets those before it."""

    def parse(words: Sequence[str]) -> frozenset[str]:
        enabled: frozenset[str] = frozenset()
        for number, word in enumerate(words):
            sign = word[:1] if word[:1] in ("+", "-") else ""
            these = _protocols(name, word[len(sign) :], sign, number)
            enabled = enabled | these if sign == "+" else enabled - these if sign == "-" else these
        return enabled

    return parse


def _protocols(name: str, word: str, sign: str, number: int) -> frozenset[str]:
    low = word.lower()
    if low == "all":
        return frozenset(_PROTOCOLS)
    if low in ("sslv2", "sslv3") and sign == "-":
        return frozenset()
    if low == "sslv2":
        raise ValueRefused("SSLProtocol: SSLv2 is no longer supported", number)  # SSLProxyProtocol says so too
    if low == "sslv3":
        raise NotHere("SSLv3 not supported by this version of OpenSSL", number, frozenset())
    if low not in _SPELLINGS:
        raise ValueRefused(f"{name}: Illegal protocol '{word}'", number)
    return frozenset((_SPELLINGS[low],))


def cipher_suite(words: Sequence[str], scope: Scope) -> dict[str, str]:
    """Ciphers of TLS up to 1.2 (``SSL``), or of 1.3, which a section can't change."""
    kind = words[0] if len(words) > 1 else "SSL"
    if kind not in ("SSL", "TLSv1.3"):
        raise ValueRefused(f"protocol '{kind}' not supported", 0)
    if kind == "TLSv1.3" and not scope.context & SERVERS:
        raise ValueRefused("TLSv1.3 ciphers cannot be set inside a directory context", 0)
    return {kind: words[-1]}


def verify_client(name: str) -> Parse:
    def parse(words: Sequence[str]) -> str:
        word = {"off": "none", "on": "require"}.get(words[0].lower(), words[0])
        return one_of(word, ("none", "optional", "require", "optional_no_ca"), f"{name}: Invalid argument '{words[0]}'")

    return parse


def require(text: Sequence[str], scope: Scope) -> str:
    """SSLRequire: the whole of its text is a condition."""
    from apacheconf.modules.expressions import check_condition  # only here: it costs 20 ms to load

    check_condition(text[0], "SSLRequire: ", ssl=True, word=None)
    return written_in(text[0], scope)


_OPTIONS = {
    each.lower(): each
    for each in ("StdEnvVars", "ExportCertData", "ExportBothCertData", "FakeBasicAuth", "StrictRequire",
                 "OptRenegotiate", "LegacyDNStringFormat")
}  # fmt: skip


def options(words: Sequence[str]) -> tuple[str, ...]:
    """The words with their signs, in httpd's spelling."""
    found = []
    for number, word in enumerate(words):
        sign = word[:1] if word[:1] in ("+", "-") else ""
        option = _OPTIONS.get(word[len(sign) :].lower())
        if option is None:
            raise ValueRefused(f"SSLOptions: Illegal option '{word[len(sign) :]}'", number)
        found.append(sign + option)
    return tuple(found)


def revocation_check(name: str) -> Parse:
    return _mode_and_flag(name, ("none", "leaf", "chain"), "no_crl_for_cert_ok")


def _mode_and_flag(name: str, modes: Sequence[str], flag: str) -> Parse:
    def parse(words: Sequence[str]) -> tuple[str, ...]:
        mode = one_of(words[0] if words else "", modes, f"{name}: Invalid argument '%s'")
        for number, word in enumerate(words[1:], 1):
            one_of(word, (flag,), f"{name}: Invalid argument '%s'", number)
        return (mode, *words[1:])

    return parse


responder_check = _mode_and_flag("SSLOCSPEnable", ("on", "off", "leaf"), "no_ocsp_for_cert_ok")


# --- caches --------------------------------------------------------------------------------------------------

_CACHES = {each: f"mod_socache_{each}" for each in ("dbm", "memcache", "redis", "shmcb")}


def session_cache(words: Sequence[str], scope: Scope) -> tuple[str, str]:
    """``none``, ``nonenotnull`` or a provider of shared memory and its argument."""
    if words[0].lower() in ("none", "nonenotnull"):
        return words[0].lower(), ""
    return _cache(words[0], scope, "SSLSessionCache", "session", ".", ".")


def stapling_cache(words: Sequence[str], scope: Scope) -> tuple[str, str]:
    return _cache(words[0], scope, "SSLStaplingCache", "stapling", "", "")


def _cache(word: str, scope: Scope, name: str, kind: str, stop: str, end: str) -> tuple[str, str]:
    provider, _, argument = word.partition(":")
    known = [each for each, module in _CACHES.items() if scope.has_module(module)] + ["default"]
    if provider not in known:
        said = f"{name}: '{provider}' {kind} cache not supported (known names: {','.join(known)}){stop}"
        raise ValueRefused(
            f"{said} Maybe you need to load the appropriate socache module (mod_socache_{provider}?){end}"
        )
    sized = re.search(r"\((.*)\)$", argument) if provider == "shmcb" else None
    if sized is not None and not sized[1].isdigit():
        raise ValueRefused(f"{name}: Invalid argument: cache size not numerical", 0)
    if sized is not None and int(sized[1]) < 8192:
        raise ValueRefused(f"{name}: Invalid argument: size has to be >= 8192 bytes", 0)
    return provider, argument


# --- OpenSSL -------------------------------------------------------------------------------------------------

_COMMANDS = _names(
    """
    cafile capath certificate chaincafile chaincapath cipherstring ciphersuites clientcafile clientcapath
    clientsignaturealgorithms curves dhparameters ecdhparameters groups maxprotocol minprotocol numtickets options
    privatekey protocol recordpadding requestcafile requestcapath serverinfofile signaturealgorithms verifycafile
    verifycapath verifymode
    """
)
_TAKE_FILES = frozenset(("chaincafile", "clientcafile", "dhparameters", "privatekey", "requestcafile", "verifycafile"))


def openssl_command(words: Sequence[str], scope: Scope) -> tuple[str, str]:
    name = words[0].lower()
    if name not in _COMMANDS:
        raise NotHere(f"'{words[0]}': invalid OpenSSL configuration command", 0, tuple(words))
    if name in _TAKE_FILES:
        try:
            existing_file("SSLOpenSSLConfCmd")(words, scope)
        except NotHere as missing:
            raise NotHere(str(missing), missing.word, (words[0], words[1]), missing.code) from None
    return words[0], words[1]


def compression(words: Sequence[str]) -> bool:
    if on_or_off(words):
        message = (
            "This version of OpenSSL does not have any compression methods available, cannot enable SSLCompression."
        )
        raise NotHere(message, 0, True)
    return False


_ENGINES = "'builtin' (none), 'dynamic' (Dynamic engine loading support)"


def crypto_device(words: Sequence[str]) -> str:
    if words[0].lower() not in ("builtin", "dynamic"):
        raise NotHere(f"SSLCryptoDevice: Invalid argument; must be one of: {_ENGINES}", 0, words[0])
    return words[0]


def pass_phrase_dialog(words: Sequence[str], scope: Scope) -> str:
    form = re.fullmatch(r"builtin|(?:exec:|\|)(?P<path>.+)", words[0])
    if form is None or (words[0].startswith("|") and len(words[0]) <= 2):
        raise ValueRefused("SSLPassPhraseDialog: Invalid argument", 0)
    if words[0].startswith("exec:"):
        path = in_server_root(form["path"], scope)
        if not is_there(path.split(" ")[0]):
            raise NotHere(f"SSLPassPhraseDialog: file '{path}' does not exist", 0, words[0])
    return words[0]


def random_seed(words: Sequence[str], scope: Scope) -> tuple[str, ...]:
    """When, from where, and how many bytes."""
    if words[0].lower() not in ("startup", "connect"):
        raise ValueRefused(f"SSLRandomSeed: invalid context: `{words[0]}'", 0)
    kind, colon, path = words[1].partition(":")
    if words[1].lower() == "builtin":
        if len(words) > 2:
            raise ValueRefused("SSLRandomSeed: byte specification not allowed for builtin seed source", 2)
        return tuple(words)
    if kind == "egd" and colon:
        said = "This version of OpenSSL does not support the Entropy Gathering Daemon (EGD)."
        raise NotHere(f"Invalid SSLRandomSeed entropy source `{words[1]}': {said}", 1, tuple(words))
    path = in_server_root(path if colon and kind in ("file", "exec") else words[1], scope)
    if not is_there(path):
        raise NotHere(f"SSLRandomSeed: source path '{path}' does not exist", 1, tuple(words))
    if len(words) > 2 and atoi(words[2]) < 0:
        raise ValueRefused("SSLRandomSeed: invalid number of bytes specified", 2)
    return tuple(words)


def gone(message: str) -> Parse:
    """A directive that httpd keeps only to say what came after it."""

    def parse(words: Sequence[str]) -> None:
        raise ValueRefused(message)

    return parse
