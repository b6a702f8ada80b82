"""TPE beats random search on a Python trial with a known optimum, and trials run as promised.

usage: known_optimum_test.py MIMAR [--seeds N]

Over N seeds of 40 trials each: the median of TPE's best losses is below random's, every trial ran
exactly once, and never more than parallelTrialCount (3) at a time. TPE's median has been seen a
factor of 3 and more below random's; were the two alike, this would fail in half of all runs.
"""
import argparse
import collections
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PARALLEL, TRIALS = 3, 40

parser = argparse.ArgumentParser()
parser.add_argument("mimar")
parser.add_argument("--seeds", type=int, default=20)
args = parser.parse_args()


def check_journal(journal):
    """Fails unless every trial began and ended once and at most PARALLEL overlapped."""
    begun, running = collections.Counter(), 0
    for line in journal.read_text().splitlines():
        verb, trial = line.split()
        running += 1 if verb == "begin" else -1
        begun[trial] += verb == "begin"
        if running > PARALLEL:
            sys.exit(f"{running} trials ran at once")
    if len(begun) != TRIALS or set(begun.values()) != {1} or running != 0:
        sys.exit(f"{len(begun)} trials began, most often {max(begun.values())} times")


def best_loss(algorithm, seed, folder):
    name = f"{algorithm}-{seed}"
    journal = folder / f"{name}.journal"
    text = (HERE / "bowl.yaml").read_text()
    for word, value in {"NAME": name, "SEED": str(seed), "ALGORITHM": algorithm,
                        "SCRIPT": str(HERE / "bowl.py"), "JOURNAL": str(journal)}.items():
        text = text.replace(word, value)
    (folder / f"{name}.yaml").write_text(text)
    mimar = [args.mimar, "--state-dir", str(folder)]
    run = subprocess.run(mimar + ["run", str(folder / f"{name}.yaml")], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"mimar run: exit {run.returncode}\n{run.stdout}{run.stderr}")
    check_journal(journal)
    shown = subprocess.run(mimar + ["get", "experiment", name, "-o", "json"], check=True,
                           capture_output=True, text=True)
    optimum = json.loads(shown.stdout)["status"]["currentOptimalTrial"]
    return float(optimum["observation"]["metrics"][0]["min"])


with tempfile.TemporaryDirectory(prefix="mimar-quality-") as folder:
    best = {algorithm: [best_loss(algorithm, seed, pathlib.Path(folder)) for seed in range(args.seeds)]
            for algorithm in ("tpe", "random")}
medians = {algorithm: statistics.median(losses) for algorithm, losses in best.items()}
print(f"median best loss of {args.seeds} seeds after {TRIALS} trials: "
      f"tpe {medians['tpe']:.4f}, random {medians['random']:.4f}")
if medians["tpe"] >= medians["random"]:
    sys.exit("TPE is no better than random search")
