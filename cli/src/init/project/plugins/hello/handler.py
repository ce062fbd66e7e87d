"""Runs when jobs of the type `hello` are due. Try it: python3 -m unittest"""

import json
import os


def handle(event, context):
    """Takes a batch of jobs. One that fails comes again; the others are done."""
    failed = []
    for record in event["Records"]:
        try:
            greet(job_of(record))
        except Exception as error:
            # Direct, there is one job and nothing to be told apart.
            if "messageId" not in record:
                raise
            print(f"failed: {error!r}")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def job_of(record):
    """The job as its user wrote it, from the queue's record or from SNS's."""
    return json.loads(record["body"] if "body" in record else record["Sns"]["Message"])


def greet(job):
    """The work itself. What it prints goes to the log."""
    greeting = os.environ.get("GREETING", "Hello")
    print(f"{greeting}, {job['name']}! Again in {job['sleep_time']} seconds.")
