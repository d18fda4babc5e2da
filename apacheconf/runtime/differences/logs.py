"""What logs hold, and when."""

from __future__ import annotations

from apacheconf.runtime.differences.difference import Difference

LOGS = (
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
