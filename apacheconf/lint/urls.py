"""The parts of a mapping's target URL, as mod_proxy sees them: plain text that is cut at fixed places."""

from __future__ import annotations

from dataclasses import dataclass

#: Schemes whose requests are HTTP, so that redirects come back as URLs of the origin.
HTTP_SCHEMES = frozenset({"http", "https", "h2", "h2c"})


@dataclass(frozen=True, slots=True)
class Url:
    """``scheme://authority`` and the text after it; ``socket`` is what stands before the bar of UN-1."""

    scheme: str
    authority: str
    path: str
    socket: str = ""

    @classmethod
    def of(cls, text: str) -> Url:
        socket, bar, rest = text.partition("|")
        url = rest if bar else text
        scheme, _, after = url.partition("://")
        cut = min((at for at in (after.find("/"), after.find("?")) if at >= 0), default=len(after))
        return cls(scheme.lower(), after[:cut], after[cut:], socket if bar else "")

    @property
    def host(self) -> str:
        """The authority without its port, lower-case; an IPv6 address keeps its brackets."""
        host = self.authority.rpartition("@")[2]
        if host.startswith("["):
            return host[: host.find("]") + 1].lower()
        return host.partition(":")[0].lower()

    @property
    def port(self) -> int | None:
        """The port as written; None without one, or when it is no number."""
        rest = self.authority.rpartition("@")[2]
        rest = rest[rest.find("]") + 1 :] if rest.startswith("[") else rest
        port = rest.rpartition(":")[2] if ":" in rest else ""
        return int(port) if port.isascii() and port.isdigit() else None

    def with_path(self, path: str) -> str:
        socket = f"{self.socket}|" if self.socket else ""
        return f"{socket}{self.scheme}://{self.authority}{path}"


def covers(prefix: str, path: str) -> bool:
    """Every request path that ``path`` (of a ProxyPass) matches is matched by ``prefix`` as well (PP-3, PP-4)."""
    if prefix.endswith("/"):
        return path.startswith(prefix)
    return path == prefix or path.startswith(prefix + "/")
