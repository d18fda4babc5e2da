"""Lint: what httpd accepts and nobody wants. ``engine`` runs the rules, each file of ``rules`` is one of them."""

from apacheconf.lint.engine import lint

__all__ = ["lint"]
