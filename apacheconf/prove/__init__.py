"""Prove: ask httpd, our engine and the translations the same questions, and compare the answers (DIF-1 to DIF-11).

``prove`` runs a configuration in two fronts on loopback, with origins that write down what they receive, and
gives a ``Report``. It starts the other consumers as their users would; nothing here knows Apache's rules.
"""

from apacheconf.prove.report import Report, Result
from apacheconf.prove.run import Plan, prove

__all__ = ["Plan", "Report", "Result", "prove"]
