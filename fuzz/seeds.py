#!/usr/bin/env python3
"""Writes what was recorded as seeds for every fuzz target.

    python fuzz/seeds.py fuzz/corpus
"""

import io
import json
import pickletools
import sys
import tarfile
import zipfile
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
# As in `folders.rs`.
NAMES = [
    ("adapter_config.json", "adapter_model.safetensors"),
    ("adapter_config.json", "adapter_model.bin"),
    ("adapter_config.json", "pytorch_adapter.bin"),
    ("adapter_config.json", "adapter.safetensors"),
    ("head_config.json", "pytorch_model_head.bin"),
    ("adapter_fusion_config.json", "pytorch_model_adapter_fusion.bin"),
]
MOST = 60_000


def main():
    corpus = Path(sys.argv[1])
    targets = {
        "folders": folders(), "lint": texts(".json", ".yaml"), "json": texts(".json"), "resolve": texts(".json"),
        "yaml": texts(".yaml"), "literal": literals(), "tensors": weights(), "pickle": pickles(), "names": names(),
    }
    for target, seeds in targets.items():
        out = corpus / target
        out.mkdir(parents=True, exist_ok=True)
        count = 0
        for seed in seeds:
            (out / f"seed-{count:05}").write_bytes(seed)
            count += 1
        print(target, count, "seeds")


def texts(*suffixes):
    """Texts of configs and cards, good and bad."""
    for path in sorted((FIXTURES / "lint").rglob("*")):
        if path.suffix in suffixes and not path.name.startswith("expected."):
            yield path.read_bytes()
    if ".json" in suffixes:
        yield from (case["text"].encode() for case in lines("record/peft/whole.jsonl"))
    if ".yaml" in suffixes:
        yield from (case["text"].encode() for case in lines("hub/cases.jsonl"))


def lines(name):
    """The cases of a recording."""
    with open(FIXTURES / name, encoding="utf-8") as recording:
        yield from map(json.loads, recording)


def literals():
    """What stands between the brackets of config strings, and values as Python writes them."""
    for case in lines("resolve/cases.jsonl"):
        string = case["spec"].get("string", "")
        if isinstance(string, str) and string.endswith("]") and "=" in string:
            yield from (part.split("=")[-1].strip().encode() for part in string[string.find("[") + 1 : -1].split(","))
        yield repr(case.get("config")).encode()


def weights():
    """Files of tensors, sound and hostile."""
    for path in sorted(FIXTURES.rglob("*")):
        if path.suffix in (".safetensors", ".bin", ".pt", ".zip", ".tar") and path.is_file():
            if path.stat().st_size <= MOST:
                yield path.read_bytes()


def pickles():
    """Torch's files from before 1.6, behind what they all begin with: magic number, protocol and system."""
    for path in sorted((FIXTURES / "tensors").rglob("*.legacy.pt")):
        file = io.BytesIO(path.read_bytes())
        try:
            for _ in range(3):
                for _ in pickletools.genops(file):
                    pass
        except ValueError:
            continue
        yield file.read()


def names():
    """Names of tensors with an adapter's name, as the fuzzer cuts two texts out of one: the last byte is the length of
    the first."""
    for case in lines("peft/names.jsonl"):
        for name in case.get("saved", []):
            name = name.encode()
            if len(name) < 200:
                yield name + b"default" + bytes([len(name)])


def folders():
    """A config and weights each, in one piece as `folders.rs` takes them apart."""
    number = 0
    for kind, (config_name, weights_name) in enumerate(NAMES):
        for path in sorted(FIXTURES.rglob(weights_name)):
            config = path.with_name(config_name)
            if not config.is_file() or path.stat().st_size > MOST:
                continue
            config, weights = config.read_bytes(), path.read_bytes()
            seeds = [bytes([kind]) + len(config).to_bytes(2, "little") + config + weights]
            if number % 20 == 0:
                files = {config_name: config, weights_name: weights}
                seeds += [bytes([len(NAMES) + at]) + pack(files) for at, pack in enumerate((zipped, tarred, gzipped))]
            yield from seeds
            number += len(seeds)


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(files, mode="w"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def gzipped(files):
    return tarred(files, "w:gz")


if __name__ == "__main__":
    main()
