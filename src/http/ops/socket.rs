//! The Unix socket of the operations API: taking it, and who is at its other end.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::{fs, io::ErrorKind};

use tokio::net::UnixListener;

/// Read and write for the owner alone.
const MODE: u32 = 0o600;

/// A socket that is listened on.
#[derive(Debug)]
pub struct Socket {
    pub(super) listener: UnixListener,
    pub(super) path: PathBuf,
    /// The user that this process runs as.
    pub(super) owner: u32,
}

impl Socket {
    /// Listens on `path`, with mode 0600. A socket that nobody answers on any more is replaced;
    /// to be called on the runtime that will serve.
    ///
    /// # Errors
    /// [`ErrorKind::AddrInUse`] if another daemon answers there, [`ErrorKind::AlreadyExists`] if
    /// the file is not a socket; else what the system says.
    pub fn bind(path: &Path) -> io::Result<Self> {
        clear(path)?;
        let listener = UnixListener::bind(path)?;
        // Until here others might connect; they are turned away by their user id all the same.
        fs::set_permissions(path, fs::Permissions::from_mode(MODE))?;
        Ok(Self {
            listener,
            path: path.to_owned(),
            owner: fs::metadata(path)?.uid(),
        })
    }
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

/// The login name of a user, or `uid 1000` if it has none here.
pub fn login(uid: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    login_in(&users, uid).unwrap_or_else(|| format!("uid {uid}"))
}

/// Looks a user up in text of the form of passwd(5).
fn login_in(users: &str, uid: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid) && !name.is_empty()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_is_private_and_replaces_only_a_dead_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ops.sock");
        let first = Socket::bind(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        assert_eq!(first.owner, fs::metadata(dir.path()).unwrap().uid());
        assert_eq!(
            Socket::bind(&path).unwrap_err().kind(),
            ErrorKind::AddrInUse
        );
        drop(first);
        assert!(path.exists());
        Socket::bind(&path).unwrap();

        fs::remove_file(&path).unwrap();
        fs::write(&path, "notes").unwrap();
        assert_eq!(
            Socket::bind(&path).unwrap_err().kind(),
            ErrorKind::AlreadyExists
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "notes");
    }

    #[test]
    fn login_names() {
        let users =
            "root:x:0:0::/root:/bin/sh\nbroken\n:x:7:7::/:/\nada:x:1000:1000:Ada:/home/ada:";
        for (uid, name) in [
            (0, Some("root")),
            (1000, Some("ada")),
            (7, None),
            (100, None),
        ] {
            assert_eq!(login_in(users, uid).as_deref(), name, "{uid}");
        }
        assert_eq!(login(u32::MAX - 1), format!("uid {}", u32::MAX - 1));
    }
}
