"""The main job on the living demo: an agent reveals one field in a call, security sees that it happened,
the receipt proves it; without a call the same request is refused with a reason and a next step."""

from typing import Any

import demo

NO_INTERACTION = "int_" + "0" * 32


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def bound_interactions(agent: demo.Person) -> list[dict[str, Any]]:
    answer = agent.get("/v1/interactions?state=live")
    expect(answer.status_code == 200, f"live interactions: {answer.status_code}")
    return [item for item in answer.json()["items"] if item["customer"]]


def masked_fields(agent: demo.Person, interaction: dict[str, Any]) -> list[dict[str, Any]]:
    answer = agent.post(f"/v1/customers/{interaction['customer']}/views", {"interaction": interaction["id"]})
    return answer.json()["fields"] if answer.status_code == 200 else []


def reveal_request(interaction: str, field: dict[str, Any]) -> dict[str, Any]:
    return {
        "interaction": interaction,
        "field": field["field"],
        "instance": field["instance"],
        "purpose": field["purposes"][0],
    }


def reveal_one(agent: demo.Person) -> dict[str, Any] | None:
    """Tries the revealable fields of the agent's live interactions; the first value that comes out."""
    for interaction in bound_interactions(agent):
        for field in masked_fields(agent, interaction):
            if "reveal" not in field["can"] or not field["purposes"]:
                continue
            path = f"/v1/customers/{interaction['customer']}/reveals"
            answer = agent.post(path, reveal_request(interaction["id"], field))
            if answer.status_code == 200:
                return {"path": path, "field": field, **answer.json()}
    return None


def listed(security: demo.Person, receipt: str) -> dict[str, Any] | None:
    items = security.get("/v1/disclosures").json()["items"]
    return next((item for item in items if item["id"] == receipt), None)


def check_reveal(agent: demo.Person, security: demo.Person) -> dict[str, Any]:
    revealed = demo.until("a reveal in a live interaction", 60, lambda: reveal_one(agent))
    expect(bool(revealed["value"]), "the value is empty")
    expect(revealed["value"] != revealed["field"]["mask"], "the value is its own mask")
    expect(revealed["remask_in_s"] > 0, "the value never re-masks")

    entry = demo.until("the entry on security's page", 10, lambda: listed(security, revealed["receipt"]))
    expect(entry["kind"] == "reveal" and entry["decision"] == "allowed", f"the entry says otherwise: {entry}")
    expect(revealed["value"] not in str(entry), "the entry holds the value")
    return revealed


def check_receipt(agent: demo.Person, receipt: str) -> None:
    def served() -> str | None:
        answer = agent.get(f"/v1/receipts/{receipt}")
        expect(answer.status_code in (200, 202), f"receipt: {answer.status_code}")
        return answer.text if answer.status_code == 200 else None

    proof = demo.until("the receipt", 10, served)
    expect(proof.startswith("c2sp.org/tlog-proof@v1\n"), "the receipt isn't a tlog-proof")


def check_refusal(agent: demo.Person, revealed: dict[str, Any]) -> None:
    answer = agent.post(revealed["path"], reveal_request(NO_INTERACTION, revealed["field"]))
    expect(answer.status_code == 403, f"without an interaction: {answer.status_code}")
    expect(answer.headers["content-type"].startswith("application/problem+json"), "a refusal is a problem")
    problem = answer.json()
    expect(problem["type"].endswith("/no-live-interaction"), f"the refusal is {problem['type']}")
    expect(bool(problem["why"]) and bool(problem["next"]), "the refusal says neither why nor what next")
    expect(revealed["value"] not in answer.text, "the refusal holds the value")


def check_forged_origin(agent: demo.Person) -> None:
    forged = agent.http.post(
        demo.url() + "/v1/reports",
        json={"text": "sent by another site"},
        headers={"Origin": "https://elsewhere.example"},
        timeout=demo.TIMEOUT_S,
    )
    expect(forged.status_code in (401, 403), f"another site's request got {forged.status_code}")


def main() -> None:
    agent, security = demo.Person("agent"), demo.Person("security_officer")
    expect(agent.get("/v1/me").json()["role"] == "agent", "the agent isn't one")
    expect(agent.get("/v1/disclosures").status_code == 403, "an agent reads the disclosures")
    revealed = check_reveal(agent, security)
    check_receipt(agent, revealed["receipt"])
    check_refusal(agent, revealed)
    check_forged_origin(agent)
    print(f"revealed one {revealed['field']['field']}, entry {revealed['receipt']}")


main()
