use super::telling;
use crate::dialects::Dialect;
use crate::document::Node;
use crate::findings::{Report, rule};

rule! {
    /// The file belongs to a library whose rules are not known here.
    ///
    /// ## Why is this bad
    /// AdapterHub, PEFT, MLX and LLM-Adapters all call their config `adapter_config.json`. The file may be perfectly
    /// fine for its own library; AdapterHub's loader raises a `KeyError` on it.
    ///
    /// ## Example
    /// ```json
    /// {"fine_tune_type": "lora", "num_layers": 16, "lora_parameters": {"rank": 8, "scale": 20.0, "dropout": 0.0}}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: the file is not wrong, it is another library's.
    OtherLibrary, Note
}

impl OtherLibrary {
    pub(super) fn check((dialect, root): (Dialect, &Node), report: &mut Report) {
        let Some((member, _)) = telling(root) else { return };
        let library = dialect.display_name();
        report
            .add(
                Self::INFO,
                format!("/{}", member.key),
                member.key_span,
                format!("this is a config of {library}, which is not checked yet"),
            )
            .help("AdapterHub's libraries cannot load it; load it with the library that wrote it");
    }
}
