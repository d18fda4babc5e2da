"""Targets: lower the program to the configuration of another server, and account for every directive.

Shared here: what a cell comes to (``routes``), who answers which name (``hostnames``), names, source comments,
the fates of directives and the report. Each target has a folder: its output tree and printer, ``emit`` (the
walk in the order that the target wants) and answers in files named after Apache's modules.
"""

from apacheconf.targets.translation import TARGETS, Difference, Translation, translate

__all__ = ["TARGETS", "Difference", "Translation", "translate"]
