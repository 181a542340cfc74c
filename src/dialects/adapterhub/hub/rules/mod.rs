//! Rules about single info cards of the Hub.

use super::CardSubject;
use crate::dialects::FileKind;
use crate::findings::{Finding, Severity, rule_table};

rule_table! { &CardSubject<'_>;
    AL701 missing_card_key MissingCardKey,
    AL702 unknown_card_key UnknownCardKey,
    AL703 card_value_of_wrong_type CardValueOfWrongType,
    AL704 unquoted_card_text UnquotedCardText,
    AL705 empty_card_value EmptyCardValue,
    AL706 card_text_too_long CardTextTooLong,
    AL707 file_without_checksum FileWithoutChecksum,
    AL708 unknown_adapter_type UnknownAdapterType,
    AL709 default_version_without_file DefaultVersionWithoutFile,
    AL710 repeated_file_version RepeatedFileVersion,
    AL711 malformed_checksum MalformedChecksum,
    AL712 empty_checksum EmptyChecksum,
    AL713 unknown_hub_architecture UnknownHubArchitecture,
    AL714 override_not_positive OverrideNotPositive,
    AL715 override_as_float OverrideAsFloat,
    AL716 padded_card_id PaddedCardId,
    AL717 malformed_url MalformedUrl,
    AL718 malformed_email MalformedEmail,
    AL719 malformed_dependency_key MalformedDependencyKey,
    AL720 score_not_finite ScoreNotFinite,
    AL721 date_in_architecture DateInArchitecture,
    AL722 empty_version EmptyVersion,
    AL723 hidden_size_not_positive HiddenSizeNotPositive,
    AL724 unknown_override_activation UnknownOverrideActivation,
}

/// The Hub's scripts do not look at adapter types, so nothing in their cards is an error.
fn soften(subject: &CardSubject<'_>, finding: &mut Finding) {
    if subject.kind == FileKind::HubType {
        finding.severity = Severity::Warning;
    }
}
