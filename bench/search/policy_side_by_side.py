#!/usr/bin/env python3
"""Searches Fashion-MNIST with the policy network, TPE and evolution, and starts policies again.

    bench/search/policy_side_by_side.py             # 5 seeds, 11 minutes each
    bench/search/policy_side_by_side.py --report    # tables of what there is

joint.yaml without its retraining, 60 trials each: by `enas` (as it is), `multivariate-tpe` and
`evolution`. Then reuse-controller.yaml, 20 trials on other images and a grown space: from the policy
that the first search of the same seed saved, and cold. Measured are the best validation accuracy
after so many trials, in the order in which they were proposed, and the accuracy of the best trial's
own network on the 10,000 test images, which no search sees.

Interrupt it when you like: each finished search is a line of docs/benchmarks/policy-search.jsonl, and
what is there is not run again.
"""
import argparse
import pathlib
import platform
import re
import statistics

from fashion_search import ROOT, Results, Search, metric, search_text, test_accuracy

RESULTS = Results(ROOT / "docs/benchmarks/policy-search.jsonl")
SEEDS = [101, 102, 103, 104, 105]
MARKS = [5, 10, 20, 40, 60]
POLICY = "algorithm: {algorithmName: enas}\n  controller: {save: fashion-policy}"
REUSE = "algorithm: {algorithmName: enas}\n  controller: {reuse: fashion-policy, save: fashion-policy}"

# Method -> its file and what is replaced in it; in the order in which one seed's run.
METHODS = {
    "policy": ("joint.yaml", []),
    "reused": ("reuse-controller.yaml", []),
    "cold": ("reuse-controller.yaml", [(REUSE, "algorithm: {algorithmName: enas}")]),
    "tpe": ("joint.yaml", [(POLICY, "algorithm: {algorithmName: multivariate-tpe}")]),
    "evolution": ("joint.yaml", [(POLICY, "algorithm: {algorithmName: evolution}")]),
}


def experiment_text(method, seed):
    text = search_text(*METHODS[method], seed)
    text = re.sub(r"metadata: \{name: [^}]+\}", f"metadata: {{name: {method}}}", text)
    return re.sub(r"maxFailedTrialCount: \d+", "maxFailedTrialCount: 20", text)


def search(programs, method, seed):
    # The policies of a seed share a folder: what one saved, the next starts from.
    fresh = method in ("policy", "tpe", "evolution")
    folder = ROOT / "build/bench-policy" / (method if fresh and method != "policy" else "policy")
    took, ended, best, model = Search(programs, folder, fresh).run(method, experiment_text(method, seed))
    ended.sort(key=lambda trial: trial["metadata"]["creationTimestamp"])
    accuracies = [metric(trial, "validation-accuracy") for trial in ended]
    row = {"method": method, "seed": seed, "seconds": round(took, 1), "trials": len(ended)}
    for mark in MARKS:
        known = [a for a in accuracies[:mark] if a == a]
        if mark <= len(ended) and known:
            row[f"best-after-{mark}"] = max(known)
    return row | {"test-accuracy": test_accuracy(programs, model)}


def spread(values):
    if not values:
        return "-"
    return f"{100 * statistics.mean(values):.2f} ({100 * min(values):.2f}..{100 * max(values):.2f})"


def table(rows, methods, marks):
    lines = ["| method | seeds | " + " | ".join(f"after {m}" for m in marks) + " | test |",
             "|---|---|" + "---|" * (len(marks) + 1)]
    for method in methods:
        mine = [row for row in rows if row["method"] == method]
        if mine:
            cells = [spread([r[f"best-after-{m}"] for r in mine if f"best-after-{m}" in r])
                     for m in marks]
            lines.append(f"| {method} | {len(mine)} | " + " | ".join(cells) + " | "
                         + spread([r["test-accuracy"] for r in mine]) + " |")
    return lines


def report(rows):
    lines = ["# The policy network on Fashion-MNIST, beside TPE and evolution, and started again", "",
             "```", "bench/search/policy_side_by_side.py", "```", "",
             f"Two cores ({platform.machine()}, no GPU), trials of 2 epochs on 10,000 images, two at a "
             "time. Best validation accuracy in % after so many trials, and test accuracy of the best "
             "trial's own network: means over the seeds, least and greatest in brackets. Every search "
             "is a line of [policy-search.jsonl](policy-search.jsonl).", "",
             "joint.yaml, 60 trials:", ""]
    lines += table(rows, ["policy", "tpe", "evolution"], MARKS)
    lines += ["", "reuse-controller.yaml, 20 trials on other images and a grown space, from the policy "
              "that joint.yaml saved, and cold:", ""]
    lines += table(rows, ["reused", "cold"], MARKS[:3])
    RESULTS.file.with_suffix(".md").write_text("\n".join(lines) + "\n")


parser = argparse.ArgumentParser()
parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/release/bin")
parser.add_argument("--seeds", type=int, default=len(SEEDS), help="so many of the five")
parser.add_argument("--report", action="store_true", help="run nothing")
args = parser.parse_args()

for seed in SEEDS[:args.seeds]:
    # Reuse needs the policy of its seed in the folder: both run again if one is missing.
    if not args.report and not RESULTS.has(method="reused", seed=seed) and RESULTS.has(
            method="policy", seed=seed):
        search(args.programs, "policy", seed)
    for method in METHODS:
        if not args.report and not RESULTS.has(method=method, seed=seed):
            RESULTS.add(search(args.programs, method, seed))
if RESULTS.rows():
    report(RESULTS.rows())
