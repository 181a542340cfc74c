"""Time one bottleneck layer beside PyTorch on one thread, in one run, and print the ratio.

    pip install torch==2.8.0
    python benches/against_pytorch.py

PyTorch runs the same computation as `benches/bottleneck.rs`: the model's residual sum and layer norm, down-projection,
ReLU, up-projection, residual, residual sum and layer norm, at hidden 768, batch 8 x 128, in float32.
"""

import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch import nn

ROUNDS, RUNS, HIDDEN = 5, 41, 768


class Layer(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.down = nn.Linear(HIDDEN, HIDDEN // factor)
        self.up = nn.Linear(HIDDEN // factor, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)

    def forward(self, output, residual):
        x = self.norm(output + residual)
        up = self.up(torch.relu(self.down(x))) * 1.0
        return self.norm(up + output + residual)


def pytorch(factor):
    torch.manual_seed(0)
    layer, output, residual = Layer(factor).eval(), torch.randn(8, 128, HIDDEN), torch.randn(8, 128, HIDDEN)
    times = []
    with torch.no_grad():
        for _ in range(RUNS):
            start = time.perf_counter()
            layer(output, residual)
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def oracle(binary):
    out = subprocess.run(binary, check=True, capture_output=True, text=True).stdout
    return {int(factor): float(ms) for factor, ms in re.findall(r"reduction_factor (\d+): ([\d.]+) ms", out)}


def main():
    torch.set_num_threads(1)
    root = Path(__file__).parent.parent
    build = ["cargo", "bench", "--bench", "bottleneck", "--no-run", "--message-format", "short"]
    message = subprocess.run(build, cwd=root, check=True, capture_output=True, text=True).stderr
    binary = re.search(r"\(([^)]*bottleneck-[^)]*)\)", message).group(1)
    ours, theirs = {}, {}
    for _ in range(ROUNDS):
        for factor, ms in oracle(str(root / binary)).items():
            ours.setdefault(factor, []).append(ms)
            theirs.setdefault(factor, []).append(pytorch(factor))
    for factor in ours:
        a, b = statistics.median(ours[factor]), statistics.median(theirs[factor])
        print(f"reduction_factor {factor}: oracle {a:.2f} ms, PyTorch {torch.__version__} {b:.2f} ms, ratio {a / b:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
