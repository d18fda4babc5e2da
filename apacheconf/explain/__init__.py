"""Explain: the story of one request, told from what ``program.decide`` says on the way."""

from apacheconf.explain.asking import request_for
from apacheconf.explain.narrate import explain
from apacheconf.explain.story import Chapter, Sentence, Source, Story

__all__ = ["Chapter", "Sentence", "Source", "Story", "explain", "request_for"]
