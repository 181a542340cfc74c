//! A whole Hub repository: cards that refer to each other.
//!
//! References are resolved by what the cards say, not by their files' names, as the Hub does: real task cards lie in
//! files of other names. A kind of card of which there is none at all is taken for not given rather than for missing,
//! so that a part of a repository can be judged too.

mod build;
pub(crate) mod rules;

use std::collections::{BTreeMap, BTreeSet};

use crate::dialects::FileKind;
use crate::document::{Document, Node};
use crate::findings::{Finding, Report};

/// A file in a Hub repository.
#[derive(Debug, Clone, Copy)]
pub struct Card<'a> {
    /// Its path. Only the folders from `adapters`, `architectures`, `tasks`, `subtasks` or `adapter_types` on count.
    pub path: &'a str,
    /// Its text.
    pub document: &'a Document,
}

/// Finds what is wrong between cards; each finding comes with the index of its card. What is wrong within a card is
/// found by [`lint`](crate::lint::lint).
#[must_use]
pub fn check_repository(cards: &[Card<'_>]) -> Vec<(usize, Finding)> {
    let repository = Repository::new(cards);
    let mut findings = Vec::new();
    for (at, place) in repository.places.iter().enumerate() {
        let mut report = Report::default();
        rules::check_all(&InRepository { repository: &repository, place, at }, &mut report);
        findings.extend(report.into_findings().into_iter().map(|finding| (place.index, finding)));
    }
    findings.sort_by(|(i, a), (j, b)| (i, a.span, a.rule.code).cmp(&(j, b.span, b.rule.code)));
    findings
}

/// One card among all, which the rules of a repository look at.
pub(crate) struct InRepository<'a> {
    repository: &'a Repository<'a>,
    place: &'a Place<'a>,
    /// Where it stands among all.
    at: usize,
}

/// All cards, and who has which name.
struct Repository<'a> {
    places: Vec<Place<'a>>,
    /// Architectures by name.
    architectures: BTreeMap<&'a str, Vec<usize>>,
    /// Tasks by type and name.
    tasks: BTreeMap<(&'a str, &'a str), Vec<usize>>,
    /// Subtasks by type, task and name.
    subtasks: BTreeMap<(&'a str, &'a str, &'a str), Vec<usize>>,
    /// The types that have a card.
    types: BTreeSet<&'a str>,
    /// Adapters by model and task, for each type that they have there.
    task_types: BTreeMap<(&'a str, &'a str), BTreeMap<&'a str, usize>>,
    /// Adapters by organisation and file name without its ending.
    adapters: BTreeMap<(&'a str, &'a str), Vec<usize>>,
    /// Architectures of which an equal config was there before, with that one.
    equal_architectures: BTreeMap<usize, usize>,
    /// Adapters of which an equal entry was there before, with that one.
    equal_adapters: BTreeMap<usize, usize>,
}

/// Where a card lies, and what it says.
struct Place<'a> {
    /// Its index among the cards that were given.
    index: usize,
    kind: FileKind,
    /// The folders between the kind's own and the file.
    folders: Vec<&'a str>,
    /// The file's name.
    file: &'a str,
    root: &'a Node,
}

impl<'a> Place<'a> {
    fn new(index: usize, card: &Card<'a>) -> Option<Self> {
        let root = card.document.root.as_ref()?;
        let parts: Vec<&str> = card.path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").collect();
        let (file, folders) = parts.split_last()?;
        let at = folders.iter().rposition(|folder| kind_of_folder(folder).is_some())?;
        let kind = kind_of_folder(folders[at])?;
        Some(Self { index, kind, folders: folders[at + 1..].to_vec(), file, root })
    }

    /// The file's name without `.yaml` or `.yml`.
    fn stem(&self) -> &'a str {
        self.file.strip_suffix(".yaml").or_else(|| self.file.strip_suffix(".yml")).unwrap_or(self.file)
    }

    /// The folder that the card lies in, if it is the one below the kind's own.
    fn folder(&self) -> Option<&'a str> {
        match self.folders[..] {
            [folder] => Some(folder),
            _ => None,
        }
    }

    /// The text under a key.
    fn text(&self, key: &str) -> Option<&'a str> {
        self.root.get(key)?.as_str()
    }

    /// The name of the architecture that an adapter uses.
    fn using(&self) -> Option<&'a str> {
        self.root.get("config")?.get("using")?.as_str()
    }
}

fn kind_of_folder(folder: &str) -> Option<FileKind> {
    match folder {
        "adapters" => Some(FileKind::HubAdapter),
        "architectures" => Some(FileKind::HubArchitecture),
        "tasks" => Some(FileKind::HubTask),
        "subtasks" => Some(FileKind::HubSubtask),
        "adapter_types" => Some(FileKind::HubType),
        _ => None,
    }
}

impl<'a> Repository<'a> {
    fn new(cards: &[Card<'a>]) -> Self {
        let mut places: Vec<_> = cards.iter().enumerate().filter_map(|(index, card)| Place::new(index, card)).collect();
        // "First" and "again" must not depend on the order in which a folder was read.
        places.sort_unstable_by_key(|place| cards[place.index].path);
        let mut repository = Self {
            places,
            architectures: BTreeMap::new(),
            tasks: BTreeMap::new(),
            subtasks: BTreeMap::new(),
            types: BTreeSet::new(),
            task_types: BTreeMap::new(),
            adapters: BTreeMap::new(),
            equal_architectures: BTreeMap::new(),
            equal_adapters: BTreeMap::new(),
        };
        for at in 0..repository.places.len() {
            repository.index(at);
        }
        repository.equal_architectures = build::equal_architectures(&repository);
        repository.equal_adapters = build::equal_adapters(&repository);
        repository
    }

    fn index(&mut self, at: usize) -> Option<()> {
        let place = &self.places[at];
        match place.kind {
            FileKind::HubArchitecture => self.architectures.entry(place.text("name")?).or_default().push(at),
            FileKind::HubTask => self.tasks.entry((place.folder()?, place.text("task")?)).or_default().push(at),
            FileKind::HubSubtask => {
                let key = (place.folder()?, place.text("task")?, place.text("subtask")?);
                self.subtasks.entry(key).or_default().push(at);
            }
            FileKind::HubType => {
                self.types.insert(place.text("id")?);
            }
            FileKind::HubAdapter => {
                self.adapters.entry((place.folder()?, place.stem())).or_default().push(at);
                let key = (place.text("model_name")?, place.text("task")?);
                self.task_types.entry(key).or_default().entry(place.text("type")?).or_insert(at);
            }
            _ => {}
        }
        Some(())
    }

    /// The cards of one kind.
    fn of(&self, kind: FileKind) -> impl Iterator<Item = (usize, &Place<'a>)> {
        self.places.iter().enumerate().filter(move |(_, place)| place.kind == kind)
    }

    /// A card as findings name it.
    fn path(&self, at: usize) -> String {
        let place = &self.places[at];
        let own = match place.kind {
            FileKind::HubAdapter => "adapters",
            FileKind::HubArchitecture => "architectures",
            FileKind::HubTask => "tasks",
            FileKind::HubSubtask => "subtasks",
            _ => "adapter_types",
        };
        std::iter::once(&own).chain(&place.folders).chain([&place.file]).copied().collect::<Vec<_>>().join("/")
    }
}

impl<'a> InRepository<'a> {
    /// The first of the cards that share something with this one, if this is not the first.
    fn earlier(&self, same: Option<&Vec<usize>>) -> Option<usize> {
        same?.first().copied().filter(|first| *first != self.at)
    }

    /// The text under a key, with its place, if the card is of this kind.
    fn own(&self, kind: FileKind, key: &str) -> Option<(&'a str, &'a Node)> {
        let node = (self.place.kind == kind).then(|| self.place.root.get(key)).flatten()?;
        Some((node.as_str()?, node))
    }
}
