"""A trial with a known optimum: loss 0 at rate 1e-2, decay 0.3, units 120, kind c.

Writes `begin NAME` and `end NAME` to a journal, one write each, so that a reader can count how often
each trial ran and how many ran at once.
"""
import math
import os
import sys

journal, rate, decay, units, kind = sys.argv[1:]
log = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
name = os.environ["KATIB_TRIAL_NAME"]
os.write(log, f"begin {name}\n".encode())
loss = (
    ((math.log10(float(rate)) + 2) / 2.5) ** 2
    + ((float(decay) - 0.3) / 0.5) ** 2
    + ((int(units) - 120) / 100) ** 2
    + {"a": 1.0, "b": 0.5, "c": 0.0, "d": 0.7}[kind]
)
print(f"loss={loss!r}")
os.write(log, f"end {name}\n".encode())
