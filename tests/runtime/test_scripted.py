"""serve does in every play what httpd was recorded to do; the long ring asks httpd again."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.engines.real import need
from tests.runtime.peers import has_ipv6
from tests.runtime.plays import ALL
from tests.runtime.scripted import RECORDING, Play, play

#: How many plays run at a time.
AT_ONCE = 4
NAMES = [each.name for each in ALL]
#: A play that needs IPv6 is skipped, with that reason, where there is none.
_NO_IPV6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
PLAYED = [pytest.param(each, id=each.name, marks=[_NO_IPV6] if "{P6}" in each.config else []) for each in ALL]


def test_every_play_is_recorded_and_named_once() -> None:
    assert sorted(NAMES) == sorted(set(NAMES)) == sorted(RECORDING.read())


@pytest.fixture(scope="module")
def played(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[list[str]]]]:
    """The plays that are asked for, several at a time: most of each is waiting."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    wanted = [item.callspec.params["each"] for item in items if item.function is test_serve_does_what_httpd_did]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {each.name: pool.submit(play, each, None) for each in wanted}


@pytest.mark.parametrize("each", PLAYED)
def test_serve_does_what_httpd_did(each: Play, played: dict[str, Future[list[str]]]) -> None:
    assert played[each.name].result(120) == RECORDING.read()[each.name]


@pytest.mark.prove_all
@pytest.mark.parametrize("each", PLAYED)
def test_httpd_still_does(each: Play) -> None:
    assert play(each, need("httpd")) == RECORDING.read()[each.name]
