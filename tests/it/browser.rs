//! A headless Chromium for tests, driven over plain HTTP by chromedriver (WebDriver, https://www.w3.org/TR/webdriver2/).
//! It is for pages of this repository only: names of other machines lead nowhere.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const CHROMIUM: &str = "/usr/bin/chromium";
const DRIVER: &str = "/usr/bin/chromedriver";

/// A browser with one window; it ends when this is dropped.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    /// A browser; `None`, and a line on standard error, where none is installed.
    pub fn start(test: &str) -> Option<Browser> {
        if !Path::new(CHROMIUM).exists() || !Path::new(DRIVER).exists() {
            eprintln!("{test}: SKIPPED, as {CHROMIUM} and {DRIVER} are not installed");
            return None;
        }
        let mut driver =
            Command::new(DRIVER).arg("--port=0").stdout(Stdio::piped()).spawn().expect("chromedriver runs");
        let mut said = BufReader::new(driver.stdout.take().expect("its output is ours"));
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert!(said.read_line(&mut line).expect("it speaks") > 0, "chromedriver ended");
            let port = line.split("on port ").nth(1).and_then(|rest| rest.trim().trim_end_matches('.').parse().ok());
            if let Some(port) = port.filter(|&port| port != 0) {
                break port;
            }
        };
        // Whatever else it says must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let mut browser = Browser { driver, port, session: String::new() };
        let args = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--window-size=1100,900",
        ];
        let options = json!({"binary": CHROMIUM, "args": args});
        let logs = json!({"browser": "ALL"});
        let wanted =
            json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": logs}}});
        let answer = browser.request("POST", "/session", &wanted);
        browser.session = answer["sessionId"].as_str().expect("a session").to_owned();
        Some(browser)
    }

    /// A request to the driver, and the value of its answer.
    fn request(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the driver listens");
        stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a time is set");
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n", self.port);
        write!(stream, "{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
            .expect("it is sent");
        let mut answer = Vec::new();
        let mut buffer = [0; 65_536];
        // The driver may leave the connection open: the length says when the answer is whole.
        loop {
            let got = stream.read(&mut buffer).expect("it answers");
            answer.extend_from_slice(&buffer[..got]);
            let text = String::from_utf8_lossy(&answer);
            if let Some((head, rest)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|l| {
                    l.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse::<usize>())
                });
                if got == 0 || length.is_some_and(|n| rest.len() >= n.expect("a length")) {
                    let value: Value = serde_json::from_str(rest).expect("the answer is JSON");
                    assert!(value["value"]["error"].is_null(), "{path}: {value}");
                    return value["value"].clone();
                }
            }
            assert!(got > 0, "the answer is cut off");
        }
    }

    fn post(&self, path: &str, body: Value) -> Value {
        self.request("POST", &format!("/session/{}{path}", self.session), &body)
    }

    /// Opens a file.
    pub fn open(&self, page: &Path) {
        self.visit(&format!("file://{}", page.display()));
    }

    /// Opens an address; where only its hash is another, the page stays.
    pub fn visit(&self, url: &str) {
        self.post("/url", json!({"url": url}));
    }

    /// Waits until a script gives something else than false, null, 0 or an empty text; gives that.
    pub fn wait(&self, script: &str) -> Value {
        for _ in 0..600 {
            let value = self.run(script);
            let is_nothing = value.is_null() || value == false || value == "" || value.as_f64() == Some(0.0);
            if !is_nothing {
                return value;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("waited in vain for {script}\n{:?}", self.console());
    }

    /// What a script gives, which may use `return`.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({"script": script, "args": []}))
    }

    /// Presses keys, one after the other, where the focus is. Names of keys are WebDriver's code points.
    pub fn keys(&self, keys: &[&str]) {
        let each = keys
            .iter()
            .flat_map(|key| [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})]);
        let actions: Vec<Value> = each.collect();
        self.post("/actions", json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]}));
    }

    /// Moves the mouse to a place in the window, and presses it there if that is wanted.
    pub fn mouse(&self, [x, y]: [i64; 2], presses: bool) {
        let mut actions = vec![json!({"type": "pointerMove", "duration": 0, "x": x, "y": y})];
        if presses {
            actions.push(json!({"type": "pointerDown", "button": 0}));
            actions.push(json!({"type": "pointerUp", "button": 0}));
        }
        self.post("/actions", json!({"actions": [{"type": "pointer", "id": "mouse", "actions": actions}]}));
    }

    /// Turns the wheel at a place in the window.
    pub fn wheel(&self, [x, y]: [i64; 2], by: i64) {
        let scroll = json!({"type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": by, "duration": 0});
        self.post("/actions", json!({"actions": [{"type": "wheel", "id": "wheel", "actions": [scroll]}]}));
    }

    /// Gives the window a width, and the page the reader's wish for light or dark.
    pub fn window(&self, width: u32, theme: &str) {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.post("/goog/cdp/execute", json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics}));
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": theme}]});
        self.post("/goog/cdp/execute", json!({"cmd": "Emulation.setEmulatedMedia", "params": media}));
    }

    /// What the page said to the console, and errors of the browser about it.
    pub fn console(&self) -> Vec<String> {
        let entries = self.post("/se/log", json!({"type": "browser"}));
        entries.as_array().expect("a list").iter().map(|e| format!("{} {}", e["level"], e["message"])).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // Ends the browser. If the test has failed, a second failure would hide the first.
            let end =
                format!("DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n", self.session);
            if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
                let _ = stream.write_all(end.as_bytes());
                let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
                let _ = stream.read(&mut [0; 64]);
            }
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
