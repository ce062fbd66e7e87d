"""Both ways in which jobs arrive. Run it in this folder: python3 -m unittest"""

import contextlib
import io
import json
import unittest

import handler

JOB = {
    "user_id": "u",
    "user_email": "ada@example.com",
    "job_type": "JOB_TYPE",
    "job_id": 0,
    "sleep_time": 60,
    "name": "Ada",
}


def said(event):
    """What the handler printed and answered."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        answer = handler.handle(event, None)
    return out.getvalue(), answer


def queued(message_id, body):
    """A record as SQS brings it."""
    attributes = {"ApproximateReceiveCount": "1"}
    return {
        "messageId": message_id,
        "body": body,
        "attributes": attributes,
        "eventSource": "aws:sqs",
    }


class Handler(unittest.TestCase):
    def test_greets_jobs_of_the_queue(self):
        out, answer = said({"Records": [queued("1", json.dumps(JOB))]})
        self.assertEqual(out, "Hello, Ada! Again in 60 seconds.\n")
        self.assertEqual(answer, {"batchItemFailures": []})

    def test_greets_a_job_of_the_topic(self):
        sns = {"MessageId": "1", "Message": json.dumps(JOB)}
        out, _ = said({"Records": [{"EventSource": "aws:sns", "Sns": sns}]})
        self.assertEqual(out, "Hello, Ada! Again in 60 seconds.\n")

    def test_only_what_failed_comes_again(self):
        out, answer = said({"Records": [queued("1", "{}"), queued("2", json.dumps(JOB))]})
        self.assertIn("Hello, Ada!", out)
        self.assertEqual(answer, {"batchItemFailures": [{"itemIdentifier": "1"}]})


if __name__ == "__main__":
    unittest.main()
