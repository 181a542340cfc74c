#!/usr/bin/env python3
"""How fast the linter is, as ratios to other programs, all measured in one run.

    cargo build --release
    PYTHON=/path/to/python/with/adapters benches/lint.py

It needs nothing but Python and ripgrep. What else it compares with is left out, with a word, unless it is installed:

    PYTHON              a Python that has the library `adapters`
    CHECK_JSONSCHEMA    check-jsonschema (PyPI)
    AJV                 ajv (ajv-cli of npm)
    JSONSCHEMA_CLI      jsonschema-cli (crates.io)

Programs that are compared run by turns, so that a busy machine slows all of them; the median counts. Beside the time on
the clock stands the processors' time (user and system), which a busy machine changes less.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--binary", default=ROOT / "target/release/adapter-lint", type=Path)
    arguments.add_argument("--files", default=20_000, type=int, help="how many configs the folder has")
    arguments.add_argument("--rounds", default=5, type=int, help="how often each program runs over the folder")
    arguments.add_argument("--starts", default=40, type=int, help="how often each program runs on one file")
    arguments.add_argument("--scratch", type=Path, help="where files are made; a temporary folder by default")
    options = arguments.parse_args()
    lint = str(options.binary.resolve())
    rg = shutil.which("rg") or sys.exit("ripgrep (rg) is not installed")
    print(run([lint, "--version"]).out.strip(), "on", os.cpu_count(), "processors;", f"load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        folder = Path(folder)
        cold_start(lint, rg, folder, options)
        many_files(lint, rg, folder, options)
        memory(lint, folder)
        hostile(lint, folder)


# What is compared.

def cold_start(lint, rg, folder, options):
    one = folder / "one" / "adapter_config.json"
    one.parent.mkdir()
    one.write_text(json.dumps(config(0)))
    programs = {"adapter-lint FILE": [lint, one], "rg x FILE": [rg, "x", one]}
    times = by_turns(programs, options.starts)
    report("one config, cold start", times, "adapter-lint FILE", "rg x FILE", at_most=2)
    python = tool("PYTHON")
    if python:
        load = f"from adapters import AdapterConfig; AdapterConfig.load({str(one)!r})"
        programs = {"adapter-lint FILE": [lint, one], "Python with adapters": [python, "-c", load]}
        times = by_turns(programs, max(3, options.rounds))
        report("one config, cold start", times, "Python with adapters", "adapter-lint FILE", at_least=300)


def many_files(lint, rg, folder, options):
    """In two layouts: as adapters lie, each in a folder of its own, and all in one folder."""
    schema = folder / "schema.json"
    schema.write_text(run([lint, "schema", "adapter-config"]).out)
    schema_07 = folder / "schema-07.json"
    schema_07.write_text(run([lint, "schema", "adapter-config", "--draft", "7"]).out)
    for many, path_of, layout in (
        (folder / "tree", in_folders, "each in a folder of its own"),
        (folder / "flat", in_one_folder, "all in one folder"),
    ):
        compare_on(lint, rg, many, write_configs(many, options.files, path_of), layout, (schema, schema_07), options)


def compare_on(lint, rg, many, paths, layout, schemas, options):
    schema, schema_07 = schemas
    threads = os.cpu_count() or 1
    ours = [lint, many, "--output-format", "jsonl", "--jobs", threads]
    name = f"adapter-lint, {len(paths)} files"
    times = by_turns({name: ours, "rg -c . FOLDER": [rg, "-c", ".", many, "-j", threads]}, options.rounds)
    report(f"{len(paths)} configs, {layout}, jsonl to a file", times, name, "rg -c . FOLDER", at_most=3)
    peers = {
        "check-jsonschema": (tool("CHECK_JSONSCHEMA"), lambda it: [it, "--schemafile", schema, *paths], 50),
        "ajv": (tool("AJV"), lambda it: [it, "validate", "--strict=false", "-s", schema_07, "-d", f"{many}/**/*.json"], 25),
        "jsonschema-cli": (
            tool("JSONSCHEMA_CLI"),
            lambda it: [it, "validate", schema, *(part for path in paths for part in ("-i", path))],
            1,
        ),
    }
    for peer, (path, command, goal) in peers.items():
        if path:
            times = by_turns({name: ours, peer: command(path)}, max(1, options.rounds // 2))
            report(f"the same files, {layout}, and the same schema", times, peer, name, at_least=goal)


def memory(lint, folder):
    print("\npeak memory, by the number of files")
    peaks = {}
    for count in (1_000, 20_000):
        many = folder / f"memory-{count}"
        write_configs(many, count, in_folders)
        _, peaks[count] = peak([lint, many, "--output-format", "jsonl"])
        print(f"  {count:>7} files  {peaks[count]:8.1f} MB")
    print(f"  ratio {peaks[20_000] / peaks[1_000]:.2f}")


def hostile(lint, folder):
    print("\nhostile files")
    size = 100 << 20
    makers = {
        "100 MB of ones": lambda: "[" + "1," * (size // 2) + "1]",
        "100 MB of objects": lambda: '{"architecture": "lora", "x": [' + "{}," * (size // 3) + "{}]}",
        "100 MB in one string": lambda: '{"architecture": "lora", "x": "' + "a" * size + '"}',
        "100 MB of keys": lambda: '{"architecture": "lora"' + "".join(f',"k{at:07}":1' for at in range(size // 13)) + "}",
        "a million deep": lambda: "[" * 1_000_000 + "]" * 1_000_000,
    }
    for name, make in makers.items():
        path = folder / "hostile.json"
        path.write_text(make())
        done, most = peak([lint, path, "--output-format", "concise"])
        first = done.out.split("\n")[0].replace(str(path), "FILE")[:100]
        print(f"  {name:22} exit {done.code}  {done.wall:6.2f} s  {most:8.1f} MB  {first}")


# Files.

def config(number):
    """A small config of one of the usual methods; some have a flaw."""
    chance = random.Random(number)
    kinds = [
        {"architecture": "lora", "r": chance.choice([4, 8, 16]), "alpha": 16, "attn_matrices": ["q", "v"]},
        {"mh_adapter": False, "output_adapter": True, "reduction_factor": 16, "non_linearity": "relu"},
        {"architecture": "prefix_tuning", "prefix_length": chance.choice([10, 30]), "flat": False},
        {"architecture": "reft", "layers": "all", "prefix_positions": 3, "suffix_positions": 0, "r": 1,
         "orthogonality": True},
        {"architecture": "lora", "r": 8, "alpha": 8, "scalin": 1},
        {"mh_adapter": True, "output_adapter": True, "reduction_factor": 2, "non_linearity": "swish", "scaling": 1},
    ]
    return {
        "config": kinds[number % len(kinds)], "name": f"a{number}", "model_type": "bert",
        "model_name": "bert-base-uncased", "model_class": "BertAdapterModel", "hidden_size": 768,
        "version": "adapters.1.3.0",
    }


def in_folders(number):
    return f"{number // 500:03}/{number % 500:03}/adapter_config.json"


def in_one_folder(number):
    return f"{number:05}.json"


def write_configs(folder, count, path_of):
    paths = []
    for number in range(count):
        path = folder / path_of(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(config(number), indent=2))
        paths.append(path)
    return paths


# Measuring.

# Runs a program and tells its peak memory in KiB. A new process begins with the peak of the one that it was forked from,
# so a small interpreter of its own does this.
PEAK = """
import os, sys
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
open(sys.argv[1], "w").write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Done:
    """A program that ended."""

    def __init__(self, wall, usage, code, out):
        self.wall, self.cpu = wall, usage.ru_utime + usage.ru_stime
        self.code, self.out = code, out


def run(command):
    with tempfile.TemporaryFile("w+") as out:
        start = time.perf_counter()
        child = subprocess.Popen([str(part) for part in command], stdout=out, stderr=subprocess.DEVNULL,
                                 env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"})
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        return Done(wall, usage, child.returncode, out.read())


def peak(command):
    """A program that ended, and its peak memory in MB."""
    with tempfile.NamedTemporaryFile("r") as told:
        done = run([sys.executable, "-I", "-S", "-c", PEAK, told.name, *command])
        return done, int(told.read()) / 1024


def by_turns(programs, rounds):
    """Runs all programs in every round; the first round only warms the caches, unless it is the only one."""
    times = {name: [] for name in programs}
    for number in range(rounds + (rounds > 2)):
        for name, command in programs.items():
            done = run(command)
            if done.code not in (0, 1):
                sys.exit(f"{name} ended with {done.code}")
            if number > 0 or rounds <= 2:
                times[name].append(done)
    return times


def report(title, times, above, below, at_most=None, at_least=None):
    print(f"\n{title}")
    medians = {}
    for name, runs in times.items():
        wall, cpu = (statistics.median(getattr(done, key) for done in runs) for key in ("wall", "cpu"))
        medians[name] = (wall, cpu)
        print(f"  {name:28} {wall * 1000:10.1f} ms  {cpu * 1000:10.1f} ms user+sys  ({len(runs)} runs)")
    ratios = [above_time / below_time for above_time, below_time in zip(medians[above], medians[below])]
    goal, met = (f"at most {at_most}", ratios[0] <= at_most) if at_most else (f"at least {at_least}", ratios[0] >= at_least)
    word = "met" if met else "MISSED"
    print(f"  {above} / {below}: {ratios[0]:.2f} ({ratios[1]:.2f} user+sys); goal {goal}: {word}")


def tool(variable):
    path = os.environ.get(variable)
    if not path:
        print(f"\n({variable} is not set: left out)")
    return path


if __name__ == "__main__":
    main()
