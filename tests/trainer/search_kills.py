#!/usr/bin/python3
"""Kills `mimar-train search` at random moments until it ends, and compares what it leaves.

    tests/trainer/search_kills.py build/release/bin/mimar-train

Both algorithms: alphas.json and architectures.json must be those of an undisturbed search, byte for
byte. The seed of the moments is printed; MIMAR_TEST_SEED repeats one.
"""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

from bars import write_bars

SETTINGS = {
    "darts": '{"num_epochs": 6, "batch_size": 32, "init_channels": 4, "num_nodes": 2,'
             ' "unrolled": "true", "alpha_lr": 0.01}',
    "enas-oneshot": '{"num_epochs": 6, "batch_size": 32, "init_channels": 4, "num_nodes": 2,'
                    ' "controller_train_steps": 2, "controller_num_aggregate": 3}',
}


def command(program, algorithm, data, output):
    return [program, "search", f"--algorithm={algorithm}",
            f"--algorithm-settings={SETTINGS[algorithm]}", "--num-layers=3", "--seed=5",
            "--threads=1", f"--data-dir={data}", f"--output-dir={output}"]


def results(folder):
    return [(folder / name).read_bytes() for name in ("alphas.json", "architectures.json")]


def survives(program, algorithm, folder, draw):
    data = folder / "data"
    began = time.monotonic()
    subprocess.run(command(program, algorithm, data, folder / f"{algorithm}-whole"), check=True,
                   stdout=subprocess.DEVNULL)
    length = time.monotonic() - began
    cut = folder / f"{algorithm}-cut"
    kills = 0
    while True:
        process = subprocess.Popen(command(program, algorithm, data, cut), stdout=subprocess.DEVNULL)
        try:
            # Early kills leave it where it was; after some, let it come to its end.
            process.wait(timeout=draw.uniform(0.3, 1.0) * length if kills < 5 else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
            continue
        if kills > 0:
            break
        # The machine was busier while the length was taken: once more, from the beginning.
        length /= 2
        shutil.rmtree(cut)
    assert process.returncode == 0, f"{algorithm}: exit code {process.returncode}"
    same = results(folder / f"{algorithm}-whole") == results(cut)
    assert same, f"{algorithm}: another result after {kills} kills"
    print(f"{algorithm}: the same bytes after {kills} kills")


def main():
    seed = int(os.environ.get("MIMAR_TEST_SEED", random.randrange(10**6)))
    print(f"seed {seed}")
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_bars(folder / "data")
        for algorithm in SETTINGS:
            survives(sys.argv[1], algorithm, folder, draw)


if __name__ == "__main__":
    main()
