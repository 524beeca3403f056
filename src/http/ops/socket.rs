//! The Unix socket of the operations API: taking it, for one user or for a group.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::{fs, io::ErrorKind};

use tokio::net::UnixListener;

use crate::http::ops::peers::Accounts;

/// Read and write for the owner alone, or for a group too.
const MODE: u32 = 0o600;
const GROUP_MODE: u32 = 0o660;

/// A socket that is listened on.
#[derive(Debug)]
pub struct Socket {
    pub(super) listener: UnixListener,
    pub(super) path: PathBuf,
    /// The user that this process runs as.
    pub(super) owner: u32,
}

impl Socket {
    /// Listens on `path`, with mode 0600, or 0660 for a group. A socket that nobody answers on any
    /// more is replaced; to be called on the runtime that will serve.
    ///
    /// # Errors
    /// [`ErrorKind::AddrInUse`] if another daemon answers there, [`ErrorKind::AlreadyExists`] if
    /// the file is not a socket, [`ErrorKind::NotFound`] if there is no such group; else what the
    /// system says.
    pub fn bind(path: &Path, group: Option<&str>) -> io::Result<Self> {
        let group = group.map(gid).transpose()?;
        clear(path)?;
        let listener = UnixListener::bind(path)?;
        if group.is_some() {
            chown(path, None, group)?;
        }
        // Until here others might connect; they are turned away by their user id all the same.
        let mode = group.map_or(MODE, |_| GROUP_MODE);
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        Ok(Self {
            listener,
            path: path.to_owned(),
            owner: fs::metadata(path)?.uid(),
        })
    }
}

fn gid(group: &str) -> io::Result<u32> {
    Accounts::read().gid(group).ok_or_else(|| {
        io::Error::new(
            ErrorKind::NotFound,
            "the group in ops.socket_group is not in /etc/group",
        )
    })
}

/// Removes what an ended daemon left at `path`, and nothing else.
fn clear(path: &Path) -> io::Result<()> {
    let kind = match fs::symlink_metadata(path) {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !kind.is_socket() {
        return Err(io::Error::new(
            ErrorKind::AlreadyExists,
            "the socket's path is taken by a file that is not a socket; move it away",
        ));
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(io::Error::new(
            ErrorKind::AddrInUse,
            "another daemon answers on the socket; stop it, or use another data directory",
        )),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_is_private_and_replaces_only_a_dead_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ops.sock");
        let first = Socket::bind(&path, None).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        assert_eq!(first.owner, fs::metadata(dir.path()).unwrap().uid());
        assert_eq!(
            Socket::bind(&path, None).unwrap_err().kind(),
            ErrorKind::AddrInUse
        );
        drop(first);
        assert!(path.exists());
        let unknown = Socket::bind(&path, Some("no such group"));
        assert_eq!(unknown.unwrap_err().kind(), ErrorKind::NotFound);
        let own = fs::metadata(dir.path()).unwrap().gid();
        let groups = fs::read_to_string("/etc/group").unwrap_or_default();
        let named = groups.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)? == own.to_string()).then(|| name.to_owned())
        });
        if let Some(group) = named {
            Socket::bind(&path, Some(&group)).unwrap();
            let found = fs::metadata(&path).unwrap();
            assert_eq!(
                (found.permissions().mode() & 0o777, found.gid()),
                (GROUP_MODE, own)
            );
        }
        Socket::bind(&path, None).unwrap();

        fs::remove_file(&path).unwrap();
        fs::write(&path, "notes").unwrap();
        assert_eq!(
            Socket::bind(&path, None).unwrap_err().kind(),
            ErrorKind::AlreadyExists
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "notes");
    }
}
