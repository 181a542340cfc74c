use std::path::{Path, PathBuf};

use super::{Case, FORMAT, OracleError};
use crate::files::{self, AnyError};
use crate::tensors::TensorFile;

/// No case file is longer; one that is, is not read.
const MAX_CASE_BYTES: u64 = 16 << 20;

/// A case as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The JSON file.
    pub case: PathBuf,
}

impl Files {
    /// All cases in a folder and the folders in it, by path; or the one whose JSON file is named. A JSON file counts as a
    /// case if a safetensors file of the same name stands beside it.
    ///
    /// # Errors
    /// If the folder cannot be read, or nothing in it is a case.
    pub fn below(folder: &Path) -> Result<Vec<Self>, OracleError> {
        let mut found = Vec::new();
        if is_case(folder) {
            return Ok(vec![Self { case: folder.to_owned() }]);
        }
        let mut folders = vec![folder.to_path_buf()];
        while let Some(folder) = folders.pop() {
            let unreadable = |error: std::io::Error| OracleError::file(folder.display(), error);
            for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                let path = entry.path();
                // A link is followed to a file, never to a folder: folders in a ring would have no end.
                if entry.file_type().map_err(unreadable)?.is_dir() {
                    folders.push(path);
                } else if is_case(&path) {
                    found.push(Self { case: path });
                }
            }
        }
        if found.is_empty() {
            let cause = "there is no case in it: a JSON file with a safetensors file of the same name";
            return Err(OracleError::file(folder.display(), cause));
        }
        found.sort_unstable_by(|a, b| a.case.cmp(&b.case));
        Ok(found)
    }

    /// Reads the case and opens its arrays.
    ///
    /// # Errors
    /// If either cannot be read, or is of another format.
    pub fn read(&self) -> Result<(Case, TensorFile), OracleError> {
        let failed = |cause: AnyError| OracleError::file(self.case.display(), cause);
        let text = files::read(&self.case, MAX_CASE_BYTES).map_err(|error| failed(error.into()))?;
        let case: Case = serde_json::from_slice(&text).map_err(|error| failed(error.into()))?;
        if case.format != FORMAT {
            return Err(failed(format!("the format is {:?}, this program reads {FORMAT:?}", case.format).into()));
        }
        // Outputs are looked for under the id: it may not lead elsewhere.
        if case.id.is_empty() || !case.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(failed(format!("the id {:?} is not made of letters, digits and hyphens", case.id).into()));
        }
        Ok((case, TensorFile::open(self.case.with_extension("safetensors"))?))
    }
}

fn is_case(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json") && path.with_extension("safetensors").is_file()
}
