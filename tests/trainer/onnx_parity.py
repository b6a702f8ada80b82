#!/usr/bin/env python3
"""Compares TorchScript models with their ONNX twins, on random images and batches of two sizes.

    tests/trainer/onnx_parity.py MODEL.pt MODEL.onnx [MODEL.pt MODEL.onnx ...]

Needs torch and onnxruntime. Ends with exit code 1 where a logit differs by more than 1e-4, relative
to the greatest one.
"""
import sys

import onnxruntime
import torch


def greatest_difference(script, onnx):
    model = torch.jit.load(script)
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    worst = 0.0
    for size in (1, 7):
        images = torch.rand([size, *given.shape[1:]])
        with torch.no_grad():
            expected = model(images)
        (found,) = session.run(None, {given.name: images.numpy()})
        scale = max(1.0, float(expected.abs().max()))
        worst = max(worst, float((torch.from_numpy(found) - expected).abs().max()) / scale)
    return worst


def main():
    torch.manual_seed(1)
    files = sys.argv[1:]
    worst = 0.0
    for script, onnx in zip(files[::2], files[1::2]):
        difference = greatest_difference(script, onnx)
        print(f"{difference:.1e}  {onnx}")
        worst = max(worst, difference)
    sys.exit(worst > 1e-4)


if __name__ == "__main__":
    main()
