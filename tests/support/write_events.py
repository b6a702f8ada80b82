#!/usr/bin/env python3
"""Writes TensorFlow event files byte by byte, with a CRC-32C of its own: an independent opinion on
the format that agent/event_file.cpp reads.

Usage: write_events.py FILE [--pause SECONDS] TAG:STEP:VALUE[:KIND] ...
KIND is simple (simple_value, the default), or a tensor: float, double, int32, int64 (typed list),
content (float in tensor_content), shape1 (float of shape [1]), shape2 (two floats: no scalar).
"damage" in the place of an entry writes a record with a wrong checksum.
"""

import os
import struct
import sys
import time


def make_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = make_table()


def masked_crc(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def varint(value):
    value &= (1 << 64) - 1
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, wire_type, payload):
    return varint(number << 3 | wire_type) + payload


def text(number, data):
    return field(number, 2, varint(len(data)) + data)


def tensor(kind, value):
    shape = b""
    if kind in ("shape1", "shape2"):
        shape = text(2, field(1, 0, varint(int(kind[-1]))))  # dim { size }
    data_type = {"double": 2, "int32": 3, "int64": 9}.get(kind, 1)
    head = field(1, 0, varint(data_type)) + text(2, shape)
    if kind == "double":
        return head + text(6, struct.pack("<d", value))
    if kind == "int32":
        return head + text(7, varint(int(value)))
    if kind == "int64":
        return head + text(10, varint(int(value)))
    if kind == "content":
        return head + text(4, struct.pack("<f", value))
    return head + text(5, struct.pack("<f", value) * (2 if kind == "shape2" else 1))


def event(step, body):
    return field(1, 1, struct.pack("<d", 1700000000.25)) + field(2, 0, varint(step)) + body


def scalar(tag, step, value, kind):
    part = text(1, tag.encode())
    if kind == "simple":
        part += field(2, 5, struct.pack("<f", value))
    else:
        part += text(9, text(1, text(1, b"scalars"))) + text(8, tensor(kind, value))  # metadata too
    return event(step, text(5, text(1, part)))


def record(data, damage=False):
    length = struct.pack("<Q", len(data))
    crc = masked_crc(data) ^ (1 if damage else 0)
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", crc)


def main():
    name, entries, pause = sys.argv[1], sys.argv[2:], 0.0
    if entries and entries[0] == "--pause":
        pause, entries = float(entries[1]), entries[2:]
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "wb", buffering=0) as out:
        out.write(record(event(0, text(3, b"brain.Event:2"))))
        for entry in entries:
            if entry == "damage":
                out.write(record(scalar("x", 0, 0.0, "simple"), damage=True))
                continue
            tag, step, value, kind = (entry.split(":") + ["simple"])[:4]
            data = record(scalar(tag, int(step), float(value), kind))
            out.write(data[:9])  # a reader must cope with half a record
            time.sleep(pause)
            out.write(data[9:])


if __name__ == "__main__":
    main()
