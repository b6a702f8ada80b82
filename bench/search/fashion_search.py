"""What the comparisons on Fashion-MNIST share: one search by `mimar run`, and how it did."""
import gzip
import json
import pathlib
import re
import shutil
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples/fashion-mnist"
DATA = pathlib.Path("/usr/share/datasets/fashion-mnist")


def replaced(text, pairs):
    for old, new in pairs:
        assert old in text, f"the file does not hold {old!r}"
        text = text.replace(old, new)
    return text


def search_text(name, replacements, seed):
    """An example's search from another seed, without retraining; every trial keeps its network, so
    that the best one is tested as it is."""
    text = replaced((EXAMPLES / name).read_text(), replacements)
    text = re.sub(r"\n  seed: \d+", f"\n  seed: {seed}", text)
    text = re.sub(r"\n  retrain:[^\n]*", "", text)
    text = re.sub(r'\n *- \{name: export, value: ""\}', "", text)
    text = re.sub(r'\s*"--export=[^"]*",', "", text)
    return text.replace("[mimar-train, fit,",
                        '[mimar-train, fit, "--export=$(MIMAR_TRIAL_DIR)/model.pt", --latency=false,')


def test_labels():
    packed = DATA / "t10k-labels-idx1-ubyte.gz"
    data = gzip.decompress(packed.read_bytes()) if packed.exists() else packed.with_suffix("").read_bytes()
    return list(data[8:])


def test_accuracy(programs, model):
    printed = subprocess.run([programs / "mimar-train", "predict", f"--model={model}"], check=True,
                             capture_output=True, text=True).stdout
    labels = test_labels()
    predicted = [int(line) for line in printed.split()]
    assert len(predicted) == len(labels)
    return sum(p == q for p, q in zip(predicted, labels)) / len(labels)


def metric(trial, name):
    for value in trial["status"].get("observation", {}).get("metrics", []):
        if value["name"] == name:
            return float(value["latest"])
    return float("nan")


class Search:
    """A state folder in which experiments run; `fresh` empties it first."""

    def __init__(self, programs, folder, fresh=True):
        self.programs = programs
        self.folder = folder
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        self.mimar = [programs / "mimar", "--state-dir", folder / "state"]

    def run(self, name, text, *options):
        """Runs an experiment; seconds, trials that succeeded, the best one, and its network's file."""
        file = self.folder / f"{name}.yaml"
        file.write_text(text)
        started = time.monotonic()
        run = subprocess.run(self.mimar + ["-q", "run", file, *options], cwd=ROOT,
                             capture_output=True, text=True)
        took = time.monotonic() - started
        if run.returncode not in (0, 6):
            raise SystemExit(f"{name}: exit {run.returncode}\n{run.stdout}{run.stderr}")
        trials = self.ask("get", "trials", "--experiment", name)["items"]
        ended = [t for t in trials if any(c["type"] == "Succeeded" and c["status"] == "True"
                                          for c in t["status"]["conditions"])]
        best = self.ask("get", "experiments", name)["status"]["currentOptimalTrial"]["bestTrialName"]
        best_trial = next(t for t in ended if t["metadata"]["name"] == best)
        model = next(self.folder.glob(f"state/**/{best}/model.pt"), None)
        return took, ended, best_trial, model

    def ask(self, *arguments):
        return json.loads(subprocess.run(self.mimar + [*arguments, "-o", "json"], check=True,
                                         capture_output=True, text=True).stdout)


class Results:
    """Lines of JSON, one a finished search, so that a comparison can be stopped and gone on with."""

    def __init__(self, file):
        self.file = file

    def rows(self):
        return ([json.loads(line) for line in self.file.read_text().splitlines()]
                if self.file.exists() else [])

    def has(self, **keys):
        return any(all(row[k] == v for k, v in keys.items()) for row in self.rows())

    def add(self, row):
        with self.file.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)
