use std::collections::BTreeMap;

use super::super::config::Nullable;
use super::super::shapes::Optional;
use super::head::Head;
use super::saved_file;

saved_file! {
    /// `head_config.json`: what `save_head` writes beside the weights of a prediction head.
    HeadConfigFile "head-config" {
        /// The head's config; null if it was saved from a model class with a fixed head.
        #[schemars(extend("x-source" = "loading.py, PredictionHeadLoader.load"))]
        pub config: Nullable<Head>,
        /// The head's name; null if it was saved from a model class with a fixed head.
        #[schemars(extend("x-source" = "loading.py, PredictionHeadLoader.load"))]
        pub name: Nullable<String>,
        /// The class of the model in Python when the head was saved. It decides how the head is loaded: as it is into a
        /// model of the same class, converted from a class with a fixed head if the library knows it, or not at all.
        #[schemars(extend("x-source" = "loading.py, PredictionHeadLoader.load"))]
        pub model_class: String,
        /// The number of each label, for fixed heads. Heads with a `config` have it there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(extend("x-source" = "loading.py, PredictionHeadLoader.load"))]
        pub label2id: Option<BTreeMap<String, i64>>,
        /// How many labels there are, for fixed heads. Heads with a `config` have it there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(extend("x-unit" = "labels", "x-source" = "loading.py, PredictionHeadLoader.save"))]
        pub num_labels: Option<u64>,
    }
}
