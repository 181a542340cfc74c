"""Runs the golden cases of fixtures/oracle in plain PyTorch. Skips compositions, averaging and whole encoders.

Of fixtures/oracle_peft it runs LoRA on linear layers, LLaMA-Adapter and Shadow.
"""

import argparse
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

ACTIVATIONS = {  # all others have their names in torch.nn.functional
    "gelu": lambda x: 0.5 * x * (1 + torch.erf(x / 2**0.5)),  # oneDNN's F.gelu has NaN at infinity
    "gelu_10": lambda x: ACTIVATIONS["gelu"](x).clamp(-10, 10),
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
    "gelu_fast": lambda x: 0.5 * x * (1 + torch.tanh(x * 0.7978845608 * (1 + 0.044715 * x * x))),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "laplace": lambda x: 0.5 * (1 + torch.erf((x - 0.707107) / (0.282095 * 2**0.5))),
    "relu2": lambda x: F.relu(x).square(),
    "linear": lambda x: x,
}
SAME = {"gelu_python": "gelu", "leakyrelu": "leaky_relu", "swish": "silu"}
SAME |= dict.fromkeys(("gelu_accurate", "gelu_python_tanh", "gelu_pytorch_tanh"), "gelu_new")


class Skip(Exception):
    """Something that is not implemented here."""


class Case(dict):
    """The arrays of a case, named by what follows the last slash, and a method for each kind."""

    def __init__(self, case, arrays, dtype, call):
        super().__init__((n.split("/")[-1], a.to(dtype) if a.is_floating_point() else a) for n, a in arrays.items())
        self |= {name[:-5]: left @ self[name[:-4] + "right"] for name, left in self.items() if name.endswith("_left")}
        self.active = case["setup"] and any(name.startswith(("adapter/", "shared/")) for name in arrays)
        configs = [*case["adapters"].values(), *case["fusions"].values(), None]
        self.config, self.settings, self.call = configs[0], case["settings"], call

    def linear(self, x, at, position=""):
        factors, rule = self.get(at + "W", self.get("W_" + position)), self.get(at + "phm_rule", self.get("phm_rule"))
        if factors is None:
            return F.linear(x, self[at + "weight"], self.get(at + "bias"))
        return x @ sum(map(torch.kron, rule, factors)) + self.get(at + "b", 0)  # Compacter; its factors may be shared

    def norm(self, x, at, eps=1e-5):
        return x if eps is None else F.layer_norm(x, x.shape[-1:], self[at + "weight"], self[at + "bias"], eps)

    original = lambda self, x: self.norm(x + self.get("residual", 0), "LayerNorm.", self.settings["layer_norm_eps"])
    gate = lambda self, x: torch.sigmoid(self.linear(x, "gate.")).mean(1)
    phm = lambda self: {"y": self.linear(self["x"], "", self.settings["position"])}
    activation = lambda self: {"y": self.activate(self.settings["function"], self["x"])}
    lora_merged_linear = lambda self: self.lora_linear()

    def activate(self, function, x, name=""):
        function = SAME.get(function.lower(), function.lower())
        if function == "xielu":
            left = (torch.expm1(torch.minimum(x, self["eps"])) - x) * (self["beta"] + F.softplus(self["alpha_n"]))
            return self["beta"] * x + torch.where(x > 0, F.softplus(self["alpha_p"]) * x * x, left)
        slope = [self[name + "weight"]] if function == "prelu" else []
        return ACTIVATIONS.get(function, getattr(F, function, None))(x, *slope)

    def bottleneck_layer(self):
        c, x = self.config, self["hidden_states"]
        if not self.active:
            return {"hidden_states": self.original(x)}
        source = self["residual"] if c["is_parallel"] else self.original(x) if c["original_ln_before"] else x
        residuals = {True: x, "post_add": x + self.get("residual", 0), False: source}
        residual = x if c["is_parallel"] else residuals[c["residual_before_ln"]]
        early = c["adapter_residual_before_ln"] and not c["is_parallel"]
        y = self.norm(source, "adapter_norm_before.") if c["ln_before"] else source
        y = self.linear(y, f"adapter_down.{int(c['ln_before'])}.", "down")
        y = self.linear(self.activate(c["non_linearity"], y, "non_linearity.f."), "adapter_up.", "up")
        y = y * self.get("scaling", c["scaling"]) * (self.gate(source).unsqueeze(1) if c["use_gating"] else 1)
        y = y + residual if early else y
        y = self.norm(y, "adapter_norm_after.") if c["ln_after"] else y
        y = y if early else y + residual
        return {"hidden_states": self.original(y) if c["original_ln_after"] else y}

    def fusion(self):
        c, value, residual = self.config, self["value"], self["residual"]
        value = value + residual.unsqueeze(2) if c["residual_before"] else value
        query, key = (self.linear(x, n + ".") if c[n] else x for n, x in (("query", self["query"]), ("key", value)))
        temperature = max(50 - 0.05 * self.call, 1) if c["temperature"] else 1
        context = (torch.softmax(key @ query.unsqueeze(-1) / temperature, dim=2) * value).sum(2)
        context = self.linear(context, "value.") if c["value"] else context  # without bias, so before is the same
        return {"context": context if c["residual_before"] else context + residual}

    def invertible(self):
        x, glow = self["hidden_states"], self.config["inv_adapter"] == "glow"
        first, second = x.tensor_split([x.shape[-1] // 2], -1)

        def couple(network, source, target, inverse=False):
            y = self.activate(self.config["non_linearity"], self.linear(source, network + ".0."))
            scale, shift = self.linear(y, network + ".2.").tensor_split([target.shape[-1] if glow else 0], -1)
            scale = torch.exp(0.636 * 5 * torch.atan(scale / 5)) if glow else 1
            return (target - shift) / scale if inverse else target * scale + shift

        for_first, for_second = ("s2", "s1") if glow else ("F", "G")
        new_first, old_second = couple(for_first, second, first), couple(for_second, first, second, inverse=True)
        forward = torch.cat([new_first, couple(for_second, new_first, second)], -1)
        return {"forward": forward, "inverse": torch.cat([couple(for_first, old_second, first, True), old_second], -1)}

    def lora_linear(self):
        c, s, x, weight, bias = self.config, self.settings, self["x"], self["weight"], self.get("bias")
        turn = torch.t if s["fan_in_fan_out"] else torch.clone
        y = F.linear(x, turn(weight), bias)
        if not self.active:
            return {"y": y}
        slots = [0] if "location" in s else [i for i in range(3) if "qkv"[i] in c["attn_matrices"]]
        rows = torch.arange(s["out_features"]).view(1 if "location" in s else 3, -1)[slots]
        scale = c["composition_mode"] == "scale"
        scaling = c["alpha"] / (1 if scale else c["r"])
        a, b = self.get("lora_A"), self["lora_B"]
        a, b = (self["vera_D"] @ a, self["vera_B"] @ b) if "vera_B" in self else (a, b)
        if "weights" in self:  # MTL-LoRA
            shares = torch.softmax(self["weights"] / c["weights_sharpness"], 0)
            b = torch.tensordot(shares, b, 1) * self["task_specific.values"]
        b = b if scale else torch.cat([i @ j for i, j in zip(b.chunk(len(slots)), a.chunk(len(slots)))])
        delta = x.new_full((s["out_features"], b.shape[1]), scale).index_copy(0, rows.flatten(), b)
        factor = torch.full_like(y[:, :1], 1 if c["use_gating"] else scaling)
        if c["use_gating"]:
            factor[:, 0, rows.flatten()] = self.gate(x).repeat_interleave(rows.shape[1], 1)
        y = y * delta.T * factor if scale else y + x @ delta.T * factor
        merged = weight * turn(delta) * scaling if scale else weight + turn(delta) * scaling
        if c.get("use_dora"):  # a turned weight and the update are added as they are; merging forgets alpha / r
            y = y * (self["m.weight"] / (weight + delta).norm(dim=1, keepdim=True)).T
            merged = weight + turn(delta)
            merged = weight = merged * self["m.weight"] / merged.norm(dim=1, keepdim=True)  # never reset
        return {"y": y, "merged_weight": merged, "merged_y": F.linear(x, turn(merged), bias), "reset_weight": weight}

    def prefix_tuning(self):
        c, s, flat = self.config, self.settings, self.get("prefix.control_trans")
        if not c["flat"]:
            y = self.activate(c["non_linearity"], self.linear(self["prefix.wte.weight"], "prefix.control_trans.0."))
            flat = self.linear(y, "prefix.control_trans.2.").flatten()
        layer = s["layer"] - sum(left_out < s["layer"] for left_out in c["leave_out"])
        prefixes = flat.view(c["prefix_length"], -1, 2, s["key_value_heads"], s["head_size"])[:, layer]
        gates = self.gate(self["residual_input"]) if c["use_gating"] else torch.ones(len(self["keys"]), 1)
        outputs = {"ejected": flat, "attention_mask": F.pad(self.get("attention_mask", flat), (c["prefix_length"], 0))}
        prefixes = gates.T[[0, -1]].view(2, -1, 1, 1, 1) * prefixes.permute(1, 2, 0, 3).unsqueeze(1)
        return outputs | {name: torch.cat([p, self[name]], 2) for name, p in zip(("keys", "values"), prefixes)}

    def prompt_tuning(self):
        x, prompt = self["embeddings"], self["prompt_embedding.weight"]
        place = int(self.config["combine"] == "prefix_after_bos")
        embeddings = torch.cat([x[:, :place], prompt.expand(len(x), -1, -1), x[:, place:]], 1)
        return {"embeddings": embeddings, "attention_mask": F.pad(self.get("attention_mask", x), (len(prompt), 0) * 2)}

    def reft(self):
        c, x, length, outputs, changed = self.config, self["hidden_states"], self["hidden_states"].shape[1], {}, []
        mask, texts = self.get("attention_mask", torch.ones(x.shape[:2])), torch.arange(len(x)).unsqueeze(1)
        starts = mask.argmax(1, True) + torch.arange(min(c["prefix_positions"], length))
        ends = length - mask.flip(1).argmax(1, True) + torch.arange(-min(c["suffix_positions"], length), 0)
        for index, places in enumerate((starts, ends)):
            unit, states = f"units.{0 if c['tied_weights'] else index}.", x[texts, places]
            projection = self.get(unit + "projection.weight")
            if c["orthogonality"]:
                layer = torch.nn.Linear(x.shape[-1], c["r"], bias=False, dtype=x.dtype)
                layer = torch.nn.utils.parametrizations.orthogonal(layer)
                layer.load_state_dict({n[19:]: a for n, a in self.items() if n.startswith(unit + "projection.")})
                projection = layer.weight
            source = self.activate(c["non_linearity"] or "linear", self.linear(states, unit + "learned_source."))
            source = source - states @ projection.T if self.settings["subtract_projection"] else source
            changed.append(states + source @ projection)
            outputs[f"projection.{index}"] = projection
        y = x.clone()
        y[texts, starts] = changed[0]
        y[texts, ends] = torch.cat(changed, 1)[:, -c["suffix_positions"] :][:, : ends.shape[1]]  # slips in short texts
        return outputs | {"hidden_states": y}

    def sized(self, name, *shape):
        """An array that the config says the shape of. A library that refuses it says so when it loads the tensors."""
        if name in self and tuple(self[name].shape) != shape:
            raise ValueError(f"{name} should have the shape {shape}, and has {tuple(self[name].shape)}")
        return self.get(name)

    def peft_layer(self):
        c, r = self.config, self.config.get("r")
        own = {"r", "lora_alpha", "use_rslora", "lora_dropout", "target_modules", "init_lora_weights", "layers_pattern", "inference_mode"}
        own |= {"peft_type", "peft_version", "bias", "megatron_core", "qalora_group_size"}  # without use_qalora it says nothing
        plain = self.settings["layer"] == "linear" and not self.settings.get("loaded") and not any(c[key] for key in c.keys() - own)
        if c["peft_type"] != "LORA" or not plain:
            raise Skip
        initial = {"gaussian", "eva", "olora", "pissa", "corda", "loftq", "orthogonal", "mica", "lora_ga", True, False}
        if r <= 0 or c["init_lora_weights"] not in initial or not {"layer", "other"} & set(c["target_modules"]):
            raise ValueError("a rank, an initialisation or modules that there are not")
        if c["layers_pattern"] and not c.get("layers_to_transform"):
            raise ValueError("a pattern of layers without layers")
        a, b = self.sized("lora_A.weight", r, self["x"].shape[-1]), self.sized("lora_B.weight", len(self["weight"]), r)
        change = b @ a * (c["lora_alpha"] / (r**0.5 if c["use_rslora"] else r))
        weight = self["weight"] + change
        y, merged = self.linear(self["x"], "") + self["x"] @ change.T, F.linear(self["x"], weight, self.get("bias"))
        return {"y": y, "merged_y": merged, "merged_weight": weight, "delta_weight": change}

    def peft_attention(self):
        gpt2, split = self.settings["model"] == "gpt2", lambda x, n: x.unflatten(-1, (n, -1)).transpose(1, 2)
        heads, width = self.settings["heads"], self["hidden_states"].shape[-1]
        prompt = self.sized("adaption_prompt", 1, self.config["adapter_len"], width)
        if gpt2:  # its weights lie the other way round
            three = lambda x: (x @ self["c_attn.weight"] + self["c_attn.bias"]).chunk(3, dim=-1)
            output, keyed = lambda x: x @ self["c_proj.weight"] + self["c_proj.bias"], lambda x: three(x)[1:]
            queries = split(three(self["hidden_states"])[0], heads)
        else:
            output, keyed = lambda x: self.linear(x, "o_proj."), lambda x: [self.linear(x, n) for n in ("k_proj.", "v_proj.")]
            queries = split(self.linear(self["hidden_states"], "q_proj."), heads)
        size = queries.shape[-1]
        half = lambda x: torch.cat((-x[..., size // 2 :], x[..., : size // 2]), -1)
        turn = lambda x: x if gpt2 else x * self["cos"].unsqueeze(1) + half(x) * self["sin"].unsqueeze(1)
        every = lambda x: split(x, x.shape[-1] // size).repeat_interleave(heads * size // x.shape[-1], dim=1)
        look = lambda scores, values: (torch.softmax(scores / size**0.5, -1) @ values).transpose(1, 2).flatten(2)
        keys, values = map(every, keyed(self["hidden_states"]))
        text = look(turn(queries) @ turn(keys).mT + self["attention_mask"] * size**0.5, values)
        keys, values = map(every, keyed(prompt))
        added = self["adaption_gate"] * look(turn(queries) @ keys.mT, values)
        return {"y": output(text) + (added if gpt2 else output(added))}

    def peft_block(self):
        two = lambda x, at: self.linear(ACTIVATIONS["gelu"](self.linear(x, f"{at}.default.0.")), f"{at}.default.2.")
        c, d = self.config, self["hidden_states"].shape[-1]
        hidden = c["update_hidden_size"] or c["r"]
        self.sized("shadow_down.default.weight", c["r"], d), self.sized("shadow_up.default.weight", d, c["r"])
        for part in ("transform", "gate"):
            self.sized(f"shadow_update_{part}.default.0.weight", hidden, d)
            self.sized(f"shadow_update_{part}.default.2.weight", d, hidden)
        apart = self["hidden_states"] - self["shadow_states"]
        entered = self.linear(self.linear(apart, "shadow_down.default."), "shadow_up.default.") * c["shadow_alpha"]
        gate = torch.sigmoid(two(self["block"], "shadow_update_gate"))
        shadow = (1 - gate) * self["shadow_states"] + gate * two(self["block"], "shadow_update_transform")
        outputs = {"hidden_states": self["hidden_states"] + entered, "shadow_states": shadow}
        if "backbone" in self:
            outputs["projected"] = self.linear(self["backbone"], "shadow_projection.default.")
        return outputs


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="?", type=Path, default=Path(__file__).parents[1] / "fixtures/oracle")
    parser.add_argument("--outputs", type=Path, help="a folder for what `adapter-lint verify` reads")
    options, counts = parser.parse_args(), {}
    torch.set_num_threads(1)
    for entry in json.loads((options.cases / "manifest.json").read_text())["cases"]:
        path, computed, wrong = options.cases / entry["path"], {}, []
        case, arrays = json.loads(path.read_text()), load_file(path.with_suffix(".safetensors"))
        count = counts.setdefault(case["kind"], {"passed": 0, "failed": 0, "skipped": 0})
        if case["kind"] not in vars(Case) or len(case["adapters"]) + len(case["fusions"]) > 1:
            count["skipped"] += 1
            continue
        recorded = {name[7:]: arrays.pop(name) for name in list(arrays) if name.startswith("output/")}
        try:
            for precision, dtype in (("f64", torch.float64), ("f32", torch.float32)):
                for call in range(case["settings"].get("calls", 1)):
                    for name, y in getattr(Case(case, arrays, dtype, call), case["kind"])().items():
                        computed[f"{precision}/{name}" + (f".{call + 1}" if call else "")] = y.detach().contiguous().clone()
        except Skip:
            count["skipped"] += 1
            continue
        except ValueError:
            if case["verdict"] != "refuse":
                raise
            count["passed"] += 1
            continue
        if case["verdict"] == "refuse":
            count["failed"] += 1
            print(f"{case['id']} failed: it has to be refused ({case['refusal']['message']})")
            continue
        for name, want in recorded.items():
            near, got = case["tolerance"][name[:3]], computed[name]
            near = near.get("absolute") or near["relative"] * want.nan_to_num(0, 0, 0).abs().max().item()
            if got.shape != want.shape or not torch.allclose(got, want, rtol=0, atol=near, equal_nan=True):
                wrong.append(name)
        passed = {name[:3] for name in wrong} == (set() if case["verdict"] == "accept" else {"f64", "f32"})
        count["passed" if passed else "failed"] += 1
        if not passed:
            print(f"{case['id']} failed: {case['verdict']} is due, but {', '.join(wrong) or 'nothing'} differs")
        if options.outputs:
            options.outputs.mkdir(parents=True, exist_ok=True)
            save_file({name: computed[name] for name in recorded}, options.outputs / f"{case['id']}.safetensors")
    print("\n".join(f"{kind:20}" + "".join(f"{n:5} {word}" for word, n in c.items()) for kind, c in counts.items()))
    raise SystemExit(any(count["failed"] for count in counts.values()))
