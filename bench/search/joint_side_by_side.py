#!/usr/bin/env python3
"""Searches Fashion-MNIST for the same time in four ways and compares what they find.

    bench/search/joint_side_by_side.py                 # 4 methods x 5 seeds x 3 minutes: an hour
    bench/search/joint_side_by_side.py --report        # table and drawing of what there is

The methods: joint.yaml by multivariate-tpe, joint.yaml by random search, nas-only.yaml and hpo-only.yaml, all
with trials of 2 epochs on 10,000 images, two at a time. The search is cut off by the clock. Measured
are the trials that ended, the validation accuracy of the best one by its own objective, and the
accuracy of that very network on the 10,000 test images, which no search sees.

Interrupt it when you like: each finished search is a line of docs/benchmarks/joint.jsonl, and what
is there is not run again. Run it on an idle machine.
"""
import argparse
import pathlib
import platform
import re
import statistics

from fashion_search import ROOT, Results, Search, metric, search_text, test_accuracy

RESULTS = Results(ROOT / "docs/benchmarks/joint.jsonl")
SEEDS = [101, 102, 103, 104, 105]

# Method -> its file and what is replaced in it (each must be found).
POLICY = "algorithm: {algorithmName: enas}\n  controller: {save: fashion-policy}"
METHODS = {
    "joint": ("joint.yaml", [(POLICY, "algorithm: {algorithmName: multivariate-tpe}")]),
    "random": ("joint.yaml", [(POLICY, "algorithm: {algorithmName: random}")]),
    "nas-only": ("nas-only.yaml", []),
    "hpo-only": ("hpo-only.yaml", [("@examples", f"@{ROOT}/examples")]),
}


def experiment_text(method, seed):
    text = search_text(*METHODS[method], seed)
    text = re.sub(r"maxTrialCount: \d+", "maxTrialCount: 100000", text)
    return re.sub(r"maxFailedTrialCount: \d+", "maxFailedTrialCount: 100", text)


def search(programs, method, seed, seconds):
    text = experiment_text(method, seed)
    name = re.search(r"metadata: \{name: ([^}]+)\}", text)[1]
    took, ended, best, model = Search(programs, ROOT / "build/bench-joint").run(
        name, text, "--timeout", f"{seconds}s")
    return {"method": method, "seed": seed, "seconds": round(took, 1), "trials": len(ended),
            "validation-accuracy": metric(best, "validation-accuracy"),
            "test-accuracy": test_accuracy(programs, model)}


def drawing(rows):
    """A strip chart: one row a method, a dot a seed, a bar at the median of the test accuracies."""
    width, left, right, top, step = 720, 110, 30, 56, 46
    values = [100 * row["test-accuracy"] for row in rows]
    low, high = min(values) - 0.3, max(values) + 0.3
    height = top + step * len(METHODS) + 50
    def x(value):
        return left + (value - low) / (high - low) * (width - left - right)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
             f'font-family="sans-serif" font-size="13">',
             f'<rect width="{width}" height="{height}" fill="white"/>',
             '<text x="20" y="24" font-size="15" font-weight="bold">Test accuracy after three minutes '
             'of search</text>',
             '<text x="20" y="42" fill="#555">the best network by validation, as it was trained in its '
             'trial; a dot a seed, bars at medians</text>']
    tick = 0.5 if high - low < 5 else 1.0
    value = tick * -(-low // tick)
    while value <= high:
        parts.append(f'<line x1="{x(value):.1f}" x2="{x(value):.1f}" y1="{top}" y2="{height - 44}" '
                     f'stroke="#ddd"/><text x="{x(value):.1f}" y="{height - 26}" '
                     f'text-anchor="middle">{value:.1f}</text>')
        value += tick
    parts.append(f'<text x="{(left + width - right) / 2}" y="{height - 8}" text-anchor="middle">'
                 'accuracy on 10,000 test images, %</text>')
    for i, method in enumerate(METHODS):
        y = top + step * i + step / 2
        found = [100 * row["test-accuracy"] for row in rows if row["method"] == method]
        parts.append(f'<text x="{left - 12}" y="{y + 4}" text-anchor="end">{method}</text>')
        for one in found:
            parts.append(f'<circle cx="{x(one):.1f}" cy="{y}" r="5" fill="#0072b2" '
                         f'fill-opacity="0.6"/>')
        if found:
            middle = x(statistics.median(found))
            parts.append(f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{y - 14}" y2="{y + 14}" '
                         f'stroke="#d55e00" stroke-width="3"/>')
    return "\n".join(parts + ["</svg>"]) + "\n"


def report(rows, seconds):
    lines = ["# Searching jointly, beside random search, architectures alone and hyperparameters alone",
             "", "```", "bench/search/joint_side_by_side.py", "```", "",
             f"Fashion-MNIST, {seconds} s of search a method and seed on the same two cores "
             f"({platform.machine()}, no GPU), trials of 2 epochs on 10,000 images, two at a time. "
             "`joint` is joint.yaml by multivariate-tpe, `random` the same file by random search. The test "
             "accuracy is that of the validation-best trial's own network, not retrained. "
             "Medians over the seeds, least and greatest in brackets; every search is a line of "
             "[joint.jsonl](joint.jsonl).", "",
             "| method | seeds | trials | validation accuracy, % | test accuracy, % |",
             "|---|---|---|---|---|"]
    for method in METHODS:
        mine = [row for row in rows if row["method"] == method]
        if not mine:
            continue

        def spread(values, digits):
            return (f"{statistics.median(values):.{digits}f} "
                    f"({min(values):.{digits}f}..{max(values):.{digits}f})")

        lines.append(f"| {method} | {len(mine)} | {spread([r['trials'] for r in mine], 0)} | "
                     f"{spread([100 * r['validation-accuracy'] for r in mine], 2)} | "
                     f"{spread([100 * r['test-accuracy'] for r in mine], 2)} |")
    lines += ["", "![Test accuracies by method](joint.svg)", ""]
    RESULTS.file.with_suffix(".md").write_text("\n".join(lines))
    RESULTS.file.with_suffix(".svg").write_text(drawing(rows))


parser = argparse.ArgumentParser()
parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/release/bin")
parser.add_argument("--seconds", type=int, default=180)
parser.add_argument("--seeds", type=int, default=len(SEEDS), help="so many of the five")
parser.add_argument("--report", action="store_true", help="run nothing")
args = parser.parse_args()

for seed in SEEDS[:args.seeds]:
    for method in METHODS:
        if not args.report and not RESULTS.has(method=method, seed=seed):
            RESULTS.add(search(args.programs, method, seed, args.seconds))
if RESULTS.rows():
    report(RESULTS.rows(), args.seconds)
