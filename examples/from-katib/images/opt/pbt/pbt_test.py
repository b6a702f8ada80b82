"""Stands for the program of Katib's image simple-pbt: goes on from its checkpoint, if there is one."""
import argparse
import json
import os

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.0001)
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--checkpoint", required=True)
args = parser.parse_args()

# A score that the best step size raises fastest; which one that is changes with the score.
state = {"score": 0.0, "epoch": 0}
file = os.path.join(args.checkpoint, "training.ckpt")
if os.path.exists(file):
    with open(file) as saved:
        state = json.load(saved)
for _ in range(args.epochs):
    best = 0.02 * (1.0 - state["score"])
    state["score"] = min(1.0, state["score"] + 0.05 * max(0.0, 1.0 - abs(args.lr - best) / 0.02))
    state["epoch"] += 1
    print(f"epoch {state['epoch']}:\nlr={args.lr:.4f}\nValidation-accuracy={state['score']:.4f}", flush=True)
os.makedirs(args.checkpoint, exist_ok=True)
with open(file, "w") as saved:
    json.dump(state, saved)
