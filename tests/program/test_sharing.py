"""Which workers ProxyPass, BalancerMember and ProxySet lines make, and who shares them."""

from __future__ import annotations

import pytest

from apacheconf.expand.tree import Node
from apacheconf.modules.mod_proxy import BalancerMember, Definition, ProxyPass, ProxySet
from apacheconf.program.sharing import Shared, share, target_path, worker_name
from apacheconf.program.uri import split_authority
from apacheconf.program.workers import Balancer, Worker
from apacheconf.source import Place, SourceFile, Span


def line(number: int) -> Node:
    file = SourceFile("a.conf", "\n" * 20)
    return Node("ProxyPass", "", Place(Span(file, number, number), "a.conf", number))


def of(*definitions: Definition) -> Shared:
    return share((definition, line(number)) for number, definition in enumerate(definitions))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("HTTP://App.Example:80/Path", "http://app.example/Path"),
        ("https://h:443", "https://h"),
        ("http://h:8080/", "http://h:8080/"),
        ("http://[::1]:81/x", "http://[::1]:81/x"),
        ("unix:/run/a.sock|http://localhost/b", "unix:/run/a.sock|http://localhost/b"),
    ],
)
def test_a_worker_is_its_url_with_scheme_and_host_in_lower_case(url: str, name: str):  # WK-1
    assert worker_name(url) == name


def test_a_later_target_under_a_worker_shares_it_and_loses_its_parameters():  # WK-3, LOC-16
    shared = of(ProxyPass("/a", "http://h/"), ProxyPass("/b", "http://h/b/", parameters=(("timeout", 5.0),)))
    assert [name for name, _ in shared.origins()] == ["http://h/"]
    assert [(each.parameters, each.worker) for each in shared.ignored] == [(("timeout",), "http://h/")]


def test_the_longer_url_first_keeps_its_own_settings():  # WK-2, WK-3
    shared = of(ProxyPass("/b", "http://h/b/", parameters=(("timeout", 5.0),)), ProxyPass("/a", "http://h/"))
    assert shared.find("http://h/b/x") == "http://h/b/"
    assert shared.find("http://h/other") == "http://h/"
    assert not shared.ignored


@pytest.mark.parametrize("later", ["http://10.0.0.10/", "http://10.0.0.1:8080/", "http://10.0.0.1.example/"])
def test_a_worker_covers_a_whole_authority_or_nothing(later: str):  # WK-2, seen on httpd: no AH01146
    shared = of(ProxyPass("/a", "http://10.0.0.1"), ProxyPass("/b", later, parameters=(("retry", 7.0),)))
    assert shared.find(later) == later
    assert shared.ignored == []


def test_a_member_that_begins_with_another_is_none():  # WK-3, AH01150
    cluster = "balancer://c"
    urls = ("http://h/a", "http://h/a/b", "http://h/c")
    ((_, balancer),) = of(*(BalancerMember(cluster, url) for url in urls)).origins()
    assert isinstance(balancer, Balancer)
    assert [member.name for member in balancer.members] == ["http://h/a", "http://h/c"]


def test_members_belong_to_their_balancer_in_order():  # BP-14, BP-15, BP-16
    shared = of(
        BalancerMember("balancer://MyCluster", "http://h:8080", (("loadfactor", 150), ("retry", 0.0))),
        BalancerMember("balancer://mycluster", "http://h:8081"),
        ProxyPass("/", "balancer://mycluster/", parameters=(("stickysession", "A|b"), ("maxattempts", 1))),
    )
    ((name, balancer),) = shared.origins()
    assert isinstance(balancer, Balancer) and name == balancer.name == "balancer://mycluster"
    assert [(member.port, member.retry) for member in balancer.members] == [(8080, 0.0), (8081, 60.0)]
    assert balancer.members[0].member is not None and balancer.members[0].member.loadfactor == 150
    assert (balancer.sticky_cookie, balancer.sticky_parameter, balancer.attempts) == ("A", "b", 2)


def test_a_balancer_nobody_filled_exists_and_is_empty():  # BP-15
    ((_, balancer),) = of(ProxyPass("/", "balancer://none")).origins()
    assert isinstance(balancer, Balancer) and balancer.members == ()


def test_proxyset_reaches_the_worker_that_exists():  # BP-20
    shared = of(ProxyPass("/", "http://h/"), ProxySet("http://h/", (("retry", 5.0),)))
    ((_, worker),) = shared.origins()
    assert isinstance(worker, Worker) and worker.retry == 5.0 and len(worker.said_by) == 2


@pytest.mark.parametrize(("url", "path"), [("http://h", ""), ("http://h/", "/"), ("unix:/s|http://h/x", "/x")])
def test_the_path_of_a_target_is_what_follows_its_authority(url: str, path: str):  # UN-1, PP-6e
    assert target_path(url) == path


@pytest.mark.parametrize(("port", "authority"), [(80, "h"), (8080, "h:8080"), (443, "h:443")])
def test_the_host_header_leaves_out_the_default_port(port: int, authority: str):  # RQ-10
    assert Worker("http://h", "http", "h", port).authority == authority


@pytest.mark.parametrize(
    ("url", "scheme", "host", "number"),
    [
        ("http://[::1]:8080/x", "http", "::1", 8080),
        ("HTTP://User@Host:80?q", "http", "host", 80),
        ("http://a[]b/", "http", "a[]b", None),
        ("http://[x/", "http", "[x", None),
        ("http://[x]y:80/", "http", "x", None),
        ("http://a:99999/", "http", "a", None),
        ("http:a", "http", "", None),
    ],
)
def test_an_authority_that_cannot_be_is_read_all_the_same(url: str, scheme: str, host: str, number: int | None) -> None:
    """httpd makes workers of such URLs, too, for a RewriteRule with P when it is asked (WK-1)."""
    found, authority = split_authority(url)
    assert (found, authority.host, authority.number) == (scheme, host, number)
