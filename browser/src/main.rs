//! The simulator as WebAssembly: a plain C ABI of three functions, for a page in a browser. It knows nothing of the
//! simulator but [`jobsim::page::answer`].
//!
//! The caller asks for memory (`take`), writes a request there as UTF-8, and calls `answer` with its length; it gets the
//! address of the answer, whose length is in the first four bytes. That stays until the next call.
//!
//! wasm-bindgen would do the same with a tool of one exact version and generated code beside it; one function from text to
//! text needs neither.

use std::cell::RefCell;

/// Nobody runs it: a page calls what it exports (`build.rs`).
fn main() {}

thread_local! {
    static REQUEST: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Room for a request of so many bytes.
// SAFETY: no other function of this module or of its libraries has this name.
#[unsafe(no_mangle)]
pub extern "C" fn take(length: usize) -> *mut u8 {
    REQUEST.with_borrow_mut(|request| {
        request.clear();
        request.resize(length, 0);
        request.as_mut_ptr()
    })
}

/// Answers the request that was written.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    std::panic::set_hook(Box::new(|panic| give(&panic.to_string())));
    let request = REQUEST.take();
    give(&jobsim::page::answer(&String::from_utf8_lossy(&request)));
    last()
}

/// The last answer; after a trap the reason of the panic.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn last() -> *const u8 {
    ANSWER.with_borrow(|answer| answer.as_ptr())
}

fn give(text: &str) {
    ANSWER.with_borrow_mut(|answer| {
        answer.clear();
        answer.extend_from_slice(&(text.len() as u32).to_le_bytes());
        answer.extend_from_slice(text.as_bytes());
    });
}
