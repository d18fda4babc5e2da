"""Reports for programs are what their schemas say, and what a schema asks for is there."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from apacheconf.cli import reports
from apacheconf.engines import Sandbox, find
from apacheconf.program import load
from apacheconf.prove import prove
from apacheconf.targets import TARGETS, translate
from tests import sites
from tests.engines.real import need


def _validator(name: str) -> Draft202012Validator:
    schema = json.loads(files("apacheconf.cli").joinpath("schemas", name).read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


TRANSLATION, PROOF = _validator("translation.schema.json"), _validator("proof.schema.json")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", sites.names())
def test_the_report_of_a_translation(name: str, target: str) -> None:
    with Sandbox("schema") as box:
        program = load([], sites.lay_out(name, box, find("httpd")).options()).require()
        TRANSLATION.validate(json.loads(reports.as_json(translate(program, target), None)))


@pytest.mark.live
def test_the_report_of_a_proof(tmp_path: Path) -> None:
    need("httpd"), need("nginx")
    site = tmp_path / "site.conf"
    site.write_text("<VirtualHost *:80>\nServerName a.test\nProxyPass / http://10.0.0.1/\n</VirtualHost>\n")
    written = prove([str(site)], against="nginx", reference="httpd").to_json()
    PROOF.validate(json.loads(json.dumps(written)))
    assert written["differences"], "nothing that the schema says of differences was tried"


@pytest.mark.parametrize(
    "broken", [{"target": "caddy"}, {"rows": [{"name": "ProxyPass"}]}, {"outcomes": {"fine": 1}}, {"more": 1}]
)
def test_a_schema_refuses_what_is_not_in_it(broken: dict[str, Any]) -> None:
    with Sandbox("schema") as box:
        program = load([], sites.lay_out("gitea", box, find("httpd")).options()).require()
        written = json.loads(reports.as_json(translate(program, "nginx"), None))
    with pytest.raises(ValidationError):
        TRANSLATION.validate(written | broken)
