use super::is_looked_for;
use crate::dialects::File;
use crate::findings::{Report, rule};

rule! {
    /// The file is not recognised as a config of any library.
    ///
    /// ## Why is this bad
    /// Nothing was checked beyond the syntax. Adapter configs are recognised by their keys, and by their file names
    /// where the keys leave it open.
    ///
    /// ## Example
    /// ```json
    /// ["seq_bn"]
    /// ```
    ///
    /// ## Fix safety
    /// There is none.
    UnrecognisedFile, Note
}

impl UnrecognisedFile {
    pub(super) fn check(file: File<'_>, report: &mut Report) {
        if is_looked_for(file) {
            return;
        }
        report
            .add(Self::INFO, "", file.root.span, "this is not a config of any library that is known here")
            .help("name the file as the library does, such as `adapter_config.json`, if it is meant to be one");
    }
}
