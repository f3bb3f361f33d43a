//! Noticing what others change in an open project: version control, sync folders, editors, a colleague on a share.
//!
//! The system tells which files were touched; where it cannot, or tells nothing, as on network folders, the files that
//! matter are looked at every two seconds, a few at a time. Either way a file has changed only if its content is not
//! what Byline last read or wrote there: its own saves are no news. Many changes at once, as a checkout makes them, are
//! told at once.
//!
//! All of it is on a thread of its own, which asks nothing of others: a share that hangs holds up nobody else.
//!
//! Here: that something changed. Elsewhere: what becomes of it.

use super::annotator_folder::annotator_of;
use super::inside;
use super::project_folder::{Disk, LARGEST, ProjectFolder, names_in, sha256};
use crate::edit::State;
use crate::model::{DocumentId, LayerKey};
use notify::{RecursiveMode, Watcher};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// What is done how often.
#[derive(Clone, Copy)]
struct Pace {
    /// So long nothing must be touched before the files are looked at.
    quiet: Duration,
    /// But they are looked at this long after the first was touched.
    latest: Duration,
    /// So often the files that matter are looked at unasked.
    poll: Duration,
    /// At most so many of them at a time.
    at_a_time: usize,
}

const PACE: Pace = Pace {
    quiet: Duration::from_millis(200),
    latest: Duration::from_secs(2),
    poll: Duration::from_secs(2),
    at_a_time: 64,
};

/// Something that others did.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum OutsideChange {
    /// The folder, or the project in it, is no longer there. Nothing else is told until it is back.
    Gone,
    /// It is there again. What changed meanwhile of the files that matter is told as well.
    Back,
    /// `project.ron` is another one.
    Project,
    /// The text of a document is another one, or gone.
    Text(DocumentId),
    /// A layer is another one, gone, or new.
    Layer(LayerKey),
}

/// The files that are looked at where the system tells nothing, beside `project.ron`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Interest {
    /// The texts in use, with their SHA-256.
    pub texts: BTreeMap<DocumentId, String>,
    /// The layers in use, whether there are files of them or not.
    pub layers: BTreeSet<LayerKey>,
}

impl Interest {
    /// The open document and all that is loaded.
    pub fn of(state: &State, open: Option<&DocumentId>) -> Self {
        let documents = state.project.documents.iter();
        let is_in_use = |id: &DocumentId| open == Some(id) || state.text(id).is_some();
        let texts = documents.filter(|document| is_in_use(&document.id));
        Self {
            texts: texts.map(|document| (document.id.clone(), document.sha256.clone())).collect(),
            layers: state.layers().map(|layer| layer.key().clone()).collect(),
        }
    }
}

enum Message {
    /// Files that were touched; none where it is not known which.
    Touched(Vec<PathBuf>),
    Stop,
}

/// Watches as long as it is not dropped. Dropping it waits for nothing.
pub struct ProjectWatch {
    interest: Arc<Mutex<Interest>>,
    messages: Sender<Message>,
}

impl ProjectFolder {
    /// Watches the project from now on. `told` is called on the thread that watches, with at least one change.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub fn watch(
        &self,
        interest: Interest,
        told: impl FnMut(Vec<OutsideChange>) + Send + 'static,
    ) -> io::Result<ProjectWatch> {
        self.watch_at(PACE, true, interest, told)
    }

    fn watch_at(
        &self,
        pace: Pace,
        natively: bool,
        interest: Interest,
        told: impl FnMut(Vec<OutsideChange>) + Send + 'static,
    ) -> io::Result<ProjectWatch> {
        let (messages, receiver) = channel();
        let interest = Arc::new(Mutex::new(interest));
        let mut thread = Thread {
            disk: self.disk.clone(),
            pace,
            natively,
            messages: messages.clone(),
            interest: interest.clone(),
            told: Box::new(told),
            native: None,
            folders: BTreeSet::new(),
            looks: BTreeMap::new(),
            next: 0,
            told_of: BTreeMap::new(),
            is_gone: false,
        };
        std::thread::Builder::new().name("watch".to_owned()).spawn(move || thread.run(&receiver))?;
        Ok(ProjectWatch { interest, messages })
    }
}

impl ProjectWatch {
    /// Says which files matter now.
    pub fn set_interest(&self, interest: Interest) {
        *locked(&self.interest) = interest;
    }
}

impl Drop for ProjectWatch {
    fn drop(&mut self) {
        // A thread that hangs on a share ends when the share does.
        let _ = self.messages.send(Message::Stop);
    }
}

fn locked(interest: &Mutex<Interest>) -> MutexGuard<'_, Interest> {
    // It is only ever replaced as a whole.
    interest.lock().unwrap_or_else(PoisonError::into_inner)
}

/// SHA-256 of a file; `None` if there is none.
type Content = Option<[u8; 32]>;

/// What a look without reading gives: when it was written, and its length in bytes.
type Glance = Option<(SystemTime, u64)>;

struct Thread {
    disk: Arc<Disk>,
    pace: Pace,
    natively: bool,
    messages: Sender<Message>,
    interest: Arc<Mutex<Interest>>,
    told: Box<dyn FnMut(Vec<OutsideChange>) + Send>,
    native: Option<notify::RecommendedWatcher>,
    /// The folders that the system watches.
    folders: BTreeSet<PathBuf>,
    looks: BTreeMap<PathBuf, Glance>,
    /// Which of the files that matter is looked at next.
    next: usize,
    /// What was told already and not yet read by anybody.
    told_of: BTreeMap<PathBuf, Content>,
    is_gone: bool,
}

impl Thread {
    fn run(&mut self, messages: &Receiver<Message>) {
        self.start_native();
        let mut touched: BTreeSet<PathBuf> = BTreeSet::new();
        let mut first = None;
        let mut polled = Instant::now();
        loop {
            let wait = if touched.is_empty() { self.pace.poll } else { self.pace.quiet };
            let quiet = match messages.recv_timeout(wait) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Message::Touched(paths)) => {
                    if paths.is_empty() {
                        touched.extend(self.files_that_matter());
                    }
                    touched.extend(paths);
                    first.get_or_insert_with(Instant::now);
                    false
                }
                Err(RecvTimeoutError::Timeout) => true,
            };
            let is_late = first.is_some_and(|first: Instant| first.elapsed() >= self.pace.latest);
            if !touched.is_empty() && (quiet || is_late) {
                first = None;
                self.look_at(std::mem::take(&mut touched));
            }
            if polled.elapsed() >= self.pace.poll {
                self.poll();
                polled = Instant::now();
            }
        }
    }

    /// Lets the system tell what is touched, if it can. Not in `.byline/`, where only Byline writes.
    fn start_native(&mut self) {
        self.folders.clear();
        if !self.natively {
            return;
        }
        let messages = self.messages.clone();
        let handler = move |event: notify::Result<notify::Event>| {
            let paths = match event {
                // Our own reading is no news.
                Ok(event) if event.kind.is_access() => return,
                // Too much at once for the system to say what.
                Ok(event) if event.need_rescan() => Vec::new(),
                Ok(event) => event.paths,
                Err(error) => error.paths,
            };
            let _ = messages.send(Message::Touched(paths));
        };
        self.native = notify::recommended_watcher(handler).ok();
        self.watch_folders();
    }

    /// Watches the folders that are new; says which.
    fn watch_folders(&mut self) -> Vec<PathBuf> {
        let root = &self.disk.root;
        let annotations = root.join("annotations");
        let annotators = names_in(&annotations).unwrap_or_default();
        let annotators = annotators.iter().filter(|name| annotator_of(name).is_some());
        let folders = annotators.map(|name| annotations.join(name)).chain([
            root.clone(),
            root.join("documents"),
            annotations.clone(),
        ]);
        let mut new = Vec::new();
        for folder in folders.filter(|folder| folder.is_dir()).collect::<Vec<_>>() {
            if self.folders.contains(&folder) || inside::check(root, &folder).is_err() {
                continue;
            }
            // Where it cannot be watched the files that matter are still looked at.
            if let Some(native) = &mut self.native {
                let _ = native.watch(&folder, RecursiveMode::NonRecursive);
            }
            self.folders.insert(folder.clone());
            new.push(folder);
        }
        new
    }

    fn is_there(&self) -> bool {
        self.disk.project_path().is_file()
    }

    fn tell(&mut self, changes: Vec<OutsideChange>) {
        if !changes.is_empty() {
            (self.told)(changes);
        }
    }

    /// What the files that matter are called.
    fn files_that_matter(&self) -> Vec<PathBuf> {
        let interest = locked(&self.interest);
        let texts = interest.texts.keys().map(|id| self.disk.text_path(id));
        let layers = interest.layers.iter().filter_map(|key| self.disk.layer_path(key).ok());
        [self.disk.project_path()].into_iter().chain(texts).chain(layers).collect()
    }

    /// Looks at some of the files that matter, and whether the project is there.
    fn poll(&mut self) {
        if self.is_gone {
            if self.is_there() {
                self.is_gone = false;
                self.start_native();
                self.tell(vec![OutsideChange::Back]);
                self.looks.clear();
                self.look_at(self.files_that_matter().into_iter().collect());
            }
            return;
        }
        let files = self.files_that_matter();
        let mut touched = BTreeSet::new();
        for n in 0..files.len().min(self.pace.at_a_time) {
            // The project file each time, the others in turn.
            let at = if n == 0 { 0 } else { self.next % files.len() };
            self.next = self.next.wrapping_add(usize::from(n > 0));
            let Some(path) = files.get(at) else { continue };
            let found = fs::metadata(path).ok();
            let glance = found.and_then(|found| Some((found.modified().ok()?, found.len())));
            // What was never looked at may have changed since it was read.
            if self.looks.insert(path.clone(), glance) != Some(glance) {
                touched.insert(path.clone());
            }
        }
        for folder in self.watch_folders() {
            touched.extend(names_in(&folder).unwrap_or_default().iter().map(|name| folder.join(name)));
        }
        if !touched.is_empty() || !self.is_there() {
            self.look_at(touched);
        }
    }

    fn look_at(&mut self, mut touched: BTreeSet<PathBuf>) {
        if self.is_gone {
            return;
        }
        if !self.is_there() {
            // Version control may be exchanging the file just now.
            std::thread::sleep(self.pace.quiet);
            if !self.is_there() {
                self.is_gone = true;
                self.native = None;
                self.tell(vec![OutsideChange::Gone]);
                return;
            }
        }
        // A folder that was touched itself may have been exchanged for another of its name.
        self.folders.retain(|folder| !touched.contains(folder));
        for folder in self.watch_folders() {
            // What was in a new folder before it was watched.
            touched.extend(names_in(&folder).unwrap_or_default().iter().map(|name| folder.join(name)));
        }
        let named: BTreeSet<_> = touched.iter().filter_map(|path| self.what_is(path)).collect();
        let changes = named.into_iter().filter(|what| self.has_changed(what)).collect();
        self.tell(changes);
    }

    /// What a path of the project holds, if anything of interest.
    fn what_is(&self, path: &Path) -> Option<OutsideChange> {
        let root = &self.disk.root;
        // Some systems tell the path behind all links.
        let inner = path.strip_prefix(root).ok().map(Path::to_owned).or_else(|| {
            let root = fs::canonicalize(root).ok()?;
            path.strip_prefix(root).ok().map(Path::to_owned)
        })?;
        let parts: Vec<_> = inner.iter().map(|part| part.to_str()).collect::<Option<_>>()?;
        match parts[..] {
            ["project.ron"] => Some(OutsideChange::Project),
            ["documents", file] => DocumentId::new(file.strip_suffix(".txt")?).ok().map(OutsideChange::Text),
            ["annotations", folder, file] => {
                let document = DocumentId::new(file.strip_suffix(".ron")?).ok()?;
                Some(OutsideChange::Layer(LayerKey { document, annotator: annotator_of(folder)? }))
            }
            _ => None,
        }
    }

    /// Whether a file is not as Byline last read or wrote it, and that was not told yet.
    fn has_changed(&mut self, what: &OutsideChange) -> bool {
        let path = match what {
            OutsideChange::Project => self.disk.project_path(),
            OutsideChange::Text(id) => self.disk.text_path(id),
            OutsideChange::Layer(key) => match self.disk.layer_path(key) {
                Ok(path) => path,
                Err(_) => return false,
            },
            OutsideChange::Gone | OutsideChange::Back => return false,
        };
        for is_second in [false, true] {
            // What cannot be read just now is looked at when it is touched again.
            let Ok(content) = self.content(&path) else { return false };
            if self.is_as_known(what, &path, content) {
                self.told_of.remove(&path);
                return false;
            }
            if is_second {
                return self.told_of.insert(path, content) != Some(content);
            }
            // It may be ours, written a moment ago and not yet noted: the job that writes says so before it ends.
            drop(self.disk.writing.lock().unwrap_or_else(PoisonError::into_inner));
        }
        false
    }

    fn is_as_known(&self, what: &OutsideChange, path: &Path, content: Content) -> bool {
        if let Some(seen) = self.disk.known().files.get(path) {
            return content == Some(seen.sha256);
        }
        match what {
            OutsideChange::Text(id) => match locked(&self.interest).texts.get(id) {
                Some(expected) => content.is_some_and(|content| hex(content) == *expected),
                // Compared when somebody opens it.
                None => true,
            },
            // One that nobody knows is news, unless it is not there.
            _ => content.is_none(),
        }
    }

    fn content(&self, path: &Path) -> io::Result<Content> {
        // What lies outside is not looked at; as a file of the project it is gone.
        if inside::check(&self.disk.root, path).is_err() {
            return Ok(None);
        }
        let file = match fs::File::open(path) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            file => file?,
        };
        let mut bytes = Vec::new();
        file.take(LARGEST).read_to_end(&mut bytes)?;
        Ok(Some(sha256(&bytes)))
    }
}

fn hex(hash: [u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
