//! Signals that end a command: Ctrl-C, SIGTERM and SIGHUP, which are treated alike. A command that can stop with a
//! partial answer asks for the flag; the first signal sets it, and the second ends the process. Other commands end at
//! the first signal. The exit code is 130 in any case.

use crate::report;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

static IS_STOPPED: AtomicBool = AtomicBool::new(false);
static HAS_PARTIAL_ANSWER: AtomicBool = AtomicBool::new(false);

/// The exit code of an interrupted command, as shells report Ctrl-C.
pub const EXIT_CODE: u8 = 130;

/// Handles signals from now on.
pub fn install() {
    // Without such signals, or with a handler of an embedding program, the system's default remains.
    let _ = ctrlc::set_handler(|| {
        let is_first = !IS_STOPPED.swap(true, Ordering::Relaxed);
        if !(is_first && HAS_PARTIAL_ANSWER.load(Ordering::Relaxed)) {
            report::remove_unfinished();
            std::process::exit(EXIT_CODE.into());
        }
        std::thread::spawn(tell_that_it_goes_on);
    });
}

/// Says why the command goes on, if it still does after a second: a large replication that has begun can take long.
fn tell_that_it_goes_on() {
    const A_WHILE: Duration = Duration::from_secs(1);
    std::thread::sleep(A_WHILE);
    let _ = writeln!(
        std::io::stderr(),
        "interrupted: what has begun is finished, and then the partial answer comes; a second signal ends jobsim at once"
    );
}

/// The flag that a signal sets, for a command that checks it and gives a partial answer.
pub fn flag() -> &'static AtomicBool {
    HAS_PARTIAL_ANSWER.store(true, Ordering::Relaxed);
    &IS_STOPPED
}

/// Whether there was a signal.
pub fn is_stopped() -> bool {
    IS_STOPPED.load(Ordering::Relaxed)
}
