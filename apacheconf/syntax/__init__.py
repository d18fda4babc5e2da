"""Text to a lossless tree, words and lines; the only place that knows Lark."""

from apacheconf.syntax.parse import parse
from apacheconf.syntax.tree import Blank, Comment, Directive, Document, Line, Section, Tag

__all__ = ["Blank", "Comment", "Directive", "Document", "Line", "Section", "Tag", "parse"]
