//! How a run ends: by signals, by the end of its input, and when nobody reads any more.

use crate::support::{Line, Log, NOON, Stream, Weir, now};

#[test]
fn a_signal_ends_it_behind_what_was_written_with_the_account_and_no_error() {
    for signal in ["INT", "TERM"] {
        let mut running = Weir::follow().start();
        running.wait_for_logs(&["access.log"]);
        Log::new().lines(1_000, &Line::at(now())).append_to(&running.path("access.log"));
        running.signal(signal);
        let found = running.finish().succeeds();
        let last = found.stdout.lines().last().unwrap();
        assert_eq!(
            last,
            "[INFO] Account of access.log: 1000 lines read = 1000 parsed + 0 rejected + \
             0 too long + 0 late + 0 future; 0 lost",
            "after SIG{signal}"
        );
        assert_eq!(found.stderr, "");
    }
}

#[test]
fn a_signal_ends_the_wait_for_a_log() {
    let mut running = Weir::new(["run", "--logfile", "access.log"]).start();
    running.wait_for(Stream::Err, "waiting for it");
    let found = running.stop().succeeds();
    assert_eq!(found.stdout, "", "no log was read, so there is no account");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    // A monitor that spins for a minute makes the first signal's end take its time.
    let weir = Weir::follow().guests(&["spins", "says-it-once"]);
    let mut running = weir.config("monitor.spins.limits.deadline = '60s'").start();
    running.wait_for(Stream::Out, "Says it once");
    running.signal("INT");
    running.signal("TERM");
    let found = running.finish();
    let signalled = [128 + 2, 128 + 15].map(Some);
    assert!(signalled.contains(&found.code), "{found:#?}");
    assert!(!found.stdout.contains("Account"), "{}", found.stdout);
}

#[test]
fn a_replay_that_nobody_reads_any_more_ends_quietly() {
    let flags = ["--reporting-interval", "1"];
    // More than pipes and buffers hold.
    let running = Weir::replay(&Log::every_second(NOON, 10_000)).args(flags).start();
    running.close_stdout();
    let found = running.finish().succeeds();
    assert_eq!(found.stderr, "");
    assert!(!found.stdout.contains("Account"), "it did not go on to the end");
}

#[test]
fn a_run_that_nobody_reads_any_more_ends_quietly() {
    let mut running = Weir::follow().json().guests(&["says-it-once"]).start();
    running.wait_for(Stream::Out, "Says it once");
    running.close_stdout();
    assert_eq!(running.finish().succeeds().stderr, "");
}

#[test]
fn help_that_nobody_reads_ends_quietly() {
    for args in [&["--help"][..], &["man"], &["completions", "bash"], &["plugin", "list"]] {
        let running = Weir::new(args).start();
        running.close_stdout();
        assert_eq!(running.finish().succeeds().stderr, "", "{args:?}");
    }
}
