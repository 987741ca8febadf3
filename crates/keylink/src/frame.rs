//! Frames: a length, and so many bytes.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

/// Whatever carries frames both ways.
pub(crate) trait Carries: AsyncRead + AsyncWrite + Send + Unpin {}

impl<C: AsyncRead + AsyncWrite + Send + Unpin> Carries for C {}

/// One, of whichever kind.
pub(crate) type Connection = Box<dyn Carries>;

/// All power of a large tenant fits into it several times.
pub(crate) const LONGEST: usize = 16 << 20;
/// Memory is given as bytes come, not as a length promises.
const STEP: usize = 64 << 10;

/// Why no frame came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// The other side is gone.
    #[error("the connection broke: {}", .0.kind())]
    Io(#[from] std::io::Error),
    /// Its length isn't one.
    #[error("a frame is empty or too long")]
    Length,
}

/// The next frame's bytes; none if the other side has ended the connection between two frames.
pub(crate) async fn read<R: AsyncRead + Unpin>(from: &mut R) -> Result<Option<Zeroizing<Vec<u8>>>, FrameError> {
    let mut head = [0; 4];
    match from.read(&mut head[..1]).await {
        Ok(0) => return Ok(None),
        // Over TLS, a side that is gone without a word.
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    };
    from.read_exact(&mut head[1..]).await?;
    let length = u32::from_be_bytes(head) as usize;
    if length == 0 || length > LONGEST {
        return Err(FrameError::Length);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.min(STEP)));
    while bytes.len() < length {
        let (start, end) = (bytes.len(), length.min(bytes.len() + STEP));
        bytes.resize(end, 0);
        from.read_exact(&mut bytes[start..]).await?;
    }
    Ok(Some(bytes))
}

/// Writes one; its first four bytes are room for the length.
pub(crate) async fn write<W: AsyncWrite + Unpin>(to: &mut W, mut frame: Zeroizing<Vec<u8>>) -> Result<(), FrameError> {
    let length = frame.len().saturating_sub(4);
    if length == 0 || length > LONGEST {
        return Err(FrameError::Length);
    }
    let head = u32::try_from(length).map_err(|_| FrameError::Length)?.to_be_bytes();
    frame[..4].copy_from_slice(&head);
    to.write_all(&frame).await?;
    Ok(to.flush().await?)
}
