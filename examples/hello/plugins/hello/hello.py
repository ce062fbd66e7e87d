"""Says hello. One tick is one SNS record; its message is the job itself."""

import json


def handle(event, context):
    for record in event["Records"]:
        job = json.loads(record["Sns"]["Message"])
        print(f"hello, {job['name']}: every {job['sleep_time']} seconds")
