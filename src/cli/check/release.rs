use adapter_spec::dialects::{Target, Targets};

/// The releases that files are judged for.
#[derive(clap::Args)]
pub(super) struct ReleaseArgs {
    /// Check a library's files for this release, such as `adapters@1.0.1`, `adapter-transformers@2.3.0` or
    /// `peft@0.11.1`, instead of the newest; or check whether vLLM serves them (`vllm@0.33.0`). May be given once for
    /// AdapterHub's libraries, once for PEFT and once for vLLM.
    #[arg(long = "for", value_name = "LIBRARY@RELEASE")]
    releases: Vec<Target>,
}

impl ReleaseArgs {
    /// The releases that were named.
    ///
    /// # Errors
    /// If two are of one library.
    pub(super) fn targets(&self) -> anyhow::Result<Targets> {
        let mut targets = Targets::default();
        self.releases.iter().try_for_each(|target| targets.add(*target))?;
        Ok(targets)
    }
}
