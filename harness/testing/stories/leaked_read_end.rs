// SPDX-License-Identifier: GPL-2.0-or-later
//
// leaked_read_end [drop]: `yes | true`, where the parent waits for `yes`. The Command of `true` keeps
// the read end of the pipe as long as it lives (rust-lang/rust #98209), so `yes` gets no EPIPE.
use std::process::{Command, Stdio};

fn main() {
    let mut writer = Command::new("yes").stdout(Stdio::piped()).spawn().expect("yes");
    let mut reader = Command::new("true");
    reader.stdin(writer.stdout.take().expect("a pipe"));
    reader.spawn().expect("true").wait().expect("wait");
    if std::env::args().nth(1).as_deref() == Some("drop") {
        drop(reader);
    }
    writer.wait().expect("wait");
}
