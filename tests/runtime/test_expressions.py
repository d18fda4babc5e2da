"""Expressions that serve reads otherwise than httpd on purpose; what both say of the others is in wire/expressions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.stage import converse, get
from tests.runtime.test_honesty import configuration


def answered(folder: Path, lines: str) -> bytes:
    return converse(configuration(folder, lines), get(), ()).client


def test_names_are_not_looked_up(tmp_path: Path) -> None:
    """EXPR-23."""
    line = "Header always set X-{0} 1 \"expr='{1}' -ipmatch '127.0.0.1'\"\n"
    found = answered(tmp_path, line.format("Name", "localhost") + line.format("Address", "127.0.0.1"))
    assert b"X-Address: 1\r\n" in found and b"X-Name" not in found


def test_env_means_the_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EXPR-27, RW-40."""
    monkeypatch.setenv("WHOSE", "the process's")
    lines = """
        Header always set X-Env "expr=[%{env:WHOSE}] [%{osenv:WHOSE}]"
        RewriteEngine On
        RewriteCond %{ENV:WHOSE} .
        RewriteRule ^ - [R=410]
    """
    found = answered(tmp_path, lines)
    assert b"X-Env: [] [the process's]\r\n" in found and not found.startswith(b"HTTP/1.1 410 ")


def test_groups_belong_to_their_line(tmp_path: Path) -> None:
    """EV-3, EXPR-8."""
    lines = """
        SetEnvIfExpr "%{REQUEST_URI} =~ /(.)/" FIRST=[$1]
        SetEnvIfExpr "%{REQUEST_URI} =~ /./" SECOND=[$1]
        Header always set X-Groups "%{FIRST}e %{SECOND}e"
    """
    assert b"X-Groups: [/] []\r\n" in answered(tmp_path, lines)
