"""Hands each event of stdin to a handler; tells what the handler saw and what came of it."""

import json
import sys

sys.path.insert(0, sys.argv[1])
from scheduler_plugin import consumer, state  # noqa: E402

seen = []


@consumer
def handle(tick):
    if tick.fields.get("how") == "fail":
        raise RuntimeError("as told")
    seen.append(
        {
            "user_id": tick.user_id,
            "user_email": tick.user_email,
            "job_id": tick.job_id,
            "job_type": tick.job_type,
            "sleep_time": tick.sleep_time,
            "own": tick.fields,
            "attempt": tick.attempt,
            "idempotency_key": tick.idempotency_key,
        }
    )


outcomes = []
asked = json.load(sys.stdin)
for event in asked["events"]:
    seen.clear()
    try:
        outcome = {"answer": handle(event, None)}
    except Exception as error:
        outcome = {"error": str(error)}
    outcomes.append({**outcome, "seen": list(seen)})
found = {}
for key, value in asked["read"].items():
    read = state.get(key)
    found[key] = None if read is None else read.decode()
for key, value in asked["write"].items():
    state.put(key, value.encode())
json.dump({"outcomes": outcomes, "found": found}, sys.stdout)
