#!/usr/bin/env python3
"""Writes an operation of one's own as TorchScript: a squeeze-and-excitation block after a depthwise
convolution (Hu, Shen & Sun, "Squeeze-and-Excitation Networks", CVPR 2018, arXiv:1709.01507).

Needs PyTorch (Debian: python3-torch). Usage: make_operation.py FOLDER
"""
import sys

import torch


class SqueezeExcite(torch.nn.Module):
    def __init__(self):
        super().__init__()
        # Sizes are not known yet: configure() is called for each place in a network.
        self.depthwise = torch.nn.Parameter(torch.empty(0))
        self.down = torch.nn.Parameter(torch.empty(0))
        self.up = torch.nn.Parameter(torch.empty(0))
        self.register_buffer("stride", torch.ones((), dtype=torch.long))

    @torch.jit.export
    def configure(self, channels: int, stride: int):
        self.depthwise.resize_([channels, 1, 3, 3])
        self.down.resize_([max(channels // 4, 1), channels])
        self.up.resize_([channels, max(channels // 4, 1)])
        self.stride.fill_(stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        stride = int(self.stride.item())
        y = torch.conv2d(x, self.depthwise, None, [stride, stride], [1, 1], [1, 1], x.size(1))
        gate = torch.relu(torch.matmul(y.mean([2, 3]), self.down.t()))
        gate = torch.sigmoid(torch.matmul(gate, self.up.t()))
        return torch.relu(y * gate.unsqueeze(-1).unsqueeze(-1))


torch.jit.script(SqueezeExcite()).save(f"{sys.argv[1]}/squeeze-excite.pt")
