"""Writes a text from the job's own template, which runs in Jinja's sandbox."""

import json

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

# A template comes from a user: it may compute, and reach nothing.
SANDBOX = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def handle(event, context):
    """Direct: SNS brings one tick. An exception makes Lambda try once more."""
    for record in event["Records"]:
        print(report(json.loads(record["Sns"]["Message"])))


def report(job):
    """The text of one job."""
    template = SANDBOX.from_string(job["template"])
    return template.render(values=job.get("values", {}), job_id=job["job_id"])
