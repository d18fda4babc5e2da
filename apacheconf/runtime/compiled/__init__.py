"""The program as closures, for cells that leave something to ask per request.

``decide`` interprets the program: slow and obviously right. What is here comes to the same decision, and a test
demands it; what is not known here is handed back (``None``), and ``decide`` is asked.

- ``regexes``: patterns that mean the same in ``re`` run there
- ``evaluate``: conditions and values as functions of a state
- ``steps``: the steps of a phase as one function, with an index of those that begin with a literal prefix
- ``walk``: the phases of a request
- ``settled``: what is known of the answer's header lines before the answer, and whether a plan may be remembered
"""
