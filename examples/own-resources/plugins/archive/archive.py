"""Keeps each text in the plugin's bucket; on this machine, where there is none, it says so."""

import json
import os


def handle(event, context):
    for record in event["Records"]:
        keep(json.loads(record["body"]), record["messageId"])


def keep(job, message_id):
    # The same for every delivery: a second one writes the same object again.
    key = f"{job['user_id']}/{job['job_id']}/{message_id}"
    bucket = os.environ.get("BUCKET")
    if bucket is None:
        print(f"would keep {len(job['text'])} characters as {key}")
        return
    import boto3

    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=job["text"].encode())
    print(f"kept {key}")
