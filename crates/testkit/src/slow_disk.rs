//! A disk that takes its time: put in front of a program that writes, by the dynamic linker.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// The kernel is asked as ever, and only later.
const SOURCE: &str = r"
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int later(long call, int file) {
    struct timespec wait = {0, DELAY_MS * 1000000L};
    nanosleep(&wait, NULL);
    return (int)syscall(call, file);
}
int fdatasync(int file) { return later(SYS_fdatasync, file); }
int fsync(int file) { return later(SYS_fsync, file); }
";

/// A library to preload, in a folder of its own.
#[derive(Debug)]
pub(crate) struct SlowDisk {
    library: PathBuf,
    _folder: TempDir,
}

impl SlowDisk {
    /// Each flush takes that much longer (under a second), by the C compiler that Rust links with.
    pub(crate) fn new(delay: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        crate::postgres::readable(folder.path());
        let (source, library) = (folder.path().join("slow.c"), folder.path().join("slow.so"));
        fs::write(&source, SOURCE.replace("DELAY_MS", &delay.as_millis().to_string())).unwrap();
        let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
        assert!(compiled.unwrap().success(), "the C compiler makes a library");
        Self { library, _folder: folder }
    }

    pub(crate) fn library(&self) -> &Path {
        &self.library
    }
}
