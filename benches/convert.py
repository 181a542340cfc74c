"""Time conversions beside `cp`, and beside the same done with torch and safetensors in Python, in one run.

    cargo build --release
    python3 benches/convert.py [--gigabytes 2] [--runs 5]

Needs bash's `cp`, python3 and the built program; the last ratio also torch and safetensors, and is left out where they are
missing. A synthetic adapter is written to a scratch folder (`--scratch`, by default the system's), which needs three times
its size. It and all outputs are in the page cache or on their way to the disk, for every candidate alike. `cp` is timed
alone and with `sync` of its output, since the converter returns only when its output is on the disk; whoever compares to
`cp` alone compares to less work, unless the scratch folder is in memory (`--scratch /dev/shm`).

Memory is the peak of resident pages (VmHWM, what `ru_maxrss` tells), mapped pages of files counted in.
"""

import argparse
import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / "target/release/adapter-lint"
LAYERS, MATRICES = 32, ["q", "k", "v"]
TYPES = {"q": "q_proj", "k": "k_proj", "v": "v_proj"}


def config(name, rank, hidden):
    return {
        "config": {
            "architecture": "lora", "alpha": rank, "attn_matrices": MATRICES, "composition_mode": "add", "dropout": 0.0,
            "init_weights": "lora", "intermediate_lora": False, "leave_out": [], "output_lora": False, "r": rank,
            "selfattn_lora": True, "use_gating": False,
        },
        "hidden_size": hidden, "model_class": "LlamaAdapterModel", "model_name": None, "model_type": "llama",
        "name": name, "version": "adapters.1.3.0",
    }


def tensors(name, rank, hidden):
    """Names and shapes in the order of names."""
    for layer in sorted(range(LAYERS), key=str):
        for matrix in sorted(MATRICES):
            place = f"model.layers.{layer}.self_attn.{TYPES[matrix]}.loras.{name}"
            yield f"{place}.lora_A", (rank, hidden)
            yield f"{place}.lora_B", (hidden, rank)


def size_of(shape):
    return 4 * shape[0] * shape[1]


def elements(block, count):
    """Floats that are not all alike."""
    while count:
        part = block[: min(len(block), count)]
        yield part
        count -= len(part)


def random_block():
    return struct.pack("<262144f", *((number * 2654435761 % 1000003) / 1000003 - 0.5 for number in range(262144)))


def write_safetensors(folder, name, rank, hidden):
    header, at, block = {}, 0, random_block()
    for tensor, shape in tensors(name, rank, hidden):
        header[tensor] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size_of(shape)]}
        at += size_of(shape)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / "adapter.safetensors", "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for _, shape in tensors(name, rank, hidden):
            for part in elements(block, size_of(shape)):
                out.write(part)
    (folder / "adapter_config.json").write_text(json.dumps(config(name, rank, hidden)))


def run(command, times=1):
    """Seconds by the clock and of processors, and the peak of memory in bytes, each the median."""
    rows = []
    for _ in range(times):
        for stale in (word for word in command if str(word).endswith(".out")):
            shutil.rmtree(stale, ignore_errors=True)
            Path(stale).unlink(missing_ok=True)
        start = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{command}: {said.decode()}")
        rows.append((time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024))
    return [statistics.median(column) for column in zip(*rows)]


def told(what, row, beside=None, bound=None):
    clock, processor, memory = row
    ratio = "" if beside is None else f"  {clock / beside[0]:.2f} times by the clock, {processor / beside[1]:.2f} of processors"
    asked = "" if bound is None else f" (at most {bound})"
    print(f"{what:46} {clock:8.3f} s  {processor:8.3f} s of processors  {memory / 1e6:7.1f} MB{ratio}{asked}", flush=True)


IN_PYTHON = """
import json, sys
from pathlib import Path
from safetensors.torch import load_file, save_file
source, target = Path(sys.argv[1]), Path(sys.argv[2])
config = json.loads((source / "adapter_config.json").read_text())
old, new = config["name"], "renamed"
state = load_file(source / "adapter.safetensors")
state = {name.replace(f".loras.{old}.", f".loras.{new}."): tensor for name, tensor in state.items()}
target.mkdir()
save_file(state, target / "adapter.safetensors")
(target / "adapter_config.json").write_text(json.dumps(dict(config, name=new)))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--program", type=Path, default=PROGRAM)
    parser.add_argument("--python", default=sys.executable, help="one that has torch and safetensors")
    parser.add_argument("--scratch", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.scratch) as scratch:
        measure(Path(scratch), given)


def by_turns(commands, times):
    """[`run`] of each in turns, so that a machine that is busy now and then is so for all."""
    rows = {name: [] for name in commands}
    for number in range(times + 1):
        for name, command in commands.items():
            row = run(command)
            # The first turn only warms the caches.
            if number > 0 or times == 1:
                rows[name].append(row)
    return {name: [statistics.median(column) for column in zip(*each)] for name, each in rows.items()}


def measure(scratch, given):
    hidden = 4096
    rank = max(1, round(given.gigabytes * 1e9 / (LAYERS * len(MATRICES) * 2 * 4 * hidden)))
    source, torch_source, copy, out = scratch / "a", scratch / "b", scratch / "copy.out", scratch / "new.out"
    source.mkdir()
    write_safetensors(source, "a", rank, hidden)
    weights = source / "adapter.safetensors"
    print(f"{weights.stat().st_size / 1e9:.2f} GB in {LAYERS * len(MATRICES) * 2} tensors, medians of {given.runs} runs")
    renamed = ["--to", "adapters", "--name", "renamed", "--container", "safetensors"]
    cp = ["cp", weights, copy]
    cp_and_sync = ["bash", "-c", 'cp "$0" "$1" && sync "$1"', weights, copy]
    convert = [given.program, "convert", source, out, *renamed]
    rows = by_turns({"cp": cp, "sync": cp_and_sync, "convert": convert}, given.runs)
    told("cp", rows["cp"])
    told("cp, then sync", rows["sync"], rows["cp"])
    told("safetensors -> safetensors, beside cp", rows["convert"], rows["cp"], 1.3)
    told("  beside cp and sync", rows["convert"], rows["sync"])
    run([given.program, "convert", source, torch_source, "--to", "adapters", "--container", "torch"])
    convert = [given.program, "convert", torch_source, out, *renamed]
    rows = by_turns({"cp": cp, "sync": cp_and_sync, "convert": convert}, given.runs)
    told("torch zip -> safetensors, beside cp", rows["convert"], rows["cp"], 1.5)
    told("  beside cp and sync", rows["convert"], rows["sync"])
    copy.unlink()
    shutil.rmtree(torch_source)
    shutil.rmtree(out)
    for command in ("inspect", "check"):
        told(f"{command} (at most 0.050 s)", run([given.program, command, source], given.runs))
    weights.unlink()
    small = scratch / "small"
    small.mkdir()
    write_safetensors(small, "a", round(1e7 / (LAYERS * len(MATRICES) * 2 * 4 * 512)), 512)
    ours = run([given.program, "convert", small, out, *renamed], 2 * given.runs)
    told("10 MB, safetensors -> safetensors", ours)
    code = "import torch, safetensors.torch"
    if subprocess.run([given.python, "-c", code], stderr=subprocess.DEVNULL, check=False).returncode:
        print("torch and safetensors are not there; the comparison with them is left out")
        return
    theirs = run([given.python, "-c", IN_PYTHON, small, out], given.runs)
    told("  in Python with torch and safetensors", theirs)
    print(f"  {theirs[0] / ours[0]:.1f} times as fast by the clock, {theirs[1] / ours[1]:.1f} of processors (at least 20)")


if __name__ == "__main__":
    main()
