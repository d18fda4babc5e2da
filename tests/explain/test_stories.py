"""Stories of real configurations: the host and why, the mapping and why the others lost, what is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from apacheconf.diagnostics import UsageError
from apacheconf.expand import Options
from apacheconf.explain import Story, explain, request_for
from apacheconf.program.loading import load

SITES = Path(__file__).parents[2] / "fixtures" / "sites"

TWO_HOSTS = """\
Listen 80
Listen 10.0.0.9:8080
<VirtualHost *:80>
    ServerName default.example
    ProxyPass "/" "http://10.0.0.9/"
</VirtualHost>
<VirtualHost *:80>
    ServerName shop.example
    ServerAlias *.shop.example
    <Location "/api">
        ProxyPass "http://10.0.0.1:8080/v1"
        ProxyPassReverse "http://10.0.0.1:8080/v1"
    </Location>
    ProxyPass "/static" "!"
    ProxyPass "/cart" "http://10.0.0.2/cart"
    ProxyPass "/cart/old" "http://10.0.0.3/old"
    ProxyPass "/broken/" "http://10.0.0.4"
</VirtualHost>
<VirtualHost *:80>
    ServerName old.shop.example
</VirtualHost>
<VirtualHost 10.0.0.9:8080>
    ServerName inner.example
    DocumentRoot "/srv/inner"
</VirtualHost>
"""
BALANCED = """\
<Proxy "balancer://cluster">
    BalancerMember "http://10.0.0.1:8080/one" route=a status=+H
    BalancerMember "http://10.0.0.2:8080" route=b
    BalancerMember "http://10.0.0.3:8080" route=c loadfactor=3
    BalancerMember "http://10.0.0.4:8080" route=d status=+D
    ProxySet stickysession=SID
</Proxy>
<VirtualHost *:80>
    ServerName example.com
    ProxyPass "/app/" "balancer://cluster/app/"
    ProxyPass "/nobody/" "balancer://nobody/"
</VirtualHost>
"""


def tell(text: str, tmp_path: Path, url: str, headers: Iterable[str] = ()) -> Story:
    site = tmp_path / "site.conf"
    site.write_text(text)
    program = load([str(site)], Options(environ={})).require()
    return explain(program, request_for(url, headers=headers))


def sentences(story: Story, name: str) -> list[str]:
    (chapter,) = [chapter for chapter in story.chapters if chapter.name == name]
    return [
        sentence.text + "".join(f" [{source.line}]" for source in sentence.sources) for sentence in chapter.sentences
    ]


def test_the_load_balancer_of_the_first_road():
    program = load([str(SITES / "load-balancer" / "conf.d")], Options(environ={})).require()
    story = explain(program, request_for("http://www.example.com/a%20b?x=1", headers=["X-A: 1"], sender="192.0.2.7"))
    assert story.outcome == "proxied"
    assert story.facts["member"] == "http://10.0.0.1:8080"
    assert sentences(story, "sent")[:7] == [
        "GET /a%20b?x=1 HTTP/1.1",
        "Host: www.example.com [10]",
        "X-A: 1",
        "X-Forwarded-For: 192.0.2.7",
        "X-Forwarded-Host: www.example.com",
        "X-Forwarded-Server: example.com",
        "Connection: Keep-Alive",
    ]
    assert sentences(story, "answer") == [
        "Location: http://10.0.0.1:8080/... becomes http://www.example.com/... [12]",
        "Location: http://10.0.0.2:8080/... becomes http://www.example.com/... [12]",
    ]


def test_the_host_and_why_each_of_the_others_lost(tmp_path: Path):  # VH-31
    told = sentences(tell(TWO_HOSTS, tmp_path, "http://old.shop.example/"), "host")
    assert told == [
        "For a connection to 127.0.0.1:80, 3 virtual hosts are asked: those of *:80.",
        "The virtual host shop.example answers: its names match old.shop.example. [7]",
        "the virtual host default.example: old.shop.example is none of its names (default.example). [3]",
        "the virtual host old.shop.example: it is named old.shop.example too, but comes later. [19]",
    ]


def test_an_unknown_name_gets_the_first_host(tmp_path: Path):  # VH-32
    story = tell(TWO_HOSTS, tmp_path, "http://who.example/")
    assert story.facts["host"] == "default.example"
    assert story.facts["host_matched"] is False
    assert "no virtual host of this address is named who.example, so the first one" in sentences(story, "host")[1]


def test_a_host_of_another_address_was_not_asked(tmp_path: Path):  # VH-30
    story = tell(TWO_HOSTS, tmp_path, "http://inner.example/")
    assert sentences(story, "host")[-1].startswith(
        "the virtual host inner.example was not asked: it is for 10.0.0.9:8080"
    )


def test_a_name_is_taken_to_resolve_to_the_address_of_its_host(tmp_path: Path):
    story = tell(TWO_HOSTS, tmp_path, "http://inner.example:8080/x")
    assert "taken to resolve to 10.0.0.9" in sentences(story, "listener")[0]
    assert (story.outcome, story.facts["file"]) == ("file", "/srv/inner/x")


def test_nobody_listens(tmp_path: Path):
    story = tell(TWO_HOSTS, tmp_path, "http://shop.example:81/")
    assert story.outcome == "nobody-listens"
    assert sentences(story, "listener")[1:] == [
        "port 80 is another socket. [1]",
        "port 8080 of 10.0.0.9 is another socket. [2]",
    ]


def test_https_to_a_plain_port(tmp_path: Path):  # VH-53 is the reverse
    story = tell(TWO_HOSTS, tmp_path, "https://shop.example:80/")
    assert story.outcome == "no-handshake"


def test_the_mapping_and_why_the_others_lost(tmp_path: Path):  # PP-1, PP-7
    told = sentences(tell(TWO_HOSTS, tmp_path, "http://shop.example/cart/old/1"), "mapping")
    assert told == [
        "<Location /api> doesn't apply: /cart/old/1 doesn't lie under /api. [10]",
        'ProxyPass "/static" "!" doesn\'t: /cart/old/1 doesn\'t lie under /static. [14]',
        'ProxyPass "/cart" "http://10.0.0.2/cart" takes it: /cart/old/1 lies under /cart. [15]',
        "After /cart remains '/old/1', which is appended to http://10.0.0.2/cart: the origin is asked for /cart/old/1.",
        'ProxyPass "/cart/old" "http://10.0.0.3/old" isn\'t asked: ProxyPass "/cart" "http://10.0.0.2/cart" came first.'
        " [16]",
        'ProxyPass "/broken/" "http://10.0.0.4" isn\'t asked: ProxyPass "/cart" "http://10.0.0.2/cart" came first.'
        " [17]",
    ]


def test_a_mapping_inside_a_section_comes_first(tmp_path: Path):  # PP-8, RV-10
    story = tell(TWO_HOSTS, tmp_path, "http://shop.example/api/x")
    assert story.facts["uri"] == "/v1/x"
    assert sentences(story, "mapping")[0] == "<Location /api> applies. [10]"
    assert sentences(story, "answer") == [
        "Location: http://10.0.0.1:8080/v1... becomes http://shop.example/api... [12]"
    ]


def test_redirects_lead_to_what_the_server_calls_itself(tmp_path: Path):  # RV-4, VH-60
    said = {"": "shop.example", "UseCanonicalName On": "main.example:81", "UseCanonicalName DNS": "main.example"}
    for line, name in said.items():
        text = f"""\
            <VirtualHost *:80>
                ServerName main.example:81
                ServerAlias shop.example
                {line}
                ProxyPass "/" "http://10.0.0.1/"
                ProxyPassReverse "/" "http://10.0.0.1/"
            </VirtualHost>
            """
        (told,) = sentences(tell(text, tmp_path, "http://SHOP.example:80/x"), "answer")
        assert told.startswith(f"Location: http://10.0.0.1/... becomes http://{name}/...")


def test_an_exclusion_leaves_the_path_here(tmp_path: Path):  # PP-7
    story = tell(TWO_HOSTS, tmp_path, "http://shop.example/static/x")
    assert story.outcome == "file"
    assert any('ProxyPass "/static" "!" keeps it here' in text for text in sentences(story, "mapping"))


def test_a_target_without_a_slash_is_explained(tmp_path: Path):  # PP-6f
    story = tell(TWO_HOSTS, tmp_path, "http://shop.example/broken/x")
    said = "It would become part of the host name: the request goes to http://10.0.0.4x."
    assert any(said in text for text in sentences(story, "mapping"))


@pytest.mark.parametrize(
    ("url", "headers", "status", "why"),
    [
        ("http://shop.example/%zz", [], 400, "%zz is not an escape"),
        ("http://shop.example/a%2Fb", [], 404, "AllowEncodedSlashes is Off"),
        ("http://shop.example/../x", [], 400, "climbs above the root"),
        ("http://shop.example/", ["Host: a..b"], 400, "is no host name"),
        ("http://shop.example/", ["Host: a", "Host: b"], 400, "two Host headers"),
        ("http://shop.example/", ["Expect: 200-ok"], 417, "can't be met"),
    ],
)
def test_a_refusal_is_explained(tmp_path: Path, url: str, headers: list[str], status: int, why: str):  # LOC-9, RQ-22
    story = tell(TWO_HOSTS, tmp_path, url, headers)
    assert (story.outcome, story.facts["status"]) == ("answered", status)
    assert why in story.as_text()


def test_the_heaviest_member_is_first_and_the_others_say_why_not(tmp_path: Path):  # LB-15, LB-5, LB-7
    told = sentences(tell(BALANCED, tmp_path, "http://example.com/app/x"), "origin")
    assert told[1].startswith("http://10.0.0.3:8080 is asked first after a start: its loadfactor is the highest.")
    assert [text.rpartition(" [")[0] for text in told[3:]] == [
        "http://10.0.0.1:8080/one is a hot standby: it serves when no other can.",
        "http://10.0.0.2:8080 takes its turn with later requests.",
        "http://10.0.0.4:8080 is disabled.",
    ]


@pytest.mark.parametrize(
    ("cookie", "member", "uri"),
    [
        ("SID=x.b", "http://10.0.0.2:8080", "/app/x"),  # ST-5
        ("SID=x.a", "http://10.0.0.1:8080/one", "/one/app/x"),  # ST-7; BP-16
        ("SID=x.d", "http://10.0.0.3:8080", "/app/x"),  # ST-9
        ("SID=x", "http://10.0.0.3:8080", "/app/x"),  # ST-5: no separator, no route
        ("XSID=x.b", "http://10.0.0.3:8080", "/app/x"),  # ST-3
    ],
)
def test_a_session_chooses_its_member(tmp_path: Path, cookie: str, member: str, uri: str):
    story = tell(BALANCED, tmp_path, "http://example.com/app/x", [f"Cookie: {cookie}"])
    assert (story.facts["member"], story.facts["uri"]) == (member, uri)


def test_a_balancer_without_members(tmp_path: Path):  # BP-15
    story = tell(BALANCED, tmp_path, "http://example.com/nobody/")
    assert (story.outcome, story.facts["status"]) == ("answered", 503)


def test_json_holds_the_same_story(tmp_path: Path):
    story = tell(TWO_HOSTS, tmp_path, "http://shop.example/cart")
    data = json.loads(story.as_json())
    assert data["version"] == "1.0"
    assert [chapter["name"] for chapter in data["chapters"]] == [chapter.name for chapter in story.chapters]
    takes = next(s for c in data["chapters"] for s in c["sentences"] if "takes it" in s["text"])
    assert takes["directives"] == [
        {
            "text": 'ProxyPass "/cart" "http://10.0.0.2/cart"',
            "file": str(tmp_path / "site.conf"),
            "line": 15,
            "column": 5,
        }
    ]


def test_the_lines_joined_are_the_text(tmp_path: Path):
    story = tell(TWO_HOSTS, tmp_path, "http://shop.example/cart")
    assert "".join("".join(text for _, text in line) + "\n" for line in story.lines()) == story.as_text()
    assert all(len(line) < 200 for line in story.as_text().replace(str(tmp_path), "").splitlines())


@pytest.mark.parametrize(
    ("url", "scheme", "port", "host", "target"),
    [
        ("http://example.com", "http", 80, "example.com", "/"),
        ("https://example.com/a?b", "https", 443, "example.com", "/a?b"),
        ("example.com:8080/a", "http", 8080, "example.com:8080", "/a"),
        ("/a", "http", 80, "localhost", "/a"),
        ("http://[::1]:81/", "http", 81, "[::1]:81", "/"),
        ("http://example.com?q", "http", 80, "example.com", "/?q"),
        ("http://example.com/a b\u00e9#f", "http", 80, "example.com", "/a%20b%C3%A9"),
        ("http://user:secret@example.com/", "http", 80, "example.com", "/"),
    ],
)
def test_urls_of_the_command_line(url: str, scheme: str, port: int, host: str, target: str):
    request = request_for(url)
    assert (request.scheme, request.local[1], request.header("Host"), request.target) == (scheme, port, host, target)


@pytest.mark.parametrize(
    "url", ["not a url", "ftp://example.com/", "http:///x", "http://example.com:0/", "http://example.com:x/"]
)
def test_urls_that_never_reach_httpd(url: str):
    with pytest.raises(UsageError):
        request_for(url)


@pytest.mark.parametrize("wrong", [{"headers": ["no colon"]}, {"sender": "me"}, {"method": "GE T"}])
def test_wrong_usage_is_said(wrong: dict[str, object]):
    with pytest.raises(UsageError):
        request_for("http://example.com/", **wrong)  # type: ignore[arg-type]


def test_a_script_goes_to_the_origin_that_its_handler_names(tmp_path: Path):  # FC-3, RW-5
    """Rules lead to the script in a second round, whose sections are told behind it."""
    (tmp_path / "html").mkdir()
    (tmp_path / "html/.htaccess").write_text("RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\n"
                                             "RewriteRule ^ index.php [L]\n")  # fmt: skip
    (tmp_path / "html/index.php").write_text("<?php")
    story = tell(
        f"<VirtualHost *:80>\nServerName p.example\nDocumentRoot {tmp_path}/html\n<Directory {tmp_path}/html>\n"
        'AllowOverride All\nRequire all granted\n</Directory>\n<FilesMatch \\.php$>\nSetHandler "proxy:fcgi://'
        '127.0.0.1:9000"\n</FilesMatch>\n</VirtualHost>\n',
        tmp_path,
        "http://p.example/x?q=1",
    )
    told = [sentence.text for chapter in story.chapters for sentence in chapter.sentences]
    again = told.index("The path becomes /index.php?q=1, and everything is asked again.")
    assert r"<Files ~ \.php$> doesn't apply." in told[:again]
    assert {r"<Files ~ \.php$> applies.", "Require all granted lets it in."} <= set(told[again:])
    assert 'SetHandler "proxy:fcgi://127.0.0.1:9000" hands the file to fcgi://127.0.0.1:9000.' in told
    assert f"SCRIPT_FILENAME: {tmp_path}/html/index.php" in told
    assert story.outcome == "proxied"
    assert story.summary.endswith(
        f"goes to fcgi://127.0.0.1:9000 by FastCGI, for the script {tmp_path}/html/index.php."
    )


def test_the_index_of_a_folder_may_be_asked_of_an_origin(tmp_path: Path):  # DR-3
    (tmp_path / "html/a").mkdir(parents=True)
    head = f"<VirtualHost *:80>\nServerName p.example\nDocumentRoot {tmp_path}/html\n"
    mapped = (
        f"{head}DirectoryIndex index.html index.php\nProxyPassMatch ^/(.*\\.php)$ http://10.0.0.1/$1\n</VirtualHost>\n"
    )
    story = tell(mapped, tmp_path, "http://p.example/a/?q=1")
    told = {sentence.text: sentence for chapter in story.chapters for sentence in chapter.sentences}
    sentence = told["Its index /a/index.php is asked of http://10.0.0.1/$1, unless index.html is there."]
    assert [each.line for each in sentence.sources] == [4]
    assert story.summary.endswith(
        "is a folder, and its index is asked of http://10.0.0.1/$1, unless index.html is there."
    )
    handler = '<FilesMatch \\.php$>\nSetHandler "proxy:fcgi://10.0.0.1:9000"\n</FilesMatch>\n'
    story = tell(f"{head}DirectoryIndex index.php\n{handler}</VirtualHost>\n", tmp_path, "http://p.example/a/")
    assert story.summary.endswith("is a folder, and its index is asked of fcgi://10.0.0.1:9000, if it is there.")
    story = tell(f"{head}DirectoryIndex index.html\n</VirtualHost>\n", tmp_path, "http://p.example/a/")
    assert story.summary.endswith(f"isn't proxied; it is {tmp_path}/html/a/.")


@pytest.mark.parametrize("url", ["http://[::1", "http://::1/", "http://::1]:80/x"])
def test_an_address_without_its_brackets_is_no_host_with_a_port(url: str) -> None:
    with pytest.raises(UsageError, match="an address of IPv6 stands in brackets"):
        request_for(url)
