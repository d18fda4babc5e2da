"""Paths, methods and sections, asked on httpd and on HAProxy: nothing that is shut is reached by another spelling."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.targets.configs import host
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = host(
    "ProxyPass /foo http://127.0.0.1:{one}/bar",
    "ProxyPass /foobar http://127.0.0.1:{two}/other",
    "ProxyPass /a/b http://127.0.0.1:{one}/short",
    "ProxyPass /a/b/c http://127.0.0.1:{two}/dead",
    "ProxyPass /c/d/e http://127.0.0.1:{one}/long",
    "ProxyPass /c/d http://127.0.0.1:{two}/short",
    'ProxyPass "/sp ace" http://127.0.0.1:{one}/gap',
    "ProxyPass /slash/ http://127.0.0.1:{one}/s/",
    'ProxyPassMatch "^/m/([^/]+)/(.*)$" "http://127.0.0.1:{one}/$2/$1"',
    "ProxyPass /admin http://127.0.0.1:{one}/adm",
    "ProxyPass /x http://127.0.0.1:{one}/x",
    "<Location /admin>\nRequire all denied\n</Location>",
    '<LocationMatch "^/x/[^/]+/private">\nRequire all denied\n</LocationMatch>',
    "<Location /x>\nRequestHeader set X-A outer\nRequestHeader set X-B outer\n</Location>",
    "<Location /x/in>\nRequestHeader set X-A inner\nRequestHeader unset X-B\n</Location>",
    "<Location /x/shut>\nRequire all denied\n</Location>",
    "<Location /x/shut/free>\nRequire all granted\n</Location>",
    "<Location /x/taken/back>\nRequire all granted\n</Location>",
    "<Location /x/taken>\nRequire all denied\n</Location>",
    address="*:{port}",
)
#: Ways around a rule that asks for the path as it was sent, and its plain forms.
_AROUND = (
    "/admin", "/admin/", "/admin/x", "//admin", "/%61dmin", "/./admin", "/foo/../admin", "/foo/%2e%2e/admin",
    "/foo/%2E./admin/", "/foo//../admin", "/.//admin", "/admi%6E?q=1", "/x/%61/private", "/x//a/./pr%69vate",
    "/x/a%20b/private",
)  # fmt: skip
_NORMAL = "/foo/a!b$c&d'e(f)g*h+i,j:k;l=m@n"
#: What is asked, and what both say: the status, and the path at the origin. HAP-20 is what HAP-22 closes otherwise.
_ASKED = {
    "HAP-20": dict.fromkeys(_AROUND, "403") | {"/ADMIN": "404", "/%2561dmin": "404", "/admin;x": "404",
                                               "/foo/..;/admin": "200 /bar/..;/admin"},
    "HAP-21": {
        "/foo/../../admin": "400", "/../foo": "400", "/..": "400", "/foo/%": "400", "/foo/%2": "400", "/foo/%zz": "400",
        "/foo/%c3%a9": "200 /bar/%C3%A9", "/foo/a%7eb%2Dc%5f": "200 /bar/a~b-c_", _NORMAL: f"200 /bar{_NORMAL[4:]}",
        "/foo/" + "".join(f"%{ord(sign):02x}" for sign in "!$&'()*+,:;=@"): "200 /bar/!$&'()*+,:;=@",
        '/foo/[x]^{|}"<>`\\': "200 /bar/%5Bx%5D%5E%7B%7C%7D%22%3C%3E%60%5C", "/foo/%0a%09": "200 /bar/%0A%09",
        "/foo//": "200 /bar/", "/foo///x//y": "200 /bar/x/y", "/foo/x/.": "200 /bar/x/", "/foo/x/..": "200 /bar/",
        "/foo/...": "200 /bar/...", "/foo/.x": "200 /bar/.x", "/foo/%5c..%5c": "200 /bar/%5C..%5C",
    },
    "HAP-23": {"/foo/a%2fb": "404", "/foo/a%2Fb?q": "404", "/foo/%00": "404", "/admin%2fx": "404",
               "/foo?a=%2f%00": "200 /bar?a=%2f%00"},
    "HAP-24": {"/foo": "200 /bar", "/foo/": "200 /bar/", "/foox": "404", "/foobar": "200 /other", "/slash": "404",
               "/slash/": "200 /s/", "/slash/x": "200 /s/x"},
    "HAP-25": {"/a/b": "200 /short", "/a/b/c": "200 /short/c", "/a/b/c/d": "200 /short/c/d", "/a/bc": "404",
               "/c/d": "200 /short", "/c/d/e": "200 /long", "/c/d/e/f": "200 /long/f", "/c/d/ef": "200 /short/ef"},
    "HAP-26": {"/foo?x=%2f%41&y=a+b": "200 /bar?x=%2f%41&y=a+b", "/foo/?": "200 /bar/?", "/foo?/../b": "200 /bar?/../b",
               "/sp%20ace": "200 /gap", "/sp%20ace/x%20y": "200 /gap/x%20y"},
    "HAP-27": {"/nothing": "404", "/nothing/x": "404"},
    "HAP-28": {"/FOO": "404", "/Foo/x": "404", "/M/a/b": "404"},
    "HAP-29": {"/m/one/two": "200 /two/one", "/m/o%20ne/t%3fwo": "200 /t%3Fwo/o%20ne", "/m/one/": "200 //one",
               "/m/a%3bb/c%25d": "200 /c%25d/a;b", "/m/%E9/x": "200 /x/%E9", "/m//two": "404", "/m/a%2fb/x": "404"},
    "HAP-45": {"/foo/" + "y" * 8165: f"200 /bar/{'y' * 8165}", "/foo/" + "y" * 8180: "414"},
}  # fmt: skip
_ROWS = [pytest.param(*row, id=f"{key} {row[0][:40]}") for key, rows in _ASKED.items() for row in rows.items()]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("paths"), (*MODULES, "headers_module"), targets=("haproxy",)) as found:
        yield found


def _both(running: Fronts, path: str, method: str = "GET") -> list[tuple[str, str]]:
    """Of httpd and of HAProxy: the status with the path at the origin, and what else the origin was told."""
    found = []
    for name in ("httpd", "haproxy"):
        status, _, body = ask(running.at[name], "a.test", path, method=method)
        asked, _, told = re.sub(r"^\d+ ", "", body).partition(" ")
        found.append((f"{status} {asked}".rstrip(), told))
    return found


@pytest.mark.parametrize(("path", "answer"), _ROWS)
def test_where_a_path_leads(path: str, answer: str, running: Fronts) -> None:
    theirs, ours = _both(running, path)
    assert theirs[0] == answer
    assert ours == theirs


@pytest.mark.parametrize(("path", "answer", "told"), [
    ("/x/a", "200 /x/a", "x-a=outer x-b=outer"), ("/x/in", "200 /x/in", "x-a=inner"),
    ("/x/in/a", "200 /x/in/a", "x-a=inner"), ("/x/inn", "200 /x/inn", "x-a=outer x-b=outer"),
    ("/x/shut", "403", ""), ("/x/shut/a", "403", ""), ("/x/shut/free", "200 /x/shut/free", "x-a=outer x-b=outer"),
    ("/x/taken", "403", ""), ("/x/taken/back", "403", ""), ("/x/taken/back/a", "403", ""),
])  # fmt: skip
def test_sections_merge_in_their_order(path: str, answer: str, told: str, running: Fronts) -> None:
    """HAP-30, HAP-31: the deepest place is asked for first, and says what all sections come to there (SEM-16)."""
    theirs, ours = _both(running, path)
    assert theirs[0] == answer
    assert " ".join(re.findall(r"x-[ab]=\S+", theirs[1])) == told
    assert ours == theirs


@pytest.mark.parametrize(("method", "path", "answer"), [
    ("OPTIONS", "*", "200"), ("OPTIONS", "/foo", "200 /bar"), ("TRACE", "/foo", "200 /bar"), ("GET", "*", "400"),
    ("PROPFIND", "/foo/x", "200 /bar/x"), ("ANY", "/foo", "200 /bar"), ("OPTIONS", "/admin", "403"),
])  # fmt: skip
def test_methods(method: str, path: str, answer: str, running: Fronts) -> None:
    """HAP-53."""
    theirs, ours = _both(running, path, method)
    assert theirs[0] == answer
    assert ours == theirs
