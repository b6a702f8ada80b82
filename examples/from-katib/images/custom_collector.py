#!/usr/bin/env python3
"""A collector of one's own: reads the log that the training writes and hands its metrics on.

Takes the arguments of Katib's file collector. The training's process is MIMAR_COMMAND_PID; what is
found goes as lines of JSON to the descriptor MIMAR_METRICS_FD.
"""
import argparse
import json
import os
import re
import time

parser = argparse.ArgumentParser()
parser.add_argument("-m", dest="metrics", required=True)
parser.add_argument("-s", dest="server")  # Katib's database manager: there is none here
parser.add_argument("-t", dest="trial")
parser.add_argument("-path", required=True)
args = parser.parse_args()
names = set(args.metrics.split(";"))


def training_runs():
    return os.path.exists(f"/proc/{os.environ['MIMAR_COMMAND_PID']}")


step = 0
with os.fdopen(int(os.environ["MIMAR_METRICS_FD"]), "w") as out:
    while training_runs() and not os.path.exists(args.path):
        time.sleep(0.05)
    if os.path.exists(args.path):
        with open(args.path) as log:
            while True:
                running = training_runs()  # before the last look, so that nothing is missed
                for line in log:
                    found = dict(re.findall(r"\{metricName: ([\w|-]+), metricValue: ([-\d.]+)\}", line))
                    metrics = {name: float(value) for name, value in found.items() if name in names}
                    if metrics:
                        step += 1
                        print(json.dumps({"step": step, "metrics": metrics}), file=out, flush=True)
                if not running:
                    break
                time.sleep(0.05)
