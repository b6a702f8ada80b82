"""CIFAR-10's files with few and simple images, for stand-ins that train a network in seconds."""
import pathlib
import random


def write_cifar(folder, images_a_file=48):
    """Six files of noise in which class k lights a square of its own, once; returns the folder."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(10)
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    for name in names:
        data = bytearray()
        for _ in range(images_a_file):
            label = draw.randrange(10)
            image = bytearray(draw.randrange(80) for _ in range(3 * 32 * 32))
            top, left = 16 * (label // 5), 6 * (label % 5)
            for row in range(top, top + 16):
                for column in range(left, left + 8):
                    image[label % 3 * 1024 + 32 * row + column] = 220
            data += bytes([label]) + image
        (folder / name).write_bytes(data)
    return folder
