use super::super::facts::heads::written_class;
use super::super::facts::model_classes::Class;
use super::super::facts::python::opening;
use crate::dialects::adapterhub::Subject;
use crate::document::Node;
use crate::findings::{Report, rule};
use crate::python::node_is_true;
use crate::value::Value;

rule! {
    /// A fixed head lacks what the library needs to convert it into a flexible one.
    ///
    /// ## Why is this bad
    /// The head loads into its own class. When it is loaded into a class with flexible heads, the adapters library
    /// needs the key `name`, even if it is null, and builds as many outputs as `num_labels` or `label2id` say, or two
    /// without either.
    ///
    /// ## Example
    /// ```json
    /// {"model_class": "BertForSequenceClassification", "config": null, "num_labels": "3"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    HeadConversionFails, Warning
}

impl HeadConversionFails {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let root = subject.root;
        if !matches!(written_class(subject), Some(Class::Static(_))) {
            return;
        }
        if root.get("name").is_none() {
            report.add(
                Self::INFO,
                "/name",
                opening(root),
                "without the key `name` this head cannot be converted into a flexible one",
            );
        }
        let class = root.get("model_class").and_then(Node::as_str).unwrap_or_default();
        let has_labels = !["LM", "LMHeadModel", "Decoder", "Generation"].iter().any(|suffix| class.ends_with(suffix));
        if !has_labels {
            return;
        }
        let labels = root.get("num_labels").filter(|node| node_is_true(node));
        match labels.map(|node| (node, node.to_value())) {
            Some((_, Value::Int(_))) => {}
            Some((node, _)) => {
                report.add(
                    Self::INFO,
                    "/num_labels",
                    node.span,
                    "converting this head into a flexible one fails: the number of labels must be an integer",
                );
            }
            None if root.get("label2id").is_none_or(|labels| labels.is_null()) => {
                report.add(
                    Self::INFO,
                    "/label2id",
                    opening(root),
                    "without `num_labels` or `label2id` a head converted into a flexible one gets two outputs",
                );
            }
            None => {}
        }
    }
}
