#!/usr/bin/env python3
"""Writes what was recorded as seeds: adapters for the fuzz target `folders`, configs for `lint`.

    python fuzz/seeds.py fuzz/corpus
"""

import io
import json
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
    for target, seeds in (("folders", folders()), ("lint", configs())):
        out = corpus / target
        out.mkdir(parents=True, exist_ok=True)
        count = 0
        for seed in seeds:
            (out / f"seed-{count:05}").write_bytes(seed)
            count += 1
        print(target, count, "seeds")


def configs():
    """Texts of configs and cards, good and bad."""
    for path in sorted((FIXTURES / "lint").rglob("*")):
        if path.suffix in (".json", ".yaml") and not path.name.startswith("expected."):
            yield path.read_bytes()
    for line in (FIXTURES / "record/peft/whole.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)["text"].encode()


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
