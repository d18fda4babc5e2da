"""What logs hold, and when."""

from __future__ import annotations

from apacheconf.runtime.differences.difference import Difference

LOGS = (
    Difference(
        ("LG-2j", "KP-1"),
        "the line of a client that leaves before its answer is whole",
        "has the status and the bytes that it would have been sent",
        "has - where the origin has said no status yet, and the bytes that were sent",
        "nobody waits for an answer that nobody wants",
    ),
    Difference(
        ("LG-2i", "LG-2j"),
        "%I of a request that others follow or precede, and %k where a page takes the place of a broken answer",
        "count the byte twice by which httpd looks for a further request, and the answer twice",
        "count once",
        "they are what was received and answered",
    ),
    Difference(
        ("LG-4", "LG-2h"),
        "%m, %U and %{...}i of a request whose first line is refused",
        "are mostly empty: what was read is forgotten",
        "say what stood there, as far as it can be read",
        "whoever looks for the fault needs it",
    ),
    Difference(
        ("LG-1",),
        "when a line of CustomLog is in its file",
        "at once, unless BufferedLogs is on",
        "at most a tenth of a second later; lines of the error log at once",
        "many lines cost one write",
    ),
    Difference(
        ("LG-2a",),
        "names of clients in logs (HostnameLookups)",
        "asks DNS for each client when it is on",
        "always writes the address",
        "a look-up would hold up every answer; logs are resolved afterwards",
    ),
    Difference(
        ("LG-5",),
        "the error log where no ErrorLog is written",
        "is logs/error_log below ServerRoot",
        "is standard error, and names file and line of an origin that can't be reached",
        "whoever tries a configuration sees what is wrong with it",
    ),
    Difference(
        ("LG-6",),
        "messages of the levels debug and trace",
        "tell of every step inside",
        "are not written",
        "they tell of the inside of httpd; apacheconf explain tells a request's story",
    ),
    Difference(
        ("LG-8",),
        "httpd's source files in the error log",
        "stand in messages from debug on and in %F",
        "are left out, as a field that has nothing to say",
        "there are no such files here",
    ),
    Difference(
        ("LG-9",),
        "notices of start and stop in the error log",
        "AH00489, AH00094, AH00491",
        "are not written; the start-up summary is on standard error",
        "they would name a server that isn't running",
    ),
)
