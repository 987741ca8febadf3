//! Starting the servers, waiting until they answer, ending them.

use crate::Outcome;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server process that ends when this value does.
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Starts the command with its output thrown away, except errors. It is ended when this program dies without
    /// dropping it (`setpriv` sets that and becomes the program), so that no server outlives a cancelled run.
    ///
    /// # Errors
    /// When the program can't be started.
    pub(crate) fn spawn(command: &Command) -> Outcome<Self> {
        let mut bound = Command::new("setpriv");
        bound.args(["--pdeathsig", "TERM"]).arg(command.get_program()).args(command.get_args());
        let child = bound
            .current_dir(command.get_current_dir().unwrap_or(Path::new(".")))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("setpriv (util-linux) can't be started: {error}"))?;
        Ok(Self { child })
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the address takes connections.
    ///
    /// # Errors
    /// When the process ends first, or a minute passes.
    pub(crate) fn wait_for(&mut self, address: SocketAddr) -> Outcome<()> {
        self.wait_until("it listens", || TcpStream::connect(address).is_ok())
    }

    /// Waits until `ready` holds, asking again every few milliseconds.
    ///
    /// # Errors
    /// When the process ends first, or a minute passes.
    pub(crate) fn wait_until(&mut self, what: &str, mut ready: impl FnMut() -> bool) -> Outcome<()> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !ready() {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("a server ended ({status}) before {what}").into());
            }
            if Instant::now() > deadline {
                return Err(format!("a server took more than a minute until {what}").into());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Once reaped, the number may already belong to a stranger.
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        // Asked first: a database should end its workers itself.
        let asked = Command::new("kill").arg("-TERM").arg(self.pid().to_string()).status();
        let deadline = Instant::now() + Duration::from_secs(if asked.is_ok() { 10 } else { 0 });
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback address whose port was free a moment ago.
///
/// # Errors
/// When the machine has no port left.
pub(crate) fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Runs a command to its end and returns what it printed.
///
/// # Errors
/// When it can't be started or fails; the text holds what it wrote to its error stream.
pub(crate) fn output_of(command: &mut Command) -> Outcome<String> {
    let shown = format!("{command:?}");
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{shown}: {error}"))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{shown} failed ({}): {complaint}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_is_quoted() {
        let error = output_of(Command::new("ls").arg("--no-such-option")).unwrap_err();
        assert!(error.to_string().contains("--no-such-option"));
        assert_eq!(output_of(Command::new("echo").arg("hi")).unwrap(), "hi\n");
    }

    #[test]
    fn a_server_that_ends_early_is_noticed() {
        let mut server = Server::spawn(&Command::new("true")).unwrap();
        assert!(server.wait_for("127.0.0.1:1".parse().unwrap()).is_err());
    }
}
