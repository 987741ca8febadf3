//! Which server process a connection was made to.
//!
//! When a connection is made, the server names its process, so that a request to cancel can name it again (PostgreSQL's
//! protocol, `BackendKeyData`). A pooler hands out numbers of its own there, since behind it there is another process for
//! every transaction. So the two agree only where there is no pooler. The number is had by writing such a request into
//! memory.

use core::future::{Ready, ready};
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio_postgres::CancelToken;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// The codes of a request for TLS and of one to cancel, which stand where a version would.
const REQUEST_TLS: [u8; 4] = 80_877_103_u32.to_be_bytes();
const CANCEL: [u8; 4] = 80_877_102_u32.to_be_bytes();

/// The number of the server process as it was named when the connection was made.
pub(super) async fn server_process(token: &CancelToken) -> Option<i32> {
    let (ours, theirs) = tokio::io::duplex(64);
    let (sent, read) = tokio::join!(token.cancel_query_raw(theirs, InMemory), read(ours));
    sent.ok()?;
    read.ok()?
}

async fn read(mut from: DuplexStream) -> io::Result<Option<i32>> {
    let mut head = [0; 8];
    from.read_exact(&mut head).await?;
    if head[4..] == REQUEST_TLS {
        from.write_all(b"S").await?;
        from.read_exact(&mut head).await?;
    }
    if head[4..] != CANCEL {
        return Ok(None);
    }
    let mut key = [0; 8];
    from.read_exact(&mut key).await?;
    Ok(key.first_chunk().map(|process| i32::from_be_bytes(*process)))
}

/// What never leaves this process needs no encryption, even where connections do.
struct InMemory;

impl TlsConnect<DuplexStream> for InMemory {
    type Stream = Plain;
    type Error = io::Error;
    type Future = Ready<io::Result<Plain>>;

    fn connect(self, stream: DuplexStream) -> Self::Future {
        ready(Ok(Plain(stream)))
    }
}

struct Plain(DuplexStream);

impl TlsStream for Plain {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Plain {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, to)
    }
}

impl AsyncWrite for Plain {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
