//! Work on all threads, its results taken in the order of the work.
//!
//! In goes a stream of work that is made while it is done (blocks of a file), out come the results, each taken as soon
//! as those before it were: no thread waits for the slowest of a batch. Cost: so many pieces of work, or their results,
//! as may be ahead.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use crate::error::Result;

/// Pieces of work ahead of the one that is taken, for each thread.
const AHEAD: usize = 3;

/// Does `work`, whose pieces the caller's thread makes, and takes the results there in their order.
///
/// # Errors
/// The first of the work in order that failed, after what came before was taken, or what `take` fails with.
pub(super) fn ahead<W: Send, R: Send>(
    work: impl Iterator<Item = Result<W>>,
    each: impl Fn(W) -> R + Sync,
    mut take: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    let most = AHEAD * rayon::current_num_threads();
    let mut work = work.fuse();
    let mut failed = None;
    let mut waiting: VecDeque<Receiver<R>> = VecDeque::with_capacity(most);
    rayon::in_place_scope(|scope| {
        loop {
            while waiting.len() < most && failed.is_none() {
                let piece = match work.next() {
                    None => break,
                    Some(Ok(piece)) => piece,
                    Some(Err(error)) => {
                        failed = Some(error);
                        break;
                    }
                };
                let (done, result) = sync_channel(1);
                let each = &each;
                // Nobody waits any longer where `take` failed.
                scope.spawn(move |_| drop(done.send(each(piece))));
                waiting.push_back(result);
            }
            let Some(first) = waiting.pop_front() else { return failed.map_or(Ok(()), Err) };
            // A piece without a result panicked: the scope panics in its turn.
            let Some(result) = receive(&first) else { return Ok(()) };
            take(result)?;
        }
    })
}

/// Waits for a result. A thread of the pool works on meanwhile: it may be the only one.
fn receive<R>(result: &Receiver<R>) -> Option<R> {
    loop {
        match result.try_recv() {
            Ok(result) => return Some(result),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) if rayon::yield_now() == Some(rayon::Yield::Executed) => {}
            Err(TryRecvError::Empty) => return result.recv().ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn numbers(count: u32) -> impl Iterator<Item = Result<u32>> {
        (0..count).map(Ok)
    }

    fn squares(count: u32) -> Vec<u32> {
        let mut taken = Vec::new();
        let take = |square| {
            taken.push(square);
            Ok(())
        };
        ahead(numbers(count), |number| number * number, take).expect("no failure");
        taken
    }

    #[test]
    fn results_come_in_order_also_inside_a_pool_of_one_thread() {
        let want: Vec<u32> = (0..1000).map(|number| number * number).collect();
        assert_eq!(squares(1000), want);
        assert!(squares(0).is_empty());
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            assert_eq!(pool.install(|| squares(1000)), want);
        }
    }

    #[test]
    fn what_came_before_a_failure_is_taken() {
        let failure = || Error::Output { path: "work".into(), problem: "ends".to_owned() };
        let mut taken = Vec::new();
        let work = numbers(7).chain([Err(failure())]).chain(numbers(9));
        let take = |number| {
            taken.push(number);
            Ok(())
        };
        let ended = ahead(work, |number| number, take);
        assert_eq!(ended.expect_err("it failed").to_string(), failure().to_string());
        assert_eq!(taken, [0, 1, 2, 3, 4, 5, 6]);
        let mut taken = 0;
        let ended = ahead(
            numbers(100),
            |number| number,
            |number| {
                taken += 1;
                if number == 5 { Err(failure()) } else { Ok(()) }
            },
        );
        assert!(ended.is_err());
        assert_eq!(taken, 6);
    }

    #[test]
    #[should_panic(expected = "five")]
    fn a_panic_is_passed_on() {
        let five = |number| assert!(number != 5_u32, "five");
        drop(ahead(numbers(100), five, |()| Ok(())));
    }
}
