"""A trial in Python: gradient descent on 1.5 x^2 from x = 1; reports the loss at every step."""
import argparse, json, os

flags = argparse.ArgumentParser()
flags.add_argument("--rate", type=float, required=True)
flags.add_argument("--momentum", type=float, default=0.0)
args = flags.parse_args()
x, velocity = 1.0, 0.0
with os.fdopen(int(os.environ["MIMAR_METRICS_FD"]), "w", buffering=1) as metrics:
    for step in range(1, 21):
        velocity = args.momentum * velocity - args.rate * 3.0 * x
        x += velocity
        metrics.write(json.dumps({"step": step, "metrics": {"loss": 1.5 * x * x}}) + "\n")
