//! The words of `lambdastack health`.

use crate::output::Format;
use clap::{Args, Subcommand};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// `lambdastack health`
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct HealthArgs {
    /// What is done otherwise than to ask once
    #[command(subcommand)]
    pub command: Option<HealthCommand>,
    /// Modules; all that can be asked where none are named
    #[arg(value_name = "MODULE")]
    pub only: Vec<String>,
    #[command(flatten)]
    pub(crate) from: TargetsFlag,
    #[command(flatten)]
    pub(crate) timeout: TimeoutFlag,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// What else is done about health.
#[derive(Debug, Subcommand)]
pub enum HealthCommand {
    /// Ask again and again, and show at /metrics what Prometheus reads
    Serve(ServeArgs),
    /// Write what is asked where, for machines without the state; no secret is in it
    Targets {
        /// What was done so far
        #[arg(long, default_value = "lambdastack.state.json", env = "LAMBDASTACK_STATE", value_name = "FILE")]
        state: PathBuf,
    },
}

/// `lambdastack health serve`
#[derive(Args, Debug)]
pub struct ServeArgs {
    #[command(flatten)]
    pub(crate) from: TargetsFlag,
    /// Where /metrics is given
    #[arg(long, default_value = "127.0.0.1:9180", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// How often all is asked
    #[arg(long, default_value = "15s", value_parser = duration, value_name = "TIME")]
    pub interval: Duration,
    #[command(flatten)]
    pub(crate) timeout: TimeoutFlag,
}

/// How long an answer may take.
#[derive(Args, Debug)]
pub struct TimeoutFlag {
    /// How long an answer may take
    #[arg(long, default_value = "5s", value_parser = duration, value_name = "TIME")]
    pub timeout: Duration,
}

/// Where it is said what is asked.
#[derive(Args, Debug)]
pub struct TargetsFlag {
    /// What was done so far
    #[arg(long, default_value = "lambdastack.state.json", env = "LAMBDASTACK_STATE", value_name = "FILE")]
    pub state: PathBuf,
    /// What `lambdastack health targets` wrote, in the place of the state
    #[arg(long, value_name = "FILE")]
    pub targets: Option<PathBuf>,
}

/// `15s`, `500ms` or `2m`; more than nothing, and at most a day.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match &text[digits..] {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        _ => return Err("expected a time, such as `15s`, `500ms` or `2m`".to_owned()),
    };
    let milliseconds = text[..digits].parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    let fits = milliseconds.filter(|number| (1..=86_400_000).contains(number));
    fits.map(Duration::from_millis).ok_or_else(|| "expected a time between `1ms` and a day".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for text in ["", "5", "s", "0s", "1h", "-1s", "99999999999999999999s", "1441m"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
