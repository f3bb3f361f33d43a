//! Clocks that jump by years while somebody works: what is done is saved, comes back after a crash, and can be undone. Locks:
//! `store::lock`; copies in the history: `store::copies`.

use super::{copy_of, project_in, saved, session_in, until_durable};
use crate::edit::testing::{command_at, draws};
use crate::model::testing::key;
use crate::session::*;
use chrono::TimeDelta;

#[test]
fn what_is_done_while_the_clock_jumps_by_years_is_saved_comes_back_after_a_crash_and_can_be_undone() {
    let temp = tempfile::tempdir().unwrap();
    let start = project_in(temp.path());
    let mut session = session_in(temp.path());
    let years = [0, 60, -60, 5_000, -1_900, 1, -1];
    let at = |n: usize| Stamp::by_hand(Utc::now() + TimeDelta::days(365 * years[n % years.len()]));
    let mut states = vec![session.state().clone()];
    for (n, draw) in draws(5, 120).into_iter().enumerate() {
        if let Ok(change) = command_at(session.state(), draw, &at(n))
            && session.apply(change).is_ok()
        {
            states.push(session.state().clone());
        }
        if n == 20 {
            saved(&mut session);
        }
    }
    assert!(states.len() > 25, "{}", states.len());
    until_durable(&session);
    // Killed here, and ended in order: the same is there.
    let killed = copy_of(temp.path());
    saved(&mut session);
    drop(session);
    for path in [killed.path(), temp.path()] {
        let mut session = session_in(path);
        for state in states.iter().rev() {
            assert_eq!((session.project(), session.layer()), (&state.project, state.layer(&key())));
            if !std::ptr::eq(state, &raw const states[0]) {
                session.undo().unwrap();
            }
        }
        let is_as_it_began = session.layer().unwrap().annotations().eq(start.layer(&key()).unwrap().annotations());
        assert!(is_as_it_began && session.undo().is_err());
    }
}
