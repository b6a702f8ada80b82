"""What `mimar init` writes is valid, for editors too, and runs with a tiny budget.

usage: init_test.py MIMAR KIND
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import jsonschema
import yaml

mimar_path, kind = sys.argv[1:]


def mimar(*arguments, expected=0):
    done = subprocess.run([mimar_path, *arguments], capture_output=True, text=True)
    if done.returncode != expected:
        sys.exit(f"{' '.join(arguments)}: exit code {done.returncode}, expected {expected}\n"
                 f"{done.stdout}{done.stderr}")
    return done


with tempfile.TemporaryDirectory(prefix="mimar-init-") as scratch:
    os.environ["MIMAR_STATE_DIR"] = scratch + "/state"
    folder = pathlib.Path(scratch, "My first_Test")
    written = mimar("init", kind, str(folder)).stdout.splitlines()
    assert sorted(written) == sorted(str(path) for path in folder.iterdir()), written
    file = folder / "experiment.yaml"
    mimar("validate", str(file))

    # An editor finds the schema by the first line, beside the file.
    text = file.read_text()
    first = text.splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix), first
    schema = json.loads((folder / first[len(prefix):]).read_text())
    jsonschema.validate(yaml.safe_load(text), schema)
    assert yaml.safe_load(text)["metadata"]["name"] == "my-first-test"
    broken = yaml.safe_load(text)
    broken["spec"]["maxTrialCont"] = 3
    try:
        jsonschema.validate(broken, schema)
        sys.exit("the schema lets a misspelt field pass")
    except jsonschema.ValidationError:
        pass

    refused = mimar("init", kind, str(folder), expected=4)
    assert "nothing is overwritten" in refused.stderr, refused.stderr
    assert file.read_text() == text

    small = text.replace('train-size, value: "10000"', 'train-size, value: "256"')
    small = small.replace('epochs: "12", split: full, train-size: "60000"',
                          'epochs: "1", split: full, train-size: "256"')
    small = small.replace('epochs, value: "2"', 'epochs, value: "1"')
    file.write_text(small)
    os.chdir("/")  # it runs from anywhere
    mimar("run", str(file), "--max-trials", "4")
    status = json.loads(mimar("get", "experiment", "my-first-test", "-o", "json").stdout)["status"]
    assert status["trialsSucceeded"] == 4, status
    assert len(status.get("retrained", [])) == (1 if kind == "joint" else 0), status
print(f"{kind}: written, valid, and run")
