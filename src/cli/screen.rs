//! The terminal of `jobsim watch` and of `jobsim run --step`: drawing and keys. The terminal is restored in any case.

use super::watch::Watched;
use crate::report::{self, Layout};
use crate::text::visible_line;
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::style::{Attribute, Color, Print, ResetColor, SetAttribute, SetForegroundColor};
use crossterm::terminal::{self, Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, queue};
use std::io::{self, Write};
use std::time::Duration;

/// The commands that keys stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Stop watching.
    Quit,
    /// Pause or continue.
    Pause,
    /// Double the speed.
    Faster,
    /// Halve the speed.
    Slower,
    /// Advance to the next change, and pause.
    Next,
    /// Another key, by its letter or its arrow.
    Other(KeyCode),
}

/// The terminal in raw mode, on its alternate screen.
pub struct Screen<'a> {
    out: &'a mut dyn Write,
    /// A whole frame, which is written at once to avoid flicker.
    frame: Vec<u8>,
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        // Errors are ignored: a terminal that no longer responds cannot be restored.
        self.frame.clear();
        let _ = queue!(self.frame, cursor::Show, LeaveAlternateScreen);
        let _ = self.show();
        let _ = terminal::disable_raw_mode();
    }
}

/// A line with its colour.
pub type ScreenLine = (String, Option<Color>);

impl<'a> Screen<'a> {
    /// Takes over the terminal.
    ///
    /// # Errors
    /// A terminal that cannot be set up.
    pub fn open(out: &'a mut dyn Write) -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        let mut screen = Screen { out, frame: Vec::new() };
        queue!(screen.frame, EnterAlternateScreen, cursor::Hide)?;
        screen.show()?;
        Ok(screen)
    }

    fn show(&mut self) -> io::Result<()> {
        self.out.write_all(&self.frame)?;
        self.out.flush()
    }

    /// The next key, within this time.
    ///
    /// # Errors
    /// A terminal that cannot be read.
    pub fn key(&self, within: Duration) -> io::Result<Option<Key>> {
        if !event::poll(within)? {
            return Ok(None);
        }
        let Event::Key(key) = event::read()? else { return Ok(None) };
        if key.kind == KeyEventKind::Release {
            return Ok(None);
        }
        Ok(match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Key::Quit),
            KeyCode::Char('q') | KeyCode::Esc => Some(Key::Quit),
            KeyCode::Char(' ') => Some(Key::Pause),
            KeyCode::Right | KeyCode::Up | KeyCode::Char('+') => Some(Key::Faster),
            KeyCode::Left | KeyCode::Down | KeyCode::Char('-') => Some(Key::Slower),
            KeyCode::Char('.') | KeyCode::Enter => Some(Key::Next),
            other => Some(Key::Other(other)),
        })
    }

    /// Draws lines below a head and above what the keys do.
    ///
    /// # Errors
    /// Output that cannot be written.
    pub fn lines(&mut self, head: &str, lines: &[ScreenLine], keys: &str) -> io::Result<()> {
        self.frame.clear();
        let (width, height) = size()?;
        queue!(self.frame, cursor::MoveTo(0, 0), SetAttribute(Attribute::Bold), Print(cut(head, width)))?;
        queue!(self.frame, SetAttribute(Attribute::Reset), Clear(ClearType::UntilNewLine))?;
        for (n, (line, colour)) in lines.iter().take(usize::from(height).saturating_sub(2)).enumerate() {
            queue!(self.frame, cursor::MoveTo(0, n as u16 + 1))?;
            match colour {
                Some(colour) => queue!(self.frame, SetForegroundColor(*colour), Print(cut(line, width)), ResetColor)?,
                None => queue!(self.frame, Print(cut(line, width)))?,
            }
            queue!(self.frame, Clear(ClearType::UntilNewLine))?;
        }
        queue!(self.frame, Clear(ClearType::FromCursorDown), cursor::MoveTo(0, height.saturating_sub(1)))?;
        queue!(self.frame, SetForegroundColor(Color::DarkGrey), Print(cut(keys, width)), ResetColor)?;
        self.show()
    }

    /// Draws the simulation.
    ///
    /// # Errors
    /// Output that cannot be written.
    pub fn draw(&mut self, watched: &Watched, speed: f64, is_paused: bool, is_over: bool) -> io::Result<()> {
        let (_, height) = size()?;
        let state = match (is_over, is_paused) {
            (true, _) => "  nothing more happens",
            (_, true) => "  paused",
            _ => "",
        };
        let head = format!("jobsim watch  +{}  {speed}x{state}", watched.since_start());
        let keys = "space pause  ←/→ speed  . next change  q quit";
        let lines = lines(watched, usize::from(height).saturating_sub(2));
        self.lines(&head, &lines, keys)
    }
}

/// The terminal's size.
///
/// # Errors
/// A terminal that cannot be asked.
pub fn size() -> io::Result<(u16, u16)> {
    Ok(match terminal::size()? {
        // Some terminals report a size of zero.
        (0, _) | (_, 0) => (80, 24),
        size => size,
    })
}

fn cut(line: &str, width: u16) -> String {
    visible_line(line).chars().take(usize::from(width)).collect()
}

/// The lines below the head: Jobs, Pods, and the latest reasons.
fn lines(watched: &Watched, height: usize) -> Vec<ScreenLine> {
    let mut lines: Vec<ScreenLine> = Vec::new();
    let jobs = report::get(&watched.as_run(), Layout::document());
    lines.extend(jobs.lines().take(4).map(|line| (line.to_owned(), None)));
    lines.push((String::new(), None));
    let left = height.saturating_sub(lines.len() + 3);
    let pods = watched.view.shown((left * 3 / 5).max(3));
    let width = pods.iter().map(|row| row.name.chars().count()).chain([4]).max().unwrap_or(4);
    lines.push((format!("{:<width$}   READY   STATUS              RESTARTS   AGE", "NAME"), None));
    for row in &pods {
        let [name, ready, status, restarts, age] = row.cells(watched.now);
        let colour = match row.status {
            "Running" => Some(Color::Green),
            "Error" | "CrashLoopBackOff" => Some(Color::Red),
            "Terminating" => Some(Color::Magenta),
            "Completed" => Some(Color::DarkGrey),
            _ => Some(Color::Yellow),
        };
        lines.push((format!("{name:<width$}   {ready:<7} {status:<19} {restarts:<10} {age}"), colour));
    }
    let hidden = watched.view.pods.len() - pods.len();
    lines.push((if hidden > 0 { format!("… and {hidden} more") } else { String::new() }, None));
    let room = height.saturating_sub(lines.len());
    let reasons = &watched.view.reasons;
    for (at, text) in reasons.iter().skip(reasons.len().saturating_sub(room)) {
        let since = *at - (watched.now - watched.since_start());
        lines.push((format!("{:>9}  {text}", format!("+{since}")), Some(Color::Cyan)));
    }
    lines
}
