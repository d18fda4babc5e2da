"""TLS with origins as httpd speaks it: recorded, and asked again in the long ring (TB, FA-3, FA-4)."""

from __future__ import annotations

import ssl

import pytest

from tests.engines.real import need
from tests.runtime.secure import RECORDING, Origin, Trial, play

_ON = "SSLProxyEngine On\n"
_CA = "SSLProxyVerify require\nSSLProxyCACertificateFile {certs}/ca.pem\n"
_TO_A = "ProxyPass / https://localhost:{A}/\n"
_MEMBERS = (
    "<Proxy balancer://c>\nBalancerMember https://localhost:{A}\nBalancerMember https://localhost:{B}\n</Proxy>\n"
)
_TO_C = "ProxyPass / balancer://c/\n"
_SWITCH = "GET /switch HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
_PORTS = ("localhost", "localhost:443", "localhost:80", "localhost:8443", "[::1]:80", "[::1]:8443", "127.0.0.1:80")


def _with(certificate: str) -> tuple[Origin, ...]:
    return (Origin(certificate),)


def _checks(name: str, settings: str, *certificates: str) -> list[Trial]:
    return [Trial(f"{name}: {each}", _ON + settings + _TO_A, _with(each)) for each in certificates]


NAMES = ("good", "other", "commonly", "strange")
TRIALS = [
    Trial("no engine TB-1 FA-3", _TO_A),
    Trial("no engine, members TB-1 FA-3", _MEMBERS + _TO_C, _with("good") * 2, ("GET /x",) * 3),
    Trial("engine for one host's Proxy section TB-1", f"<Proxy https://localhost:{{A}}/>\n{_ON}</Proxy>\n{_TO_A}"),
    Trial(
        "engine for one balancer's members TB-1",
        _MEMBERS.replace("</Proxy>", _ON + "</Proxy>") + _TO_C + "ProxyPass /lone https://localhost:{A}/\n",
        _with("good") * 2,
        ("GET /x",) * 2,
    ),
    Trial("engine for another section TB-1", f"<Proxy https://localhost:{{A}}/other>\n{_ON}</Proxy>\n{_TO_A}"),
    *_checks("defaults TB-2 TB-3", "", *NAMES, "expired", "wild", "deep"),
    *_checks("chain TB-4", _CA, *NAMES, "expired"),
    *_checks("chain without authority TB-4", "SSLProxyVerify require\n", "good"),
    *_checks("chain optional TB-4", "SSLProxyVerify optional\n", "good"),
    *_checks("chain optional_no_ca TB-4", "SSLProxyVerify optional_no_ca\n", "good", "strange"),
    *_checks("depth TB-6", _CA, "deep"),
    *_checks("depth two TB-6", _CA + "SSLProxyVerifyDepth 2\n", "deep"),
    *_checks("depth none TB-6", _CA + "SSLProxyVerifyDepth 0\n", "good"),
    *_checks("name off TB-5", "SSLProxyCheckPeerName off\n", "other"),
    *_checks(
        "name off, cn on TB-5", "SSLProxyCheckPeerName off\nSSLProxyCheckPeerCN on\n", "other", "commonly", "good"
    ),
    *_checks("cn off TB-5", "SSLProxyCheckPeerCN off\n", "other"),
    *_checks("cn on TB-5", "SSLProxyCheckPeerCN on\n", "other", "good"),
    *_checks("name on, cn off TB-5", "SSLProxyCheckPeerName on\nSSLProxyCheckPeerCN off\n", "other", "good"),
    *_checks("both off TB-5", "SSLProxyCheckPeerName off\nSSLProxyCheckPeerCN off\n", "other"),
    *_checks("expiry off TB-2", "SSLProxyCheckPeerExpire off\n", "expired"),
    *_checks("expiry off, chain TB-2 TB-4", _CA + "SSLProxyCheckPeerExpire off\n", "expired"),
    Trial("an address TB-3", _ON + "ProxyPass / https://127.0.0.1:{A}/\n", _with("address")),
    Trial("an address as common name TB-3", _ON + "ProxyPass / https://127.0.0.1:{A}/\n", _with("commonly-address")),
    Trial("an address, name off TB-3", _ON + "SSLProxyCheckPeerName off\nProxyPass / https://127.0.0.1:{A}/\n"),
    Trial(
        "the client's Host TB-3 TB-7",
        f"{_ON}ServerAlias *\nProxyPreserveHost On\nSSLProxyCheckPeerName off\n{_TO_A}",
        asks=tuple(
            f"GET /x\nHost: {name}" for name in ("a.example", "A.example", "a.example:99", "b.example", "a.example")
        ),
    ),
    Trial(
        "the client's Host is checked TB-3",
        f"{_ON}ServerAlias *\nProxyPreserveHost On\n{_TO_A}",
        _with("wild"),
        (
            "GET /x\nHost: x.localhost",
            "GET /x\nHost: localhost",
            "GET /x\nHost: a.x.localhost",
            "GET /x\nHost: 10.0.0.1",
        ),
    ),
    Trial(
        "ports in Host RQ-10 UN-1",
        f"{_ON}SSLProxyCheckPeerName off\n"
        + "".join(f"ProxyPass /{n} unix:{{socket}}|https://{at}/\n" for n, at in enumerate(_PORTS)),
        asks=tuple(f"GET /{n}" for n in range(len(_PORTS))),
    ),
    Trial("kept alive TB-7 KP-1", _ON + _TO_A, asks=("GET /x", "GET /y?z=%20")),
    Trial("protocols TB-6", _ON + "SSLProxyProtocol TLSv1.2\n" + _TO_A),
    Trial(
        "protocols that don't meet TB-6",
        _ON + "SSLProxyProtocol TLSv1.3\n" + _TO_A,
        (Origin(maximum=ssl.TLSVersion.TLSv1_2),),
    ),
    Trial(
        "protocols with a hole TB-6",
        _ON + "SSLProxyProtocol all -TLSv1.2\n" + _TO_A,
        (Origin(maximum=ssl.TLSVersion.TLSv1_2),),
    ),
    Trial("protocols without one TB-6", _ON + "SSLProxyProtocol all -TLSv1.3\n" + _TO_A),
    Trial(
        "ciphers TB-6",
        _ON + "SSLProxyProtocol TLSv1.2\nSSLProxyCipherSuite ECDHE-ECDSA-AES256-GCM-SHA384\n" + _TO_A,
    ),
    Trial("ciphers that don't meet TB-6", _ON + "SSLProxyProtocol TLSv1.2\nSSLProxyCipherSuite AES128-SHA\n" + _TO_A),
    Trial("no client certificate TB-6", _ON + _TO_A, (Origin(asks_client=True, maximum=ssl.TLSVersion.TLSv1_2),)),
    Trial(
        "client certificate TB-6",
        _ON + "SSLProxyMachineCertificateFile {certs}/client.pem\n" + _TO_A,
        (Origin(asks_client=True),),
    ),
    Trial("no TLS there FA-4", _ON + _TO_A, (Origin(plain=True),)),
    Trial("nothing there says anything FA-4", _ON + _TO_A, (Origin(mute=True),)),
    Trial(
        "a member that fails its check FA-4 FO-1", _ON + _MEMBERS + _TO_C, (Origin("other"), Origin()), ("GET /x",) * 4
    ),
    Trial(
        "settings of the members FA-4",
        f"{_ON}{_CA}" + _MEMBERS.replace("</Proxy>", "SSLProxyVerify none\n</Proxy>") + _TO_C,
        (Origin("strange"), Origin()),
        ("GET /x",) * 2,
    ),
    *(
        Trial(
            f"by way of another proxy that says {status} FW-7",
            f"{_ON}ProxyRemote https http://127.0.0.1:{{B}} user:word\n{_TO_A}",
            (Origin(), Origin(connects=status)),
            ("GET /x", "GET /y", "POST /z\nHost: example.com\nContent-Length: 0"),
        )
        for status in (200, 204, 302, 403, 407, 502)
    ),
    Trial(
        "by way of another proxy that isn't one FW-7",
        f"{_ON}ProxyRemote https http://127.0.0.1:{{B}}\n{_TO_A}",
        (Origin(), Origin(plain=True)),
        ("GET /x",),
    ),
    Trial(
        "by way of another proxy that says nothing FW-7",
        f"{_ON}ProxyRemote https http://127.0.0.1:{{B}}\n{_TO_A}",
        (Origin(), Origin(mute=True)),
        ("GET /x",),
    ),
    Trial(
        "by way of another proxy, members FW-7",
        f"{_ON}ProxyRemoteMatch ^https://localhost:{{A}} http://127.0.0.1:{{C}}\n{_MEMBERS}{_TO_C}",
        (Origin(), Origin(), Origin(connects=200)),
        ("GET /x",) * 3,
    ),
    Trial(
        "by way of another proxy, a name that isn't the certificate's FW-7 TB-3",
        f"{_ON}ProxyRemote https http://127.0.0.1:{{B}}\n{_TO_A}",
        (Origin("other"), Origin(connects=200)),
        ("GET /x",),
    ),
    Trial(
        "by way of another proxy, for WebSocket FW-7 WS-6",
        f"{_ON}ProxyRemote * http://127.0.0.1:{{B}}\nProxyPass / wss://localhost:{{A}}/\n",
        (Origin(), Origin(connects=200)),
        asks=(),
        talks=(_SWITCH,),
    ),
    Trial("wss:// TB-1 WS-6", _ON + "ProxyPass / wss://localhost:{A}/\n", talks=(_SWITCH,), asks=()),
    Trial(
        "upgrade TB-1 WS-1", _ON + "ProxyPass / https://localhost:{A}/ upgrade=websocket\n", talks=(_SWITCH,), asks=()
    ),
]
IDS = [trial.name for trial in TRIALS]


def test_every_trial_is_recorded_and_named_once() -> None:
    assert sorted(IDS) == sorted(set(IDS)) == sorted(RECORDING.read())


@pytest.mark.parametrize("trial", TRIALS, ids=IDS)
def test_serve_says_what_httpd_said(trial: Trial) -> None:
    assert play(trial, None) == RECORDING.read()[trial.name]


@pytest.mark.prove_all
@pytest.mark.parametrize("trial", TRIALS, ids=IDS)
def test_httpd_still_says_so(trial: Trial) -> None:
    assert play(trial, need("httpd")) == RECORDING.read()[trial.name]
