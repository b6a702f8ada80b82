#!/usr/bin/python3
"""Checks ONNX files against the format's own schemas, shapes included.

    tests/trainer/onnx_check.py FILE.onnx ...
"""
import sys

import onnx
from onnx import shape_inference

for name in sys.argv[1:]:
    model = onnx.load(name)
    onnx.checker.check_model(model, full_check=True)
    assert model.opset_import[0].version <= 17, name
    inferred = shape_inference.infer_shapes(model, strict_mode=True)
    (output,) = inferred.graph.output
    assert [d.dim_param for d in output.type.tensor_type.shape.dim][0] == "N", name
print(f"{len(sys.argv) - 1} files are valid")
