#!/usr/bin/env python3
"""Times one proposal of Mimar's TPE and of Optuna's joint TPE on the same machine.

    cmake --preset release -DMIMAR_BUILD_BENCH=ON && cmake --build build/release
    OMP_NUM_THREADS=1 /usr/bin/python3 bench/hpo/optuna_side_by_side.py

Needs Debian's python3-optuna. Both sides: 10 real parameters, n random trials with random values;
the median of repeats, each of which tells one result and asks for the next trial, in processor time
of the one working thread.
"""
import argparse
import json
import statistics
import subprocess
import time
import warnings

import numpy as np
import optuna


def optuna_median_ms(sampler, num_trials, repeats):
    rng = np.random.default_rng(1)
    space = {f"x{i}": optuna.distributions.FloatDistribution(0.0, 1.0) for i in range(10)}

    def finished():
        point = {name: float(rng.uniform()) for name in space}
        return optuna.trial.create_trial(params=point, distributions=space,
                                         value=float(rng.uniform()))

    study = optuna.create_study(sampler=sampler)
    study.add_trials([finished() for _ in range(num_trials)])
    times = []
    for repeat in range(repeats + 1):
        study.add_trial(finished())
        start = time.thread_time()
        trial = study.ask()
        for name in space:
            trial.suggest_float(name, 0.0, 1.0)
        if repeat > 0:  # the first warms up
            times.append(1000.0 * (time.thread_time() - start))
        study.tell(trial, float(rng.uniform()))
    return statistics.median(times)


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", default="build/release/bin/mimar-hpo-bench")
    parser.add_argument("--repeats", type=int, default=10)
    arguments = parser.parse_args()
    lines = subprocess.run([arguments.bench, f"--repeats={arguments.repeats}"], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    ours = {(line["algorithm"], line["trials"]): line["median_ms"]
            for line in map(json.loads, lines) if line["space"] == "real10"}
    makers = {
        "random": lambda: optuna.samplers.RandomSampler(seed=1),
        "multivariate-tpe": lambda: optuna.samplers.TPESampler(
            seed=1, multivariate=True, constant_liar=True, warn_independent_sampling=False),
    }
    print(f"Optuna {optuna.__version__}, 10 real parameters, milliseconds a proposal (median)")
    print(f"{'algorithm':18}{'trials':>8}{'Optuna':>12}{'Mimar':>12}{'ratio':>9}")
    for algorithm, make in makers.items():
        for trials in (100, 1000, 10000):
            peer = optuna_median_ms(make(), trials, arguments.repeats)
            own = ours[algorithm, trials]
            print(f"{algorithm:18}{trials:>8}{peer:>12.3f}{own:>12.4f}{peer / own:>9.0f}")


main()
