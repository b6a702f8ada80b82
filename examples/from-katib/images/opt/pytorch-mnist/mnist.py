"""Stands for the program of Katib's image pytorch-mnist: same arguments, same forms of output."""
import argparse
import datetime
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tiny_training import train

parser = argparse.ArgumentParser()
parser.add_argument("--batch-size", type=int, default=64)
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--momentum", type=float, default=0.5)
parser.add_argument("--log-path", default="")
parser.add_argument("--logger", choices=["standard", "hypertune"], default="standard")
args = parser.parse_args()

if args.log_path:
    os.makedirs(os.path.dirname(args.log_path), exist_ok=True)
log = open(args.log_path, "a") if args.log_path else sys.stdout


def write(text):
    print(text, file=log, flush=True)


for epoch, training_loss, loss, accuracy in train(args.lr, args.momentum, args.epochs, args.batch_size):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if args.logger == "hypertune":
        # The values are texts, as the library hypertune writes them.
        for name, value in (("loss", loss), ("accuracy", accuracy)):
            write(json.dumps({"timestamp": now, name: f"{value:.4f}", "global_step": str(epoch)}))
        continue
    write(f"{now} INFO     Train Epoch: {epoch}\tloss={training_loss:.4f}")
    write(f"{now} INFO     {{metricName: accuracy, metricValue: {accuracy:.4f}}};"
          f"{{metricName: loss, metricValue: {loss:.4f}}}")
    write(f"{now} INFO     Test: accuracy={accuracy:.4f}")
