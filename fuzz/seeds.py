#!/usr/bin/env python3
"""Writes what was recorded as seeds for every fuzz target, and the words of its files as dictionaries.

    python fuzz/seeds.py fuzz/corpus
"""

import io
import json
import pickletools
import re
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
# As in `folders.rs`.
NAMES = [
    ("adapter_config.json", "adapter_model.safetensors"),
    ("adapter_config.json", "adapter_model.bin"),
    ("adapter_config.json", "pytorch_adapter.bin"),
    ("adapter_config.json", "adapter.safetensors"),
    ("head_config.json", "pytorch_model_head.bin"),
    ("adapter_fusion_config.json", "pytorch_model_adapter_fusion.bin"),
    ("model.safetensors.index.json", "a"),
]
MOST = 60_000


def main():
    corpus = Path(sys.argv[1])
    targets = {
        "folders": folders(), "lint": on_models(), "json": texts(".json"), "resolve": specs(), "fix": named(),
        "yaml": texts(".yaml"), "literal": literals(), "tensors": weights(), "pickle": pickles(), "names": names(),
        "settings": settings(), "server": edited(),
    }
    for target, seeds in targets.items():
        out = corpus / target
        out.mkdir(parents=True, exist_ok=True)
        count = 0
        for seed in seeds:
            (out / f"seed-{count:05}").write_bytes(seed)
            count += 1
        print(target, count, "seeds")
    for name, words in {"config": of_configs(), "pickle": of_pickles()}.items():
        dictionary = "".join(f'"{escaped(word)}"\n' for word in sorted(set(words)))
        (corpus / f"{name}.dict").write_text(dictionary)


def texts(*suffixes):
    """Texts of configs and cards, good and bad."""
    for path in sorted((FIXTURES / "lint").rglob("*")):
        if path.suffix in suffixes and not path.name.startswith("expected."):
            yield path.read_bytes()
    if ".json" in suffixes:
        yield from (case["text"].encode() for case in lines("record/peft/whole.jsonl"))
    if ".yaml" in suffixes:
        yield from (case["text"].encode() for case in lines("hub/cases.jsonl"))


def on_models():
    """Configs and cards, those with a model beside them also with its config, as `lint.rs` takes them apart."""
    yield from texts(".json", ".yaml")
    for model in sorted((FIXTURES / "lint").rglob("model.json")):
        for config in sorted(model.parent.glob("*config.json")):
            yield config.read_bytes() + b"\x1e" + model.read_bytes()


def specs():
    """Configs, and config strings."""
    yield from texts(".json")
    for case in lines("resolve/cases.jsonl"):
        string = case["spec"].get("string")
        if isinstance(string, str):
            yield string.encode()


def named():
    """Texts behind the byte that says what the file is called, as in `fix.rs`."""
    names = ["adapter_config.json", "head_config.json", "config.json"]
    for path in sorted((FIXTURES / "lint").rglob("*")):
        kind = names.index(path.name) if path.name in names else 3 if path.suffix == ".yaml" else None
        if kind is not None:
            yield from (bytes([kind + more]) + path.read_bytes() for more in (0, 4))


def settings():
    """Settings as the manual shows them, and as the tests write them."""
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        yield from (block.encode() for block in re.findall(r"```toml\n(.*?)```", page.read_text(), re.S))
    for string in re.findall(r'"((?:[^"\\\n]|\\.)*)"', (ROOT / "tests/commands/settings.rs").read_text()):
        if "=" in string:
            yield string.replace("\\n", "\n").replace('\\"', '"').encode()


def edited():
    """Texts in an editor, with steps such as `server.rs` takes: questions and edits all over the text."""
    for number, text in enumerate(texts(".json", ".yaml")):
        if number % 4 == 0 and len(text) < 2000:
            rows = text.count(b"\n") + 1
            steps = [[at, at * 5 % rows % 256, at * 7 % 40, number * at % 256] for at in range(8)]
            kind = 2 if text[:1] not in b"{[" else number % 2
            yield bytes([kind + 4 * (number % 3), len(steps)]) + b"".join(map(bytes, steps)) + text
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}
    settings = {"settings": {"for": "peft@0.12.0", "ignore": ["AL201"], "rules": {"AL2": "error"}}}
    change = {"jsonrpc": "2.0", "method": "workspace/didChangeConfiguration", "params": settings}
    cancel = {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 1}}
    bodies = [json.dumps(message).encode() for message in (hello, change, cancel)]
    yield b"\xff" + b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies)


def of_configs():
    """Keys and words of configs, from their schemas."""
    def within(schema):
        if isinstance(schema, dict):
            yield from schema.get("properties", {})
            yield from (word for word in [*schema.get("enum", []), schema.get("const")] if isinstance(word, str))
            schema = list(schema.values())
        if isinstance(schema, list):
            for item in schema:
                yield from within(item)

    for path in sorted((ROOT / "schemas").glob("*.json")):
        yield from within(json.loads(path.read_text()))


def of_pickles():
    """What the pickles of tensors name, and the operations."""
    for opcode in pickletools.opcodes:
        yield opcode.code
    for module, name in [
        ("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2"), ("torch", "FloatStorage"),
        ("torch._utils", "_rebuild_parameter"), ("torch._tensor", "_rebuild_from_type_v2"), ("torch", "Size"),
        ("torch", "HalfStorage"), ("torch", "BFloat16Storage"), ("torch.storage", "UntypedStorage"),
        ("torch._utils", "_rebuild_tensor_v3"), ("torch", "float32"), ("torch", "device"), ("builtins", "set"),
    ]:
        yield f"c{module}\n{name}\n"
    yield from ["X\x07\0\0\0storage", "X\x03\0\0\0cpu", "X\x01\0\0\x000", "q\0", "h\0", "tQ", "tR", "(", "}"]


def escaped(word):
    """As libFuzzer reads it."""
    data = word.encode("latin-1" if all(ord(c) < 256 for c in word) else "utf-8")
    return "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in data)


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
    shard = next(path.read_bytes() for path in sorted((FIXTURES / "tensors").glob("*.safetensors")))
    held = json.loads(shard[8 : 8 + int.from_bytes(shard[:8], "little")])
    index = {"metadata": {}, "weight_map": {name: "a" for name in held if name != "__metadata__"}}
    index = json.dumps(index).encode()
    yield bytes([len(NAMES) - 1]) + len(index).to_bytes(2, "little") + index + shard


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
