#!/usr/bin/env python3
"""Writes a folder of images as one has them: FOLDER/train/CLASS/NUMBER.png and FOLDER/test/...

Bags, boots and shirts out of Fashion-MNIST (Debian: dataset-fashion-mnist), 300 of each to train
and 100 to test. Usage: make_images.py FOLDER
"""
import gzip
import pathlib
import struct
import sys
import zlib

SOURCE = pathlib.Path("/usr/share/datasets/fashion-mnist")
CLASSES = {8: "bag", 9: "boot", 6: "shirt"}


def read(name):
    packed = SOURCE / f"{name}.gz"
    plain = SOURCE / name
    return gzip.decompress(packed.read_bytes()) if packed.exists() else plain.read_bytes()


def png(pixels, side):
    """A grey image of side x side bytes as a PNG file."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + pixels[i:i + side] for i in range(0, side * side, side))
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def write(folder, part, prefix, count):
    images, labels = read(f"{prefix}-images-idx3-ubyte"), read(f"{prefix}-labels-idx1-ubyte")
    written = dict.fromkeys(CLASSES.values(), 0)
    for number, label in enumerate(labels[8:]):
        name = CLASSES.get(label)
        if name is None or written[name] == count:
            continue
        file = folder / part / name / f"{written[name]:04}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(png(images[16 + 784 * number:16 + 784 * (number + 1)], 28))
        written[name] += 1


write(pathlib.Path(sys.argv[1]), "train", "train", 300)
write(pathlib.Path(sys.argv[1]), "test", "t10k", 100)
