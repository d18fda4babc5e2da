"""The rules: every file here is one, found by listing this folder.

A file's docstring is its documentation: what it looks for, why that is bad, an example, what to write instead.
Then come ``RULE`` (name and level) and ``check(view)``, which yields its findings.
"""
