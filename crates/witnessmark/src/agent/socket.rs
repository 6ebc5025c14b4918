//! Where the agent's socket lies, and who is at the other end of it.

use std::fs::DirBuilder;
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use witnessmark_case::CaseError;
use witnessmark_case::model::id::CaseId;

fn our_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The folder for sockets: in `$XDG_RUNTIME_DIR`, else in `/run/user/UID`, else in the folder for temporary files. The first
/// two are in memory and end with the session.
fn folder() -> PathBuf {
    let user = our_user();
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    runtime
        .into_iter()
        .chain([PathBuf::from(format!("/run/user/{user}"))])
        .find(|folder| folder.is_absolute() && folder.is_dir())
        .map_or_else(
            || std::env::temp_dir().join(format!("witnessmark-{user}")),
            |folder| folder.join("witnessmark"),
        )
}

/// Whether a folder is one: ours, closed to all others, and no link.
fn is_private(folder: &Path) -> std::io::Result<bool> {
    let found = folder.symlink_metadata()?;
    Ok(found.is_dir() && found.uid() == our_user() && found.mode() & 0o077 == 0)
}

fn not_private(folder: &Path) -> CaseError {
    CaseError::input(
        format!("{} is not a folder that only you can reach", folder.display()),
        "remove it, or set XDG_RUNTIME_DIR to a folder of yours; somebody may have put it there",
    )
}

/// The path of the socket for `case`, if the folder of sockets is there.
pub(super) fn path(case: CaseId) -> Result<Option<PathBuf>, CaseError> {
    let folder = folder();
    match is_private(&folder) {
        Ok(true) => Ok(Some(folder.join(case.to_string()))),
        Ok(false) => Err(not_private(&folder)),
        Err(_) => Ok(None),
    }
}

/// The path of the socket for `case`; the folder is made if it is not there, and a socket that nobody listens on is removed.
pub(super) fn make_path(case: CaseId) -> Result<PathBuf, CaseError> {
    let folder = folder();
    let made = DirBuilder::new().mode(0o700).create(&folder);
    match is_private(&folder) {
        Ok(true) => {}
        Ok(false) => return Err(not_private(&folder)),
        Err(cause) => {
            return Err(CaseError::file("make the folder", &folder, &made.err().unwrap_or(cause)));
        }
    }
    let path = folder.join(case.to_string());
    match std::fs::remove_file(&path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(CaseError::file("remove", &path, &cause))
        }
        _ => Ok(path),
    }
}

/// Whether a process of our own user is at the other end.
pub(super) fn is_ours(stream: &impl AsFd) -> bool {
    rustix::net::sockopt::socket_peercred(stream).is_ok_and(|peer| peer.uid.as_raw() == our_user())
}
