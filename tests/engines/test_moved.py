"""Listeners that move to one address: nginx takes one default for each."""

from __future__ import annotations

from apacheconf.engines.moved import move_listens

_TEXT = """server {
    listen 80 default_server;
}
server {
    listen 10.60.0.100:80 ssl default_server;
    listen 8081 default_server;
}
"""


def test_one_default_for_each_address() -> None:
    text, bound = move_listens("nginx", _TEXT, {80: ("127.0.0.1", 8080)})
    lines = [line.strip() for line in text.splitlines() if "listen" in line]
    assert lines == ["listen 127.0.0.1:8080 default_server;", "listen 127.0.0.1:8080 ssl;",
                     "listen *:8081 default_server;"]  # fmt: skip
    assert bound[("10.60.0.100", 80)] == ("127.0.0.1", 8080)


def test_listeners_that_stay_apart_stay_defaults() -> None:
    text, _ = move_listens("nginx", _TEXT, {("", 80): ("127.0.0.1", 8080)})
    assert text.count("default_server") == 3
