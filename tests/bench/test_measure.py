"""The benchmark's own instruments: they read what wrk and the kernel say, and count children that have ended."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from apacheconf.engines import Sandbox
from tests.bench.measure import cpu_seconds, memory_bytes, read_wrk, tree_of
from tests.bench.sites import Place, balancer

REPORT = """\
Running 4s test @ http://127.0.0.1:41234/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.41ms    1.07ms  22.90ms   88.21%
    Req/Sec    13.44k     1.02k   15.11k    72.50%
  Latency Distribution
     50%    2.21ms
     75%    2.66ms
     90%    3.29ms
     99%    6.84ms
  53560 requests in 4.00s, 9.60MB read
  Socket errors: connect 0, read 2, write 0, timeout 1
  Non-2xx or 3xx responses: 5
Requests/sec:  13385.31
Transfer/sec:      2.40MB
"""
SPIN = "import time; t = time.process_time() + 0.3\nwhile time.process_time() < t: pass"


def test_reads_a_report_of_wrk() -> None:
    load = read_wrk(REPORT)
    assert (load.requests, load.per_second, load.errors) == (53560, 13385.31, 8)
    assert load.p99 == pytest.approx(0.00684)


def test_refuses_what_is_no_report() -> None:
    with pytest.raises(ValueError, match="unable to connect"):
        read_wrk("unable to connect to 127.0.0.1:1 Connection refused")


def test_counts_children_that_have_ended() -> None:
    before = cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", SPIN], check=True)
    assert cpu_seconds(os.getpid()) - before >= 0.25


def test_sees_living_children_and_their_memory() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in set(tree_of(os.getpid()))
        assert memory_bytes(child.pid) > 100_000
        child.communicate(b"\n")


def test_moves_the_site() -> None:
    with Sandbox("bench") as box:
        text = balancer(Place(box, 8001, (9001, 9002)))
    assert "Listen 127.0.0.1:8001\n<VirtualHost *:8001>" in text
    assert "http://127.0.0.1:9001" in text and "http://127.0.0.1:9002" in text and "10.0.0." not in text
