#!/usr/bin/env python3
"""Runs the policy network on the NAS-Bench-201 table, cold and reused, and says how it did.

    bench/controller/policy_on_nasbench201.py --table nasbench201.csv.gz     # half an hour on two cores
    bench/controller/policy_on_nasbench201.py --report                       # from what there is

The table (columns architecture, cifar10_valid_12ep, cifar10_test_200ep, cifar100_valid_12ep,
cifar100_test_200ep) joins public results of NAS-Bench-201 and NATS-Bench (Dong & Yang). A search sees
the 12-epoch validation accuracy; its answer after n evaluations is the best cell by that, and is
scored by the cell's 200-epoch test accuracy.

Interrupt it when you like: every finished search is a line of docs/benchmarks/policy.jsonl, and what
is there is not run again.
"""
import argparse
import concurrent.futures
import json
import math
import os
import pathlib
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs/benchmarks/policy.jsonl"
MARKS = ["5", "10", "20", "50", "100"]
CHUNK = 20

# Name -> (seeds, flags of bench_nasbench201).
CASES = {}
for data, other in (("cifar10", "cifar100"), ("cifar100", "cifar10")):
    CASES[f"{data}: policy"] = (500, [f"--data-set={data}"])
    CASES[f"{data}: random"] = (500, [f"--data-set={data}", "--random"])
    # Both draw 100 different cells whose rewards are in random order: the true difference is zero, so
    # more seeds tell chance from a leak of the order.
    CASES[f"{data}: policy, rewards permuted"] = (1000, [f"--data-set={data}", "--permute"])
    CASES[f"{data}: random, rewards permuted"] = (1000, [f"--data-set={data}", "--permute", "--random"])
    CASES[f"{data}: reused from {other}"] = (200, [f"--data-set={data}", f"--reuse={other}"])
    CASES[f"{data}: reused from permuted {other}"] = (
        200, [f"--data-set={data}", f"--reuse={other}", "--permute-source"])

# Means to reach (nas.md 3.3: REINFORCE with a learning rate of 0.1), less two standard errors.
TARGETS = {"cifar10: policy": 93.91, "cifar100: policy": 72.16}


def load():
    return [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []


def run_chunk(program, table, case, first):
    flags = CASES[case][1]
    out = subprocess.run([program, table, f"--first-seed={first}", f"--seeds={CHUNK}", *flags],
                         check=True, capture_output=True, text=True).stdout
    return [{"case": case, **json.loads(line)} for line in out.splitlines()]


def run_all(program, table, workers):
    done = {(row["case"], row["seed"]) for row in load()}
    jobs = [(case, first) for case, (seeds, _) in CASES.items() for first in range(0, seeds, CHUNK)
            if (case, first + CHUNK - 1) not in done]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(run_chunk, program, table, *job) for job in jobs]
        for future in concurrent.futures.as_completed(futures):
            rows = [row for row in future.result() if (row["case"], row["seed"]) not in done]
            with RESULTS.open("a") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
            print(f"{rows[0]['case']}: {len(rows)} seeds from {rows[0]['seed']}", flush=True)


def mean(values):
    return statistics.fmean(values)


def error(values):
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else float("nan")


def by_seed(rows, case, mark):
    return {row["seed"]: row[mark] for row in rows if row["case"] == case and mark in row}


def statements(rows):
    """What the figures say, each with its verdict."""
    for case, target in TARGETS.items():
        values = list(by_seed(rows, case, "100").values())
        if values:
            bound = target - 2 * error(values)
            yield f"{case}: {mean(values):.3f} after 100, {bound:.3f} wanted", mean(values) >= bound
    for data, other in (("cifar10", "cifar100"), ("cifar100", "cifar10")):
        policy = by_seed(rows, f"{data}: policy, rewards permuted", "100")
        random = by_seed(rows, f"{data}: random, rewards permuted", "100")
        both = sorted(policy.keys() & random.keys())
        if both:
            gains = [policy[seed] - random[seed] for seed in both]
            yield (f"{data}, rewards permuted: the policy is {mean(gains):+.3f} from random, two "
                   f"standard errors are {2 * error(gains):.3f}", mean(gains) <= 2 * error(gains))
        cold = by_seed(rows, f"{data}: policy", "50")
        warm = by_seed(rows, f"{data}: reused from {other}", "5")
        if cold and warm:
            yield (f"{data}: reused after 5 {mean(warm.values()):.3f}, cold after 50 "
                   f"{mean(cold.values()):.3f}", mean(warm.values()) >= mean(cold.values()))
        cold = by_seed(rows, f"{data}: policy", "100")
        misled = by_seed(rows, f"{data}: reused from permuted {other}", "100")
        both = sorted(cold.keys() & misled.keys())
        if both:
            losses = [cold[seed] - misled[seed] for seed in both]
            yield (f"{data}: reused from a permuted source, after 100, {mean(losses):+.3f} below cold, "
                   f"0.1 + {2 * error(losses):.3f} allowed", mean(losses) <= 0.1 + 2 * error(losses))


def report(rows):
    lines = ["# The policy network on NAS-Bench-201", "", "```",
             "bench/controller/policy_on_nasbench201.py --table nasbench201.csv.gz", "```", "",
             "Mean 200-epoch test accuracy, %, of the best cell by 12-epoch validation accuracy after so "
             "many evaluations, with the standard error of the mean. `algorithmName: enas` with its "
             "defaults; random is the same network, never trained. Reused controllers come from a search "
             "of 200 evaluations on the other data set. Every search is a line of "
             "[policy.jsonl](policy.jsonl). The accuracies are those of NAS-Bench-201 and NATS-Bench "
             "(Dong & Yang, MIT licence).", "",
             "| | seeds | " + " | ".join(MARKS) + " | given up |", "|---|---" + "|---" * len(MARKS) + "|---|"]
    for case in CASES:
        mine = [row for row in rows if row["case"] == case]
        if not mine:
            continue
        cells = []
        for mark in MARKS:
            values = [row[mark] for row in mine if mark in row]
            cells.append(f"{mean(values):.2f} ± {error(values):.2f}" if values else "")
        given_up = sum("switchedAfter" in row for row in mine)
        lines.append(f"| {case} | {len(mine)} | " + " | ".join(cells) +
                     f" | {f'{100 * given_up / len(mine):.0f} %' if 'reused' in case else ''} |")
    lines += ["", *(f"- {text}: {'yes' if holds else '**no**'}" for text, holds in statements(rows)), ""]
    RESULTS.with_suffix(".md").write_text("\n".join(lines))
    print("\n".join(lines))


parser = argparse.ArgumentParser()
parser.add_argument("--table", type=pathlib.Path)
parser.add_argument("--program", type=pathlib.Path,
                    default=ROOT / "build/release/bin/bench_nasbench201")
parser.add_argument("--workers", type=int, default=os.cpu_count())
parser.add_argument("--report", action="store_true", help="run nothing")
args = parser.parse_args()
if not args.report:
    assert args.table, "--table is needed to run"
    run_all(args.program, args.table, args.workers)
if load():
    report(load())
