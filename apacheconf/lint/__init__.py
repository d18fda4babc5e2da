"""Lint: what httpd accepts and nobody wants. ``engine`` runs the rules, each file of ``rules`` is one of them."""

from apacheconf.lint.engine import explain_rule, lint

__all__ = ["explain_rule", "lint"]
