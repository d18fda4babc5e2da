"""The names of expressions: each is read by a reader of its own (EXPR-10, EXPR-35)."""

from __future__ import annotations

import pytest

from apacheconf.modules.expressions import VARIABLES
from apacheconf.program.expressions import value_of
from apacheconf.program.values import Variable
from apacheconf.program.variables import _FAMILIES, _VARIABLES
from apacheconf.syntax.expr import parse_string


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_every_name_of_an_expression_is_read(name: str) -> None:
    """A name without a reader would be looked for in the environment, and be empty without a word."""
    value = value_of(parse_string(f"%{{{name}}}"))
    assert not isinstance(value, Variable) or value.name in _VARIABLES.keys() | _FAMILIES.keys()
