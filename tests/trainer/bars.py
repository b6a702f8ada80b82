"""A small data set in MNIST's files, for tests that start mimar-train."""
import pathlib
import random
import struct


def write_bars(folder, count=240, side=12, seed=1):
    """Noise in which class k of 4 lights columns 3k to 3k + 2."""
    draw = random.Random(seed)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for part, size in (("train", count), ("t10k", count // 4)):
        labels = [draw.randrange(4) for _ in range(size)]
        pixels = bytearray()
        for label in labels:
            for _ in range(side):
                pixels += bytes(draw.randrange(60) + (150 if x // 3 == label else 0)
                                for x in range(side))
        (folder / f"{part}-images-idx3-ubyte").write_bytes(
            struct.pack(">IIII", 0x803, size, side, side) + pixels)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(
            struct.pack(">II", 0x801, size) + bytes(labels))
