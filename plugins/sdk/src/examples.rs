//! Whole monitors, each with its test. They run natively, with [`testing`](crate::testing) in the
//! host's place; the worked monitors beside this crate are the same at full length.
//!
//! # A threshold on a ratio
//!
//! Two questions over one window cost one pass; the alert has a name of its own for each section.
//!
//! ```
//! use serde::Deserialize;
//! use weir_monitor::testing::Host;
//! use weir_monitor::{Alert, Instant, Monitor, Problems, Query, Setting, Setup, Severity, Span};
//!
//! #[derive(Deserialize, Setting)]
//! #[serde(default, deny_unknown_fields)]
//! struct Config {
//!     /// How many of a section's requests may fail, in percent.
//!     #[setting(range = 0.0..=100.0)]
//!     errors_max: f64,
//!     /// How far back requests count.
//!     #[setting(range = Span::RESOLUTION..=Span::WINDOW_MAX)]
//!     window: Span,
//! }
//!
//! impl Default for Config {
//!     fn default() -> Self {
//!         Self { errors_max: 5.0, window: Span::from_secs(300) }
//!     }
//! }
//!
//! struct Ratio {
//!     errors_max: f64,
//!     all: Query,
//!     failed: Query,
//! }
//!
//! impl Monitor for Ratio {
//!     type Config = Config;
//!
//!     fn configure(setup: &mut Setup, config: Config) -> Result<Self, Problems> {
//!         setup.tick_every(Span::from_secs(10))?;
//!         Ok(Self {
//!             errors_max: config.errors_max,
//!             all: setup.query("by section | top 100 | count", config.window)?,
//!             failed: setup
//!                 .query("where status >= 500 | by section | top 100 | count", config.window)?,
//!         })
//!     }
//!
//!     fn on_tick(&mut self, _now: Instant) {
//!         let all = self.all.answer();
//!         for ([section], [failed]) in self.failed.answer().rows() {
//!             let requests = all.rows().find(|([name], _)| *name == section);
//!             let Some((_, [requests])) = requests else { continue };
//!             let percent = failed / requests * 100.0;
//!             if percent > self.errors_max {
//!                 Alert::new(section, "Requests fail")
//!                     .severity(Severity::Critical)
//!                     .value(percent, "%")
//!                     .label("section", section)
//!                     .raise();
//!             }
//!         }
//!     }
//! }
//!
//! let mut host = Host::<Ratio>::start(r#"{ "errors_max": 10 }"#).unwrap();
//! host.answer(0, &[(&["api"], &[200.0]), (&["shop"], &[50.0])]);
//! host.answer(1, &[(&["api"], &[40.0]), (&["shop"], &[5.0])]);
//! let said = host.tick(Instant::from_nanos(0));
//! assert_eq!(said.alerts.len(), 1);
//! assert_eq!(said.alerts[0].key, "api");
//! assert_eq!(said.alerts[0].value, Some((20.0, "%".to_owned())));
//!
//! let refused = Host::<Ratio>::start(r#"{ "errors_max": 101 }"#).unwrap_err();
//! assert_eq!(refused.as_slice()[0].to_string(), "errors_max: must be between 0 and 100, not 101");
//! ```
//!
//! # Top talkers
//!
//! A report of the busiest clients. Its measures keep their order.
//!
//! ```
//! use weir_monitor::testing::{Host, Measure};
//! use weir_monitor::{Instant, Monitor, NoConfig, Problems, Query, Report, Setup, Span, to_count};
//!
//! struct Talkers(Query);
//!
//! impl Monitor for Talkers {
//!     type Config = NoConfig;
//!
//!     fn configure(setup: &mut Setup, _config: NoConfig) -> Result<Self, Problems> {
//!         setup.tick_every(Span::from_secs(60))?;
//!         Ok(Self(setup.query("by client | top 3 | count", Span::from_secs(60))?))
//!     }
//!
//!     fn on_tick(&mut self, _now: Instant) {
//!         let mut report = Report::new("Top talkers");
//!         for ([client], [requests]) in self.0.answer().rows() {
//!             report = report.count(client, to_count(requests));
//!         }
//!         report.emit();
//!     }
//! }
//!
//! let mut host = Host::<Talkers>::start("{}").unwrap();
//! host.answer(0, &[(&["192.0.2.7"], &[31.0]), (&["192.0.2.8"], &[4.0])]);
//! let said = host.tick(Instant::from_nanos(0));
//! assert_eq!(said.reports[0].measures[0], ("192.0.2.7".to_owned(), Measure::Count(31)));
//! ```
//!
//! # Percentiles by path
//!
//! The host keeps the distributions; a log without a duration field has `bytes` to take them of.
//!
//! ```
//! use weir_monitor::testing::Host;
//! use weir_monitor::{Alert, Instant, Monitor, NoConfig, Problems, Query, Setup, Span};
//!
//! struct Heavy(Query);
//!
//! impl Monitor for Heavy {
//!     type Config = NoConfig;
//!
//!     fn configure(setup: &mut Setup, _config: NoConfig) -> Result<Self, Problems> {
//!         let question = "by path | top 20 | count, p50(bytes), p99(bytes)";
//!         Ok(Self(setup.query(question, Span::from_secs(300))?))
//!     }
//!
//!     fn on_tick(&mut self, _now: Instant) {
//!         for ([path], [requests, p50, p99]) in self.0.answer().rows() {
//!             if requests >= 100.0 && p99 > 100.0 * p50 {
//!                 Alert::new(path, "A few answers are far larger").value(p99, "bytes").raise();
//!             }
//!         }
//!     }
//! }
//!
//! let mut host = Host::<Heavy>::start("{}").unwrap();
//! host.answer(0, &[(&["/a"], &[500.0, 1e3, 2e3]), (&["/b"], &[500.0, 1e3, 2e6])]);
//! let alerts = host.tick(Instant::from_nanos(0)).alerts;
//! assert_eq!(alerts.iter().map(|alert| alert.key.as_str()).collect::<Vec<_>>(), ["/b"]);
//! ```
//!
//! # State from row to row
//!
//! A monitor that no question serves reads the rows themselves: here, the longest streak of refusals
//! in a row that any client has had. What is kept for each client is bounded by the monitor itself.
//!
//! ```
//! use std::collections::HashMap;
//!
//! use weir_monitor::testing::{Column, Host};
//! use weir_monitor::{Alert, Batch, Instant, Monitor, NoConfig, Problems, Setup};
//!
//! const CLIENTS_MAX: usize = 10_000;
//!
//! #[derive(Default)]
//! struct Streaks(HashMap<String, u32>);
//!
//! impl Monitor for Streaks {
//!     type Config = NoConfig;
//!
//!     fn configure(setup: &mut Setup, _config: NoConfig) -> Result<Self, Problems> {
//!         setup.subscribe(&["client", "status"], "")?;
//!         Ok(Self::default())
//!     }
//!
//!     fn on_batch(&mut self, batch: &Batch) {
//!         for (client, status) in batch.texts(0).iter().zip(batch.integers(0).iter()) {
//!             if status != Some(401) {
//!                 self.0.remove(client);
//!             } else if self.0.len() < CLIENTS_MAX || self.0.contains_key(client) {
//!                 *self.0.entry(client.to_owned()).or_default() += 1;
//!             }
//!         }
//!     }
//!
//!     fn on_tick(&mut self, _now: Instant) {
//!         for (client, streak) in &self.0 {
//!             if *streak >= 3 {
//!                 Alert::new(client, "Refused again and again")
//!                     .value(f64::from(*streak), "refusals")
//!                     .raise();
//!             }
//!         }
//!     }
//! }
//!
//! let mut host = Host::<Streaks>::start("{}").unwrap();
//! let at = [Instant::from_nanos(0); 4];
//! let clients = ["192.0.2.7", "192.0.2.7", "192.0.2.8", "192.0.2.7"];
//! host.rows(&at, &[Column::Texts(&clients), Column::Integers(&[401, 401, 200, 401])]);
//! let alerts = host.tick(Instant::from_nanos(1)).alerts;
//! assert_eq!((alerts.len(), alerts[0].key.as_str()), (1, "192.0.2.7"));
//! ```
//!
//! # State that survives a reload
//!
//! What is kept is given back to the next instance: after a failure, with a newer file, and, where
//! the host has a state directory, after a restart.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use weir_monitor::testing::Host;
//! use weir_monitor::{
//!     Instant, Level, Monitor, NoConfig, Problems, Query, Report, Setup, Span, keep, log,
//! };
//!
//! #[derive(Default, Deserialize, Serialize)]
//! struct Record {
//!     rate: f64,
//! }
//!
//! struct Records {
//!     best: Record,
//!     rate: Query,
//! }
//!
//! impl Monitor for Records {
//!     type Config = NoConfig;
//!
//!     fn configure(setup: &mut Setup, _config: NoConfig) -> Result<Self, Problems> {
//!         let rate = setup.query("rate", Span::from_secs(60))?;
//!         Ok(Self { best: setup.kept().unwrap_or_default(), rate })
//!     }
//!
//!     fn on_tick(&mut self, _now: Instant) {
//!         for ([], [rate]) in self.rate.answer().rows() {
//!             if rate > self.best.rate {
//!                 self.best.rate = rate;
//!                 Report::new("Busiest minute so far").number("rate", rate, "/s").emit();
//!                 if let Err(problem) = keep(&self.best) {
//!                     log(Level::Warn, &problem.to_string());
//!                 }
//!             }
//!         }
//!     }
//! }
//!
//! let mut host = Host::<Records>::start("{}").unwrap();
//! host.answer(0, &[(&[], &[70.0])]);
//! assert_eq!(host.tick(Instant::from_nanos(0)).reports.len(), 1);
//!
//! let mut next = Host::<Records>::restart("{}", host.kept()).unwrap();
//! next.answer(0, &[(&[], &[69.0])]);
//! assert!(next.tick(Instant::from_nanos(1)).reports.is_empty());
//! ```
//!
//! # Settings
//!
//! [`Setting`](crate::Setting) shows the JSON Schema that is derived from them.
