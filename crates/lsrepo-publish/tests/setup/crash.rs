//! Ended anywhere: what was there is known, a second run ends the job, and a revert gives the host as it was.

use crate::{
    host::{Host, PLAIN, SECURE, Tree, script},
    stories::assert_same,
};
use std::{os::unix::process::ExitStatusExt, thread, time::Duration};

/// Runs the script until it is killed before its change `after + 1`; tells whether it was.
fn killed(host: &Host, script: &str, words: &[&str], after: usize) -> bool {
    let output = host.command(script, words).env("LSREPO_STOP_AFTER", after.to_string()).output().unwrap();
    let killed = output.status.signal() == Some(9);
    assert!(killed || output.status.success(), "{}", crate::host::text(&output));
    killed
}

/// What a host is before and after.
struct Known<'a> {
    host: fn() -> Host,
    script: &'a str,
    words: &'a [&'a str],
    before: Tree,
    after: Tree,
}

impl<'a> Known<'a> {
    fn new(host: fn() -> Host, script: &'a str, words: &'a [&'a str]) -> Self {
        let one = host();
        let before = one.tree();
        one.well(script, words);
        Self { host, script, words, before, after: one.tree() }
    }

    /// Ended after so many changes of the set-up. False: it has not so many.
    fn apply_ends(&self, after: usize) -> bool {
        let host = (self.host)();
        if !killed(&host, self.script, self.words, after) {
            return false;
        }
        host.well(self.script, self.words);
        assert_same(&host.tree(), &self.after);
        host.well(self.script, &["--revert"]);
        assert_same(&host.tree(), &self.before);
        killed(&host, self.script, self.words, after);
        host.well(self.script, &["--revert"]);
        assert_same(&host.tree(), &self.before);
        assert!(!host.path("/var/lib/lsrepo-client").exists());
        true
    }

    /// The same of a revert.
    fn revert_ends(&self, after: usize) -> bool {
        let host = (self.host)();
        host.well(self.script, self.words);
        if !killed(&host, self.script, &["--revert"], after) {
            return false;
        }
        host.well(self.script, &["--revert"]);
        assert_same(&host.tree(), &self.before);
        host.well(self.script, self.words);
        killed(&host, self.script, &["--revert"], after);
        host.well(self.script, self.words);
        assert_same(&host.tree(), &self.after);
        host.well(self.script, &["--revert"]);
        assert_same(&host.tree(), &self.before);
        true
    }

    /// After every change, on two threads.
    fn at_every_change(&self) {
        for (name, ends) in [("apply", Self::apply_ends as fn(&Self, usize) -> bool), ("revert", Self::revert_ends)] {
            let counts = thread::scope(|scope| {
                let runs = [0, 1].map(|first| scope.spawn(move || (first..).step_by(2).find(|after| !ends(self, *after))));
                runs.map(|run| run.join().unwrap().unwrap())
            });
            assert!(counts.into_iter().all(|count| count > 8), "{name} makes more changes than {counts:?}");
        }
    }
}

#[test]
fn killed_at_every_change_a_host_with_apt_and_tls_is_never_lost() {
    let script = script("ubuntu-18.04", SECURE, &[]);
    Known::new(|| Host::bionic().with_authorities(), &script, &[]).at_every_change();
}

#[test]
fn killed_at_every_change_a_host_with_yum_is_never_lost() {
    let script = script("centos-7", PLAIN, &[]);
    Known::new(Host::centos, &script, &[]).at_every_change();
}

#[test]
fn killed_within_the_tool_that_lists_authorities_the_list_comes_back() {
    let script = script("debian-12", SECURE, &[]);
    let known = Known::new(|| Host::debian().with_authorities(), &script, &[]);
    let host = (known.host)();
    let kill = || host.command(&script, &[]).env("TEST_KILL", "1").output().unwrap();
    assert_eq!(kill().status.signal(), Some(9));
    assert!(host.path("/etc/ssl/certs/new").exists());
    host.well(&script, &["--revert"]);
    assert_same(&host.tree(), &known.before);
    kill();
    host.well(&script, &[]);
    host.well(&script, &["--revert"]);
    assert_same(&host.tree(), &known.before);
}

#[test]
fn killed_at_any_time_the_host_is_never_lost() {
    let script = script("debian-12", PLAIN, &[]);
    let known = Known::new(Host::debian, &script, &[]);
    let host = (known.host)();
    for (round, words) in [&[][..], &["--revert"]].into_iter().cycle().take(24).enumerate() {
        let mut child = host.command(&script, words).spawn().unwrap();
        // No wait for anything: the moment is to be another one each time.
        thread::park_timeout(Duration::from_millis(11 * round as u64));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    host.well(&script, &[]);
    assert_same(&host.tree(), &known.after);
    host.well(&script, &["--revert"]);
    assert_same(&host.tree(), &known.before);
}

#[test]
fn without_room_for_the_new_files_nothing_is_changed() {
    let host = Host::debian();
    // what cannot be written: the folder of the key is a file
    host.write("/etc/apt/keyrings", "not a folder\n");
    let before = host.tree();
    host.badly(&script("debian-12", PLAIN, &[]), &[], 1, "nothing was changed");
    assert_same(&host.tree(), &before);
    assert!(!host.path("/var/lib/lsrepo-client").exists());
}
