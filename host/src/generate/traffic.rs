//! Requests as a small shop's site gets them, as lines of the Combined format.

use std::io::Write;

use chrono::DateTime;

use super::random::{SplitMix64, Weighted};
use crate::clock::Timestamp;

/// How many clients there are.
const CLIENTS: u32 = 2_000;

/// How many things there are of each kind that a page shows one of.
const ITEMS: u32 = 500;

/// The most popular pages first; `#` is the number of an item.
const PATHS: [&str; 24] = [
    "/",
    "/pages/#",
    "/products/#",
    "/static/site.css",
    "/static/app.js",
    "/images/#.webp",
    "/api/cart",
    "/search?q=item+#",
    "/api/products/#",
    "/pages/create",
    "/login",
    "/favicon.ico",
    "/blog/2024/#",
    "/cart",
    "/api/session",
    "/users/#/orders",
    "/checkout",
    "/static/fonts/body.woff2",
    "/robots.txt",
    "/feed.xml",
    "/about",
    "/admin/login",
    "/wp-login.php",
    "http://shop.example.com/pages/#",
];

const METHODS: [(&str, u32); 6] =
    [("GET", 860), ("POST", 90), ("HEAD", 25), ("PUT", 12), ("OPTIONS", 8), ("DELETE", 5)];

/// In thousandths: 81 % 2xx, 9 % 3xx, 7.5 % 4xx, 2.5 % 5xx.
const STATUSES: [(&str, u32); 16] = [
    ("200", 770),
    ("201", 20),
    ("204", 15),
    ("206", 5),
    ("304", 55),
    ("301", 15),
    ("302", 20),
    ("404", 50),
    ("403", 9),
    ("401", 8),
    ("400", 5),
    ("429", 3),
    ("500", 12),
    ("502", 5),
    ("503", 6),
    ("504", 2),
];

const PROTOCOLS: [(&str, u32); 3] = [("HTTP/2.0", 60), ("HTTP/1.1", 38), ("HTTP/1.0", 2)];

const USERS: [(&str, u32); 4] = [("-", 96), ("mary", 2), ("frank", 1), ("james", 1)];

const REFERERS: [(&str, u32); 6] = [
    ("-", 40),
    ("https://shop.example.com/", 30),
    ("https://shop.example.com/search?q=shoes", 12),
    ("https://search.example.net/", 10),
    ("https://news.example.org/2024/best-shops", 5),
    ("https://shop.example.com/blog", 3),
];

const AGENTS: [(&str, u32); 8] = [
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
         Chrome/126.0.0.0 Safari/537.36",
        34,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 \
         (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        24,
    ),
    (
        "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) \
         Chrome/126.0.0.0 Mobile Safari/537.36",
        16,
    ),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", 10),
    ("Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example.net/)", 7),
    ("curl/8.8.0", 4),
    ("python-requests/2.32.3", 3),
    ("-", 2),
];

/// Makes requests from a seed: the same seed, the same requests.
#[derive(Clone, Debug)]
pub struct Traffic {
    random: SplitMix64,
    /// Every client's address.
    clients: Vec<String>,
    client_weights: Weighted,
    path_weights: Weighted,
    item_weights: Weighted,
    methods: Choice,
    statuses: Choice,
    protocols: Choice,
    users: Choice,
    referers: Choice,
    agents: Choice,
    /// The second that `stamp` is of.
    second: Option<i64>,
    /// The timestamp as the log writes it, made once a second.
    stamp: String,
}

/// Texts and how often each comes.
#[derive(Clone, Debug)]
struct Choice {
    texts: &'static [(&'static str, u32)],
    weights: Weighted,
}

impl Choice {
    fn new(texts: &'static [(&'static str, u32)]) -> Self {
        Self { texts, weights: Weighted::new(texts.iter().map(|(_, weight)| *weight)) }
    }

    fn pick(&self, random: &mut SplitMix64) -> &'static str {
        self.texts.get(self.weights.pick(random)).map_or("-", |(text, _)| text)
    }
}

impl Traffic {
    /// The requests that follow from `seed`.
    pub fn new(seed: u64) -> Self {
        let mut random = SplitMix64::new(seed);
        let clients = (0..CLIENTS).map(|_| address(&mut random)).collect();
        let paths = u32::try_from(PATHS.len()).unwrap_or(u32::MAX);
        Self {
            random,
            clients,
            client_weights: Weighted::zipf(CLIENTS),
            path_weights: Weighted::zipf(paths),
            item_weights: Weighted::zipf(ITEMS),
            methods: Choice::new(&METHODS),
            statuses: Choice::new(&STATUSES),
            protocols: Choice::new(&PROTOCOLS),
            users: Choice::new(&USERS),
            referers: Choice::new(&REFERERS),
            agents: Choice::new(&AGENTS),
            second: None,
            stamp: String::new(),
        }
    }

    /// Appends the next request, stamped `at`, as one line with its newline: at most 512 bytes.
    pub fn append_line(&mut self, line: &mut Vec<u8>, at: Timestamp) {
        if self.second != Some(at.secs()) {
            self.second = Some(at.secs());
            let time = DateTime::from_timestamp_nanos(at.nanos());
            self.stamp = time.format("%d/%b/%Y:%H:%M:%S +0000").to_string();
        }
        let random = &mut self.random;
        let client = self.clients.get(self.client_weights.pick(random)).map_or("-", String::as_str);
        let user = self.users.pick(random);
        let method = self.methods.pick(random);
        let path = PATHS.get(self.path_weights.pick(random)).map_or("/", |path| path);
        // Always drawn, so that every request takes as many numbers from the generator.
        let item = self.item_weights.pick(random);
        let protocol = self.protocols.pick(random);
        let status = self.statuses.pick(random);
        let bytes = size(random);
        let referer = self.referers.pick(random);
        let agent = self.agents.pick(random);

        let (before, after) = path.split_once('#').map_or((path, None), |(b, a)| (b, Some(a)));
        append(line, &[client, " - ", user, " [", &self.stamp, "] \"", method, " ", before]);
        if let Some(after) = after {
            append_number(line, item);
            append(line, &[after]);
        }
        append(line, &[" ", protocol, "\" ", status, " "]);
        if matches!(status, "204" | "304") || method == "HEAD" {
            append(line, &["0"]);
        } else {
            append_number(line, bytes);
        }
        append(line, &[" \"", referer, "\" \"", agent, "\"\n"]);
    }
}

/// An address of the ranges that are reserved for documentation (RFC 5737, RFC 3849), one in eight
/// of IPv6.
fn address(random: &mut SplitMix64) -> String {
    let network = random.below(8);
    let host = random.below(254) + 1;
    match network {
        0 => format!("2001:db8:{:x}::{host:x}", random.below(0x1_0000)),
        1 | 2 => format!("192.0.2.{host}"),
        3 | 4 => format!("198.51.100.{host}"),
        _ => format!("203.0.113.{host}"),
    }
}

/// A response's size in bytes: mostly small, seldom large, as the product of two draws makes it.
fn size(random: &mut SplitMix64) -> usize {
    let product = (random.below(1_400) + 15) * (random.below(120) + 1);
    usize::try_from(product).unwrap_or(0)
}

fn append(line: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        line.extend_from_slice(part.as_bytes());
    }
}

fn append_number(line: &mut Vec<u8>, number: usize) {
    // Writing to memory cannot fail.
    let _ = write!(line, "{number}");
}
