"""Both ways in which jobs arrive. Run it in this folder: python3 -m unittest"""

import contextlib
import io
import json
import unittest

import handler

JOB = {"job_type": "hello", "job_id": 0, "sleep_time": 60, "name": "Ada"}


def said(event):
    """What the handler printed and answered."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        answer = handler.handle(event, None)
    return out.getvalue(), answer


class Handler(unittest.TestCase):
    def test_greets_jobs_of_the_queue(self):
        out, answer = said({"Records": [{"messageId": "1", "body": json.dumps(JOB)}]})
        self.assertEqual(out, "Hello, Ada! Again in 60 seconds.\n")
        self.assertEqual(answer, {"batchItemFailures": []})

    def test_greets_a_job_of_the_topic(self):
        out, _ = said({"Records": [{"Sns": {"Message": json.dumps(JOB)}}]})
        self.assertEqual(out, "Hello, Ada! Again in 60 seconds.\n")

    def test_only_what_failed_comes_again(self):
        records = [{"messageId": "1", "body": "{}"}, {"messageId": "2", "body": json.dumps(JOB)}]
        out, answer = said({"Records": records})
        self.assertIn("Hello, Ada!", out)
        self.assertEqual(answer, {"batchItemFailures": [{"itemIdentifier": "1"}]})


if __name__ == "__main__":
    unittest.main()
