use super::OnModel;
use crate::dialects::peft::expected::replaced;
use crate::findings::words::counted;
use crate::findings::{Report, rule};

rule! {
    /// A block size or number of blocks of OFT that does not divide the width of an adapted module.
    ///
    /// ## Why is this bad
    /// OFT turns the input of a layer block by block, so `oft_block_size`, or `r`, the number of blocks, must divide its
    /// width. Where it does not, PEFT takes the nearest number that does, and only warns. Each module may so get another
    /// size, and the adapter has more parameters or fewer than the config says.
    ///
    /// ## Example
    /// On a LLaMA of width 4096:
    /// ```json
    /// {"peft_type": "OFT", "task_type": "CAUSAL_LM", "target_modules": ["q_proj"], "oft_block_size": 48}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: one number may not fit all modules.
    OftSizeReplaced, Warning
}

impl OftSizeReplaced {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some((tree, adapted)) = subject.adapted().next() else { return };
        let modules = adapted.modules.iter().filter_map(|name| tree.module(name));
        let mut found = modules.filter_map(|module| Some((module, replaced(&subject.config, tree, module)?)));
        let Some((module, first)) = found.next() else { return };
        let others = match found.count() {
            0 => String::new(),
            count => format!(", and another number at {} as well", counted(count, "more module")),
        };
        let (pointer, span) = subject.place(first.key);
        let message = format!(
            "`{}` ({}) does not divide the width of `{}` ({}): PEFT takes {} there{others}",
            first.key, first.written, module.name, first.width, first.taken
        );
        report.add(Self::INFO, pointer, span, message);
    }
}
