# Runs pip for another machine: besides its options, the environment markers of requirements
# (`; python_version < "3.13"`) are those of that machine, and pip has no option for them.
import json
import runpy
import sys

there = json.loads(sys.argv.pop(1))
from pip._vendor.packaging import markers

here = markers.default_environment()
markers.default_environment = lambda: {**here, **there}
runpy.run_module("pip", run_name="__main__", alter_sys=True)
