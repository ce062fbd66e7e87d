"""Prints notes. Invoked by SNS itself: one record, whose message is the job."""

import json


def handle(event, context):
    for record in event["Records"]:
        job = json.loads(record["Sns"]["Message"])
        print(f"{job['user_email']}: {job['text']}")
