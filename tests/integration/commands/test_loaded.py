"""What commands load before they begin: it costs each of them time and memory."""

import os
import subprocess
import sys

from tests.demo import ROOT

WORKER = """
import sys
import django
django.setup()
import syncengine.worker
print({name.partition(".")[0] for name in sys.modules} & {"autobahn", "daphne", "twisted"})
"""


def test_a_worker_loads_no_web_server() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings"}
    command = [sys.executable, "-c", WORKER]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
