//! Whether a path of the project stays in the project: nothing is read or written through a link that leads out of it.
//!
//! Names are safe where they are made ([`crate::model::DocumentId`], `annotator_folder`); what lies under them on disk
//! is not ours to choose. The folder of the project may itself lie behind a link: that is the person's choice. Who can
//! exchange files while Byline runs has the person's rights already; against them nothing here helps.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Why a path of the project is not followed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Astray {
    /// A symbolic link, or a junction, to something that is not in the project.
    #[error("`{}` is a link to `{}`, which is not in the project", link.display(), target.display())]
    Link {
        /// The link.
        link: PathBuf,
        /// Where it leads, as far as that can be told.
        target: PathBuf,
    },
    /// A pipe, a socket or a device: to read it could take forever.
    #[error("`{}` is not an ordinary file", .0.display())]
    NoFile(PathBuf),
    /// A path that is not below the project's folder.
    #[error("`{}` is not in the project", .0.display())]
    Elsewhere(PathBuf),
}

impl Astray {
    /// What to do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Link { .. } => {
                "put the files themselves in the place of the link; only the project's folder as a whole may lie behind one"
            }
            Self::NoFile(_) | Self::Elsewhere(_) => "put an ordinary file in its place",
        }
    }
}

impl From<Astray> for io::Error {
    fn from(astray: Astray) -> Self {
        Self::other(astray)
    }
}

/// Checks that `path`, which need not exist, lies in the folder `root` whatever links there are on the way.
pub(super) fn check(root: &Path, path: &Path) -> Result<(), Astray> {
    let inner = path.strip_prefix(root).map_err(|_| Astray::Elsewhere(path.to_owned()))?;
    let mut at = root.to_owned();
    for component in inner.components() {
        let Component::Normal(name) = component else { return Err(Astray::Elsewhere(path.to_owned())) };
        at.push(name);
        // What is not there, or may not be looked at, is the business of whoever opens it.
        let Ok(found) = fs::symlink_metadata(&at) else { return Ok(()) };
        if found.is_symlink() && !leads_inside(root, &at) {
            let target = fs::canonicalize(&at).or_else(|_| fs::read_link(&at)).unwrap_or_default();
            return Err(Astray::Link { link: at, target });
        }
    }
    match fs::metadata(&at) {
        Ok(found) if !found.is_file() && !found.is_dir() => Err(Astray::NoFile(at)),
        _ => Ok(()),
    }
}

/// A link that leads nowhere leads nowhere inside.
fn leads_inside(root: &Path, link: &Path) -> bool {
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    fs::canonicalize(root).and_then(|root| Ok(fs::canonicalize(link)?.starts_with(root))).unwrap_or(false)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_inside_the_project_only_and_the_project_may_lie_behind_one() {
        let temp = tempfile::tempdir().unwrap();
        let (project, outside) = (temp.path().join("project"), temp.path().join("project-outside"));
        fs::create_dir_all(project.join("documents")).unwrap();
        fs::create_dir_all(outside.join("documents")).unwrap();
        fs::write(project.join("documents/a.txt"), "a").unwrap();
        fs::write(outside.join("documents/a.txt"), "secret").unwrap();
        symlink(outside.join("documents"), project.join("annotations")).unwrap();
        symlink("a.txt", project.join("documents/inside.txt")).unwrap();
        symlink("../../project-outside/documents/a.txt", project.join("documents/out.txt")).unwrap();
        symlink("nowhere", project.join("documents/nowhere.txt")).unwrap();
        symlink(&project, temp.path().join("behind")).unwrap();
        for root in [project.clone(), temp.path().join("behind")] {
            for fine in ["project.ron", "documents/a.txt", "documents/inside.txt", "documents/new.txt", "new/new/a"] {
                assert_eq!(check(&root, &root.join(fine)), Ok(()), "{fine}");
            }
            for (bad, link) in [
                ("annotations/a.txt", "annotations"),
                ("annotations/new/b.txt", "annotations"),
                ("documents/out.txt", "documents/out.txt"),
                ("documents/nowhere.txt", "documents/nowhere.txt"),
            ] {
                let refused = check(&root, &root.join(bad)).unwrap_err();
                assert!(matches!(&refused, Astray::Link { link: at, .. } if *at == root.join(link)), "{refused}");
            }
            assert!(check(&root, &root.join("documents/../../project-outside")).is_err());
            assert!(check(&root, &outside).is_err());
        }
    }
}
