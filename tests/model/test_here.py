"""What httpd asks of its own machine where no test can be such a machine; tests/cli/test_here.py has the others."""

from __future__ import annotations

import pytest

from apacheconf.expand import Input, Options, expand
from apacheconf.model import bind
from apacheconf.model.here import missing_after_the_walk
from apacheconf.source import SourceFile


def test_a_machine_whose_name_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """CLI-17: what ``httpd -t`` said while the machine was called other.example."""

    def unknown(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("socket.gethostname", lambda: "other.example")
    monkeypatch.setattr("socket.getaddrinfo", unknown)
    source = SourceFile("httpd.conf", "ErrorLog syslog\n")
    bound = bind(expand(Input((source,), "/srv", "httpd.conf"), Options(environ={})))
    assert [each.httpd for each in missing_after_the_walk(bound)] == [
        "AH00557: {argv0}: apr_sockaddr_info_get() failed for other.example",
        "AH00558: {argv0}: Could not reliably determine the server's fully qualified domain name, using 127.0.0.1. "
        "Set the 'ServerName' directive globally to suppress this message",
    ]
