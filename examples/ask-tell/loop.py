#!/usr/bin/env python3
import json, math, subprocess, sys

def mimar(*words):
    return subprocess.run(["mimar", *words], check=True, stdout=subprocess.PIPE, text=True).stdout

def branin(x1, x2):
    a = x2 - 5.1 * x1**2 / (4 * math.pi**2) + 5 * x1 / math.pi - 6
    return a**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x1) + 10

mimar("create", sys.argv[1])
while trials := json.loads(mimar("-q", "ask", "ask-tell", "-k", "2", "-o", "json"))["items"]:
    for trial in trials:
        point = {p["name"]: float(p["value"]) for p in trial["spec"]["parameterAssignments"]}
        mimar("-q", "tell", trial["metadata"]["name"], f"loss={branin(**point)}")
print(mimar("best", "ask-tell"), end="")
