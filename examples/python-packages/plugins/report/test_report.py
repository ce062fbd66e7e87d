"""Needs the plugin's packages: pip install -r requirements.txt, then python3 -m unittest"""

import unittest

import jinja2
import report


class Report(unittest.TestCase):
    def test_values_stand_in_the_text(self):
        job = {"job_id": 3, "template": "{{ job_id }}: {{ values.city }}", "values": {"city": "Köln"}}
        self.assertEqual(report.report(job), "3: Köln")

    def test_a_template_reaches_nothing(self):
        job = {"job_id": 3, "template": "{{ ''.__class__.__mro__ }}"}
        with self.assertRaises(jinja2.exceptions.SecurityError):
            report.report(job)


if __name__ == "__main__":
    unittest.main()
