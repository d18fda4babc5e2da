"""Programs written by hand, one of each shape, for tests that come before or beside the front end."""

from __future__ import annotations

from apacheconf.modules.declare import Setting
from apacheconf.program.build import make_shape
from apacheconf.program.conditions import ALWAYS, Under
from apacheconf.program.hosts import AddressSet, Host, HostIndex, Layer, LayerKind, Limits, Listener, Shape
from apacheconf.program.mod_proxy import ProxyLayer
from apacheconf.program.phases import Phase
from apacheconf.program.program import Program
from apacheconf.program.steps import STOP, MapBack, MapToFile, MapToOrigin, Step
from apacheconf.program.workers import Balancer, Member, Origin, Worker


def worker(port: int, path: str = "", member: Member | None = None) -> Worker:
    """A worker at 10.0.0.1."""
    shown = "" if port == 80 else f":{port}"
    return Worker(f"http://10.0.0.1{shown}{path}", "http", "10.0.0.1", port, path, member=member)


def shape(server: tuple[Step, ...], layers: tuple[Layer, ...] | None = None, limits: Limits | None = None) -> Shape:
    """A shape with its cells made."""
    layers = layers or (default_layer(),)
    return make_shape(server, layers, limits or Limits())


def default_layer(preserve_host: bool = False, reverses: tuple[MapBack, ...] = ()) -> Layer:
    """The server's own per-directory settings, as a layer."""
    conf = ProxyLayer(
        reverses=Setting(reverses, tuple(range(len(reverses)))),  # type: ignore[arg-type]
        preserve_host=Setting(preserve_host, (0,) if preserve_host else ()),  # type: ignore[arg-type]
    )
    return Layer(LayerKind.SERVER, ALWAYS, (("mod_proxy", conf),))


def host(
    number: int, name: str, of: Shape, origins: tuple[int, ...] = (0,), aliases: tuple[str, ...] = (),
    texts: tuple[str, ...] = (),
) -> Host:  # fmt: skip
    return Host(number, name, None, "", aliases, None, of, (), origins, texts)


def program(of: tuple[Host, ...], origins: tuple[Origin, ...], port: int = 80) -> Program:
    """All hosts on ``*:port``; the main server is the last host."""
    exact: dict[str, int] = {}
    wild: list[tuple[str, int]] = []
    for position, each in enumerate(of):
        for name in (each.name, *each.aliases):
            if "*" in name or "?" in name:
                wild.append((name, position))
            else:
                exact.setdefault(name, position)
    numbers = tuple(each.number for each in of)
    index = HostIndex((AddressSet(None, port, numbers, exact, tuple(wild)),), main=numbers[-1])
    return Program((Listener("", port),), index, of, origins)


def map_all(origin: int = 0, path: str = "/", prefix: str = "/") -> Step:
    """``ProxyPass / http://origin/``."""
    return Step(Phase.TRANSLATE, MapToOrigin(origin, path, prefix), when=Under(prefix), then=STOP)


def one_origin() -> Program:
    """Configuration 1 of the first road: one host, one worker, the way back."""
    of = shape((map_all(),), (default_layer(reverses=(MapBack(0, "/"),)),))
    site = host(0, "example.com", of, aliases=("www.example.com",), texts=("http://10.0.0.1/",))
    return program((site,), (worker(80, "/"),))


def load_balancer() -> Program:
    """Configuration 2: two members, the client's Host kept."""
    of = shape((map_all(),), (default_layer(True, (MapBack(0, "/", origin=0),)),))
    site = host(0, "example.com", of, aliases=("www.example.com",), texts=("/",))
    members = (worker(8080, member=Member()), Worker("http://10.0.0.2:8080", "http", "10.0.0.2", 8080, member=Member()))
    return program((site,), (Balancer("balancer://mycluster", members),))


def two_hosts() -> Program:
    """Two named hosts on one address and one shape, the first the default; files where nothing is mapped."""
    of = shape((map_all(path="/b", prefix="/app"), Step(Phase.TRANSLATE, MapToFile("/srv/www"))))
    first = host(0, "one.example", of, origins=(0,), aliases=("*.one.example",))
    second = host(1, "two.example", of, origins=(1,))
    return program((first, second), (worker(8001, "/b"), worker(8002, "/b")))
