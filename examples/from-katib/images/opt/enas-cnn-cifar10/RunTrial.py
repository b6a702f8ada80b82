"""Stands for the program of Katib's image enas-cnn-cifar10: same arguments, same metrics.

The network is Mimar's own chain; what is small are the images.
"""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tiny_cifar import write_cifar

folder = pathlib.Path(os.environ.get("MIMAR_TRIAL_DIR", "."))
data = write_cifar(folder / "cifar")
given = [argument for argument in sys.argv[1:] if not argument.startswith("--num_gpus")]
os.execvp("mimar-train", ["mimar-train", "fit", f"--data-dir={data}", "--lr=0.01",
                          "--latency=false", *given])
