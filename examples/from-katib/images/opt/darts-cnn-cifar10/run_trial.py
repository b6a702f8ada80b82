"""Stands for the program of Katib's image darts-cnn-cifar10: same arguments, same last line.

The search is Mimar's own; what is small are the images.
"""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tiny_cifar import write_cifar

folder = pathlib.Path(os.environ.get("MIMAR_TRIAL_DIR", "."))
data = write_cifar(folder / "cifar")
os.execvp("mimar-train", ["mimar-train", "search", "--algorithm=darts", f"--data-dir={data}",
                          f"--output-dir={folder / 'search'}", *sys.argv[1:]])
