#!/usr/bin/python3
"""Compares an exported network's predictions in Python with those of `mimar-train predict`.

    mimar-train predict --model=M --data-dir=D --split=test > P
    tests/trainer/export_parity.py --model M --data-dir D --predictions P

Ends with "N images, all predictions equal" and exit code 0, or names the first difference.
"""

import argparse
import gzip
import pathlib
import sys

import torch


def read_bytes(folder, stem):
    plain = pathlib.Path(folder) / stem
    if plain.exists():
        return plain.read_bytes()
    return gzip.decompress(pathlib.Path(f"{plain}.gz").read_bytes())


def read_test_images(folder):
    """Images as floats in 0..1, [N, 1, H, W]."""
    data = read_bytes(folder, "t10k-images-idx3-ubyte")
    count, height, width = (int.from_bytes(data[i : i + 4], "big") for i in (4, 8, 12))
    pixels = torch.frombuffer(bytearray(data[16:]), dtype=torch.uint8)
    return pixels.reshape(count, 1, height, width).float() / 255


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--predictions", required=True)
    args = parser.parse_args()

    model = torch.jit.load(args.model)
    images = read_test_images(args.data_dir)
    with torch.no_grad():
        classes = torch.cat([model(batch).argmax(1) for batch in images.split(250)])
    expected = [int(line) for line in pathlib.Path(args.predictions).read_text().split()]
    if len(expected) != len(classes):
        sys.exit(f"{len(expected)} predictions for {len(classes)} images")
    for number, (ours, theirs) in enumerate(zip(classes.tolist(), expected)):
        if ours != theirs:
            sys.exit(f"image {number}: Python says {ours}, mimar-train {theirs}")
    print(f"{len(expected)} images, all predictions equal")


if __name__ == "__main__":
    main()
