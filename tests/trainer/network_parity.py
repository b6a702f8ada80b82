#!/usr/bin/python3
"""Rebuilds exported networks of cells and macro layers by hand and compares their logits.

    tests/trainer/network_parity.py model.pt:MACS ...

Each model, for images of 16 x 16, is read twice: as TorchScript, and as its architecture with the
weights by name, from which this script computes the logits as the papers describe the layers,
counting multiply-adds as it goes. Ends with "N networks, all logits and counts equal" and exit code
0, or names the first difference.
"""

import json
import sys

import torch
import torch.nn.functional as F


class Weights:
    """The exported tensors; complains about those that nobody used."""

    def __init__(self, model):
        self.tensors = dict(model.named_parameters()) | dict(model.named_buffers())
        self.unused = set(self.tensors)
        self.macs = 0

    def get(self, name):
        self.unused.discard(name)
        return self.tensors[name]

    def convolve(self, x, name, *args):
        w = self.get(name)
        y = F.conv2d(x, w, None, *args)
        self.macs += w.numel() * y.shape[2] * y.shape[3]
        return y


class Layers:
    """The steps of one edge; `self.i` is the number of the next step."""

    def __init__(self, weights, name):
        self.weights, self.name, self.i = weights, name, 0

    def relu(self, x):
        self.i += 1
        return torch.clamp(x, min=0)

    def conv(self, x, stride=1, dilation=1, depthwise=False):
        name = f"{self.name}_conv{self.i}_weight"
        self.i += 1
        padding = [dilation * (k // 2) for k in self.weights.tensors[name].shape[2:]]
        groups = x.shape[1] if depthwise else 1
        return self.weights.convolve(x, name, stride, padding, dilation, groups)

    def halve(self, x):
        name = f"{self.name}_conv{self.i}"
        self.i += 1
        padded = F.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]  # ENAS's way; DARTS's for even sides
        first = self.weights.convolve(x[:, :, ::2, ::2], name + "a_weight")
        second = self.weights.convolve(padded[:, :, ::2, ::2], name + "b_weight")
        return torch.cat([first, second], 1)

    def norm(self, x):
        prefix = f"{self.name}_norm{self.i}"
        self.i += 1
        mean, var = (self.weights.get(f"{prefix}_running_{k}").reshape(1, -1, 1, 1) for k in ("mean", "var"))
        scale, shift = (self.weights.get(f"{prefix}_{k}").reshape(1, -1, 1, 1) for k in ("weight", "bias"))
        return (x - mean) / torch.sqrt(var + 1e-5) * scale + shift

    def pool(self, x, kind, stride):
        if kind == "max":
            return F.max_pool2d(x, 3, stride, 1)
        ones = torch.ones_like(x)  # the average of the pixels that exist
        total = F.avg_pool2d(x, 3, stride, 1, count_include_pad=True)
        return total / F.avg_pool2d(ones, 3, stride, 1, count_include_pad=True)


def primitive(layers, op, x, stride):
    size = op.split("_")[-1][0]
    if op == "none":
        return torch.zeros_like(x[:, :, ::stride, ::stride])
    if op in ("skip_connect", "identity"):
        if stride == 1:
            return x
        if op == "skip_connect":
            x = layers.relu(x)
        return layers.norm(layers.halve(x))
    if "pool" in op:
        return layers.pool(x, op[:3], stride)
    if op.startswith("sep_conv"):
        for s in (stride, 1):
            x = layers.norm(layers.conv(layers.conv(layers.relu(x), s, 1, True)))
        return x
    if op.startswith("dil_conv"):
        return layers.norm(layers.conv(layers.conv(layers.relu(x), stride, 2, True)))
    if op.startswith("nor_conv"):
        return layers.norm(layers.conv(layers.relu(x), stride))
    if op == "conv_7x1_1x7":
        x = layers.conv(layers.relu(x), (1, stride))
        return layers.norm(layers.conv(x, (stride, 1)))
    assert op in ("conv_3x3", "conv_5x5"), (op, size)
    x = layers.relu(layers.norm(layers.conv(x)))
    return layers.relu(layers.norm(layers.conv(x, stride)))


def edge_name(node, edge, count):
    return node if count == 1 else f"{node}_edge{edge}"


def run_cell(weights, name, cell, states, stride):
    """Appends the inner nodes to `states`, which begins with the inputs."""
    num_inputs = len(states)
    for edges in cell["nodes"]:
        node = f"{name}_node{len(states)}"
        total = 0
        for k, edge in enumerate(edges):
            layers = Layers(weights, edge_name(node, k, len(edges)))
            s = stride if edge["input"] < num_inputs else 1
            total = total + primitive(layers, edge["op"], states[edge["input"]], s)
        states.append(total)
    return states


def relu_conv_norm(weights, name, x):
    layers = Layers(weights, name)
    return layers.norm(layers.conv(layers.relu(x)))


def reduce_with_relu(weights, name, x):
    layers = Layers(weights, name)
    return layers.norm(layers.halve(layers.relu(x)))


def conv_norm(weights, name, x):
    layers = Layers(weights, name)
    return layers.norm(layers.conv(x))


def darts(weights, a, x):
    s0 = s1 = conv_norm(weights, "stem", x)
    n, after_reduction = a["numCells"], False
    for i in range(n):
        reduces = i in (n // 3, 2 * n // 3)
        name = f"cell{i}"
        before = reduce_with_relu if after_reduction else relu_conv_norm
        states = [before(weights, name + "_input0", s0), relu_conv_norm(weights, name + "_input1", s1)]
        run_cell(weights, name, a["reduce" if reduces else "normal"], states, 2 if reduces else 1)
        s0, s1, after_reduction = s1, torch.cat(states[2:], 1), reduces
    return s1


def enas_micro(weights, a, x):
    s0 = s1 = conv_norm(weights, "stem", x)
    n, c = a["numCells"], a["initChannels"]
    third = (n - 2) // 3
    for i in range(n):
        reduces = n > 2 and i in (third, 2 * third + 1)
        name = f"cell{i}"
        cell = a["reduce" if reduces else "normal"]
        c *= 2 if reduces else 1
        y0 = s0
        if s0.shape[2] != s1.shape[2]:
            y0 = reduce_with_relu(weights, name + "_input0", s0)
        elif s0.shape[1] != c:
            y0 = relu_conv_norm(weights, name + "_input0", s0)
        layers = Layers(weights, name + "_input1")
        y1 = s1
        if s1.shape[1] != c:
            y1 = layers.norm(layers.conv(layers.relu(y1)))
        y1 = layers.norm(layers.conv(layers.relu(y1)))
        states = run_cell(weights, name, cell, [y0, y1], 2 if reduces else 1)
        used = {edge["input"] for edges in cell["nodes"] for edge in edges}
        out = []
        for k, state in enumerate(states):
            if k in used:
                continue
            if state.shape[2] > states[-1].shape[2]:
                halved = Layers(weights, f"{name}_calibrated{k}")
                state = halved.norm(halved.halve(state))
            out.append(state)
        s0, s1 = s1, torch.cat(out, 1)
    return torch.relu(s1)


def nasbench201(weights, a, x):
    x = conv_norm(weights, "stem", x)
    n = a["numCells"]
    for i in range(n):
        if i in (n // 3, 2 * n // 3):
            body = Layers(weights, f"residual{i}_edge0")
            y = body.norm(body.conv(body.relu(x), 2))
            y = body.norm(body.conv(body.relu(y)))
            shortcut = Layers(weights, f"residual{i}_edge1")
            shortcut.i = 1  # the pool is step 0
            x = y + shortcut.conv(F.avg_pool2d(x, 2))
        x = run_cell(weights, f"cell{i}", a["normal"], [x], 1)[-1]
    return torch.relu(Layers(weights, "last").norm(x))


def macro(weights, a, x):
    maps = [conv_norm(weights, "stem", x)]
    third = len(a["layers"]) // 3
    for i, layer in enumerate(a["layers"]):
        op = layer["op"]
        branch = Layers(weights, f"layer{i}_branch")
        y = branch.relu(branch.norm(branch.conv(maps[-1])))
        if "pool" in op:
            y = branch.pool(y, op[:3], 1)
        else:
            if op.startswith("sep"):
                y = branch.conv(y, 1, 1, True)
            y = branch.relu(branch.norm(branch.conv(y)))
        if i > 0:
            y = torch.cat([maps[k] for k in layer["skips"]] + [y], 1)
            y = relu_conv_norm(weights, f"layer{i}_merged", y)
        maps.append(y)
        if third > 0 and i + 1 in (third, 2 * third):
            for k, m in enumerate(maps):
                halved = Layers(weights, f"layer{i}_halved{k}")
                maps[k] = halved.norm(halved.halve(m))
    return maps[-1]


def compare(path, macs):
    files = {"architecture.json": ""}
    model = torch.jit.load(path, _extra_files=files)
    a = json.loads(files["architecture.json"])
    weights = Weights(model)
    mean, deviation = weights.get("input_mean"), weights.get("input_deviation")
    torch.manual_seed(1)
    images = torch.rand(4, mean.shape[1], 16, 16)
    build = macro if a["space"] == "macro" else {"darts": darts, "enas-micro": enas_micro, "nasbench201": nasbench201}[a["kind"]]
    with torch.no_grad():
        features = build(weights, a, (images - mean) / deviation).mean((2, 3))
        head = weights.get("head_weight")
        weights.macs += head.numel()
        logits = features @ head.T
        if "head_bias" in weights.tensors:
            logits = logits + weights.get("head_bias")
            weights.macs += head.shape[0]
        expected = model(images)
    if weights.unused:
        sys.exit(f"{path}: weights that the paper's network has no use for: {sorted(weights.unused)}")
    if weights.macs != macs:
        sys.exit(f"{path}: {weights.macs} multiply-adds counted here, {macs} there")
    scale = expected.abs().max()
    if not torch.allclose(logits, expected, rtol=1e-3, atol=float(1e-4 * scale)):
        sys.exit(f"{path}: logits differ by {(logits - expected).abs().max()} at a scale of {scale}")


def main():
    for argument in sys.argv[1:]:
        path, macs = argument.rsplit(":", 1)
        compare(path, int(macs))
    print(f"{len(sys.argv) - 1} networks, all logits and counts equal")


if __name__ == "__main__":
    main()
