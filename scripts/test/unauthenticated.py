"""Every described endpoint under /v1 answers 401 to a request without credentials, whatever else it says; one is for anybody."""

import re
import sys
from typing import Any

import requests

import demo

METHODS = ("get", "put", "post", "delete", "patch")
# What is told of the defences, where officers want it told.
FOR_ANYBODY = ["/v1/trust"]
# Described without a sign-in too, and still not for anybody: each event carries its source's signature.
SIGNED = ["/v1/events"]
PREFIX_OF = {"customers": "cus_", "interactions": "int_", "receipts": "ent_"}


def filled(template: str) -> str:
    """The path with an id of the right form for each parameter."""

    def an_id(match: re.Match[str]) -> str:
        return f"/{match[1]}/{PREFIX_OF.get(match[1], '')}{'0' * 32}"

    return re.sub(r"/([a-z_]+)/\{[a-z_]+\}", an_id, template)


def complaint(method: str, template: str, answer: requests.Response) -> str | None:
    if answer.status_code != 401:
        return f"{method.upper()} {template}: {answer.status_code} instead of 401"
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return f"{method.upper()} {template}: the 401 isn't a problem document"
    return None


def operations(description: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (method, template)
        for template, item in description["paths"].items()
        if template.startswith("/v1/")
        for method in METHODS
        if method in item and template not in FOR_ANYBODY
    ]


def ask(method: str, template: str) -> requests.Response:
    body = None if method in ("get", "delete") else {}
    return requests.request(method, demo.url() + filled(template), json=body, timeout=demo.TIMEOUT_S)


def main() -> None:
    description = requests.get(demo.url() + "/openapi.json", timeout=demo.TIMEOUT_S).json()
    asked = operations(description)
    if not asked:
        sys.exit("the description has no endpoint under /v1")
    open_to_all = [path for path, item in description["paths"].items() if path.startswith("/v1/") and "'security': [{}]" in str(item)]
    if sorted(open_to_all) != sorted(FOR_ANYBODY + SIGNED):
        sys.exit(f"the description lets anybody ask {open_to_all}")
    complaints = [said for op in asked if (said := complaint(*op, ask(*op)))]
    print(f"{len(asked)} endpoints asked without credentials")
    sys.exit("\n".join(complaints) or None)


main()
