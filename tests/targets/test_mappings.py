"""Mappings of which a target can only say so much: what the report says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.ledger import Outcome
from apacheconf.targets.translation import TARGETS, translate
from tests.targets.configs import program_of


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("mapping", "outcome", "key"),
    [
        ("ProxyPass /x http://h/${BALANCER_NAME} interpolate", Outcome.UNSUPPORTED, "interpolate"),
        ("ProxyPass ~ ^/x/(.*)/(.*) http://h/$2/${BALANCER_NAME}/$1 interpolate", Outcome.UNSUPPORTED, "interpolate"),
        ("ProxyPass /x http://h/y mapping=servlet", Outcome.APPROXIMATED, "mapping"),
        ("ProxyPass /x http://h/y mapping=encoded", Outcome.APPROXIMATED, "mapping"),
    ],
)
def test_what_a_target_cannot_say_is_reported(
    tmp_path: Path, target: str, mapping: str, outcome: Outcome, key: str
) -> None:
    """PU-8, PU-9, PU-11, DES-8."""
    text = f"ProxyPassInterpolateEnv On\n<VirtualHost *:80>\nServerName a\n{mapping}\n</VirtualHost>\n"
    rows = translate(program_of(tmp_path, text), target).rows
    (row,) = (row for row in rows if row.name == "ProxyPass")
    assert row.outcome is outcome
    assert key in {answer.key for answer in row.answers}


@pytest.mark.parametrize("target", TARGETS)
def test_a_way_back_with_variables_is_not_written_as_text(tmp_path: Path, target: str) -> None:
    """RV-15."""
    text = (
        "ProxyPassInterpolateEnv On\n<VirtualHost *:80>\nServerName a\nProxyPass /x http://h/x\n"
        "ProxyPassReverse /x/${BALANCER_NAME} http://h/x/${WHERE} interpolate\n</VirtualHost>\n"
    )
    translation = translate(program_of(tmp_path, text), target)
    (row,) = (row for row in translation.rows if row.name == "ProxyPassReverse")
    assert row.outcome is Outcome.UNSUPPORTED
    assert "WHERE" not in "\n".join(line for line in translation.text.splitlines() if "#" not in line)
