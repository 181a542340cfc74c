use adapter_spec::dialects::Target;

/// The release that files are judged for.
#[derive(clap::Args)]
pub(super) struct ReleaseArgs {
    /// Check a library's files for this release, such as `adapters@1.0.1`, `adapter-transformers@2.3.0` or
    /// `peft@0.11.1`, instead of the newest.
    #[arg(long = "for", value_name = "LIBRARY@RELEASE")]
    release: Option<Target>,
}

impl ReleaseArgs {
    pub(super) fn target(&self) -> Option<Target> {
        self.release
    }
}
