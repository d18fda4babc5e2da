"""What counts as announced: a refusal in place of a guess excuses the target's own 403 or 503, and nothing else."""

from __future__ import annotations

import pytest

from apacheconf.ledger import Outcome, Row
from apacheconf.prove.announced import About, Announcements
from apacheconf.prove.compare import Aspect
from apacheconf.source import Place, SourceFile, Span

_PLACE = Place(Span(SourceFile("site.conf", "x"), 0, 1), "site.conf", 1)


@pytest.mark.parametrize(
    ("aspect", "key"),
    [
        (Aspect("status", "200", "503"), "closed"),
        (Aspect("answer 2: status", "401", "403"), "closed"),
        (Aspect("answer", "(none)", "403 Forbidden"), "closed"),
        (Aspect("status", "200", "404"), None),
        (Aspect("body", "a", "b"), None),
    ],
)
def test_a_refusal_excuses_refusing(aspect: Aspect, key: str | None) -> None:
    """DIF-10, DES-8."""
    assert Announcements(("closed",)).announce("path: /x", [aspect]) == key
    assert Announcements(()).announce("path: /x", [aspect]) is None


def test_dice_excuse_only_the_requests_that_meet_them() -> None:
    """A host with a rnd: map says so; where no rule of it is tried, nothing is excused."""
    said, aspect = Announcements(("map-drawn",)), Aspect("origin: which", "a", "b")
    assert said.announce("path: /", [aspect], About(drawn=True)) == "map-drawn"
    assert said.announce("path: /", [aspect], About()) is None


def test_compressed_errors_are_announced_and_nothing_else_of_the_coding() -> None:
    """NGX-171: httpd leaves errors plain; what it compresses must be compressed."""
    said, aspect = Announcements(("gzip",)), Aspect("header vary", "(absent)", "Accept-Encoding")
    assert said.announce("path: /", [aspect], About(statuses=frozenset({404}))) == "gzip"
    assert said.announce("path: /", [aspect], About(statuses=frozenset({200}))) is None
    error = About(statuses=frozenset({404}))
    for one, two, key in (
        ("Origin", "Accept-Encoding, Origin", "gzip"),
        ("Accept-Encoding | Accept-Encoding", "Accept-Encoding", "gzip"),
        ("Origin", "Accept-Encoding", None),
        ("Origin", "(absent)", None),
    ):
        assert said.announce("path: /", [Aspect("header vary", one, two)], error) == key
    assert said.announce("path: /", [Aspect("header content-encoding", "br", "(absent)")], error) is None


def test_several_caveats_announce_together() -> None:
    """Each aspect needs a caveat of its own; what one probe is announced for says nothing of its other aspects."""
    said = Announcements(("script-fields", "gzip"))
    aspects = [Aspect("origin: header http_x_under", "2", "1, 2"), Aspect("header vary", "(absent)", "Accept-Encoding")]
    about = About(statuses=frozenset({404}))
    assert said.announce("path: /", aspects[1:], about) == "gzip"
    assert said.announce("header: underscore", aspects[:1]) == "script-fields"
    assert said.announce("header: underscore", aspects[:1] * 2) == "script-fields"
    assert said.announce("header: underscore", [*aspects[:1], Aspect("status", "200", "404")], about) is None


@pytest.mark.parametrize(
    ("key", "aspect", "announced"),
    [
        ("asked-early", Aspect("answer", "(none)", "403"), True),
        ("asked-early", Aspect("status", "200", "403"), False),
        ("scheme", Aspect("status", "404", "503"), True),
        ("document-fields", Aspect("header last-modified", "(now)", "(absent)"), True),
        ("document-fields", Aspect("body", "a", "b"), False),
        ("allow", Aspect("header Allow", "TRACE", "(absent)"), True),
        ("vary", Aspect("header vary", "Accept", "(absent)"), True),
        ("vary", Aspect("header location", "a", "b"), False),
    ],
)
def test_what_a_key_speaks_about(key: str, aspect: Aspect, announced: bool) -> None:
    """DIF-10."""
    assert Announcements((key,)).announce("path: /x", [aspect]) == (key if announced else None)


def test_a_list_of_a_folder() -> None:
    """Only where httpd has listed a folder may the page differ."""
    listed = [Aspect("header content-type", "text/html;charset=ISO-8859-1", "text/html"), Aspect("body", "a", "b")]
    assert Announcements(("autoindex",)).announce("path: /x", listed, About(file=True)) == "autoindex"
    assert Announcements(("autoindex",)).announce("path: /x", listed) is None
    assert Announcements(("autoindex",)).announce("path: /x", listed[1:], About(file=True)) is None


def test_a_list_in_a_folder_whose_files_have_a_charset() -> None:
    """NGX-151."""
    said, listed = Announcements(("autoindex",)), "header content-type"
    for theirs, ours, key in (
        ("text/html;charset=ISO-8859-1", "text/html; charset=utf-8", "autoindex"),
        ("text/html;charset=ISO-8859-1", "text/plain; charset=utf-8", None),
        ("text/html; charset=utf-8", "text/html", None),
    ):
        assert said.announce("path: /x", [Aspect(listed, theirs, ours)], About(file=True)) == key


@pytest.mark.parametrize(("what", "statuses", "homeless", "told"), [
    ("status", {403, 404}, True, "document-root-not-here"),
    ("header cache-control", {403}, True, "document-root-not-here"),
    ("status", {403, 200}, True, None), ("origin: request", {403, 404}, True, None),
    ("status", {403, 404}, False, None), ("status", set(), True, None),
])  # fmt: skip
def test_errors_alone_differ_where_the_folder_is_not_here(
    what: str, statuses: set[int], homeless: bool, told: str | None
) -> None:
    """DIF-9: of files that aren't on this machine nothing is proven, though nobody may get more than with httpd."""
    about = About(statuses=frozenset(statuses), homeless=homeless)
    aspects = [Aspect(what, "403", "404")]
    assert Announcements(("file-paths",)).announce("path: /x", aspects, about) == told
    assert Announcements().announce("path: /x", aspects, about) is None


def test_the_file_of_a_script_is_announced_where_it_only_lacks_escapes() -> None:
    """FC-4."""
    said = Announcements(("script-fields",))
    for theirs, ours, key in (
        ("/srv/a%20%C3%A9", "/srv/a \xc3\xa9", "script-fields"),
        ("/srv/a%25b", "/srv/a%b", "script-fields"),
        ("/srv/a%20b", "/srv/b", None),
        ("/srv/a b", "/srv/a%20b", None),
    ):
        aspect = Aspect("origin: header script_filename", theirs, ours)
        assert said.announce("path: /x", [aspect]) == key
        assert Announcements(()).announce("path: /x", [aspect]) is None


def test_a_request_that_is_not_read() -> None:
    """Its headers may be another host's, its status not."""
    found = Announcements(("unread-requests",))
    assert found.announce("path: /..", [Aspect("header x-colour", "blue", "(absent)")]) == "unread-requests"
    assert found.announce("path: /..", [Aspect("status", "400", "200")]) is None


def test_turns_excuse_one_question_more_or_less() -> None:
    """DIF-11: weights are kept over a whole round, and a sequence may end within one."""
    said = Announcements(("turns",))

    def counts(*ours: int) -> list[Aspect]:
        theirs, others = ({f"m{number}": count for number, count in enumerate(each)} for each in ((10, 7, 4), ours))
        return [Aspect("how often each member was asked", str(theirs), str(others))]

    assert said.announce("sequence of members", counts(11, 7, 3)) == "turns"
    assert said.announce("sequence of members", counts(12, 6, 3)) is None
    assert said.announce("sequence of members", counts(10, 11)) is None
    assert Announcements(()).announce("sequence of members", counts(11, 7, 3)) is None


def test_dice_move_the_turns_of_members_for_requests_that_throw_none() -> None:
    """What they have sent to a balancer before moves its turns; nothing else differs because of it."""
    said, host = Announcements(("map-drawn",)), About(dice=True)
    turn = [Aspect("header X-Origin", "a:80", "b:80"), Aspect("origin: which", "a:80", "b:80")]
    assert said.announce("x", turn, host) == "map-drawn"
    assert said.announce("x", turn, About()) is None
    assert said.announce("x", [*turn, Aspect("status", "200", "404")], host) is None


def test_a_missing_file_is_one_for_scripts_and_in_each_answer_of_a_connection() -> None:
    said, file = Announcements(("files",)), About(file=True)
    for aspect in (Aspect("answer 1: status", "200", "404"), Aspect("answer", "(none)", "404 Not Found"),
                   Aspect("how often each member was asked", "{'a': 6}", "{}")):  # fmt: skip
        assert said.announce("x", [aspect], file) == "files"
        assert said.announce("x", [aspect], About()) is None
    assert said.announce("x", [Aspect("body", "a", "(stock page)")], file) == "files"
    assert said.announce("x", [Aspect("body", "a", "b")], file) is None


def test_a_body_left_behind_excuses_the_next_answer_only() -> None:
    said, probe = Announcements(("unread-bodies",)), "connection: a body, then another request"
    assert said.announce(probe, [Aspect("answer 2: answer", "301", "(none)")]) == "unread-bodies"
    assert said.announce(probe, [Aspect("answer 1: status", "301", "200")]) is None


def test_a_path_that_leads_nowhere() -> None:
    """Where httpd has found no file a script may be asked; where it has found one, it must be the same."""
    found = Announcements(("file-paths",))
    assert found.announce("path: /a/b.php", [Aspect("status", "404", "200")], About(file=True)) == "file-paths"
    assert found.announce("path: /a/b.php", [Aspect("status", "404", "200")]) is None
    assert found.announce("path: /a/b.php", [Aspect("status", "200", "404")], About(file=True)) is None


def test_a_page_that_is_not_served() -> None:
    """A stock page in the place of a document lacks its headers, and nothing else may differ."""
    row = Row("ErrorDocument", "404 /page.html", _PLACE, Outcome.UNSUPPORTED, (), 1)
    found, page = Announcements((), (row,)), Aspect("body", "sorry", "(stock page)")
    assert found.announce("path: /x", [page, Aspect("header x-a", "1", "(absent)")]) == "ErrorDocument"
    assert found.announce("path: /x", [page, Aspect("header x-a", "1", "2")]) is None
    assert found.announce("path: /x", [Aspect("header x-a", "1", "(absent)")]) is None


def test_files_that_rules_ask_for_excuse_the_requests_that_meet_them() -> None:
    said, aspect = Announcements(("file-tests",)), Aspect("status", "503", "200")
    assert said.announce("path: /x", [aspect], About(tested=True)) == "file-tests"
    assert said.announce("path: /x", [aspect], About()) is None
    assert Announcements(()).announce("path: /x", [aspect], About(tested=True)) is None


def test_the_same_location_escaped_otherwise() -> None:
    """An expression of Redirect leaves a ? and a # as they are (seen): where it leads is the same text."""
    said = Announcements(("location-escaping",))
    assert (
        said.announce("path: /x", [Aspect("header location", "http://a/x?y", "http://a/x%3Fy")]) == "location-escaping"
    )
    assert said.announce("path: /x", [Aspect("header location", "http://a/x?y", "http://a/z%3Fy")]) is None
    assert said.announce("path: /x", [Aspect("header x-set", "x?y", "x%3Fy")]) is None


@pytest.mark.parametrize(
    ("aspect", "announced"),
    [
        (Aspect("header x-set", "1 | 2", "2 | 1"), True),
        (Aspect("answer 2: header x-set", "1, 2", "2, 1"), True),
        (Aspect("header x-set", "1 | 2", "2"), False),
        (Aspect("origin: header x-set", "1 | 2", "2 | 1"), False),
    ],
)
def test_the_same_lines_in_another_order(aspect: Aspect, announced: bool) -> None:
    """TRAP-49: no line may be missing, and what an origin gets has its order."""
    assert Announcements(("line-order",)).announce("path: /x", [aspect]) == ("line-order" if announced else None)
    assert Announcements(()).announce("path: /x", [aspect]) is None


def test_who_serves_no_files_asks_for_no_body_either() -> None:
    """100 Continue comes from whoever reads the body; OPTIONS is a method of files while origins are down, too."""
    said, missing = Announcements(("files",)), [Aspect("interims", "(100,)", "()")]
    assert said.announce("body: Expect, body at once", missing, About(file=True)) == "files"
    assert said.announce("body: Expect, body at once", missing, About()) is None
    options = [Aspect("status", "200", "405")]
    assert Announcements(("file-methods",)).announce("down: OPTIONS", options, About(file=True)) == "file-methods"


def test_an_error_whose_page_is_missing() -> None:
    """It is a 404 with the stock page, and nothing else may differ."""
    said, missing = Announcements(("document-missing",)), Aspect("status", "503", "404")
    assert said.announce("down: GET", [missing, Aspect("answer 2: status", "503", "404")]) == "document-missing"
    assert Announcements(("document-fields",)).announce("down: GET", [missing]) is None
    assert said.announce("down: GET", [missing, Aspect("body", "a", "b")]) is None
    assert said.announce("down: GET", [Aspect("status", "200", "404")]) is None


def test_a_page_that_an_origin_would_have_answered() -> None:
    """It says the status and is asked; the stock page in its place does neither."""
    row = Row("ErrorDocument", "404 /pages/404", _PLACE, Outcome.UNSUPPORTED, (), 1)
    stock = [Aspect("status", "200", "404"), Aspect("body", "page", "(stock page)"),
             Aspect("origin: request", "GET /pages/404", "(none)")]  # fmt: skip
    assert Announcements(rows=(row,)).announce("path: /a%2Fb", stock) == "ErrorDocument"
    assert Announcements(rows=(row,)).announce("path: /a%2Fb", [Aspect("status", "404", "200"), *stock[1:]]) is None


def test_members_that_are_out_for_what_they_answered() -> None:
    """failonstatus: httpd has nobody left to ask, or asks another one."""
    said = Announcements(("failonstatus",))
    assert said.announce("origin: status 401", [Aspect("status", "503", "401"), Aspect("body", "a", "b")])
    assert said.announce("path: /x", [Aspect("header X-Origin", "a", "b")])
    assert said.announce("path: /x", [Aspect("status", "200", "401")]) is None
    expect = [Aspect("origin: header expect", "100-Continue", "(absent)")]
    assert Announcements(("ping",)).announce("body: chunked", expect) == "ping"


@pytest.mark.parametrize(
    ("key", "probe", "told", "hidden"),
    [("path-spelling", "path: /x?", "origin: line", "status"),
     ("path-spelling", "path: /x?", "header location", "body"),
     ("repeated-headers", "header: Cookie twice", "origin: header cookie", "status"),
     ("expect-continue", "body: Expect, body at once", "interims", "status")],
)  # fmt: skip
def test_what_is_called_equivalent_hides_no_status(key: str, probe: str, told: str, hidden: str) -> None:
    said = Announcements((key,))
    assert said.announce(probe, [Aspect(told, "a", "b")]) == key
    assert said.announce(probe, [Aspect(told, "a", "b"), Aspect(hidden, "a", "b")]) is None


def test_a_field_that_a_404_lacks_is_announced_by_the_line_that_sets_it() -> None:
    """HAP-121: that no file is served excuses none."""
    about = About(file=True, statuses=frozenset({404}))
    lost, other = (Aspect(f"header x-{name}", name, "(absent)") for name in "ab")
    line = Row("Header", "always set X-A a", _PLACE, Outcome.UNSUPPORTED, (), 1)
    assert Announcements(("files",)).announce("path: /", [lost], about) is None
    assert Announcements(("files",), (line,)).announce("path: /", [lost], about) == "Header"
    assert Announcements(("files",), (line,)).announce("path: /", [other], about) is None
