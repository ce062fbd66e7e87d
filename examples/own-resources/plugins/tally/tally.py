"""Counts the ticks that this process has had."""

import json

COUNTS = {}


def handle(event, context):
    for record in event["Records"]:
        job = json.loads(record["Sns"]["Message"])
        key = f"{job['user_id']}-{job['job_id']}"
        COUNTS[key] = COUNTS.get(key, 0) + 1
        print(f"{key}: {COUNTS[key]}")
