//! URIs, as far as a file's place and name are in them.

use percent_encoding::percent_decode_str;

/// The path of a `file:` URI; `None` for any other.
pub(super) fn path(uri: &str) -> Option<String> {
    let rest = uri.strip_prefix("file://")?;
    let path = &rest[rest.find('/')?..];
    let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
    // `/C:/folder` is a path of Windows.
    let is_drive = matches!(path.as_bytes(), [b'/', letter, b':', ..] if letter.is_ascii_alphabetic());
    Some(if is_drive { path[1..].to_owned() } else { path })
}

/// What a file is called: its path, or whatever follows the scheme.
pub(super) fn name(uri: &str) -> String {
    path(uri).unwrap_or_else(|| {
        let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
        percent_decode_str(rest).decode_utf8_lossy().into_owned()
    })
}

/// The URI of a file beside another.
#[cfg(feature = "oracle")]
pub(super) fn sibling(uri: &str, name: &str) -> String {
    let folder = uri.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded() {
        assert_eq!(path("file:///a%20b/%C3%A4.json").as_deref(), Some("/a b/ä.json"));
        assert_eq!(path("file:///c%3A/x.json").as_deref(), Some("c:/x.json"));
        assert_eq!(path("untitled:Untitled-1"), None);
        assert_eq!(path("file://host"), None);
        assert_eq!(name("untitled:Untitled-1"), "Untitled-1");
        assert_eq!(name("%ff%"), "\u{fffd}%");
    }

    #[cfg(feature = "oracle")]
    #[test]
    fn siblings_share_their_folder() {
        assert_eq!(sibling("file:///a/b.json", "c.bin"), "file:///a/c.bin");
    }
}
