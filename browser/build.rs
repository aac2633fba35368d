//! Tells the linker what the program exports.

fn main() {
    for name in ["take", "answer", "last"] {
        println!("cargo::rustc-link-arg-bins=--export={name}");
    }
}
