use super::{Boxed, Settings, Site, UpdateError, family};
use crate::dialects::peft::PeftType;
use crate::methods::Scalar;

/// What a config makes of one layer; of the methods that [change layers](crate::dialects::peft::Does::Update).
pub(super) fn update<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Result<Boxed<T>, UpdateError> {
    match config.peft_type() {
        Some(PeftType::Adalora) => family::adalora(config, site),
        Some(PeftType::Adamss) => family::adamss(config, site),
        Some(PeftType::Beft) => family::beft(config, site),
        Some(PeftType::Boft) => family::boft(config, site),
        Some(PeftType::C3a) => family::c3a(config, site),
        Some(PeftType::Deft) => family::deft(config, site),
        Some(PeftType::Delora) => family::delora(config, site),
        Some(PeftType::Fourierft) => family::fourierft(config, site),
        Some(PeftType::Frod) => family::frod(config, site),
        Some(PeftType::Glora) => family::glora(config, site),
        Some(PeftType::Gralora) => family::gralora(config, site),
        Some(PeftType::Hira) => family::hira(config, site),
        Some(PeftType::Hra) => family::hra(config, site),
        Some(PeftType::Ia3) => family::ia3(config, site),
        Some(PeftType::LnTuning) => family::ln_tuning(config, site),
        Some(PeftType::Loha) => family::loha(config, site),
        Some(PeftType::Lokr) => family::lokr(config, site),
        Some(PeftType::Lora) => family::lora(config, site),
        Some(PeftType::Miss) => family::miss(config, site),
        Some(PeftType::Oft) => family::oft(config, site),
        Some(PeftType::Osf) => family::osf(config, site),
        Some(PeftType::Peanut) => family::peanut(config, site),
        Some(PeftType::Psoft) => family::psoft(config, site),
        Some(PeftType::Pvera) => family::pvera(config, site),
        Some(PeftType::Randlora) => family::randlora(config, site),
        Some(PeftType::Road) => family::road(config, site),
        Some(PeftType::Shira) => family::shira(config, site),
        Some(PeftType::Supertuning) => family::supertuning(config, site),
        Some(PeftType::Tinylora) => family::tinylora(config, site),
        Some(PeftType::TrainableTokens) => family::trainable_tokens(config, site),
        Some(PeftType::Unilora) => family::unilora(config, site),
        Some(PeftType::Vblora) => family::vblora(config, site),
        Some(PeftType::Vera) => family::vera(config, site),
        Some(PeftType::Waveft) => family::waveft(config, site),
        _ => Err(UpdateError::NoUpdate { peft_type: config.method_name().to_owned() }),
    }
}
