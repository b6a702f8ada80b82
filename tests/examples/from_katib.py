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
        found = {kind: set(re.findall(rf"^{kind}\[(M\d+)\]", result.stderr, re.MULTILINE))
                 for kind in ("error", "warning")}
        # The word before a code says which it is; without one it is an error.
        warned = set(re.findall(r"warning (M\d+)", validates))
        expected = {"error": set(re.findall(r"M\d+", validates)) - warned, "warning": warned}
        # What this build lacks today may have come tomorrow; anything else is a change of meaning.
        gone = expected["warning"] - found["warning"]
        is_as_said = found["error"] == expected["error"] and not (
            found["warning"] - expected["warning"]) and gone <= {"M024", "M026"}
        if not is_as_said or (result.returncode == 0) != validates.startswith("yes") or (
                validates.startswith("yes") != (not expected["error"])):
            faults.append(f"{file}: exit {result.returncode}, {found}, the table says "
                          f"{validates!r}\n{result.stderr}")
        if runs.startswith("yes") and not validates == "yes":
            faults.append(f"{file}: runs, but does not validate without a word?")
        if gone:
            print(f"note: {file} has lost {sorted(gone)}; the table says {validates!r}")
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
        latest = metrics[objective]["latest"]
        if not latest.startswith("Genotype("):  # Katib's one objective that is a text
            float(latest)  # a number, not "unavailable"
    if run.returncode != 0 or len(trials) != 2:
        sys.exit(f"exit {run.returncode}, {len(trials)} trials\n{run.stdout}{run.stderr}")
    print(f"{file}: two trials with {objective}")


if sys.argv[2] == "validate":
    validate_all()
else:
    run_one(sys.argv[3])
