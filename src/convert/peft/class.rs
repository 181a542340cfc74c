use crate::dialects::peft::config::TaskType;
use crate::models::Quirk;

/// How transformers names the classes of a model type.
const STEMS: &[(&str, &str)] = &[
    ("albert", "Albert"),
    ("bart", "Bart"),
    ("beit", "Beit"),
    ("bert", "Bert"),
    ("bert-generation", "BertGeneration"),
    ("clip", "CLIP"),
    ("deberta", "Deberta"),
    ("deberta-v2", "DebertaV2"),
    ("distilbert", "DistilBert"),
    ("electra", "Electra"),
    ("gemma2", "Gemma2"),
    ("gemma3_text", "Gemma3Text"),
    ("gpt2", "GPT2"),
    ("gptj", "GPTJ"),
    ("llama", "Llama"),
    ("mbart", "MBart"),
    ("mistral", "Mistral"),
    ("modernbert", "ModernBert"),
    ("mt5", "MT5"),
    ("phi", "Phi"),
    ("plbart", "PLBart"),
    ("qwen2", "Qwen2"),
    ("qwen3", "Qwen3"),
    ("roberta", "Roberta"),
    ("t5", "T5"),
    ("vit", "ViT"),
    ("whisper", "Whisper"),
    ("xlm-roberta", "XLMRoberta"),
    ("xmod", "Xmod"),
];

/// The ends of the names of classes, and the task that PEFT has for them.
const TASKS: [(&str, TaskType); 6] = [
    ("ForCausalLM", TaskType::CausalLm),
    ("LMHeadModel", TaskType::CausalLm),
    ("ForConditionalGeneration", TaskType::Seq2SeqLm),
    ("ForSequenceClassification", TaskType::SeqCls),
    ("ForTokenClassification", TaskType::TokenCls),
    ("ForQuestionAnswering", TaskType::QuestionAns),
];

/// The tasks whose classes in PEFT save the head of the model with every adapter, and load none whose file lacks it.
/// AdapterHub's adapters have their heads in other files.
const WITH_HEADS: [TaskType; 3] = [TaskType::SeqCls, TaskType::TokenCls, TaskType::QuestionAns];

/// The class of the base model that PEFT is to wrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrapped {
    /// The bare base model.
    Bare,
    /// The class of transformers that the adapter was saved from.
    Own(Option<TaskType>),
}

impl Wrapped {
    /// What PEFT has to wrap for an adapter that was saved from this class. Classes of the library with heads that come
    /// and go (`BertAdapterModel`) exist nowhere else; their adapters belong to the bare base model.
    pub(super) fn of(model_class: Option<&str>) -> Self {
        let Some(class) = model_class.filter(|class| !class.is_empty()) else { return Self::Bare };
        if class.ends_with("AdapterModel") || class.ends_with("ModelWithHeads") {
            return Self::Bare;
        }
        let task = TASKS.iter().find(|(end, _)| class.ends_with(end)).map(|(_, task)| *task);
        if task.is_none() && class.ends_with("Model") { Self::Bare } else { Self::Own(task) }
    }

    /// The task of the config; none for a bare model that PEFT's class for feature extraction cannot run, and none where
    /// PEFT would look for a head in the file: without a task, it wraps the same class and leaves its head alone.
    pub(super) fn task(self, model_type: &str) -> Option<TaskType> {
        match self {
            Self::Bare if Quirk::WithoutText.is_of(model_type) => None,
            Self::Bare => Some(TaskType::FeatureExtraction),
            Self::Own(task) => task.filter(|task| !WITH_HEADS.contains(task)),
        }
    }

    /// The task for which PEFT would look for a head in the file.
    pub(super) fn task_with_head(self) -> Option<TaskType> {
        match self {
            Self::Bare => None,
            Self::Own(task) => task.filter(|task| WITH_HEADS.contains(task)),
        }
    }
}

/// The class of transformers for a model type and a task, as an adapter's config names it.
pub(super) fn class(model_type: &str, task: Option<TaskType>, has_attribute: bool) -> Option<String> {
    let (_, stem) = STEMS.iter().find(|(name, _)| *name == model_type)?;
    let end = match task {
        None | Some(TaskType::FeatureExtraction) if has_attribute => "AdapterModel",
        None | Some(TaskType::FeatureExtraction) => "Model",
        // GPT-2 alone, of all stems above, has the older of the two ends.
        Some(TaskType::CausalLm) if model_type == "gpt2" => "LMHeadModel",
        Some(task) => TASKS.iter().find(|(_, known)| *known == task).map_or("Model", |(end, _)| end),
    };
    Some(format!("{stem}{end}"))
}

#[cfg(test)]
mod tests {
    use super::{STEMS, Wrapped};
    use crate::dialects::adapterhub::sites::Sites;
    use crate::dialects::peft::config::TaskType;

    #[test]
    fn classes_tell_what_is_wrapped() {
        assert_eq!(Wrapped::of(Some("BertAdapterModel")), Wrapped::Bare);
        assert_eq!(Wrapped::of(Some("BertModel")), Wrapped::Bare);
        assert_eq!(Wrapped::of(Some("GPT2LMHeadModel")), Wrapped::Own(Some(TaskType::CausalLm)));
        assert_eq!(Wrapped::of(Some("BertForMaskedLM")), Wrapped::Own(None));
        assert_eq!(Wrapped::of(None), Wrapped::Bare);
    }

    #[test]
    fn a_task_whose_head_would_be_missing_is_not_written() {
        for class in ["BertForSequenceClassification", "BertForTokenClassification", "BertForQuestionAnswering"] {
            let wrapped = Wrapped::of(Some(class));
            assert_eq!((wrapped.task("bert"), wrapped.task_with_head().is_some()), (None, true), "{class}");
        }
        let wrapped = Wrapped::of(Some("GPT2LMHeadModel"));
        assert_eq!((wrapped.task("gpt2"), wrapped.task_with_head()), (Some(TaskType::CausalLm), None));
    }

    #[test]
    fn models_without_text_have_no_task() {
        assert_eq!(Wrapped::Bare.task("bert"), Some(TaskType::FeatureExtraction));
        assert_eq!(Wrapped::Bare.task("beit"), None);
        assert_eq!(Wrapped::Bare.task("clip"), None);
    }

    #[test]
    fn every_model_type_has_a_stem() {
        let types: Vec<_> = Sites::all().iter().map(|row| row.model_type).collect();
        assert_eq!(STEMS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), types);
    }
}
