#!/usr/bin/env python3
"""Writes tpe_optuna.txt: log densities of Optuna's Parzen estimators for a fixed history.

Run with Debian 12's python3-optuna (3.1.0): /usr/bin/python3 tests/golden/make_tpe.py
Each block: the bandwidth rule; rows of 12 observations; rows of 40 points with the log density.
Columns: a real in [-1, 3], a real in [1e-5, 1e-1] on the log scale, an integer in [2, 9], a
category in {0, 1, 2}. Densities are per unit of the parameter's own scale (log for the second).
"""
import pathlib

import numpy as np
from optuna import distributions as od
from optuna.samplers._tpe import _truncnorm
from optuna.samplers._tpe import parzen_estimator as pe

UNSCALED_LOGPDF = _truncnorm.logpdf


def logpdf(x, a, b, loc=0, scale=1):
    """Optuna 3.1.0 leaves out the kernel's width, which later versions put right."""
    return UNSCALED_LOGPDF(x, a, b, loc, scale) - np.log(scale)


_truncnorm.logpdf = logpdf

SPACE = {
    "a": od.FloatDistribution(-1.0, 3.0),
    "b": od.FloatDistribution(1e-5, 1e-1, log=True),
    "c": od.IntDistribution(2, 9),
    "d": od.CategoricalDistribution(["p", "q", "r"]),
}


def draw(rng, count):
    return {
        "a": rng.uniform(-1.0, 3.0, count),
        "b": np.exp(rng.uniform(np.log(1e-5), np.log(1e-1), count)),
        "c": rng.integers(2, 10, count).astype(float),
        "d": rng.integers(0, 3, count).astype(float),
    }


def weights(count):
    ramp = np.linspace(1.0 / count, 1.0, num=max(count - 25, 0)) if count else []
    return np.concatenate([ramp, np.ones(min(count, 25))])


def block(out, title, names, multivariate, observed, points):
    space = {name: SPACE[name] for name in names}
    options = pe._ParzenEstimatorParameters(True, 1.0, True, False, weights, multivariate)
    estimator = pe._ParzenEstimator({n: observed[n] for n in names}, space, options)
    density = estimator.log_pdf({n: points[n].astype(int) if n == "d" else points[n]
                                 for n in names})
    print(title, len(names), len(observed["a"]), len(points["a"]), file=out)
    for i in range(len(observed["a"])):
        print(*(repr(float(observed[n][i])) for n in names), file=out)
    for i in range(len(points["a"])):
        print(*(repr(float(points[n][i])) for n in names), repr(float(density[i])), file=out)


def main():
    rng = np.random.default_rng(7)
    path = pathlib.Path(__file__).with_name("tpe_optuna.txt")
    with path.open("w") as out:
        for count in (1, 12, 31):
            observed, points = draw(rng, count), draw(rng, 40)
            block(out, "joint", ["a", "b", "c", "d"], True, observed, points)
            block(out, "gaps-with-prior", ["a", "b"], False, observed, points)


main()
