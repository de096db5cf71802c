"""A process may end whatever is going on in it: nothing crashes, nothing is printed, nobody waits for the run's end."""

import subprocess
import sys
import time

import pytest

TRAINING = "run = explorer.train(model='linear-regression', steps=10**9, wait=False)"
CASES = {
    "compiling a run": TRAINING,
    "training": f"{TRAINING}\nwhile not run.step_count: time.sleep(0.01)",
    "looking at an explorer": "explorer.Explorer()._repr_mimebundle_()",
    "training in an explorer": "app = explorer.Explorer(steps=10**9); app.panel; app.run.start(); time.sleep(1)",
}


@pytest.mark.parametrize("what", CASES)
def test_a_process_ends_quietly_while(what):
    code = f"import explorer, time\n{CASES[what]}\nprint(time.time())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert time.time() - float(done.stdout) < 30
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
