//! A program as a sink: JSON on its standard input, its exit status as its answer.
//!
//! It is started without a shell and with `PATH` alone of the environment, which may hold secrets
//! of others. What it prints is not read.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use super::queue::Refusal;

/// What a program gets.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Runs a program, and its children, for `patience` at most.
pub(super) async fn run(
    program: &Path,
    arguments: &[String],
    input: Bytes,
    patience: Duration,
) -> Result<(), Refusal> {
    let started = Command::new(program)
        .args(arguments)
        .env_clear()
        .env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Whatever it starts ends with it.
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let mut child = started
        .map_err(|error| Refusal::because(format!("cannot be started: {}", error.kind())))?;
    let group = child
        .id()
        .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let ended = tokio::time::timeout(patience, talk(&mut child, input)).await;
    if ended.is_err()
        && let Some(group) = group
    {
        // One that is gone already needs no end.
        let _ = kill_process_group(group, Signal::KILL);
    }
    match ended {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(Refusal::because(match status.code() {
            Some(code) => format!("ended with {code}"),
            None => "was ended by a signal".to_owned(),
        })),
        Ok(Err(error)) => Err(Refusal::because(format!("failed: {}", error.kind()))),
        Err(_) => Err(Refusal::because(format!(
            "did not end within {} s",
            patience.as_secs_f32()
        ))),
    }
}

async fn talk(child: &mut Child, input: Bytes) -> std::io::Result<ExitStatus> {
    if let Some(mut stdin) = child.stdin.take() {
        // A program need not read what it does not want to know.
        let _ = stdin.write_all(&input).await;
        let _ = stdin.shutdown().await;
    }
    child.wait().await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shell(script: &str, patience: Duration) -> Result<(), String> {
        let arguments = ["-c".to_owned(), script.to_owned()];
        // More than a pipe holds.
        let input = Bytes::from(vec![b'x'; 200_000]);
        run(Path::new("/bin/sh"), &arguments, input, patience)
            .await
            .map_err(|refusal| refusal.why)
    }

    #[tokio::test]
    async fn a_program_answers_by_its_exit_status() {
        assert_eq!(shell("test $(wc -c) = 200000", PATIENCE).await, Ok(()));
        assert_eq!(shell("exit 0", PATIENCE).await, Ok(()));
        assert_eq!(shell("exit 3", PATIENCE).await, Err("ended with 3".into()));
        let killed = Err("was ended by a signal".into());
        assert_eq!(shell("kill -9 $$", PATIENCE).await, killed);
        // Nothing of the environment but PATH; the shell adds some of its own.
        let clean = "test -z \"$HOME$CARGO_MANIFEST_DIR\" && test -n \"$PATH\"";
        assert_eq!(shell(clean, PATIENCE).await, Ok(()));
        let gone = run(Path::new("/nowhere/x"), &[], Bytes::new(), PATIENCE).await;
        assert!(gone.unwrap_err().why.contains("cannot be started"));
    }

    #[tokio::test]
    async fn a_program_that_does_not_end_is_ended_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let script = format!("sleep 1000 & echo $! > {}; wait", pid.display());
        let ended = shell(&script, Duration::from_secs(1)).await;
        assert_eq!(ended, Err("did not end within 1 s".into()));
        let child = std::fs::read_to_string(&pid).unwrap();
        let stat = Path::new("/proc").join(child.trim()).join("stat");
        // It is gone, or waits to be noticed; the signal may take a moment to arrive.
        for _ in 0..500 {
            if !std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the child of the program lives on");
    }
}
