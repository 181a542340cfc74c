use adapter_spec::dialects::adapterhub::release::Release;

/// The release that files are judged for.
#[derive(clap::Args)]
pub(super) struct ReleaseArgs {
    /// Judge AdapterHub's files for this release, such as `adapters@1.0.1` or `adapter-transformers@2.3.0`, and not for
    /// the newest.
    #[arg(long = "for", value_name = "LIBRARY@RELEASE")]
    release: Option<Release>,
}

impl ReleaseArgs {
    pub(super) fn target(&self) -> Option<Release> {
        self.release
    }
}
