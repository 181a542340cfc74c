//! Rules about a text as such: they hold for every dialect.

use crate::document::{Document, Problem, pointer};
use crate::findings::{Report, rule_table};

rule_table! { (&Document, &Problem);
    AL101 json_syntax JsonSyntax,
    AL102 trailing_comma TrailingComma,
    AL103 comment_in_json CommentInJson,
    AL104 byte_order_mark ByteOrderMark,
    AL105 invalid_utf8 InvalidUtf8,
    AL106 duplicate_key DuplicateKey,
    AL107 non_finite_number NonFiniteNumber,
    AL108 nesting_too_deep NestingTooDeep,
    AL109 single_quoted_string SingleQuotedString,
    AL110 unquoted_key UnquotedKey,
    AL111 malformed_string MalformedString,
    AL112 malformed_number MalformedNumber,
    AL113 empty_document EmptyDocument,
    AL114 file_too_large FileTooLarge,
    AL115 alias_expansion AliasExpansion,
    AL116 second_document SecondDocument,
}

/// Turns every problem of the text into a finding of the rule that it belongs to.
pub(crate) fn check(document: &Document, report: &mut Report) {
    let before = report.findings().len();
    for problem in &document.problems {
        check_all((document, problem), report);
    }
    if let Some(root) = &document.root {
        for finding in report.after(before) {
            finding.at(pointer::at(root, finding.span));
        }
    }
}
