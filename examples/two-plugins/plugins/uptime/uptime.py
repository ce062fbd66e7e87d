"""Says whether ports answer. Behind a queue, a batch of ticks comes in one event."""

import json
import os
import socket


def handle(event, context):
    for record in event["Records"]:
        watch(json.loads(record["body"]))


def watch(job):
    host = job.get("host", "127.0.0.1")
    for port in [job[name] for name in ("port", "first", "second") if name in job]:
        answers = is_open(host, port)
        if not answers or os.environ["LEVEL"] == "info":
            print(f"{host}:{port} {'answers' if answers else 'does not answer'}")


def is_open(host, port):
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False
