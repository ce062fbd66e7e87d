"""Runs when jobs of the type `JOB_TYPE` are due. Try it: python3 -m unittest"""

import os

from scheduler_plugin import Tick, consumer


@consumer
def handle(tick: Tick) -> None:
    """One run of one job. If it raises, this job comes again; its neighbours do not."""
    greeting = os.environ.get("GREETING", "Hello")
    # What it prints goes to the log.
    print(f"{greeting}, {tick.fields['name']}! Again in {tick.sleep_time} seconds.")
