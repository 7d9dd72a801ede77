use super::*;
use crate::{
    module::Catalogue,
    plan::{Observed, desired, plan, show},
    source::Source,
    stack::{self, Stack},
    state::{Applied, State, Status},
};
use expect_test::expect;
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    sync::{Arc, Barrier, mpsc},
    thread,
    time::Duration,
};

/// A cluster whose machines `data` have PostgreSQL, and `mon-1` the module `health`.
fn stack_of(data: &[&str], configuration: &str) -> Stack {
    let mut text = format!(
        "kind: lambdastack-cluster\nspecification:\n  name: demo\n  components: {{data: {{machines: [{}]}}, watch: {{machines: [mon-1]}}}}\n\
         ---\nkind: configuration/feature-mapping\nspecification: {{roles_mapping: {{data: [common, postgresql], watch: [health]}}}}\n\
         ---\nkind: configuration/postgresql\nspecification: {{primary: db-1, replication_password: 'file:/srv/follow', {configuration}}}\n\
         ---\nkind: infrastructure/machine\nname: mon-1\nspecification: {{ip: 'fd00::9'}}\n",
        data.join(", ")
    );
    for (number, name) in data.iter().enumerate() {
        text += &format!("---\nkind: infrastructure/machine\nname: {name}\nspecification: {{ip: 10.0.0.{}}}\n", number + 1);
    }
    let reading = stack::read(&[Source::new("cluster.yml", text)], &Catalogue::embedded().unwrap());
    reading.stack.unwrap_or_else(|| panic!("{:?}", reading.misfits))
}

/// The state after everything was applied.
fn applied(stack: &Stack) -> State {
    let mut state = State::new("demo", "one");
    for (name, inputs) in desired(stack, &Catalogue::embedded().unwrap()) {
        state.modules.insert(name, Applied::new(Status::Applied, inputs));
    }
    state
}

fn asked(targets: &Targets) -> Vec<String> {
    targets.iter().map(|(module, machine, check, target)| format!("{module} on {machine}: {check} ({target})")).collect()
}

#[test]
fn what_is_asked_follows_from_what_was_applied_and_what_modules_say() {
    let modules = Catalogue::embedded().unwrap();
    let (targets, unknown) = of_state(&applied(&stack_of(&["db-1"], "pgbouncer: true, pgbouncer_port: 7000")), &modules);
    expect![[r#"
        health on mon-1: monitor (http://[fd00::9]:9180/healthz)
        postgresql on db-1: pgbouncer (tcp://10.0.0.1:7000)
        postgresql on db-1: postgresql (tcp://10.0.0.1:5432)"#]]
    .assert_eq(&asked(&targets).join("\n"));
    assert!(unknown.is_empty());
    let mut other = Catalogue::default();
    modules.iter().filter(|module| module.manifest.name.as_str() != "health").cloned().for_each(|module| other.insert(module));
    let (targets, unknown) = of_state(&applied(&stack_of(&["db-1"], "port: 1")), &other);
    expect!["postgresql on db-1: postgresql (tcp://10.0.0.1:1)"].assert_eq(&asked(&targets).join("\n"));
    assert_eq!(unknown, ["health".parse().unwrap()]);
}

#[test]
fn a_new_machine_anywhere_is_a_change_of_what_is_asked() {
    let modules = Catalogue::embedded().unwrap();
    let state = applied(&stack_of(&["db-1"], ""));
    let shown = |stack: &Stack| show(&plan(stack, &modules, Some(&state), &Observed::default()).unwrap());
    let text = shown(&stack_of(&["db-1", "db-2"], "port: 5433"));
    let health = &text[text.find("~ health").unwrap()..];
    expect![[r#"
        ~ health on mon-1: changes
            ~ targets.modules.postgresql.db-1.postgresql.port: 5432 → 5433
            + targets.modules.postgresql.db-2.postgresql.address: "10.0.0.2"
            + targets.modules.postgresql.db-2.postgresql.ask.tcp: {}
            + targets.modules.postgresql.db-2.postgresql.port: 5433
    "#]]
    .assert_eq(health.split_inclusive('\n').take(5).collect::<String>().as_str());
    assert_eq!(shown(&stack_of(&["db-1"], "")), "demo: nothing to do\n");
    // modules that did not ask for them are not told
    let inputs = desired(&stack_of(&["db-1"], ""), &modules);
    assert!(inputs.iter().all(|(name, inputs)| inputs.targets.is_some() == (name.as_str() == "health")));
}

#[test]
fn a_file_of_targets_says_what_is_asked_and_nothing_else() {
    let (targets, _) =
        of_state(&applied(&stack_of(&["db-1"], "users: [{name: a, password: 'file:/srv/a'}]")), &Catalogue::embedded().unwrap());
    let text = serde_json::to_string_pretty(&targets).unwrap();
    expect![[r#"
        {
          "form": 1,
          "cluster": "demo",
          "modules": {
            "health": {
              "mon-1": {
                "monitor": {
                  "address": "fd00::9",
                  "port": 9180,
                  "ask": {
                    "http": {
                      "path": "/healthz",
                      "expect": [
                        200
                      ]
                    }
                  }
                }
              }
            },
            "postgresql": {
              "db-1": {
                "postgresql": {
                  "address": "10.0.0.1",
                  "port": 5432,
                  "ask": {
                    "tcp": {}
                  }
                }
              }
            }
          }
        }"#]]
    .assert_eq(&text);
    assert_eq!(Targets::parse(text.as_bytes()).unwrap(), targets);
    for (from, to, said) in [
        ("\"form\": 1", "\"form\": 2", "its form is 2"),
        ("\"form\": 1", "\"form\": 1, \"key\": 1", "unknown field `key`"),
        ("/healthz", "/\\r\\nX: y", "not the path of a page"),
        ("200", "9", "between 100 and 599"),
        ("\"tcp\": {}", "\"udp\": {}", "unknown variant `udp`"),
        ("\"tcp\": {}", "\"tcp\": {\"send\": \"\\u0000\"}", "a control character"),
        ("5432", "0", "a port is none"),
        ("5432", "70000", "invalid value"),
        ("mon-1", "mon 1", "is none"),
    ] {
        assert!(text.contains(from), "{from}");
        let error = Targets::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(error.contains(said), "{said} is not in {error}");
    }
}

/// Somebody who answers each connection as `talk` does, as long as the test runs.
fn somebody(talk: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let talk = talk.clone();
            thread::spawn(move || talk(stream));
        }
    });
    address
}

/// Somebody who says one thing, once something was said.
fn saying(answer: &'static str) -> SocketAddr {
    somebody(move |mut stream| {
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(answer.as_bytes());
    })
}

fn target(at: SocketAddr, ask: Ask) -> Target {
    Target { address: at.ip().to_string(), port: at.port(), tls: false, ask }
}

fn page(at: SocketAddr) -> Target {
    target(at, Ask::Http { path: "/".to_owned(), expect: vec![200, 429] })
}

fn word(at: SocketAddr, send: &str, receive: &str) -> Target {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    target(at, Ask::Tcp { send: text(send), receive: text(receive) })
}

/// Why it is down, where it is.
fn why(target: &Target) -> Option<String> {
    probe::probe(target, Duration::from_millis(500)).why
}

#[test]
fn only_the_expected_answer_is_a_good_one() {
    assert_eq!(why(&page(saying("HTTP/1.1 200 OK\r\n\r\nhello"))), None);
    assert_eq!(why(&page(saying("HTTP/1.0 429 Standby\r\n\r\n"))), None);
    assert_eq!(why(&page(saying("HTTP/1.1 503 No\r\n\r\n"))), Some("503, not 200 or 429".to_owned()));
    assert_eq!(why(&page(saying("SSH-2.0-x\r\n"))), Some("no answer in HTTP".to_owned()));
    assert_eq!(why(&page(saying("HTTP/1.1 +20 OK\r\n"))), Some("no answer in HTTP".to_owned()));
    assert_eq!(why(&page(saying(""))), Some("it says nothing".to_owned()));
    assert_eq!(why(&word(saying("imok"), "ruok", "imok")), None);
    assert_eq!(why(&word(saying("\u{1b}[2J"), "ruok", "imok")), Some("`\\u{1b}[2J`, not `imok`".to_owned()));
    let quiet = saying("");
    assert_eq!(why(&word(quiet, "", "")), None);
    assert!(why(&word(nobody(), "", "")).unwrap().contains("refused"));
    let mut named = page(saying("HTTP/1.1 200 OK\r\n\r\n"));
    named.address = "localhost".to_owned();
    assert_eq!(why(&named), None);
}

#[test]
fn whoever_is_slow_or_endless_keeps_nobody_waiting() {
    let slow = somebody(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 2");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let endless = somebody(|mut stream| while stream.write_all(&[b'x'; 4096]).is_ok() {});
    let body = somebody(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    assert!(why(&page(slow)).unwrap().starts_with("no answer within"));
    assert!(why(&page(endless)).is_some());
    assert!(why(&word(endless, "", "imok")).is_some());
    assert_eq!(why(&page(body)), None);
}

#[test]
fn behind_tls_the_same_is_asked_and_no_certificate_is_judged() {
    let made = rcgen::generate_simple_self_signed(["elsewhere.example".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = std::sync::Arc::new(config);
    let at = somebody(move |stream| {
        let connection = rustls::ServerConnection::new(config.clone()).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, stream);
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello");
        let _ = stream.flush();
    });
    let with_tls = |target: Target| Target { tls: true, ..target };
    assert_eq!(why(&with_tls(page(at))), None);
    assert_eq!(why(&with_tls(word(at, "", ""))), None);
    assert!(why(&page(at)).is_some(), "it does not speak without TLS");
    assert!(why(&with_tls(page(saying("HTTP/1.1 200 OK\r\n\r\n")))).is_some(), "and others do not speak with it");
}

/// Targets at `good`, which answers, and at `bad`, where nobody listens.
fn two(good: SocketAddr, bad: SocketAddr) -> Targets {
    let checks = [("page".to_owned(), page(good)), ("word".to_owned(), word(bad, "", ""))];
    let (mut targets, _) = of_state(&State::new("demo", "one"), &Catalogue::default());
    targets.modules.insert("web".parse().unwrap(), [("lb-1".to_owned(), checks.into())].into());
    targets
}

fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn a_round_is_told_to_people_and_to_programs() {
    let mut report = round(&two(saying("HTTP/1.1 200 OK\r\n\r\n"), nobody()), Duration::from_secs(1));
    assert!(!report.is_up());
    for (number, checked) in report.checks.iter_mut().enumerate() {
        checked.target.port = 80 + number as u16;
        checked.finding.duration = Duration::from_millis(7);
        checked.finding.at = std::time::UNIX_EPOCH + Duration::from_millis(1500);
    }
    report.checks[1].finding.why = Some("refused".to_owned());
    expect![[r#"
        web on lb-1: page (http://127.0.0.1:80/): up after 7 ms
        web on lb-1: word (tcp://127.0.0.1:81): down: refused
        demo: 1 of 2 up
    "#]]
    .assert_eq(&report.text());
    let json = serde_json::to_value(&report).unwrap();
    let told = serde_json::json!({"module": "web", "machine": "lb-1", "check": "word", "at": "tcp://127.0.0.1:81", "up": false,
        "duration_seconds": 0.007, "last_check_timestamp_seconds": 1.5, "why": "refused"});
    assert_eq!((&json["cluster"], &json["checks"][1]), (&"demo".into(), &told));
    expect![[r#"
        # HELP lambdastack_health_targets How many targets are asked.
        # TYPE lambdastack_health_targets gauge
        lambdastack_health_targets{cluster="demo"} 2
        # HELP lambdastack_health_up Whether the answer was a good one.
        # TYPE lambdastack_health_up gauge
        lambdastack_health_up{cluster="demo",module="web",machine="lb-1",check="page"} 1
        lambdastack_health_up{cluster="demo",module="web",machine="lb-1",check="word"} 0
        # HELP lambdastack_health_duration_seconds How long the answer took.
        # TYPE lambdastack_health_duration_seconds gauge
        lambdastack_health_duration_seconds{cluster="demo",module="web",machine="lb-1",check="page"} 0.007
        lambdastack_health_duration_seconds{cluster="demo",module="web",machine="lb-1",check="word"} 0.007
        # HELP lambdastack_health_last_check_timestamp_seconds When it was asked.
        # TYPE lambdastack_health_last_check_timestamp_seconds gauge
        lambdastack_health_last_check_timestamp_seconds{cluster="demo",module="web",machine="lb-1",check="page"} 1.5
        lambdastack_health_last_check_timestamp_seconds{cluster="demo",module="web",machine="lb-1",check="word"} 1.5
    "#]]
    .assert_eq(&metrics::text(&two(nobody(), nobody()), Some(&report)));
}

#[test]
fn many_are_asked_at_a_time() {
    // each of them answers once four are there
    let four = Arc::new(Barrier::new(4));
    let together = somebody(move |mut stream| {
        four.wait();
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
    });
    let mut targets = two(together, together);
    let machines = (0..20).map(|number| (format!("m-{number}"), [("page".to_owned(), page(together))].into()));
    targets.modules.insert("web".parse().unwrap(), machines.collect());
    let report = round(&targets, Duration::from_secs(60));
    assert_eq!(report.checks.iter().filter(|checked| checked.finding.is_up()).count(), 20);
}

#[test]
fn the_endpoint_serves_prometheus_whatever_others_do_and_ends_when_it_is_told() {
    let monitor = Monitor {
        targets: two(saying("HTTP/1.1 200 OK\r\n\r\n"), nobody()),
        interval: Duration::from_millis(200),
        timeout: Duration::from_millis(300),
    };
    let (stop, mut told) = UnixStream::pair().unwrap();
    let (sender, listens) = mpsc::channel();
    let served =
        thread::spawn(move || monitor.serve("127.0.0.1:0".parse().unwrap(), &stop, |address| sender.send(address).unwrap()));
    let at = listens.recv().unwrap();
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(at).unwrap();
        let _ = stream.write_all(request.as_bytes());
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    let get = |path: &str| ask(&format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    while !get("/healthz").ends_with("ok\n") {
        thread::yield_now();
    }
    // some say nothing, some say too much, some go away
    let idle: Vec<TcpStream> = (0..10).map(|_| TcpStream::connect(at).unwrap()).collect();
    for hostile in ["GET / HTTP/1.1\r\nA: ", "\0\0\0\0\r\n\r\n", "POST /metrics HTTP/1.1\r\n\r\n"] {
        let answer = ask(&format!("{hostile}{}", "x".repeat(1 << 16)));
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
        drop(TcpStream::connect(at).unwrap());
    }
    let metrics = get("/metrics");
    assert!(metrics.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"), "{metrics}");
    assert!(metrics.contains("lambdastack_health_up{cluster=\"demo\",module=\"web\",machine=\"lb-1\",check=\"page\"} 1\n"));
    assert!(metrics.contains("lambdastack_health_up{cluster=\"demo\",module=\"web\",machine=\"lb-1\",check=\"word\"} 0\n"));
    assert!(get("/").ends_with("demo: 1 of 2 up\n"));
    assert!(get("/secrets").starts_with("HTTP/1.1 404 "));
    assert!(ask("HEAD /metrics HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n"));
    // one client cannot take all places
    let many: Vec<TcpStream> = (0..40).filter_map(|_| TcpStream::connect(at).ok()).collect();
    many.iter().for_each(|stream| stream.set_nonblocking(true).unwrap());
    let waits = |answer: std::io::Result<usize>| answer.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    let cut = || many.iter().filter(|stream| !waits((&**stream).read(&mut [0; 1024]))).count();
    while cut() < 24 {
        thread::yield_now();
    }
    told.write_all(b"x").unwrap();
    served.join().unwrap().unwrap();
    drop((idle, many));
    assert!(TcpStream::connect(at).is_err(), "it listens no more");
}
