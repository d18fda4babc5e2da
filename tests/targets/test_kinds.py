"""Many hosts that are alike: lowered once, found by a map, and answering as each alone would (DES-18, HAP-11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from apacheconf.targets import TARGETS, Translation
from apacheconf.targets.haproxy import mod_proxy
from apacheconf.targets.nginx import emit
from tests.targets.configs import host, translated
from tests.targets.echoes import ask, exchange
from tests.targets.fronts import MODULES, fronts

_MODULES = (*MODULES, "headers_module", "alias_module", "setenvif_module")
_LINES = (
    'ProxyPass "/static" "!"',
    'ProxyPass "/other" "http://127.0.0.1:{two}/below"',
    'ProxyPass "/" "http://127.0.0.1:{own}/"',
    'ProxyPassReverse "/" "http://127.0.0.1:{own}/"',
    'Redirect "/old" "/new"',
    'RequestHeader set X-Own "yes"',
    'Header always set X-Answer "always"',
    '<Location "/admin">\nRequire ip 10.0.0.0/8\n</Location>',
)


def _many(count: int, port: str = "80") -> str:
    """Hosts whose origins take turns, and one host in their middle that keeps its Host."""
    made = []
    for number in range(count):
        lines = [line.replace("{own}", "{one}" if number % 2 else "{two}") for line in _LINES]
        lines += ["ProxyPreserveHost On"] if number == count // 2 else []
        names = f"ServerName h{number}.test\nServerAlias www.h{number}.test"
        made.append(host(*lines, names=names, address=f"*:{port}"))
    return "".join(made)


def _translated(folder: Path, count: int, target: str = "haproxy") -> Translation:
    return translated(folder, _many(count).replace("{one}", "8001").replace("{two}", "8002"), target)


def _told(translation: Translation, lines_of_host: slice) -> list[tuple[str, str, set[str]]]:
    rows = translation.rows[lines_of_host]
    return [(row.name, row.outcome.words, {answer.caveat for answer in row.answers}) for row in rows]


def test_what_hosts_share_is_written_once(tmp_path: Path) -> None:
    few, many = (_translated(tmp_path, count) for count in (90, 180))
    assert many.text.count("\nbackend ") - few.text.count("\nbackend ") == 2 * 90  # two origins for each
    assert many.text.count("use_backend") == few.text.count("use_backend")
    assert many.text.count("set-header X-Own yes") == few.text.count("set-header X-Own yes")
    assert "backend h89.test from like-h1.test\n" in many.text
    assert "use_backend %[var(txn.host)]:2 if { var(txn.kind) -m str like-h1.test }" in many.text
    assert "h89.test like-h1.test\n" in many.files["http-all-80-kinds.map"]
    assert many.text.count("replace-header Location") == few.text.count("replace-header Location")
    assert many.text.count("\n") - few.text.count("\n") == 90 * 12  # two backends, of which one maps back


def test_every_host_is_told_as_if_it_were_alone(tmp_path: Path) -> None:
    alone, many = (_translated(tmp_path, count) for count in (3, 90))
    each = len(_LINES) + 2 + 1 + 1  # their lines, the host and its names, and what the Location holds
    expected = _told(alone, slice(0, each))
    assert [name for name, _, _ in expected][:2] == ["VirtualHost", "ServerName"]
    for number in (1, 7, 44, 89):
        start = number * each + (number > 45)
        assert _told(many, slice(start, start + each)) == expected, number
    places = {answer.at for row in many.rows[7 * each : 8 * each] for answer in row.answers if answer.at}
    own = [int(at.partition(":")[2]) for at in places]
    assert any("h7.test" in "".join(many.text.splitlines()[line - 1 : line + 6]) for line in own)


@pytest.mark.parametrize("target", TARGETS)
def test_the_report_sums_up_what_the_rows_say(target: str, tmp_path: Path) -> None:
    many = _translated(tmp_path, 90, target)
    expected: dict[object, list[int]] = {}
    for number, row in enumerate(many.rows):
        expected.setdefault((row.name, row.caveats, row.outcome), []).append(number)
    told = [((each.name, each.caveats, each.outcome), each.members) for each in many.summary()]
    assert told == list(expected.items()) and any(len(members) > 80 for _, members in told)


@pytest.mark.parametrize("target", TARGETS)
def test_names_below_their_own_make_no_host_another(target: str, tmp_path: Path) -> None:
    """NGX-14: of an address whose wildcards are all of nginx's own kind."""
    hosts = _many(90).replace("{one}", "8001").replace("{two}", "8002")
    wild = re.sub(r"(ServerAlias )www\.(h\d+\.test)", r"\1*.\2", hosts)
    found = translated(tmp_path, wild, target)
    if target == "haproxy":
        assert "backend h89.test from like-h1.test\n" in found.text
        return
    plain = translated(tmp_path, hosts, target)
    assert found.text == re.sub(r"(server_name h\d+\.test) www\.(h\d+\.test)", r"\1 *.\2", plain.text)


def test_backends_of_haproxy_are_copies_of_what_each_is_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lowered = []
    emit = mod_proxy.emit_servers
    monkeypatch.setattr(mod_proxy, "emit_servers", lambda *given: lowered.append(given) or emit(*given))
    found = []
    for count in (90, 180):
        found.append(_translated(tmp_path, count))
        assert len(lowered) == 8 * len(found)  # of the default host, the odd one, and one of each of two kinds
    monkeypatch.setattr(mod_proxy, "_copies", lambda *given: None)
    alone = _translated(tmp_path, 180)
    assert len(lowered) > 180
    assert alone.text == found[1].text
    answers = ([(row.name, row.outcome, row.answers) for row in each.rows] for each in (alone, found[1]))
    assert next(answers) == next(answers)


def test_servers_of_nginx_are_copies_that_share_their_maps(tmp_path: Path) -> None:
    few, many = (_translated(tmp_path, count, "nginx") for count in (90, 182))
    assert many.text.count("\n    server {") - few.text.count("\n    server {") == 92
    assert many.text.count("map ") == few.text.count("map ")
    mapped = 'map "$mapped_back_1 $upstream_http_location" $public_location {\n        "~*^(?:\\S+ ){0}(\\S+) '
    assert mapped in many.text


def test_a_copy_is_what_its_host_would_be_alone(tmp_path: Path) -> None:
    """But for the variables that hold what it maps back."""
    lines = {count: _translated(tmp_path, count, "nginx").text.splitlines() for count in (64, 90)}
    for number in (1, 7, 31):  # before the odd one, and with an origin that is not also the one of /other by chance
        servers = [_server(f"h{number}.test", found) for found in lines.values()]
        alone, copy = ([line for line in server if not any(map(line.__contains__, _BACK))] for server in servers)
        assert len(alone) > 60 and _numbers(copy) == _numbers(alone)
        assert any(f"set $mapped_back_1 http://127.0.0.1:{8001 + (number + 1) % 2}/;" in line for line in servers[1])


_BACK = ("mapped_back", "proxy_redirect", "$public_")


def _server(name: str, lines: list[str], port: str = "80") -> list[str]:
    named = (at for at, line in enumerate(lines) if line == f"        server_name {name} www.{name};")
    at = next(at for at in named if lines[at - 1].startswith(f"        listen {port}"))
    begin = max(number for number in range(at) if lines[number] == "    server {")
    return lines[begin - 1 : lines.index("    }", at)]


def _numbers(lines: list[str]) -> list[str]:
    """Variables of maps are numbered in their order."""
    return [re.sub(r"(\$[a-z_]+)_\d+", r"\1", line) for line in lines]


def test_every_copy_is_told_at_lines_of_its_own(tmp_path: Path) -> None:
    alone, many = (_translated(tmp_path, count, "nginx") for count in (3, 90))
    each = len(_LINES) + 2 + 1 + 1
    expected, lines = _told(alone, slice(each, 2 * each)), many.text.splitlines()
    begins = {number: lines.index(f"        server_name h{number}.test www.h{number}.test;") for number in range(90)}
    for number in (1, 7, 44, 89):
        start = number * each + (number > 45)
        assert _told(many, slice(start, start + each)) == expected, number
        at = [answer.at for row in many.rows[start : start + each] for answer in row.answers if answer.at]
        assert len(at) > 10
        server = range(begins[number] - 5, begins.get(number + 1, len(lines)))
        outside = [each for each in at if int(each.partition(":")[2]) not in server]
        assert all("upstream" in "".join(lines[int(each.partition(":")[2]) - 3 :][:3]) for each in outside), outside


#: As hosters write them: a host that sends all to TLS, and one there with logs, a certificate and origins of its own.
_PLAIN = """\
<VirtualHost *:80>
    ServerName h{n}.test
    ServerAlias www.h{n}.test
    Redirect permanent / "https://h{n}.test/"
    ErrorLog {syslog}
    CustomLog logs/h{n}-access.log combined
</VirtualHost>
"""
_SECURE = """\
<VirtualHost *:443>
    ServerName h{n}.test
    ServerAlias www.h{n}.test
    ServerAdmin webmaster@h{n}.test
    SSLEngine on
    SSLCertificateFile /etc/letsencrypt/live/h{n}.test/fullchain.pem
    SSLCertificateKeyFile /etc/letsencrypt/live/h{n}.test/privkey.pem
    ErrorLog "/var/log/h{n}.log"
    TransferLog logs/h{n}-transfer.log
    Header always set Strict-Transport-Security "max-age=63072000"
    ProxyPass /.well-known/ !
    ProxyPass /api/ http://10.0.{n}.1:8081/api/
    ProxyPass / http://10.0.{n}.1:8080/
    ProxyPassReverse / http://10.0.{n}.1:8080/
</VirtualHost>
"""


def _sites(count: int) -> str:
    logs = ("syslog" if number == 7 else f"logs/h{number}-error.log" for number in range(count))
    hosts = (f"{_PLAIN.format(n=number, syslog=log)}{_SECURE.format(n=number)}" for number, log in enumerate(logs))
    return "".join(hosts)


def test_as_many_hosts_as_you_like_are_lowered_a_few_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default, and of each kind three: the first, and two that prove its text right (DES-18)."""
    lowered: list[int] = []
    whole = emit.emit_server
    monkeypatch.setattr(emit, "emit_server", lambda *words: lowered.append(1) or whole(*words))
    found = {}
    for count in (70, 140):
        lowered.clear()
        found[count] = translated(tmp_path, _sites(count), "nginx").text, len(lowered)
    (few, lowered_few), (many, lowered_many) = found.values()
    assert lowered_few == lowered_many == 2 * (1 + 3) + 1  # and the one whose errors go elsewhere
    assert few.count("map ") == many.count("map ")
    assert (few.count("\n    server {"), many.count("\n    server {")) == (140, 280)


def test_a_copy_has_the_words_of_its_own_host(tmp_path: Path) -> None:
    """Those that a comment tells, too; by itself each of them is what it is among few, but for what it maps back."""
    copies, alone = (translated(tmp_path, _sites(count), "nginx").text.splitlines() for count in (70, 30))
    for number in (1, 7, 29):
        name = f"h{number}.test"
        for port in ("80", "443 ssl"):
            found = [[line for line in _server(name, lines, port) if not any(map(line.__contains__, _BACK))]
                     for lines in (copies, alone)]  # fmt: skip
            assert len(found[0]) > 20
            assert _numbers(found[0]) == _numbers(found[1])
    text = "\n".join(copies)
    assert all(f"https://h{number}.test/$rest" in text for number in range(70))
    assert all(f"/etc/letsencrypt/live/h{number}.test/privkey.pem;" in text for number in range(70))
    assert all(f" (CustomLog logs/h{number}-access.log)\n" in text for number in range(70))
    assert "error_log syslog:server=unix:/dev/log warn;" in text


def _that_redirect(count: int, address: str) -> str:
    """Hosts of which each leads to itself, some by another name, and two to a neighbour."""
    made = []
    for number in range(count):
        name = f"h{number}.test"
        to = name if number not in (10, 20) else "h1.test"
        old, rest = f'Redirect permanent "/old" "https://{to}/new"', f'Redirect "/" "https://{to}:8443/%25/?a=b"'
        if number % 7 == 0:
            rest = f'Redirect "/" "https://www.{to}/"\nRedirect "/x" "https://h1.test/"'
        made.append(host(old, rest, names=f"ServerName {name}", address=address))
        if number % 5 == 0:
            made.append(host(f'Redirect "/" "https://{to}/"', names=f"ServerName www.{name}", address=address))
    return "".join(made)


def test_hosts_that_redirect_to_themselves_share_their_redirects(tmp_path: Path) -> None:
    few, many = (translated(tmp_path, _that_redirect(count, "*:80"), "haproxy").text for count in (90, 180))
    assert many.count(" redirect ") == few.count(" redirect ")
    assert "redirect location https://%[var(txn.host)]/new%[var(txn.rest)] code 301" in many


@pytest.mark.live
def test_redirects_of_many_lead_where_those_of_httpd_do(tmp_path: Path) -> None:
    with fronts(_that_redirect(90, "*:{port}"), tmp_path, _MODULES) as found:
        for number in (0, 1, 7, 10, 14, 20, 64, 89):
            for path in ("/", "/old", "/old/a%20b?q", "/x/y", "/oldx"):
                for name in (f"h{number}.test", f"www.h{number}.test"):
                    theirs, *ours = (ask(found.at[each], name, path) for each in ("httpd", *TARGETS))
                    assert ours == [theirs] * len(TARGETS), (name, path)


@pytest.mark.live
def test_they_answer_as_httpd_does(tmp_path: Path) -> None:
    names = ("h0.test", "h1.test", "www.h1.test:81", "H64.test.", "h45.test", "h89.test", "www.h89.test", "x.test")
    paths = ("/", "/a%20b?q=1", "/other", "/other/x", "/otherx", "/static/x", "/admin/x", "/old/x?y=1")
    with fronts(_many(90, "{port}"), tmp_path, _MODULES) as found:
        different = []
        for name in names:
            for path in paths:
                back = f"http://127.0.0.1:{found.one}/back"
                theirs, *ours = (ask(found.at[each], name, path, back) for each in ("httpd", *TARGETS))
                different += [(name, path, theirs, each) for each in ours if each != theirs]
        assert not different, "\n".join(map(str, different))
        for value in _replies(found.one):
            reply = f"X-Reply: Content-Location: {value}|URI: {value}|URI: http://127.0.0.1:{found.one}/second"
            heads = {each: exchange(port, "h1.test", "/x", value, header=reply)[0] for each, port in found.at.items()}
            theirs, ours = (_mapped(heads[each]) for each in ("httpd", "haproxy"))
            assert ours == theirs, value


def _replies(port: int) -> tuple[str, ...]:
    """What an origin may say that begins with its URL or doesn't."""
    own = f"http://127.0.0.1:{port}/"
    like_it = own.upper(), f"<{own}>", f"<x>{own}", own[:-1], f"{own[:-1]}1/", f"http://o.test/{own}"
    return own, f"{own}a?b=<c>", *like_it


def _mapped(head: list[str]) -> list[tuple[str, str]]:
    """The headers that are mapped back."""
    split = (line.partition(":") for line in head)
    lines = ((name.lower(), value) for name, _, value in split)
    return [line for line in lines if line[0] in ("location", "content-location", "uri")]
