//! Writing a file so that at any instant either the old one or the new one is whole.
//!
//! What each step gives: the new bytes are on the disk before they get the name (write, sync), the name changes at
//! once (rename), and the change of the name is on the disk before anybody is told (sync of the folder).

use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// One step of writing; paths are those of the files themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Op<'a> {
    /// A folder is made.
    MakeFolder(&'a Path),
    /// A file is about to be made beside the one whose place it will take.
    Begin(&'a Path),
    /// A file is made, empty.
    Create(&'a Path),
    /// Bytes are put at the end of a file.
    Write(&'a Path, &'a [u8]),
    /// Bytes take the place of as many at the beginning of a file.
    Overwrite(&'a Path, &'a [u8]),
    /// What was written into a file is put on the disk.
    Sync(&'a Path),
    /// A file gets another name, and takes the place of one that had it.
    Rename(&'a Path, &'a Path),
    /// The names in a folder are put on the disk.
    SyncFolder(&'a Path),
    /// A file, or an empty folder, is removed.
    Remove(&'a Path),
}

/// Why a step is not taken.
#[derive(Debug)]
pub(super) struct Stop {
    /// What the system would say.
    pub error: io::Error,
    /// Of a write, how many bytes come through all the same.
    pub written: usize,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self { error, written: 0 }
    }
}

impl From<Stop> for io::Error {
    fn from(stop: Stop) -> Self {
        stop.error
    }
}

/// Is asked before every step; tests stop here as a crash or a full disk would.
pub(super) type Gate<'a> = &'a mut dyn FnMut(Op) -> Result<(), Stop>;

/// Lets every step pass.
#[expect(clippy::unnecessary_wraps, reason = "a gate may refuse; this one does not")]
pub(super) fn open_gate(_: Op) -> Result<(), Stop> {
    Ok(())
}

/// Replaces or makes the file at `path`, which is whole at any instant; durable when this returns.
pub(super) fn write_file(path: &Path, bytes: &[u8], gate: Gate) -> io::Result<()> {
    replace(path, bytes, gate)?;
    sync_folder_of(path, gate)
}

/// Replaces or makes the file at `path`; durable after [`sync_folder_of`].
pub(super) fn replace(path: &Path, bytes: &[u8], gate: Gate) -> io::Result<()> {
    // Through a symbolic link, as any editor would: the link stays. Whether it leads out of a project is asked before
    // (`inside`).
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let old = fs::metadata(&target).ok();
    if old.as_ref().is_some_and(|old| old.permissions().readonly()) {
        // Renaming would succeed all the same; whoever made the file read-only meant it.
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let file = begin(&target, folder, bytes, gate)?;
    if let Some(old) = old {
        // Some file systems know no permissions; that is no reason not to save.
        let _ = file.as_file().set_permissions(old.permissions());
    }
    sync(file.as_file(), file.path(), gate)?;
    exchange(file, &target, gate)
}

/// Makes a file with these bytes beside the one whose place it will take; not durable yet.
fn begin(target: &Path, folder: &Path, bytes: &[u8], gate: Gate) -> io::Result<NamedTempFile> {
    gate(Op::Begin(target))?;
    // In the same folder: a rename does not cross file systems.
    let mut file = new_file(folder)?;
    let beside = file.path().to_owned();
    append(file.as_file_mut(), &beside, bytes, gate)?;
    Ok(file)
}

/// Makes a file with these bytes, on the disk, beside the one whose place it is to take by [`exchange`] or [`settle`].
pub(super) fn beside(target: &Path, bytes: &[u8], gate: Gate) -> io::Result<NamedTempFile> {
    let file = begin(target, target.parent().unwrap_or(Path::new(".")), bytes, gate)?;
    sync(file.as_file(), file.path(), gate)?;
    Ok(file)
}

/// Puts a file in the place of another one; its name is durable after [`sync_folder_of`].
pub(super) fn exchange(file: NamedTempFile, target: &Path, gate: Gate) -> io::Result<()> {
    gate(Op::Rename(file.path(), target))?;
    file.persist(target).map_err(|e| e.error)?;
    Ok(())
}

/// Gives a file a name that no other has yet; it is durable after [`sync_folder_of`].
pub(super) fn settle(file: NamedTempFile, target: &Path, gate: Gate) -> io::Result<()> {
    gate(Op::Rename(file.path(), target))?;
    file.persist_noclobber(target).map_err(|e| e.error)?;
    Ok(())
}

/// Makes a file that must not be there yet; its name is durable after [`sync_folder_of`].
pub(super) fn create(path: &Path, gate: Gate) -> io::Result<fs::File> {
    gate(Op::Create(path))?;
    fs::OpenOptions::new().append(true).create_new(true).open(path)
}

/// Puts bytes at the end of an open file; durable after [`sync`].
pub(super) fn append(file: &mut fs::File, path: &Path, bytes: &[u8], gate: Gate) -> io::Result<()> {
    if let Err(Stop { error, written }) = gate(Op::Write(path, bytes)) {
        file.write_all(bytes.get(..written).unwrap_or(bytes))?;
        return Err(error);
    }
    file.write_all(bytes)
}

/// Writes bytes over those at the beginning of an open file.
pub(super) fn overwrite(file: &mut fs::File, path: &Path, bytes: &[u8], gate: Gate) -> io::Result<()> {
    let stopped = gate(Op::Overwrite(path, bytes)).err();
    file.seek(SeekFrom::Start(0))?;
    let through = stopped.as_ref().and_then(|stop| bytes.get(..stop.written)).unwrap_or(bytes);
    file.write_all(through)?;
    stopped.map_or(Ok(()), |stop| Err(stop.error))
}

/// Puts what was written into an open file on the disk.
pub(super) fn sync(file: &fs::File, path: &Path, gate: Gate) -> io::Result<()> {
    gate(Op::Sync(path))?;
    file.sync_all()
}

/// Removes a file; durable after [`sync_folder_of`].
pub(super) fn remove(path: &Path, gate: Gate) -> io::Result<()> {
    gate(Op::Remove(path))?;
    fs::remove_file(path)
}

/// Removes a folder in which nothing is.
pub(super) fn remove_folder(path: &Path, gate: Gate) -> io::Result<()> {
    gate(Op::Remove(path))?;
    fs::remove_dir(path)
}

const PREFIX: &str = ".byline-";
const SUFFIX: &str = ".tmp";
/// Letters and digits between the two.
const RANDOM: usize = 6;

/// Whether [`new_file`] makes files that are called so.
pub(super) fn is_new_files_name(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
    random.is_some_and(|random| random.len() == RANDOM && random.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A file that goes again unless it gets a name, or the process is killed (`left_over`).
pub(super) fn new_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file: what the umask leaves. Temporary files are for the owner alone otherwise.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Makes a folder and those above it, durably.
pub(super) fn make_folder(path: &Path, gate: Gate) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        make_folder(parent, gate)?;
    }
    gate(Op::MakeFolder(path))?;
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder_of(path, gate),
    }
}

/// Gives a file another place on the same disk; durable after [`sync_folder_of`] both.
pub(super) fn move_file(from: &Path, to: &Path, gate: Gate) -> io::Result<()> {
    gate(Op::Rename(from, to))?;
    fs::rename(from, to)
}

/// Puts the names in the folder of `path` on the disk.
pub(super) fn sync_folder_of(path: &Path, gate: Gate) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    gate(Op::SyncFolder(folder))?;
    // Elsewhere folders cannot be opened, and their names are durable without.
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_stops_at_any_step_leaves_the_old_file_whole_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("é.ron");
        write_file(&path, "älter".as_bytes(), &mut open_gate).unwrap();
        for stop in 0..4 {
            let mut step = 0;
            let mut gate = |_: Op| {
                step += 1;
                let error = io::Error::from(io::ErrorKind::StorageFull);
                if step == stop + 1 { Err(Stop { error, written: 1 }) } else { Ok(()) }
            };
            let error = replace(&path, b"new", &mut gate).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
            assert_eq!(fs::read_to_string(&path).unwrap(), "älter", "step {stop}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "step {stop}");
        }
        write_file(&path, "neu".as_bytes(), &mut open_gate).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "neu");
    }

    #[test]
    #[cfg(unix)]
    fn a_read_only_file_stays_and_a_replaced_one_keeps_its_rights() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("project.ron");
        write_file(&path, b"1", &mut open_gate).unwrap();
        let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        mode(0o640);
        write_file(&path, b"2", &mut open_gate).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        mode(0o440);
        assert_eq!(write_file(&path, b"3", &mut open_gate).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(fs::read(&path).unwrap(), b"2");
    }
}
