//! A custodian's end: opens a sealed share with its key, and hands it to a process that waits for it.

use super::custodians_socket;
use crate::failure::{self, Failure};
use crate::wire;
use keyholder::custody::{CustodianKey, HandError, Invitation, OpenError, Purpose, SealedShare, Share};
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use zeroize::Zeroizing;

/// Others may be served first.
const PATIENCE: Duration = Duration::from_secs(30);
const LONGEST: u64 = 1 << 16;

/// A share, sealed and opened.
pub(crate) struct Opened {
    pub(crate) sealed: SealedShare,
    share: Share,
}

/// What became of a share.
pub(crate) struct Taken {
    pub(crate) purpose: Purpose,
    pub(crate) have: u8,
    pub(crate) needed: u8,
}

/// Reads a sealed share and opens it.
///
/// # Errors
/// Which of the files isn't right.
pub(crate) fn opened(share: &Path, key: &Path) -> Result<Opened, Failure> {
    let sealed = load_share(share)?;
    let key = load_key(key)?;
    let next = |error: &OpenError| match error {
        OpenError::OtherKey(_) => "give your own share with your own key; both say whose they are",
        OpenError::Edited => "take the share's file, or paper, as it was given to you; it can't be mended by hand",
    };
    let opened =
        sealed.open(&key).map_err(|error| Failure::here(format!("{}: {error}", share.display()), next(&error)))?;
    Ok(Opened { sealed, share: opened })
}

/// Reads a sealed share, a file or typed in from paper.
///
/// # Errors
/// What isn't right, and where.
pub(crate) fn load_share(path: &Path) -> Result<SealedShare, Failure> {
    let text = fs::read_to_string(path).map_err(|error| failure::file(path, &error))?;
    SealedShare::read(&text).map_err(|error| {
        Failure::here(
            format!("{}: {error}", path.display()),
            "compare with the share as it was given to you; words are counted from 1",
        )
    })
}

fn load_key(path: &Path) -> Result<CustodianKey, Failure> {
    let wrong = |error: std::io::Error| failure::file(path, &error);
    let next = "run: chmod 600 on it; if somebody may have read it, have yourself replaced with a new key";
    failure::own_alone(path, "this private key", next)?;
    let text = Zeroizing::new(fs::read_to_string(path).map_err(wrong)?);
    CustodianKey::read(&text).map_err(|error| {
        Failure::here(format!("{}: {error}", path.display()), "give the private file that ringfence custodian key made")
    })
}

/// Hands an opened share to whoever waits beside `socket`, if it is for `only`, where that is given.
///
/// # Errors
/// If nobody waits there, or the share isn't taken.
pub(crate) fn hand_in(socket: &Path, opened: &Opened, only: Option<Purpose>) -> Result<Taken, Failure> {
    let socket = custodians_socket(socket);
    wire::block_on(async {
        let handed = tokio::time::timeout(PATIENCE, exchange(&socket, opened, only)).await;
        handed.unwrap_or_else(|_| Err(Failure::there(format!("{}: no answer in time", socket.display()), "try again")))
    })
}

async fn exchange(socket: &Path, opened: &Opened, only: Option<Purpose>) -> Result<Taken, Failure> {
    let nobody = |_| {
        Failure::there(
            format!("{}: nobody waits for shares there", socket.display()),
            "check --socket; a key holder waits while it is sealed: ringfence keyholder serve",
        )
    };
    let broken = |_| Failure::there(format!("{}: the connection broke", socket.display()), "try again");
    let mut connection = BufReader::new(UnixStream::connect(socket).await.map_err(nobody)?);
    let mut text = String::new();
    while !text.lines().last().is_some_and(|line| line.starts_with("check:")) {
        let read = (&mut connection).take(LONGEST).read_line(&mut text).await.map_err(broken)?;
        if read == 0 || text.len() as u64 > LONGEST {
            return Err(Failure::there(
                format!("{}: what waits there doesn't invite", socket.display()),
                "check --socket",
            ));
        }
    }
    let invitation = Invitation::read(&text).map_err(|error| {
        Failure::there(format!("{}: {error}", socket.display()), "both sides must be of one version")
    })?;
    let purpose = invitation.purpose();
    if only.is_some_and(|only| only != purpose) {
        return Err(Failure::there(
            format!("the share is wanted for something else: {}", purpose.name()),
            "if that is meant: ringfence ceremony open --socket",
        ));
    }
    let handed =
        invitation.hand_in(&opened.sealed, &opened.share).map_err(|error| not_taken(&error.to_string(), error))?;
    connection.write_all(handed.text().as_bytes()).await.map_err(broken)?;
    connection.shutdown().await.map_err(broken)?;
    let mut answer = String::new();
    connection.take(LONGEST).read_to_string(&mut answer).await.map_err(broken)?;
    match answer.trim().split_once(' ') {
        Some(("taken", numbers)) => {
            let mut numbers = numbers.split(' ').map_while(|number| number.parse().ok());
            let (have, needed) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
            Ok(Taken { purpose, have, needed })
        }
        Some(("refused", why)) => Err(not_taken(why, HandError::NotDealt)),
        _ => Err(Failure::there(format!("{}: the answer can't be read", socket.display()), "try again")),
    }
}

fn not_taken(why: &str, error: HandError) -> Failure {
    let next = match error {
        HandError::OtherCeremony => "give the share of the newest ceremony: ringfence ceremony status names it",
        _ => {
            "another custodian's share, or this one as it was given to you; ringfence ceremony status says who has which"
        }
    };
    Failure::there(why, next)
}
