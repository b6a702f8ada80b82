"""Runs one example with a tiny budget in a fresh state directory and checks how it ends.

usage: run_example.py MIMAR EXAMPLE [--set-up COMMAND] [--first EXAMPLE] [--replace OLD=NEW]...
                      [--finished N] [--expect REGEX]...

COMMAND runs first, in an empty folder in which the example then runs too; so does another example
that this one stands on, in the same state directory. Each --replace must change one of the texts,
each --expect must match what `mimar run` printed, and the store must hold N finished trials.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser()
parser.add_argument("mimar")
parser.add_argument("example")
parser.add_argument("--set-up")
parser.add_argument("--first")
parser.add_argument("--replace", action="append", default=[])
parser.add_argument("--expect", action="append", default=[])
parser.add_argument("--finished", type=int, required=True)
args = parser.parse_args()

examples = [pathlib.Path(name) for name in ([args.first] if args.first else []) + [args.example]]
texts = [example.read_text() for example in examples]
for replacement in args.replace:
    old, new = replacement.split("=>")
    if not any(old in text for text in texts):
        sys.exit(f"{args.example} does not hold {old!r}")
    texts = [text.replace(old, new) for text in texts]

with tempfile.TemporaryDirectory(prefix="mimar-example-") as state:
    mimar = [args.mimar, "--state-dir", state]
    folder = None
    if args.set_up:
        folder = pathlib.Path(state, "work")
        folder.mkdir()
        subprocess.run(args.set_up, shell=True, check=True, cwd=folder)
    for example, text in zip(examples, texts):
        small = pathlib.Path(state, example.name)
        small.write_text(text)
        run = subprocess.run(mimar + ["run", str(small)], capture_output=True, text=True, cwd=folder)
        printed = run.stdout + run.stderr
        if run.returncode != 0:
            sys.exit(f"exit {run.returncode}\n{printed}")
    for pattern in args.expect:
        if not re.search(pattern, printed):
            sys.exit(f"nothing matches {pattern!r} in:\n{printed}")
    name = re.search(r"^metadata: *(?:\{name: |\n  name: )([^}\s]+)", text, re.MULTILINE)[1]
    shown = subprocess.run(mimar + ["get", "experiment", name, "-o", "json"], capture_output=True,
                           text=True, check=True)
    status = json.loads(shown.stdout)["status"]
    succeeded = status.get("trialsSucceeded", 0)
    if succeeded != args.finished:
        sys.exit(f"{succeeded} trials succeeded, {args.finished} expected:\n{printed}")
print(printed)
