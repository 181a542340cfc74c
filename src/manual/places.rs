//! Where a key stands and since when, in few words where it stands in nearly all of PEFT's configs.

use super::{Place, walk};
use crate::schema::title;

/// So many places are named one by one.
const FEW: usize = 4;

/// The key that every config of PEFT has from the first release of its method on.
const METHOD: &str = "peft_type";

/// Where a key stands.
pub(super) fn told(places: &[Place]) -> String {
    let methods = methods();
    if places.len() <= FEW || !places.iter().all(|place| own(place, &methods).is_some()) {
        return places.iter().map(place).collect::<Vec<_>>().join("; ");
    }
    let names = |places: Vec<&'static Place>| places.into_iter().map(method).collect::<Vec<_>>().join(", ");
    let is_here = |other: &&Place| places.iter().any(|place| place.schema == other.schema);
    let (here, elsewhere): (Vec<_>, Vec<_>) = methods.into_iter().partition(is_here);
    match (here.len(), elsewhere.len()) {
        (_, 0) => "every config of PEFT".to_owned(),
        (here, others) if others < here => format!("every config of PEFT but those of {}", names(elsewhere)),
        _ => format!("the configs of PEFT for {}", names(here)),
    }
}

fn place(place: &Place) -> String {
    let title = title(place.schema).unwrap_or(place.schema);
    if place.variants.is_empty() { title.to_owned() } else { format!("{title} ({})", place.variants.join(", ")) }
}

/// The name of a method, without what is in all titles.
fn method(place: &Place) -> &'static str {
    let title = title(place.schema).unwrap_or(place.schema);
    title.trim_start_matches("Config of ").trim_end_matches(" in PEFT")
}

/// Since when a key is there, and until when.
pub(super) fn lifetime(places: &[Place]) -> Option<String> {
    let dated: Vec<&Place> = places.iter().filter(|place| place.since.is_some()).collect();
    let first = *dated.first()?;
    if dated.iter().all(|place| of(place) == of(first)) {
        return Some(of(first));
    }
    let by_schema = |place: &&Place| format!("{} ({})", of(place), place.schema);
    let methods = methods();
    let earliest = dated.iter().min_by_key(|place| number(place)).and_then(|place| place.since.as_deref());
    let is_usual = |place: &&&Place| {
        own(place, &methods).is_some_and(|own| {
            place.until == own.until && (place.since == own.since || place.since.as_deref() == earliest)
        })
    };
    let (usual, others): (Vec<_>, Vec<_>) = dated.iter().partition(is_usual);
    let others: Vec<_> = others.into_iter().map(by_schema).collect();
    match earliest {
        Some(earliest) if usual.len() > FEW.max(others.len()) => {
            let mut text = format!("{earliest}, or with its method where that is newer");
            others.iter().for_each(|other| text += &format!("; {other}"));
            Some(text)
        }
        _ => Some(dated.iter().map(by_schema).collect::<Vec<_>>().join(", ")),
    }
}

fn of(place: &Place) -> String {
    let since = place.since.as_deref().unwrap_or_default();
    place.until.as_ref().map_or_else(|| since.to_owned(), |until| format!("{since} to {until}"))
}

/// The number of the first release, to be compared.
fn number(place: &Place) -> Vec<u32> {
    let since = place.since.as_deref().unwrap_or_default();
    let number = since.rsplit(' ').next().unwrap_or_default();
    number.split('.').filter_map(|part| part.parse().ok()).collect()
}

/// The config that a place is in, with its method's own lifetime.
fn own<'m>(place: &Place, methods: &[&'m Place]) -> Option<&'m Place> {
    methods.iter().find(|method| method.schema == place.schema).copied()
}

/// Every config of a method of PEFT.
fn methods() -> Vec<&'static Place> {
    walk::all().iter().filter(|manual| manual.key == METHOD).flat_map(|manual| &manual.places).collect()
}
