#!/usr/bin/env python3
"""Times pairs of ask and tell through a session: one trial asked for, one told, durably each.

    bench/local/ask_tell_pairs.py                     # 20,000 pairs by random search, 2,000 by TPE
    bench/local/ask_tell_pairs.py --pairs 1000
"""
import argparse
import json
import pathlib
import re
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def time_pairs(mimar, algorithm, pairs):
    text = (ROOT / "examples/ask-tell/experiment.yaml").read_text()
    text = re.sub(r"algorithmName: [a-z-]+", f"algorithmName: {algorithm}", text)
    text = re.sub(r"maxTrialCount: \d+", f"maxTrialCount: {pairs}", text)
    with tempfile.TemporaryDirectory(prefix="mimar-pairs-") as state:
        file = pathlib.Path(state, "experiment.yaml")
        file.write_text(text)
        command = [mimar, "-q", "--state-dir", state]
        subprocess.run(command + ["create", file], check=True, stdout=subprocess.DEVNULL)
        session = subprocess.Popen(command + ["ask", "ask-tell", "--session"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)

        def say(request):
            session.stdin.write(json.dumps(request) + "\n")
            session.stdin.flush()
            return json.loads(session.stdout.readline())

        started = time.monotonic()
        for number in range(pairs):
            (trial,) = say({"ask": 1})["trials"]
            say({"tell": trial["name"], "metrics": {"loss": 1 / (1 + number)}})
        took = time.monotonic() - started
        session.stdin.close()
        session.wait()
    print(f"{algorithm}: {pairs} pairs in {took:.1f} s, {1000 * took / pairs:.2f} ms a pair", flush=True)


parser = argparse.ArgumentParser()
parser.add_argument("--mimar", default=ROOT / "build/release/bin/mimar")
parser.add_argument("--pairs", type=int, default=20_000)
args = parser.parse_args()
time_pairs(args.mimar, "random", args.pairs)
time_pairs(args.mimar, "multivariate-tpe", max(1, args.pairs // 10))
