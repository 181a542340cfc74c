//! Work on many threads whose results come in the order of the items, with only so many of them at a time in memory.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How many items a thread takes at once in the beginning.
const BATCH: usize = 16;
/// How many it takes at most. With many items the threads need not meet so often.
const LARGEST_BATCH: usize = 64;
/// After how many batches the next are larger by the first one.
const GROWTH: usize = 16;
/// How many batches for each thread may be under way or wait for an earlier one.
const WINDOW: usize = 4;

/// How many threads there are to work with.
pub(super) fn available() -> NonZero<usize> {
    thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// Calls `work` for every item, on so many threads, and `take` for every result, on this thread and in the order of
/// the items. After each batch `take` gets a `None`. Few items are not worth a thread.
///
/// # Errors
/// The first that `take` gives; nothing is taken after it.
pub(super) fn in_order<I: Send, O: Send, E>(
    mut items: impl Iterator<Item = I> + Send,
    threads: NonZero<usize>,
    work: impl Fn(I) -> O + Sync,
    mut take: impl FnMut(Option<O>) -> Result<(), E>,
) -> Result<(), E> {
    let first: Vec<I> = items.by_ref().take(BATCH).collect();
    if first.len() < BATCH || threads.get() == 1 {
        first.into_iter().chain(items).try_for_each(|item| take(Some(work(item))))?;
        return take(None);
    }
    let (give_back, tokens) = channel();
    (0..threads.get() * WINDOW).for_each(|_| _ = give_back.send(()));
    let feed = Mutex::new(Feed { items: first.into_iter().chain(items), next: 0, tokens });
    thread::scope(|scope| {
        let (done, results) = channel();
        for _ in 0..threads.get() {
            let (done, feed, work) = (done.clone(), &feed, &work);
            scope.spawn(move || {
                let next = || feed.lock().unwrap_or_else(PoisonError::into_inner).batch();
                while let Some((at, batch)) = next() {
                    let results: Vec<O> = batch.into_iter().map(work).collect();
                    // Nobody listens any more once `take` has failed.
                    if done.send((at, results)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        // Both ends are dropped on the way out, so that no thread waits for tokens or for someone to listen.
        let (results, give_back) = (results, give_back);
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        for (at, batch) in &results {
            waiting.insert(at, batch);
            while let Some(batch) = waiting.remove(&next) {
                batch.into_iter().try_for_each(|result| take(Some(result)))?;
                take(None)?;
                next += 1;
                let _ = give_back.send(());
            }
        }
        Ok(())
    })
}

/// Where threads get their batches. Each costs a token, which comes back when its results have been taken: thus a slow
/// batch holds up those after it, instead of letting their results pile up.
struct Feed<T> {
    items: T,
    next: usize,
    tokens: Receiver<()>,
}

impl<T: Iterator> Feed<T> {
    fn batch(&mut self) -> Option<(usize, Vec<T::Item>)> {
        self.tokens.recv().ok()?;
        let at = self.next;
        let size = BATCH.saturating_mul(1 + at / GROWTH).min(LARGEST_BATCH);
        let batch: Vec<_> = self.items.by_ref().take(size).collect();
        self.next += 1;
        (!batch.is_empty()).then_some((at, batch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(number: usize) -> NonZero<usize> {
        NonZero::new(number).expect("it is not zero")
    }

    #[test]
    fn results_come_in_order_on_any_number_of_threads() {
        for number in [0, 1, BATCH - 1, BATCH, BATCH + 1, 10_000] {
            for count in [1, 2, 7] {
                let mut results = Vec::new();
                let work = |item: usize| {
                    // The first of all is the last to be done.
                    if item == 0 {
                        thread::sleep(std::time::Duration::from_millis(20));
                    }
                    item * 2
                };
                let take = |result| {
                    results.extend(result);
                    Ok::<_, ()>(())
                };
                in_order(0..number, threads(count), work, take).expect("nothing fails");
                assert!(results.iter().copied().eq((0..number).map(|item| item * 2)), "{number} on {count}");
            }
        }
    }

    #[test]
    fn an_error_ends_all() {
        for count in [1, 3] {
            let mut taken = 0;
            let take = |result: Option<usize>| {
                taken += usize::from(result.is_some());
                if result == Some(100) { Err("enough") } else { Ok(()) }
            };
            let endless = 0..usize::MAX;
            assert_eq!(in_order(endless, threads(count), |item| item, take), Err("enough"));
            assert_eq!(taken, 101);
        }
    }

    #[test]
    fn what_waits_is_bounded() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let (begun, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut taken = 0;
        let work = |_| begun.fetch_add(1, Ordering::Relaxed);
        let take = |result: Option<usize>| {
            taken += usize::from(result.is_some());
            most.fetch_max(begun.load(Ordering::Relaxed) - taken, Ordering::Relaxed);
            Ok::<_, ()>(())
        };
        in_order(0..50_000, threads(4), work, take).expect("nothing fails");
        assert!(most.into_inner() <= 4 * WINDOW * LARGEST_BATCH);
    }
}
