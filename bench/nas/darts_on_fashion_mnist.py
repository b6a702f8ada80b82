#!/usr/bin/env python3
"""Searches cells by DARTS on Fashion-MNIST and trains them beside random cells.

    bench/nas/darts_on_fashion_mnist.py             # 3 seeds; an hour and a half on two cores
    bench/nas/darts_on_fashion_mnist.py --report    # table of what there is

The search of examples/fashion-mnist/darts.yaml: first order, 10,000 images, 8 channels, 5 cells of 3
nodes, architecture learning rate 3e-3, 350 steps. Its cell and three random ones of the same space
are then trained alike: the same channels, cells, images, epochs and seed. Random cells are drawn
uniformly: for each node two different inputs, for each an operation.

Interrupt it when you like: a search goes on from its checkpoint, each finished search and training is
a line of docs/benchmarks/darts.jsonl, and what is there is not run again.
"""
import argparse
import json
import pathlib
import platform
import random
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "search"))
from fashion_search import ROOT, Results

RESULTS = Results(ROOT / "docs/benchmarks/darts.jsonl")
FOLDER = ROOT / "build/bench-darts"
SEEDS = [1, 2, 3]
SETTINGS = {"num_epochs": 5, "num_steps": 350, "batch_size": 64, "init_channels": 8, "num_nodes": 3,
            "alpha_lr": 0.003}
OPERATIONS = ["max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5",
              "dil_conv_3x3", "dil_conv_5x5"]
TRAINING = ["--split=full", "--epochs=4", "--train-size=30000", "--flip", "--latency=false"]


def random_cell(draw):
    def cell():
        return {"numInputs": 2,
                "nodes": [[{"input": i, "op": draw.choice(OPERATIONS)}
                           for i in sorted(draw.sample(range(node + 2), 2))] for node in range(3)]}
    return {"version": 1, "space": "cell", "kind": "darts", "numCells": 5, "initChannels": 8,
            "normal": cell(), "reduce": cell()}


def search(programs, seed):
    folder = FOLDER / f"search-{seed}"
    started = time.monotonic()
    run = subprocess.run(
        [programs / "mimar-train", "search", f"--algorithm-settings={json.dumps(SETTINGS)}",
         "--num-layers=5", "--train-size=10000", f"--seed={seed}", f"--output-dir={folder}"],
        check=True, capture_output=True, text=True)
    last = [line for line in run.stdout.splitlines() if line.startswith("epoch=")][-1]
    metrics = dict(word.split("=") for word in last.split())
    best = json.loads((folder / "architectures.json").read_text())["architectures"][0]["architecture"]
    return {"what": "search", "seed": seed, "seconds": round(time.monotonic() - started, 1),
            "validation-accuracy": float(metrics["validation-accuracy"]),
            "entropy": float(metrics["entropy"]), "skips": int(metrics["skip-connections"]),
            "genotype": re.search(r"Best-Genotype=(.*)", run.stdout)[1], "architecture": best}


def train(programs, what, seed, architecture):
    started = time.monotonic()
    run = subprocess.run(
        [programs / "mimar-train", "fit", f"--network={json.dumps(architecture)}", f"--seed={seed}",
         *TRAINING], check=True, capture_output=True, text=True)
    metrics = dict(word.split("=") for line in run.stdout.splitlines()
                   for word in line.split() if "=" in word)
    return {"what": what, "seed": seed, "seconds": round(time.monotonic() - started, 1),
            "parameters": int(metrics["parameter-count"]),
            "test-accuracy": float(metrics["test-accuracy"])}


def report(rows):
    lines = ["# DARTS on Fashion-MNIST, reduced", "", "```", "bench/nas/darts_on_fashion_mnist.py", "```",
             "", f"Two cores ({platform.machine()}, no GPU). First order, 10,000 images, 8 channels, 5 "
             "cells of 3 nodes, architecture learning rate 3e-3, 350 steps of 64 images. The cell found "
             "and three random ones of the same space, all with 8 channels and 5 cells, trained "
             f"alike (`{' '.join(TRAINING)}`). Every search and training is a line of "
             "[darts.jsonl](darts.jsonl).", "",
             "| seed | search, s | entropy | skips of 6 | cell found, % | its parameters | random cells, % "
             "| their parameters |", "|---|---|---|---|---|---|---|---|"]
    found, others = [], []
    for seed in SEEDS:
        mine = {row["what"]: row for row in rows if row["seed"] == seed}
        if "search" not in mine or "found" not in mine:
            continue
        rest = [mine[f"random-{i}"] for i in range(3) if f"random-{i}" in mine]
        found.append(mine["found"]["test-accuracy"])
        others += [row["test-accuracy"] for row in rest]
        lines.append(
            f"| {seed} | {mine['search']['seconds']:.0f} | {mine['search']['entropy']:.3f} | "
            f"{mine['search']['skips']} | {100 * mine['found']['test-accuracy']:.2f} | "
            f"{mine['found']['parameters']} | "
            + ", ".join(f"{100 * row['test-accuracy']:.2f}" for row in rest) + " | "
            + ", ".join(str(row["parameters"]) for row in rest) + " |")
    if found and others:
        lines += ["", f"Mean of the cells found {100 * statistics.mean(found):.2f} %, of the random ones "
                  f"{100 * statistics.mean(others):.2f} %.", "", "The cells found:", ""]
        lines += [f"- seed {row['seed']}: `{row['genotype']}`" for row in rows if row["what"] == "search"]
    RESULTS.file.with_suffix(".md").write_text("\n".join(lines) + "\n")


parser = argparse.ArgumentParser()
parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/release/bin")
parser.add_argument("--report", action="store_true", help="run nothing")
args = parser.parse_args()

if not args.report:
    for seed in SEEDS:  # first, as their time counts
        if not RESULTS.has(what="search", seed=seed):
            RESULTS.add(search(args.programs, seed))
    for seed in SEEDS:
        searched = next(row for row in RESULTS.rows() if row["what"] == "search" and row["seed"] == seed)
        draw = random.Random(seed)
        cells = {"found": searched["architecture"]}
        cells |= {f"random-{i}": random_cell(draw) for i in range(3)}
        for what, architecture in cells.items():
            if not RESULTS.has(what=what, seed=seed):
                RESULTS.add(train(args.programs, what, seed, architecture))
if RESULTS.rows():
    report(RESULTS.rows())
