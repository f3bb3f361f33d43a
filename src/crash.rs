//! What is written down when Byline itself is at fault, and how one part may fall over without the rest.
//!
//! Here: the panic hook with its files, and a boundary at which a panic ends. Elsewhere: what is shown then (`app`), and
//! what becomes of work that cannot be saved (`session`).

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::fs;
use std::io::Write;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// No more files than this are written by a run of the program: what fails in every frame must not fill the disk.
const MOST: usize = 16;
/// Of a message no more is kept than this, in bytes: it may quote what was worked on.
const LONGEST: usize = 4_096;

/// A fault of the program that was stopped at a boundary.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fall {
    /// The message of the panic.
    pub what: String,
    /// File and line of the source, as far as it is known.
    pub place: Option<String>,
    /// Where it is written down, if it is.
    pub file: Option<PathBuf>,
}

impl fmt::Display for Fall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.place.as_ref().map_or(Ok(()), |place| write!(f, " ({place})"))
    }
}

thread_local! {
    /// The newest panic of this thread, from the hook to the boundary.
    static NEWEST: RefCell<Option<Fall>> = const { RefCell::new(None) };
}

/// Lets every panic from now on be written down in `folder`, and its place be known to [`caught`]; what was done about
/// panics before is still done.
pub fn install(folder: Option<PathBuf>) {
    let before = std::panic::take_hook();
    let written = AtomicUsize::new(0);
    std::panic::set_hook(Box::new(move |info| {
        let mut fall = fall_of(info);
        if written.fetch_add(1, Ordering::Relaxed) < MOST {
            fall.file = folder.as_deref().and_then(|folder| write_down(folder, &fall));
        }
        // In a thread that is ending there is nobody to tell.
        let _ = NEWEST.try_with(|newest| newest.replace(Some(fall)));
        before(info);
    }));
}

/// Does `work`; a panic in it ends here.
///
/// # Errors
/// What happened. The caller throws away all that the work may have left half done.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Fall> {
    let take = || NEWEST.try_with(RefCell::take).ok().flatten();
    drop(take());
    // Sound by what is asked of the caller: nothing half done is seen by anybody.
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let unknown = || Fall { what: message(&*payload), place: None, file: None };
        take().unwrap_or_else(unknown)
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("a fault without a message");
    text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default().to_owned()
}

fn fall_of(info: &PanicHookInfo) -> Fall {
    let place = info.location().map(|place| format!("{}:{}", place.file(), place.line()));
    Fall { what: message(info.payload()), place, file: None }
}

/// Writes a fall into a file of its own; where that cannot be done, nothing is left to do.
fn write_down(folder: &Path, fall: &Fall) -> Option<PathBuf> {
    let now = chrono::Local::now();
    let thread = std::thread::current();
    let text = format!(
        "Byline {}\n{}\n{}\nin {}, thread {}\n\n{}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        now.format("%Y-%m-%d %H:%M:%S %z"),
        fall.place.as_deref().unwrap_or("an unknown place"),
        thread.name().unwrap_or("without a name"),
        fall.what,
    );
    fs::create_dir_all(folder).ok()?;
    let stamp = now.format("%Y-%m-%d-%H%M%S");
    let paths = (1..100).map(|n| folder.join(format!("{stamp}-{n}.txt")));
    for path in paths {
        match fs::File::create_new(&path) {
            Ok(mut file) => return file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).ok().map(|()| path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(_) => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_at_the_boundary_and_is_written_down_with_its_place() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("crash");
        install(Some(folder.clone()));
        assert_eq!(caught(|| 3), Ok(3));
        let line = line!() + 1;
        let fall = caught(|| assert!(temp.path().as_os_str().is_empty(), "é broke")).unwrap_err();
        assert_eq!(fall.what, "é broke");
        assert_eq!(fall.place.as_deref(), Some(format!("{}:{line}", file!()).as_str()));
        let text = fs::read_to_string(fall.file.as_ref().unwrap()).unwrap();
        assert!(text.starts_with(&format!("Byline {}\n", env!("CARGO_PKG_VERSION"))), "{text}");
        assert!(text.contains(&format!("in {}:{line}, thread ", file!())) && text.ends_with("\n\né broke\n"), "{text}");
        assert_eq!(fall.file.as_ref().unwrap().parent(), Some(folder.as_path()));
        // What is thrown without a panic has no place, and not that of the last one.
        let thrown = caught(|| std::panic::resume_unwind(Box::new("thrown"))).unwrap_err();
        assert_eq!(thrown, Fall { what: "thrown".to_owned(), place: None, file: None });
        // A run that fails without end does not fill the disk.
        for _ in 0..2 * MOST {
            caught(|| assert!(temp.path().as_os_str().is_empty(), "again")).unwrap_err();
        }
        assert!(fs::read_dir(folder).unwrap().count() <= MOST);
    }
}
