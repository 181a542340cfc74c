//! `adapter-lint convert SRC DST --to …`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use adapter_spec::convert::{
    Container, Options, Plan, Planned, Proof, Reft, Several, Source, Target, check_all, write_all,
};
use adapter_spec::files::Existing;
use adapter_spec::tensors::Dtype;
use anyhow::{Context as _, anyhow, bail};

use super::progress::Progress;
use super::values::{ContainerName, DtypeName, ReftName};
use super::{CLEAN, FOUND, complain, model, talk};

/// Arguments of `convert`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A saved adapter, AdapterFusion or head, or an adapter and its head in one folder, from any release of
    /// adapter-transformers or adapters, or a PEFT adapter: a folder, an archive of one (zip, tar, tar.gz), or a weights
    /// file with the config beside it. Or a folder or an archive of several, each in a folder of its own.
    source: PathBuf,
    /// The folder to write.
    #[arg(required_unless_present = "dry_run")]
    target: Option<PathBuf>,
    /// The target: `adapters` or `adapter-transformers` (its newest release), `adapters@RELEASE`,
    /// `adapter-transformers@RELEASE` or `peft`.
    #[arg(long, value_name = "LIBRARY[@RELEASE]")]
    to: String,
    /// The file format of the weights. Without it, the one that the loader looks for first: torch's for AdapterHub,
    /// safetensors for PEFT.
    #[arg(long, value_enum)]
    container: Option<ContainerName>,
    /// The type of all tensors. Without it, each tensor keeps its own.
    #[arg(long, value_enum)]
    dtype: Option<DtypeName>,
    /// A new name for the adapter.
    #[arg(long, value_name = "NEW")]
    name: Option<String>,
    /// The base model, if the files do not say enough about it: its `config.json` (or the folder that holds it), or the
    /// name of a well-known model.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Which ReFT it is: files do not distinguish NoReFT from DiReFT.
    #[arg(long, value_enum)]
    reft: Option<ReftName>,
    /// Write even if the function is not preserved.
    #[arg(long)]
    allow_lossy: bool,
    /// Say what would be done, without writing anything.
    #[arg(long)]
    dry_run: bool,
    /// Overwrite existing files.
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let options = self.options()?;
        let several = Several::find(&self.source)?;
        if !several.folders.is_empty() {
            return self.run_all(&several, &options);
        }
        let source = several.only()?;
        let (plan, container) = self.plan(&source, &options)?;
        tell(&source, &plan);
        for folder in &several.others {
            talk(&format!("note: {folder} in it also holds an adapter, which is not converted"));
        }
        if self.dry_run {
            print(&plan, &options)?;
        }
        if let Some(refusal) = self.refusal(&plan) {
            complain(refusal.said());
            return Ok(FOUND);
        }
        if let Some(target) = &self.target {
            plan.check_target(target, container, self.existing())?;
        }
        match self.target.as_ref().filter(|_| !self.dry_run) {
            Some(target) => self.write(&source, &plan, &options, target, container)?,
            // A dry run writes nothing, and what is large is not held.
            None if plan.fits_in_memory() => tell_way_back(&plan, &source, &plan.held(&source)?, &options)?,
            None => {}
        }
        Ok(CLEAN)
    }

    /// Why nothing is written.
    fn refusal(&self, plan: &Plan) -> Option<Refusal> {
        match () {
            () if plan.outputs.is_empty() => Some(Refusal::Nothing),
            () if plan.loses() && !self.allow_lossy => Some(Refusal::Lossy),
            () => None,
        }
    }

    fn plan(&self, source: &Source, options: &Options) -> anyhow::Result<(Plan, Container)> {
        let plan = Plan::new(source, options)?;
        let Ok(container) = plan.container(self.container.map(Container::from)) else {
            bail!("--container: {} cannot read this kind of file", options.target);
        };
        Ok((plan, container))
    }

    /// Converts all adapters that lie in folders of one folder, or none of them; with `--allow-lossy`, those of which
    /// anything can be written.
    fn run_all(&self, several: &Several, options: &Options) -> anyhow::Result<u8> {
        if self.name.is_some() {
            bail!("--name: {} holds several adapters: {}", self.source.display(), several.folders.join(", "));
        }
        let (mut all, mut refusals) = (Vec::new(), Vec::new());
        for folder in &several.folders {
            let source = several.open(folder)?;
            let (plan, container) = self.plan(&source, options).with_context(|| folder.clone())?;
            if source.parts().is_empty() {
                talk(&format!("{}: an adapter of PEFT", source.path.display()));
            }
            tell(&source, &plan);
            if self.dry_run {
                print(&plan, options)?;
            }
            match self.refusal(&plan) {
                Some(Refusal::Nothing) if self.allow_lossy => {
                    talk(&format!("lossy: {folder} is left out: {}", Refusal::Nothing.said()));
                }
                Some(refusal) => refusals.push(format!("{folder}: {}", refusal.said())),
                None => all.push(Planned { folder: folder.clone(), source, plan, container }),
            }
        }
        for name in &several.beside {
            talk(&format!("note: {name} belongs to all adapters, and is not converted"));
        }
        if !refusals.is_empty() || all.is_empty() {
            refusals.iter().for_each(|refusal| complain(refusal));
            complain("none of the adapters is written");
            return Ok(FOUND);
        }
        if let Some(target) = &self.target {
            check_all(&all, target, self.existing())?;
        }
        match self.target.as_ref().filter(|_| !self.dry_run) {
            Some(target) => self.write_all(&all, options, target)?,
            None => {
                for Planned { source, plan, .. } in all.iter().filter(|one| one.plan.fits_in_memory()) {
                    tell_way_back(plan, source, &plan.held(source)?, options)?;
                }
            }
        }
        Ok(CLEAN)
    }

    fn write_all(&self, all: &[Planned], options: &Options, target: &Path) -> anyhow::Result<()> {
        let progress = Progress::new(all.iter().map(|one| one.plan.bytes()).sum());
        let written = write_all(all, target, self.existing(), &|bytes| progress.step(bytes));
        progress.clear();
        let proofs = written?;
        let sum = |count: fn(&Proof) -> usize| proofs.iter().map(count).sum::<usize>();
        talk(&format!(
            "{}: {} adapter{}, {} tensors with the same bytes, {} recomputed; read back and compared",
            target.display(),
            all.len(),
            if all.len() == 1 { "" } else { "s" },
            sum(|proof| proof.identical),
            sum(|proof| proof.computed)
        ));
        if let Some(one) = all.first() {
            tell_container(one.container, options);
        }
        for Planned { folder, source, plan, .. } in all {
            if let Ok(there) = Source::open(&target.join(folder)) {
                tell_way_back(plan, source, &there, options)?;
            }
        }
        Ok(())
    }

    fn options(&self) -> anyhow::Result<Options> {
        Ok(Options {
            target: self.to.parse().map_err(|error| anyhow!("--to {}: {error}", self.to))?,
            name: self.name.clone(),
            dtype: self.dtype.map(Dtype::from),
            model: self.model.as_deref().map(model::find).transpose()?,
            reft: self.reft.map(Reft::from),
        })
    }

    fn existing(&self) -> Existing {
        if self.force { Existing::Overwrite } else { Existing::Refuse }
    }

    fn write(
        &self,
        source: &Source,
        plan: &Plan,
        options: &Options,
        target: &Path,
        container: Container,
    ) -> anyhow::Result<()> {
        let progress = Progress::new(plan.bytes());
        let written = plan.write(source, target, container, self.existing(), &|bytes| progress.step(bytes));
        progress.clear();
        let proof = written?;
        talk(&format!(
            "{}: {} tensors with the same bytes, {} recomputed; read back and compared",
            target.display(),
            proof.identical,
            proof.computed
        ));
        tell_container(container, options);
        // What else lies in the folder is not ours to judge.
        match Source::open(target) {
            Ok(there) => tell_way_back(plan, source, &there, options),
            Err(_) => Ok(()),
        }
    }
}

/// Why a conversion is not written.
enum Refusal {
    /// It would compute something else.
    Lossy,
    /// There is nothing to write.
    Nothing,
}

impl Refusal {
    fn said(&self) -> &'static str {
        match self {
            Self::Lossy => "the function would not be preserved; --allow-lossy writes it anyway",
            Self::Nothing => "nothing in it can be written for this target",
        }
    }
}

/// Says what loading needs.
fn tell_container(container: Container, options: &Options) {
    if container == Container::Safetensors && matches!(options.target, Target::AdapterHub(_)) {
        talk("note: `load_adapter` and similar methods find safetensors only with `use_safetensors=True`");
    }
}

/// Says what is converted, and what is to be known about it.
fn tell(source: &Source, plan: &Plan) {
    for part in source.parts() {
        let (role, release) = (part.role.name(), &part.release);
        talk(&format!("{}: {role} `{}`, saved by {release}", source.path.display(), part.name));
    }
    for change in &plan.changes {
        let kind = if change.loses() { "lossy" } else { "note" };
        talk(&format!("{kind}: {}", change.what));
    }
}

/// Prints which tensors would be made from which. One that stays as it is called stands alone.
fn print(plan: &Plan, options: &Options) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(anstream::stdout().lock());
    for carried in plan.outputs.iter().flat_map(|output| &output.tensors) {
        let dtype = options.dtype.map(|dtype| format!(" as {dtype}")).unwrap_or_default();
        let from = carried.recipe.to_string();
        if from == carried.to {
            writeln!(out, "{from}{dtype}")?;
        } else {
            writeln!(out, "{from} -> {}{dtype}", carried.to)?;
        }
    }
    Ok(out.flush()?)
}

/// Says what would not come back of the source.
fn tell_way_back(plan: &Plan, source: &Source, there: &Source, options: &Options) -> anyhow::Result<()> {
    if let Some(change) = plan.way_back(source, there, options)? {
        talk(&format!("note: {}", change.what));
    }
    Ok(())
}
