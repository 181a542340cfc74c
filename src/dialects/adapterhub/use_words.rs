use super::uses::Use;

impl Use {
    /// The name under which schemas mention it (`x-use`).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Truth => "truth",
            Self::StrictFlag => "flag",
            Self::Choice(_) => "choice",
            Self::OptionalChoice(_) => "optional-choice",
            Self::Activation => "activation",
            Self::OptionalActivation => "optional-activation",
            Self::Residual => "residual",
            Self::Reduction => "reduction",
            Self::InvertibleReduction => "invertible-reduction",
            Self::Scaling => "scaling",
            Self::Dropout => "dropout",
            Self::DropoutAboveZero => "dropout-above-zero",
            Self::StochasticDepth => "stochastic-depth",
            Self::Seed => "seed",
            Self::LayerList => "layers",
            Self::ReftLayers => "reft-layers",
            Self::Size => "size",
            Self::SizeOrZero => "size-or-zero",
            Self::InnerSize => "inner-size",
            Self::ScaleRank => "scale-rank",
            Self::Rank => "rank",
            Self::Positions => "positions",
            Self::Number => "number",
            Self::Factor => "factor",
            Self::Divisor => "divisor",
            Self::Deviation => "deviation",
            Self::FloatOrNone => "float-or-none",
            Self::AttentionMatrices => "attention-matrices",
            Self::DType => "dtype",
            Self::Anything => "anything",
        }
    }
}

/// What the library does with values that are not well-formed, by the name of the use (`x-use`).
#[must_use]
pub fn tolerance(use_name: &str) -> Option<&'static str> {
    Some(match use_name {
        "truth" => {
            "The library tests the truth of the value: null, 0, and an empty string, list or object count as false, \
             everything else as true, even the string \"false\"."
        }
        "flag" => "The library passes the value to torch, which refuses anything but true and false.",
        "choice" | "optional-choice" => "The library refuses any other string.",
        "activation" => {
            "The library looks the name up in lower case and refuses what it does not find. It refuses null too."
        }
        "optional-activation" => "The library looks the name up in lower case and refuses what it does not find.",
        "residual" => {
            "The library tests whether the value is true, then its truth, then whether it is \"post_add\". With other \
             strings and with numbers other than 0 there is no residual, and the library stops with an error."
        }
        "reduction" | "invertible-reduction" => "The library divides by the value: 0 or a string raises an error.",
        "scaling" => "The library refuses integers, other strings, true and false, and null.",
        "dropout" => "The library refuses numbers below 0 and above 1, and strings.",
        "dropout-above-zero" | "stochastic-depth" => {
            "The library treats anything below 0 as 0, and refuses numbers above 1 and strings."
        }
        "seed" => "The library converts the value to an integer if Python counts it as true, and ignores it otherwise.",
        "layers" | "reft-layers" => {
            "The library looks for layer numbers in the list; anything that is not an integer is silently ignored."
        }
        "size" | "rank" | "scale-rank" => {
            "The library refuses 0, negative numbers, and floats, even whole ones such as 4.0."
        }
        "size-or-zero" | "inner-size" => {
            "The library refuses negative numbers and floats, even whole ones such as 4.0. With 0 nothing is left of \
             the layer."
        }
        "positions" => "The library treats anything below 0 as 0, and refuses floats and strings.",
        "number" | "factor" | "divisor" | "deviation" => {
            "The library calculates with the value, so anything but a number raises an error."
        }
        "float-or-none" => {
            "Only a float, with a decimal point, makes the layers VeRA layers; an integer leaves them LoRA layers."
        }
        "attention-matrices" => "The library looks for these letters and silently ignores all others.",
        _ => return None,
    })
}
