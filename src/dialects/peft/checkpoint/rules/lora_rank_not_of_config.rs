use std::collections::BTreeMap;

use crate::dialects::peft::PeftType::Lora;
use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::lora::Site;
use crate::dialects::peft::checkpoint::told::names;
use crate::dialects::peft::config::PeftMethod;
use crate::dialects::peft::lora_init::{LoraInit, RankNeed};
use crate::dialects::peft::targets::ByModule;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// The rank of a LoRA pair differs from what `r` and `rank_pattern` say.
    ///
    /// ## Why is this bad
    /// PEFT builds the module with the rank in the config and raises a `RuntimeError` about the size. The config is
    /// from another run, or a `rank_pattern` was lost. Programs that trust the tensors would divide `lora_alpha` by the
    /// wrong rank.
    ///
    /// ## Example
    /// ```text
    /// ...q_proj.lora_A.weight    [8, 4096]    and "r": 16
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: `lora_alpha` may have to change with `r`.
    LoraRankNotOfConfig, Error
}

/// A module whose rank is not the config's.
pub(super) struct OtherRank<'a> {
    pub(super) module: &'a str,
    tensor: &'a str,
    rank: u64,
    wanted: u64,
    /// Whether its halves would have the config's rank if they lay on their sides.
    may_be_turned: bool,
}

impl LoraRankNotOfConfig {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let all = Self::found(facts);
        // Between layers of equal width all would be turned, and others show it if they are.
        let may_be_turned = all.iter().all(|other| other.may_be_turned);
        let mut found: BTreeMap<(u64, u64), Vec<&str>> = BTreeMap::new();
        for other in all {
            found.entry((other.rank, other.wanted)).or_default().push(other.tensor);
        }
        for ((rank, wanted), all) in found {
            let message = format!("the rank is {rank}, but the config says {wanted}: {}", names(all.iter().copied()));
            report.about_tensor(Self::INFO, all[0], message).help(if may_be_turned {
                "use the config that was saved with these weights; or, if `r` is right, both halves are transposed: A is \
                 `[r, inputs]`, B is `[outputs, r]`"
            } else {
                "use the config that was saved with these weights"
            });
        }
    }

    /// The modules with another rank than the config gives them. None where that cannot be told.
    pub(super) fn found<'a>(facts: &'a Facts<'_>) -> Vec<OtherRank<'a>> {
        let (Some(config), Some(targets)) = (facts.config(), facts.targets()) else { return Vec::new() };
        let default = || Some(PeftMethod::of(Lora).default_of("r"));
        let r = config.get("r").cloned().or_else(default);
        let Some(r) = r.and_then(|r| u64::try_from(r.as_i64()?).ok()) else { return Vec::new() };
        // What PEFT cuts from the weight, when it is built, is no wider than the weight.
        let is_cut = LoraInit::of(config.get("init_lora_weights")).rank_need() == RankNeed::Cut;
        let rows = config.get("rank_pattern").and_then(Value::as_map).into_iter().flat_map(|map| map.iter());
        let rows = rows.map(|(key, value)| (key, value.as_i64().and_then(|r| u64::try_from(r).ok())));
        let Ok(pattern) = ByModule::new(rows) else { return Vec::new() };
        // What the config does not target PEFT drops, whatever its rank.
        let sites = facts.sites().iter().filter(|(module, _)| targets.matches(module) != Ok(Some(false)));
        let other = |(module, site): (&&'a str, &'a Site<'_>)| {
            let (tensor, rank) = site.rank().filter(|_| site.discord().is_none())?;
            let wanted = match pattern.get(module) {
                Ok(None) => r,
                Ok(Some(Some(rank))) => rank,
                Ok(Some(None)) | Err(_) => return None,
            };
            let is_whole = is_cut && rank < wanted && site.width() == Some(rank);
            let may_be_turned = site.turned_rank() == Some(wanted);
            (rank != wanted && !is_whole).then(|| OtherRank {
                module,
                tensor: tensor.name(),
                rank,
                wanted,
                may_be_turned,
            })
        };
        sites.filter_map(other).collect()
    }
}
