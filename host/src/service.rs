//! The service manager's protocol: what systemd, and whatever speaks as it does, is told about the
//! program's state, as `sd_notify(3)` describes.
//!
//! Nothing here can fail the program. Where nobody asked to be told, every call does nothing, and a
//! manager that does not listen costs at most [`SEND_WAIT_MAX`] a call.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use sd_notify::NotifyState;

/// How long one message may wait for room in the manager's queue before it is dropped.
pub const SEND_WAIT_MAX: Duration = Duration::from_secs(1);

/// The longest status text that is sent, in bytes; a manager shows one line of it.
const STATUS_BYTES_MAX: usize = 1_024;

/// The service manager that started this process, if one did and wants to be told.
#[derive(Debug, Default)]
pub struct Service {
    manager: Option<Manager>,
    watchdog_interval: Option<Duration>,
}

/// Addressed anew by each message, as a manager that was restarted has a new socket there.
#[derive(Debug)]
struct Manager {
    socket: UnixDatagram,
    address: SocketAddr,
}

impl Service {
    /// The manager that the environment names.
    pub fn from_env() -> Self {
        Self::from_variables(|name| env::var_os(name), std::process::id())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>, process: u32) -> Self {
        let manager =
            variable("NOTIFY_SOCKET").and_then(|name| address(&name)).and_then(Manager::at);
        let number = |name| variable(name)?.to_str()?.parse::<u64>().ok();
        let for_us = variable("WATCHDOG_PID").is_none()
            || number("WATCHDOG_PID").is_some_and(|pid| pid == u64::from(process));
        let timeout = number("WATCHDOG_USEC").filter(|micros| *micros > 0 && for_us);
        // The protocol's own advice: half of the time after which the manager acts.
        let watchdog_interval = timeout.map(|micros| Duration::from_micros(micros) / 2);
        Self { watchdog_interval: watchdog_interval.filter(|_| manager.is_some()), manager }
    }

    /// The program does its work from now on: at its start, or again with another configuration.
    pub fn ready(&self) {
        self.tell(&[NotifyState::Ready]);
    }

    /// The configuration is being read again; [`Service::ready`] must follow, whether or not the
    /// new one is used.
    pub fn reloading(&self) {
        // A manager that knows the time of it can tell this reload from one before.
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.tell(&[NotifyState::Reloading, now]),
            Err(_no_such_clock) => self.tell(&[NotifyState::Reloading]),
        }
    }

    /// The program is about to end.
    pub fn stopping(&self) {
        self.tell(&[NotifyState::Stopping]);
    }

    /// What the program is doing, in one line for people. Longer texts are cut, and everything that
    /// would end the line becomes a space.
    pub fn status(&self, text: &str) {
        let (text, _) = text.split_at(text.floor_char_boundary(STATUS_BYTES_MAX));
        let line = text.replace(|character: char| character.is_control(), " ");
        self.tell(&[NotifyState::Status(&line)]);
    }

    /// How often [`Service::alive`] must be called, lest the manager take the program for stuck and
    /// restart it; `None` where it does not watch.
    pub fn watchdog_interval(&self) -> Option<Duration> {
        self.watchdog_interval
    }

    /// The program gets on with its work.
    pub fn alive(&self) {
        if self.watchdog_interval.is_some() {
            self.tell(&[NotifyState::Watchdog]);
        }
    }

    fn tell(&self, states: &[NotifyState<'_>]) {
        let Some(Manager { socket, address }) = &self.manager else {
            return;
        };
        let message = states.iter().fold(String::new(), |message, state| message + &line(state));
        // A manager that cannot be told will notice, and nobody else could do anything about it.
        let _ = socket.send_to_addr(message.as_bytes(), address);
    }
}

fn line(state: &NotifyState<'_>) -> String {
    format!("{state}\n")
}

impl Manager {
    fn at(address: SocketAddr) -> Option<Self> {
        let open = || -> io::Result<UnixDatagram> {
            let socket = UnixDatagram::unbound()?;
            socket.set_write_timeout(Some(SEND_WAIT_MAX))?;
            Ok(socket)
        };
        Some(Self { socket: open().ok()?, address })
    }
}

/// The socket that `NOTIFY_SOCKET` names: a path, or on Linux `@` and an abstract name. Other
/// kinds, such as those of virtual machines, are not spoken to.
fn address(name: &OsStr) -> Option<SocketAddr> {
    match name.as_bytes() {
        [b'/', ..] => SocketAddr::from_pathname(name).ok(),
        #[cfg(target_os = "linux")]
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROCESS: u32 = 42;

    fn service(variables: &[(&str, &OsStr)]) -> Service {
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Service::from_variables(value, PROCESS)
    }

    /// A manager's socket, and a service that was told of it and of these variables.
    fn managed(variables: &[(&str, &str)]) -> (UnixDatagram, Service, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        // A message that is missing fails the test and does not hang it.
        manager.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut all = vec![("NOTIFY_SOCKET", path.as_os_str())];
        all.extend(variables.iter().map(|(name, value)| (*name, OsStr::new(*value))));
        let service = service(&all);
        (manager, service, dir)
    }

    fn received(manager: &UnixDatagram) -> String {
        let mut buffer = [0; 4_096];
        let len = manager.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..len].to_vec()).unwrap()
    }

    #[test]
    fn the_life_of_a_service_is_told_in_the_managers_words() {
        let (manager, service, _dir) = managed(&[]);
        service.ready();
        assert_eq!(received(&manager), "READY=1\n");
        service.status("3 logs,\n2 monitors");
        assert_eq!(received(&manager), "STATUS=3 logs, 2 monitors\n");
        service.stopping();
        assert_eq!(received(&manager), "STOPPING=1\n");
    }

    #[test]
    fn a_reload_carries_its_time_which_never_goes_back() {
        let (manager, service, _dir) = managed(&[]);
        let reloading_at = || -> u64 {
            service.reloading();
            let message = received(&manager);
            let time = message.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
            time.trim_end().parse().unwrap()
        };
        let first = reloading_at();
        assert!(first > 0 && reloading_at() >= first);
    }

    #[test]
    fn a_long_status_is_cut_between_characters() {
        let (manager, service, _dir) = managed(&[]);
        service.status(&"é".repeat(1_000));
        assert_eq!(received(&manager), format!("STATUS={}\n", "é".repeat(STATUS_BYTES_MAX / 2)));
        service.status(&format!("x{}", "é".repeat(1_000)));
        assert_eq!(received(&manager).len(), "STATUS=\n".len() + STATUS_BYTES_MAX - 1);
    }

    #[test]
    fn the_watchdog_is_fed_at_half_its_time() {
        let variables = [("WATCHDOG_USEC", "3000000"), ("WATCHDOG_PID", "42")];
        let (manager, service, _dir) = managed(&variables);
        assert_eq!(service.watchdog_interval(), Some(Duration::from_millis(1_500)));
        service.alive();
        assert_eq!(received(&manager), "WATCHDOG=1\n");
        let (_, service, _dir) = managed(&variables[..1]);
        assert_eq!(service.watchdog_interval(), Some(Duration::from_millis(1_500)));
    }

    #[test]
    fn a_watchdog_that_is_not_ours_or_no_number_is_not_fed() {
        for variables in [
            [("WATCHDOG_USEC", "3000000"), ("WATCHDOG_PID", "41")],
            [("WATCHDOG_USEC", "3000000"), ("WATCHDOG_PID", "x")],
            [("WATCHDOG_USEC", "0"), ("WATCHDOG_PID", "42")],
            [("WATCHDOG_USEC", "soon"), ("WATCHDOG_PID", "42")],
        ] {
            let (manager, service, _dir) = managed(&variables);
            assert_eq!(service.watchdog_interval(), None, "{variables:?}");
            service.alive();
            service.ready();
            assert_eq!(received(&manager), "READY=1\n", "{variables:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_abstract_socket_is_spoken_to() {
        let name = format!("weir-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let manager = UnixDatagram::bind_addr(&address).unwrap();
        manager.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        service(&[("NOTIFY_SOCKET", OsStr::new(&format!("@{name}")))]).ready();
        assert_eq!(received(&manager), "READY=1\n");
    }

    #[test]
    fn a_manager_that_was_restarted_is_told_at_its_new_socket() {
        let (manager, service, dir) = managed(&[]);
        drop(manager);
        service.status("nobody listens");
        let path = dir.path().join("notify");
        std::fs::remove_file(&path).unwrap();
        let manager = UnixDatagram::bind(&path).unwrap();
        manager.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        service.ready();
        assert_eq!(received(&manager), "READY=1\n");
    }

    #[test]
    fn without_a_manager_nothing_happens() {
        for name in ["", "relative", "vsock:2:1234", "@", "/no/such/socket"] {
            let service = service(&[("NOTIFY_SOCKET", OsStr::new(name))]);
            service.ready();
            service.reloading();
            service.status("alone");
            service.alive();
            service.stopping();
        }
        let service = service(&[("WATCHDOG_USEC", OsStr::new("3000000"))]);
        assert_eq!(service.watchdog_interval(), None);
    }
}
