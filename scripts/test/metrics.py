"""The running demo's /metrics, read by the OpenMetrics parser of the Prometheus project: it is well-formed, it counts
what was done, and no label says anything but the few words that it may."""

import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import demo

ALLOWED = {
    "face": {"api", "pages", "log", "operations"},
    "result": {"done", "refused", "unavailable", "failed"},
    "outcome": {"committed", "replayed", "refused", "failed"},
}


def samples() -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = requests.get(demo.url() + "/metrics", timeout=demo.TIMEOUT_S)
    assert answer.status_code == 200, answer.status_code
    assert answer.headers["content-type"].startswith("application/openmetrics-text"), answer.headers["content-type"]
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def check_labels(found: dict[tuple[str, frozenset[tuple[str, str]]], float]) -> None:
    tenants = {log["tenant"] for log in requests.get(demo.url() + "/log", timeout=demo.TIMEOUT_S).json()["logs"]}
    for name, labels in found:
        for label, value in labels:
            if label == "le":
                float(value)
            elif label == "version":
                assert value[0].isdigit(), value
            else:
                allowed = tenants if label == "tenant" else ALLOWED[label]
                assert value in allowed, f"{name} has the label {label} with a value of its own"


def count(found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


def main() -> None:
    before = samples()
    check_labels(before)
    agent = demo.Person("agent")
    refused = agent.get("/v1/disclosures")
    assert refused.status_code == 403, refused.status_code
    after = samples()
    check_labels(after)
    for name, labels in [
        ("ringfence_request_duration_seconds_count", {"face": "api", "result": "refused"}),
        ("ringfence_acts_total", {"outcome": "refused"}),
        ("ringfence_transactions_total", {}),
    ]:
        assert count(after, name, **labels) > count(before, name, **labels), f"{name} doesn't count"
    assert count(after, "ringfence_log_size", tenant="acme") > 0, "the log has no entries"
    print(f"{len(after)} numbers")


main()
