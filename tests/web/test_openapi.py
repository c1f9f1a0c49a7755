"""The description of the API is true."""

import json
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.routing import Route

from inksight import formats
from inksight.options import MODES
from inksight.web import app as web
from inksight.web import asked
from inksight.web.limits import Limits
from tests.web.serving import served

STATIC = Path(web.__file__).parent / "static"
API = json.loads((STATIC / "openapi.json").read_text(encoding="utf-8"))
APP = web.application(Limits(), ["localhost"])
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

schema = schemathesis.openapi.from_dict(API)


@pytest.fixture(scope="module")
def address():
    with served() as port:
        yield f"http://127.0.0.1:{port}"


def test_it_has_the_routes_of_the_server():
    served = {
        (route.path, method.lower())
        for route in APP.routes
        if isinstance(route, Route) and route.path not in ("/", "/openapi.json")
        for method in route.methods - {"HEAD"}
    }
    assert {(path, method) for path, methods in API["paths"].items() for method in methods} == served


def test_it_has_the_names_of_the_library():
    fields = API["paths"]["/api/convert"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"][
        "properties"
    ]
    assert fields["mode"]["enum"] == list(MODES)
    assert fields["detector"]["enum"] == list(asked.PLAIN_DETECTORS)
    assert API["components"]["parameters"]["to"]["schema"]["enum"] == list(formats.FORMATS)
    media = API["paths"]["/api/render"]["post"]["responses"]["200"]["content"]
    assert set(media) == {*asked.MEDIA.values(), asked.UNKNOWN}


@pytest.mark.parametrize("path", API["paths"])
def test_each_operation_has_its_curl_line(path):
    for method, operation in API["paths"][path].items():
        line = operation["description"].strip("`")
        assert line.startswith("curl ")
        assert path.replace("{name}", "NAME") in line
        assert ("-F file=@" in line) == ("multipart" in json.dumps(operation.get("requestBody", "")))
        assert (method == "put") == ("-X PUT" in line)


@schema.parametrize()
@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_server_does_as_it_says(case, address):
    case.call_and_validate(base_url=address, checks=CHECKS)
