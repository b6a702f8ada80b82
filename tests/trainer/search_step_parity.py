#!/usr/bin/python3
"""Computes the gradients of a step of DARTS again, with a supernet written here from the paper.

    tests/trainer/search_step_parity.py build/release/bin/mimar-train

`mimar-train search --dump-step` writes a step's weights, batches, alphas and gradients; this takes
the weights and batches and must come to the same gradients: at first order, at second order (the
exact mixed derivative by double backward), and of the weights. Needs Python's torch.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    print("Python has no torch (Debian: python3-torch)")
    sys.exit(77)

from bars import write_bars


def read_safetensors(path):
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(bytearray(data[8 + length + begin:8 + length + end]),
                                  dtype=torch.float32)
        tensors[name] = values.reshape(entry["shape"]).double()
    return tensors, json.loads(metadata["settings"])


class Supernet:
    """DARTS's network of mixed operations as a function of its weights."""

    def __init__(self, settings):
        self.settings = settings

    def norm(self, x, weights, name):
        return F.batch_norm(x, None, None, weights.get(f"{name}.weight"),
                            weights.get(f"{name}.bias"), training=True, eps=1e-5)

    def conv(self, x, weights, name, **options):
        return F.conv2d(x, weights[f"{name}.weight"], **options)

    def factorized(self, x, weights, name, first):
        x = F.relu(x)
        shifted = F.pad(x[:, :, 1:, 1:], (0, x.shape[3] % 2, 0, x.shape[2] % 2))
        both = [self.conv(x, weights, f"{name}.conv{first}a", stride=2),
                self.conv(shifted, weights, f"{name}.conv{first}b", stride=2)]
        return self.norm(torch.cat(both, 1), weights, f"{name}.norm{first + 1}")

    def separable(self, x, weights, name, size, stride):
        pad = size // 2
        for first, step in ((0, stride), (4, 1)):
            x = F.relu(x)
            x = self.conv(x, weights, f"{name}.conv{first + 1}", stride=step, padding=pad,
                          groups=x.shape[1])
            x = self.conv(x, weights, f"{name}.conv{first + 2}")
            x = self.norm(x, weights, f"{name}.norm{first + 3}")
        return x

    def dilated(self, x, weights, name, size, stride):
        x = self.conv(F.relu(x), weights, f"{name}.conv1", stride=stride, padding=size - 1,
                      dilation=2, groups=x.shape[1])
        return self.norm(self.conv(x, weights, f"{name}.conv2"), weights, f"{name}.norm3")

    def operation(self, op, x, weights, name, stride):
        if op == "none":
            return None
        if op == "skip_connect":
            return x if stride == 1 else self.factorized(x, weights, name, 1)
        if op == "max_pool_3x3":
            return self.norm(F.max_pool2d(x, 3, stride, 1), weights, f"{name}.norm1")
        if op == "avg_pool_3x3":
            pooled = F.avg_pool2d(x, 3, stride, 1, count_include_pad=False)
            return self.norm(pooled, weights, f"{name}.norm1")
        size = int(op[-1])
        kind = self.separable if op.startswith("sep") else self.dilated
        return kind(x, weights, name, size, stride)

    def cell(self, index, before, last, weights, mixture, stride, after_reduction):
        name = f"cell{index}"
        if after_reduction:
            first = self.factorized(before, weights, f"{name}_input0", 1)
        else:
            first = self.norm(self.conv(F.relu(before), weights, f"{name}_input0.conv1"), weights,
                              f"{name}_input0.norm2")
        second = self.norm(self.conv(F.relu(last), weights, f"{name}_input1.conv1"), weights,
                           f"{name}_input1.norm2")
        maps = [first, second]
        row = 0
        operations = self.settings["operations"]
        for node in range(self.settings["nodes"]):
            total = 0
            for source, x in enumerate(maps):
                for k, op in enumerate(operations):
                    edge = f"{name}_node{node + 2}_edge{source * len(operations) + k}"
                    y = self.operation(op, x, weights, edge, stride if source < 2 else 1)
                    if y is not None:
                        total = total + mixture[row, k] * y
                row += 1
            maps.append(total)
        return torch.cat(maps[2:], 1)

    def loss(self, weights, alphas, images, labels):
        mixtures = [alpha.softmax(1) for alpha in alphas]
        stem = self.norm(self.conv(images, weights, "stem.conv0", padding=1), weights, "stem.norm1")
        before = last = stem
        after_reduction = False
        cells = self.settings["cells"]
        for i in range(cells):
            reduces = i in (cells // 3, 2 * cells // 3)
            output = self.cell(i, before, last, weights, mixtures[int(reduces)],
                               2 if reduces else 1, after_reduction)
            before, last, after_reduction = last, output, reduces
        logits = F.linear(last.mean((2, 3)), weights["head.weight"], weights["head.bias"])
        return F.cross_entropy(logits, labels)


def named(tensors, prefix):
    return {name[len(prefix):]: tensor for name, tensor in tensors.items()
            if name.startswith(prefix)}


def alpha_gradient(net, settings, tensors):
    """d L_val(w - lr (m b + dw L_train + decay w), alpha) / d alpha, exactly."""
    weights = {k: v.requires_grad_() for k, v in named(tensors, "weights.").items()}
    alphas = [tensors[f"alphas.{cell}"].clone().requires_grad_() for cell in ("normal", "reduce")]
    train = tensors["train.images"], tensors["train.labels"].long()
    validation = tensors["validation.images"], tensors["validation.labels"].long()
    if settings["unrolled"]:
        gradients = torch.autograd.grad(net.loss(weights, alphas, *train), weights.values(),
                                        create_graph=True)
        momentum = named(tensors, "momentum.")
        moved = {}
        for (name, weight), gradient in zip(weights.items(), gradients):
            step = gradient + settings["weight_decay"] * weight
            if name in momentum:
                step = step + settings["momentum"] * momentum[name]
            moved[name] = weight - settings["lr"] * step
        weights = moved
    return torch.autograd.grad(net.loss(weights, alphas, *validation), alphas)


def weight_gradient(net, tensors):
    weights = {k: v.detach().requires_grad_() for k, v in named(tensors, "weights.").items()}
    alphas = [tensors[f"alphas_after.{cell}"] for cell in ("normal", "reduce")]
    loss = net.loss(weights, alphas, tensors["train.images"], tensors["train.labels"].long())
    return dict(zip(weights, torch.autograd.grad(loss, weights.values())))


def relative(found, expected):
    difference = torch.cat([(a - b).flatten() for a, b in zip(found, expected)]).norm()
    return float(difference / torch.cat([b.flatten() for b in expected]).norm())


def check(program, folder, name, settings, tolerance):
    step = folder / f"{name}.safetensors"
    subprocess.run(
        [program, "search", f"--algorithm-settings={json.dumps(settings)}", "--num-layers=3",
         "--seed=3", "--train-size=48", f"--data-dir={folder / 'data'}", f"--output-dir={folder / name}",
         f"--dump-step={step}"], check=True, stdout=subprocess.DEVNULL)
    tensors, written = read_safetensors(step)
    net = Supernet(written)
    ours = [tensors[f"gradient.alphas.{cell}"] for cell in ("normal", "reduce")]
    error = relative(ours, alpha_gradient(net, written, tensors))
    theirs = weight_gradient(net, tensors)
    weights = named(tensors, "gradient.weights.")
    assert weights.keys() == theirs.keys(), weights.keys() ^ theirs.keys()
    weight_error = relative([weights[k] for k in theirs], list(theirs.values()))
    print(f"{name}: alphas {error:.1e}, weights {weight_error:.1e}")
    assert error < tolerance, f"{name}: alphas differ by {error}"
    assert weight_error < 1e-4, f"{name}: weights differ by {weight_error}"


def main():
    small = {"num_epochs": 1, "batch_size": 24, "init_channels": 4, "num_nodes": 2}
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        write_bars(folder / "data", side=12)
        check(sys.argv[1], folder, "first", small, 1e-4)
        check(sys.argv[1], folder, "second-exact",
              small | {"unrolled": "true", "hessian": "exact"}, 1e-4)


if __name__ == "__main__":
    main()
