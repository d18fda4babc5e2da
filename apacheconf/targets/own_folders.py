"""The URL of the folder in which a ``.htaccess`` lies, where a rule of its own finds it out (NGX-205).

Files that are shipped with an application don't know where they will lie. They compare the path with what is tried,
which is the part below the folder, by a back reference: what stands before it is the folder's URL::

    RewriteCond %{REQUEST_URI}::$0 ^(/.+)/(.*)::\\2$
    RewriteRule .* - [E=BASE:%1]

A target knows the folder, so that such a condition has its answer, and its groups their texts, before any request.
"""

from __future__ import annotations

import re
from dataclasses import replace

from apacheconf.program.conditions import ALWAYS, NEVER, AllOf, Matches, Regex, all_of
from apacheconf.program.regexes import search
from apacheconf.program.steps import Rewrite, Step
from apacheconf.program.values import REQUEST_URI, Capture, Joined, Literal, Value, Variable
from apacheconf.targets.captures import parts_in, replaced

_HERE = Variable("REWRITTEN_HERE")
#: Patterns of rules that match the whole of what is tried.
_WHOLE = re.compile(r"\^?(?:\.[*+]|\(\.[*+]\))\$?")
#: A pattern that asks for no letter and no digit, but for one back reference at its end.
_COMPARES = re.compile(r"[^A-Za-z0-9\\]+\\[1-9]\$")
#: What may be tried: an answer that is the same for all of these is the same for whatever a client asks.
_TRIED = ("", "a", "a.b", "ab/c", "ab/c/", "a/a", "a/ab/abc.d", "a//b", "a/b/a/b", "a b/c-d_e")


def compares_with_itself(pattern: str) -> bool:
    """Whether a pattern only compares one part of a text with another one."""
    return _COMPARES.fullmatch(pattern) is not None


def knowing_its_folder(step: Step, url: str) -> Step:
    """The rule of a section whose folder has this ``url``, with a slash at its end, without a condition that finds that
    out. A path in which what separates the two stands itself counts as any other."""
    parts = step.when.conditions if isinstance(step.when, AllOf) else (step.when,)
    rule, last = parts[0], parts[-1]
    if not (isinstance(rule, Matches) and rule.value == _HERE and _WHOLE.fullmatch(rule.regex.pattern)):
        return step
    if not (isinstance(last, Matches) and last.captures == "cond" and compares_with_itself(last.regex.pattern)):
        return step
    if not _compares_paths(last.value):
        return step
    found = {_groups(last, rule.regex, url, tried) for tried in _TRIED} - {()}
    if found == {None}:
        return _without_effect(step)
    known = _constant([each for each in found if each is not None])
    if None in found or any(each.group not in known for each in _captured(step)):
        return step
    texts = {Capture("cond", group): Literal(text) for group, text in known.items()}
    action = replaced(step.action, lambda each: texts.get(each) if isinstance(each, Capture) else None)
    return replace(step, when=all_of(parts[:-1]), action=action)


def _without_effect(step: Step) -> Step:
    """The step that everybody meets and that does nothing, in place of one that never holds."""
    if not isinstance(step.action, Rewrite) or step.action.target is not None or step.action.answers:
        return replace(step, when=NEVER)
    return replace(step, when=ALWAYS, then=step.otherwise, action=replace(step.action, sets=()))


def _compares_paths(value: Value) -> bool:
    """Whether a value is the path and what is tried of it, with a separator between them."""
    parts = value.parts if isinstance(value, Joined) else ()
    paths = [each for each in parts if each == REQUEST_URI or (isinstance(each, Capture) and each.match == "rule")]
    between = parts[1] if len(parts) == 3 else None
    return len(paths) == 2 and REQUEST_URI in paths and len(set(paths)) == 2 and isinstance(between, Literal)


def _groups(condition: Matches, rule: Regex, url: str, tried: str) -> tuple[str, ...] | None:
    """The groups of the condition where this is tried, None where it doesn't hold; none of a rule that isn't met."""
    of_rule = search(rule, tried)
    if of_rule is None:
        return ()
    assert isinstance(condition.value, Joined)
    text = ""
    for part in condition.value.parts:
        if isinstance(part, Capture):
            text += (of_rule[part.group] if part.group < len(of_rule) else "") or ""
        else:
            text += part.text if isinstance(part, Literal) else url + tried
    found = search(condition.regex, text)
    return None if found is None else tuple(each or "" for each in found)


def _constant(found: list[tuple[str, ...]]) -> dict[int, str]:
    """The groups that have the same text every time."""
    every = [set(texts) for texts in zip(*found, strict=True)]
    return {number: texts.pop() for number, texts in enumerate(every) if len(texts) == 1}


def _captured(step: Step) -> list[Capture]:
    return [each for each in parts_in(step.action, Capture) if each.match == "cond"]
