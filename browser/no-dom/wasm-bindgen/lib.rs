//! In the place of wasm-bindgen: the one trait of it that plotters names. See `web-sys` beside it.

/// A cast between types of the document.
pub trait JsCast: Sized {
    /// Casts it.
    ///
    /// # Errors
    /// Itself: there is nothing to cast.
    fn dyn_into<T>(self) -> Result<T, Self> {
        Err(self)
    }
}
