"""Stands for the program of Katib's image tf-mnist-with-summaries: writes TensorFlow event files."""
import argparse
import os
import pathlib
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tiny_training import train

parser = argparse.ArgumentParser()
parser.add_argument("--batch-size", type=int, default=64)
parser.add_argument("--epochs", type=int, default=1)
parser.add_argument("--learning-rate", type=float, default=0.01)
parser.add_argument("--log-path", required=True)
args = parser.parse_args()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def varint(number):
    text = b""
    while number > 127:
        text += bytes([number & 127 | 128])
        number >>= 7
    return text + bytes([number])


def member(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def event(step, tag, value):
    """Event{wall_time: 1, step: 2, summary: 5{value: 1{tag: 1, simple_value: 2}}}"""
    summary = member(1, member(1, tag.encode()) + b"\x15" + struct.pack("<f", value))
    return b"\x09" + struct.pack("<d", time.time()) + b"\x10" + varint(step) + member(5, summary)


def write_record(file, data):
    length = struct.pack("<Q", len(data))
    file.write(length + masked(length) + data + masked(data))
    file.flush()


folder = os.path.join(args.log_path, "test")
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, f"events.out.tfevents.{int(time.time())}.local"), "ab") as file:
    write_record(file, b"\x09" + struct.pack("<d", time.time()) + member(3, b"brain.Event:2"))
    for epoch, _, loss, accuracy in train(args.learning_rate, 0.9, args.epochs, args.batch_size):
        write_record(file, event(epoch, "loss", loss))
        write_record(file, event(epoch, "accuracy", accuracy))
