"""The running demo as the checks see it: its address and its people, from RINGFENCE_DEMO_JSON.

usage: demo.py url | demo.py person ROLE
"""

import json
import os
import sys
import time
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import requests
from browser import Browser

POLL_S = 0.2
TIMEOUT_S = 10


def described() -> dict[str, Any]:
    return json.loads(os.environ["RINGFENCE_DEMO_JSON"])


def url() -> str:
    return described()["url"].rstrip("/")


def sign_in_url(role: str) -> str:
    for entry in described()["sign_ins"]:
        if entry["role"] == role:
            return entry["url"]
    raise LookupError(f"the demo printed no sign-in for the role {role}")


class HiddenInputs(HTMLParser):
    """Collects the hidden inputs of a page's form, so that it is posted as a browser would."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.values[given["name"]] = given.get("value") or ""


class Person:
    """One signed-in person: requests carry the session cookie, the page's own origin and the browser's signature."""

    def __init__(self, role: str) -> None:
        self.http = requests.Session()
        self.http.headers["Origin"] = url()
        page_url = sign_in_url(role)
        page = self.http.get(page_url, timeout=TIMEOUT_S)
        page.raise_for_status()
        form = HiddenInputs()
        form.feed(page.text)
        browser = Browser()
        data = form.values | {"device": browser.shown}
        answer = self.http.post(page_url, data=data, headers={"Accept": "application/json"}, timeout=TIMEOUT_S)
        if "rf_session" not in self.http.cookies:
            raise AssertionError(f"signing in as {role} gave {answer.status_code} and no session")
        self.http.auth = browser.agreed(answer.json())

    def get(self, path: str) -> requests.Response:
        return self.http.get(url() + path, timeout=TIMEOUT_S)

    def post(self, path: str, body: dict[str, Any]) -> requests.Response:
        return self.http.post(url() + path, json=body, timeout=TIMEOUT_S)


def until(what: str, seconds: float, attempt: Callable[[], Any]) -> Any:
    """Asks until the answer is something, or fails when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = attempt()
        if found:
            return found
        time.sleep(POLL_S)
    raise AssertionError(f"not within {seconds} s: {what}")


def main() -> None:
    match sys.argv[1:]:
        case ["url"]:
            print(url())
        case ["person", role]:
            print(sign_in_url(role).rsplit("/", 1)[1])
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
