"""AddDefaultCharset in both targets; how each answers is asked in tests/live on the Red Hat tree."""

from __future__ import annotations

from pathlib import Path

from tests.targets.configs import host, outcomes, translated
from tests.targets.languages import read_haproxy

_SITE = "AddDefaultCharset UTF-8\n" + host("ProxyPass /a http://10.0.0.1/", "ProxyPass /b http://10.0.0.2/")


def test_nginx_adds_the_charset_in_every_location(tmp_path: Path) -> None:
    """NGX-30, NGX-153: redirects and answers without a body differ, and the report says so; files have it, too."""
    translation = translated(tmp_path, _SITE, "nginx")
    assert translation.text.count("charset UTF-8;\n            charset_types text/plain;") == 5
    assert outcomes(translation)["AddDefaultCharset"] == "approximated"


def test_haproxy_adds_the_charset_where_it_is_missing(tmp_path: Path) -> None:
    translation = translated(tmp_path, _SITE, "haproxy")
    sections = dict(read_haproxy(translation.text))
    assert {f"backend a.test-{path} from proxied" for path in "ab"} < set(sections)
    (rule,) = (line for line in sections["defaults proxied from main"] if "Content-Type" in line)
    assert rule[2:4] == ["Content-Type", "%[res.fhdr(content-type)]; charset=UTF-8"]
    assert rule[-5:] == ["!{", "status", "204", "304", "}"]
    assert outcomes(translation)["AddDefaultCharset"] == "exact"
