use std::fmt;

/// Something worth knowing about a config that was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// A key that the class does not know. The library keeps it on the object, where it enters the config id, but
    /// does not save it.
    Unsaved {
        /// JSON pointer to it.
        pointer: String,
        /// The class.
        class: &'static str,
        /// A key of the class that looks like it.
        similar: Option<String>,
    },
    /// A key of a union that the library drops without a word.
    Dropped {
        /// JSON pointer to it.
        pointer: String,
    },
    /// An override by null, which the library ignores.
    NullIgnored {
        /// The path.
        path: String,
    },
    /// A nested `invertible_adapter` became `inv_adapter` and `inv_adapter_reduction_factor`.
    InvertibleAdapterUnfolded {
        /// JSON pointer to it.
        pointer: String,
    },
    /// An activation of a file without a version was renamed.
    ActivationRenamed {
        /// JSON pointer to it.
        pointer: String,
        /// The old name.
        old: &'static str,
        /// The new name.
        new: &'static str,
    },
    /// `alpha` was set to `r` in a LoRA config of a release before 1.1.0.
    LoraScalingFixed {
        /// The old `alpha`, as JSON.
        alpha: String,
        /// The value of `r`, as JSON.
        r: String,
    },
    /// A deprecated name was used.
    DeprecatedName {
        /// The name.
        name: String,
        /// The current one.
        current: &'static str,
    },
    /// A name that this tool knows and the library does not.
    NotALibraryName {
        /// The name.
        name: String,
        /// Where it is from.
        source: String,
    },
    /// Keys that are not text become text when the config is saved, and the config id may change with them.
    KeysBecomeText {
        /// JSON pointer to the mapping.
        pointer: String,
    },
    /// The `architecture` was replaced, and names another class than that of the object: what is saved of it is loaded
    /// as that other class, if at all.
    OtherArchitecture {
        /// JSON pointer to it.
        pointer: String,
        /// The class.
        class: &'static str,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsaved { pointer, class, similar } => {
                write!(
                    f,
                    "{pointer} is not a key of {class}: the library keeps it in memory, where it affects the config \
                     id, but does not save it"
                )?;
                match similar {
                    Some(key) => write!(f, "; did you mean `{key}`?"),
                    None => Ok(()),
                }
            }
            Self::Dropped { pointer } => write!(f, "{pointer} is dropped: a union's only key is `configs`"),
            Self::NullIgnored { path } => write!(f, "the override {path}=null is ignored, as the library does"),
            Self::InvertibleAdapterUnfolded { pointer } => {
                write!(f, "{pointer} became `inv_adapter` and `inv_adapter_reduction_factor`")
            }
            Self::ActivationRenamed { pointer, old, new } => {
                write!(f, "{pointer}: `{old}` became `{new}`, as in every file without a version")
            }
            Self::LoraScalingFixed { alpha, r } => {
                write!(
                    f,
                    "/config/alpha: {alpha} became {r}, the value of `r`: releases before 1.1.0 did not scale by alpha \
                     / r"
                )
            }
            Self::DeprecatedName { name, current } => write!(f, "`{name}` is deprecated; its name is now `{current}`"),
            Self::NotALibraryName { name, source } => {
                write!(f, "the library does not know the name `{name}` ({source})")
            }
            Self::KeysBecomeText { pointer } => {
                write!(
                    f,
                    "{pointer} has keys that are not strings; saving turns them into strings, and the config id can \
                     change"
                )
            }
            Self::OtherArchitecture { pointer, class } => {
                write!(
                    f,
                    "{pointer} does not say what the config is: in memory it is of the class {class}, but once saved, \
                     the library cannot load it as such"
                )
            }
        }
    }
}
