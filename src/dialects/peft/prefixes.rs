/// What the names of a method's tensors begin with behind the path of the layer that it adapts (`prefix` of its tuner), by
/// the `peft_type`.
const PREFIXES: &[(&str, &str)] = &[
    ("ADALORA", "lora_"),
    ("ADAMSS", "adamss_"),
    ("BEFT", "beft_"),
    ("BOFT", "boft_"),
    ("C3A", "c3a_"),
    ("DEFT", "deft_"),
    ("DELORA", "delora_"),
    ("FOURIERFT", "fourierft_"),
    ("FROD", "frod_"),
    ("GLORA", "glora_"),
    ("GRALORA", "gralora_"),
    ("HIRA", "hira_"),
    ("HRA", "hra_"),
    ("IA3", "ia3_"),
    ("LILY", "lily_"),
    ("LN_TUNING", "ln_tuning_"),
    ("LOHA", "hada_"),
    ("LOKR", "lokr_"),
    ("LORA", "lora_"),
    ("MISS", "miss_"),
    ("OFT", "oft_"),
    ("OSF", "osf_"),
    ("PEANUT", "peanut_"),
    ("POLY", "poly_"),
    ("PSOFT", "psoft_"),
    ("PVERA", "pvera_"),
    ("RANDLORA", "randlora_"),
    ("ROAD", "road_"),
    ("SHIRA", "shira_"),
    ("SUPERTUNING", "supertuning_"),
    ("TINYLORA", "tinylora_"),
    ("TRAINABLE_TOKENS", "trainable_tokens_"),
    ("UNILORA", "unilora_"),
    ("VBLORA", "vblora_"),
    ("VERA", "vera_"),
    ("WAVEFT", "waveft_"),
];

/// What the names of a method's tensors begin with behind the path of a layer; none for what adapts no single layers.
#[must_use]
pub(crate) fn prefix(peft_type: &str) -> Option<&'static str> {
    PREFIXES.iter().find(|(known, _)| *known == peft_type).map(|(_, prefix)| *prefix)
}

/// All methods that adapt single layers, each with what the names of its tensors begin with behind the path of a layer.
#[cfg(feature = "oracle")]
pub(crate) fn methods() -> impl Iterator<Item = (&'static str, &'static str)> {
    PREFIXES.iter().copied()
}
