//! Which golden cases cover a method.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::root;

const FOLDER: &str = "fixtures/oracle";

/// All golden cases.
pub(super) struct Cases(Vec<Case>);

struct Case {
    kind: String,
    rejected: bool,
    /// The configs of the adapters, unions as their members.
    members: Vec<Value>,
    fused: bool,
    has_norm: bool,
    setup: Value,
}

impl Cases {
    /// What the manifest lists.
    pub(super) fn read() -> Self {
        let json = |path: &str| -> Value {
            let path = root().join(FOLDER).join(path);
            let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let manifest = json("manifest.json");
        let lines = manifest["cases"].as_array().expect("the manifest lists cases");
        let case = |line: &Value| {
            let case = json(line["path"].as_str().expect("a case has a path"));
            let configs = case["adapters"].as_object().into_iter().flat_map(|adapters| adapters.values());
            let members = configs.flat_map(|config| match config["configs"].as_array() {
                Some(members) => members.clone(),
                None => vec![config.clone()],
            });
            Case {
                kind: line["kind"].as_str().expect("a case has a kind").to_owned(),
                rejected: line["verdict"] == "reject",
                members: members.collect(),
                fused: case["fusions"].as_object().is_some_and(|fusions| !fusions.is_empty()),
                has_norm: case["shapes"]
                    .as_object()
                    .is_some_and(|shapes| shapes.keys().any(|name| name.to_lowercase().contains("norm"))),
                setup: case["setup"].clone(),
            }
        };
        Self(lines.iter().map(case).collect())
    }

    /// How many cover a module, in words; `None` for one that no case is about.
    pub(super) fn of(&self, module: &str) -> Option<String> {
        let covering: Vec<_> = self.0.iter().filter(|case| case.covers(module)).collect();
        let rejected = covering.iter().filter(|case| case.rejected).count();
        let mut kinds = BTreeMap::<_, usize>::new();
        for case in &covering {
            *kinds.entry(case.kind.as_str()).or_default() += 1;
        }
        let kinds: Vec<_> = kinds.iter().map(|(kind, count)| format!("`{kind}` {count}")).collect();
        let rejected = if rejected == 0 { String::new() } else { format!(", {rejected} of them to be rejected") };
        (!covering.is_empty()).then(|| format!("{}{rejected} ({})", covering.len(), kinds.join(", ")))
    }
}

impl Case {
    fn covers(&self, module: &str) -> bool {
        let kind = |kinds: &[&str]| kinds.contains(&self.kind.as_str());
        // An average of weights runs no method.
        let runs = !kind(&["averaging"]);
        let member = |test: &dyn Fn(&Value) -> bool| runs && self.members.iter().any(test);
        let architecture = |name: &str| member(&|config| config["architecture"] == name);
        let low_rank = |mode: &str, name: &str| {
            member(&|config| config["composition_mode"] == mode && config["architecture"] == name)
        };
        match module {
            "activation" => kind(&["activation"]),
            "adapted_linear" => kind(&["lora_linear"]) || kind(&["encoder"]) && self.is_low_rank(),
            "averaging" => kind(&["averaging"]),
            "bottleneck" | "bottleneck_place" => {
                kind(&["bottleneck_layer", "encoder"]) && member(&|config| config["architecture"].is_null())
            }
            "composition" => self.is_composed(),
            "coupling" => kind(&["invertible", "encoder"]) && member(&|config| config["inv_adapter"].is_string()),
            "dora" => member(&|config| config["use_dora"] == true),
            "encoder" => kind(&["encoder"]),
            "fusion" => self.fused,
            "gate" => member(&|config| config["use_gating"] == true),
            "hypercomplex" => member(&|config| config["phm_layer"] == true),
            "ia3" => low_rank("scale", "lora"),
            "lora" => low_rank("add", "lora") && member(&|config| config["vera_d"].is_null()),
            "layer_norm" => runs && self.has_norm,
            "merged_linear" => kind(&["lora_merged_linear"]),
            "mtl_lora" => low_rank("add", "mtl_lora"),
            "orthogonal" => member(&|config| config["orthogonality"] == true),
            "prefix_tuning" | "prompt_tuning" | "reft" => architecture(module),
            "vera" => member(&|config| config["vera_d"].is_number()),
            _ => false,
        }
    }

    fn is_low_rank(&self) -> bool {
        self.members.iter().any(|config| config["composition_mode"].is_string())
    }

    /// Whether the setup is more than one adapter alone.
    fn is_composed(&self) -> bool {
        let children = self.setup["children"].as_array().map_or(&[][..], Vec::as_slice);
        match children {
            [only] => only["type"] != "single",
            several => !several.is_empty(),
        }
    }
}
