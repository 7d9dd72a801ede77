//! What systemd is told (`sd_notify(3)`); nothing where nobody listens.

use sd_notify::NotifyState;

/// Requests are answered.
pub(crate) fn ready(status: &str) {
    _ = sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The configuration is being read again; [`ready`] ends that.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => _ = sd_notify::notify(&[NotifyState::Reloading, now]),
        Err(_) => _ = sd_notify::notify(&[NotifyState::Reloading]),
    }
}

/// No more requests are taken; those under way are answered.
pub(crate) fn stopping() {
    _ = sd_notify::notify(&[NotifyState::Stopping]);
}
