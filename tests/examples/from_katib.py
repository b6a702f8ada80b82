"""Checks the table of examples/from-katib/README.md against what `mimar` does with each file.

usage: from_katib.py MIMAR validate       every file is in the table and validates as it says
       from_katib.py MIMAR run FILE       the file runs two trials here, each with its metrics
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

folder = pathlib.Path("examples/from-katib")
mimar = sys.argv[1]


def read_table():
    """File -> what the columns "validates" and "runs here" say."""
    rows = {}
    for line in (folder / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 4:
            rows[cells[0].strip("`")] = (cells[2], cells[3])
    return rows


def validate_all():
    rows = read_table()
    files = {str(file.relative_to(folder)) for file in folder.rglob("*.yaml")}
    if files != set(rows):
        sys.exit(f"table and folder differ: {sorted(files ^ set(rows))}")
    faults = []
    for file, (validates, runs) in sorted(rows.items()):
        result = subprocess.run([mimar, "validate", str(folder / file)], capture_output=True, text=True)
        found = set(re.findall(r"^error\[(M\d+)\]", result.stderr, re.MULTILINE))
        expected = set(re.findall(r"M\d+", validates))
        # What this build lacks today may have come tomorrow; anything else is a change of meaning.
        if not found <= expected or (result.returncode == 0) != (not found):
            faults.append(f"{file}: exit {result.returncode}, {sorted(found)}, the table says "
                          f"{validates!r}\n{result.stderr}")
        elif not expected and not validates.startswith("yes"):
            faults.append(f"{file}: the table says {validates!r}")
        if runs.startswith("yes") and expected:
            faults.append(f"{file}: runs, but does not validate?")
        if found != expected:
            print(f"note: {file} now gives {sorted(found)}; the table says {validates!r}")
    if faults:
        sys.exit("\n".join(faults))
    print(f"{len(rows)} files as the table says")


def run_one(file):
    if not read_table()[file][1].startswith("yes"):
        sys.exit(f"the table does not say that {file} runs")
    with tempfile.TemporaryDirectory(prefix="mimar-from-katib-") as state:
        command = [mimar, "--state-dir", state]
        run = subprocess.run(command + ["run", str(folder / file), "--max-trials", "2", "--parallel", "2",
                                        "--set", "maxFailedTrialCount=1"],
                             capture_output=True, text=True)
        listed = subprocess.run(command + ["get", "trials", "-o", "json"], capture_output=True,
                                text=True, check=True)
        trials = json.loads(listed.stdout)["items"]
    objective = None
    for trial in trials:
        metrics = {metric["name"]: metric for metric in trial["status"]["observation"]["metrics"]}
        objective = trial["spec"]["objective"]["objectiveMetricName"]
        float(metrics[objective]["latest"])  # a number, not "unavailable"
    if run.returncode != 0 or len(trials) != 2:
        sys.exit(f"exit {run.returncode}, {len(trials)} trials\n{run.stdout}{run.stderr}")
    print(f"{file}: two trials with {objective}")


if sys.argv[2] == "validate":
    validate_all()
else:
    run_one(sys.argv[3])
