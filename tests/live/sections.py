"""Configurations of sections by chance: what they say of access, variables and headers, in one another and in a row."""

from __future__ import annotations

from random import Random

_NAMES = ("VA", "VB", "VC")
_PLACES = (
    *("<Location />", "<Location /p>", "<Location /p/a>", "<Location /p/a/b>", "<Location /p/*>", "<Location ~ b$>"),
    *("<LocationMatch ^/p/>", "<LocationMatch a>", "<Proxy *>", "<Proxy http://{A}/*>", "<Proxy http://{A}/x/a>"),
    *("<ProxyMatch ^http>", "<Directory {box}/html>", "<Directory {box}/html/p/a>", "<DirectoryMatch a>"),
    *("<Files x.txt>", "<FilesMatch t$>"),
)
_CONDITIONS = (
    *("%{REQUEST_URI} =~ m#a#", "%{HTTP:X-One} == '1'", "-n %{env:VA}", "true", "%{REQUEST_METHOD} == 'POST'"),
)
_REQUIRED = ("all granted", "all denied", "method GET", "env VA", "env VB", "ip 127.0.0.1", "ip 10.0.0.1", "local")
#: Weights, and what a line may be; ``{n}`` is a variable, ``{v}`` a letter.
_LINES = (
    *((2, f"Require {each}") for each in _REQUIRED),
    *((3, f"AuthMerging {each}") for each in ("And", "Or", "Off")),
    (14, "SetEnv {n} {v}"),
    (8, "UnsetEnv {n}"),
    *((2, f"SetEnvIf {each}{{n}}") for each in ("X-One . ", "X-One . !", "Request_URI a ", "Request_URI a !")),
    *((4, f"Header {table}append X-Order {{v}}") for table in ("", "always ")),
    *((2, f"Header {table}unset X-Order") for table in ("", "always ")),
    *((2, f"Header set X-If-{{n}} 1 env={sign}{{n}}") for sign in ("", "!")),
    (7, "RequestHeader append X-Sent {v}"),
    *((2, f"{flag} {word}") for flag in ("ProxyPreserveHost", "ProxyAddHeaders") for word in ("On", "Off")),
    *((1, f"ErrorDocument 403 {each}") for each in ("text-a", "text-b", "default", "/p/a/doc")),
    (3, "ForceType text/{v}"),
    (3, "Header set X-Env %{{VA}}e|%{{VB}}e|%{{VC}}e"),
)
_ONLY_IN_SECTIONS = ("Require", "AuthMerging")


def lines(seed: int) -> str:
    """The lines of a virtual host; those of one seed are always the same."""
    chance = Random(seed)
    server = [each for each in _some(chance, 4) if not each.startswith(_ONLY_IN_SECTIONS)]
    parts = [server, *(_section(chance) for _ in range(chance.randint(3, 8)))]
    chance.shuffle(parts)
    return "".join(f"{line}\n" for part in parts for line in part)


def _section(chance: Random) -> list[str]:
    if chance.random() < 0.2:
        return _branch(chance, "If")
    opening = chance.choice(_PLACES)
    inside = _some(chance, 4)
    if opening.startswith(("<Location", "<Directory")) and chance.random() < 0.3:
        inside += _branch(chance, "If")
        if chance.random() < 0.4:
            inside += ["<Else>", *_some(chance, 3), "</Else>"]
    return [opening, *inside, f"</{opening[1:].split()[0]}>"]


def _branch(chance: Random, name: str) -> list[str]:
    return [f'<{name} "{chance.choice(_CONDITIONS)}">', *_some(chance, 4), f"</{name}>"]


def _some(chance: Random, most: int) -> list[str]:
    weights, forms = zip(*_LINES, strict=True)
    found = chance.choices(forms, weights, k=chance.randint(1, most))
    return [each.format(n=chance.choice(_NAMES), v=chance.choice("xyz")) for each in found]
