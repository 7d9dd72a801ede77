//! Whether what was applied is well, as somebody asks for it.

use super::{Desk, Json};
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
};

/// A cluster whose load balancer and exporter are played by this test, and was applied.
fn applied(port: u16) -> Desk {
    let desk = Desk::new();
    desk.well(0, &["init", "--name", "demo", "--machine", "lb-1=127.0.0.1", "--component", "load_balancer=lb-1"]);
    let text = fs::read_to_string(desk.path("cluster.yml")).unwrap();
    let ports = format!(
        "---\nkind: configuration/haproxy\nspecification: {{stats_port: {port}}}\n\
         ---\nkind: configuration/node-exporter\nspecification: {{listen_port: {port}}}\n"
    );
    fs::write(desk.path("cluster.yml"), text + &ports).unwrap();
    desk.badly(1, &["health"], &["nothing was applied yet"]);
    let ansible = desk.ansible(true);
    desk.well(0, &["apply", "-f", "cluster.yml", "--yes", "--ansible", &ansible]);
    desk
}

/// Somebody who has a page for whoever asks.
fn somebody() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        }
    });
    port
}

#[test]
fn the_exit_code_says_whether_all_is_well() {
    let port = somebody();
    let desk = applied(port);
    let text = desk.well(0, &["health"]);
    assert!(text.starts_with(&format!("haproxy on lb-1: metrics (http://127.0.0.1:{port}/metrics): up after ")), "{text}");
    assert!(text.ends_with("demo: 2 of 2 up\n"), "{text}");
    desk.badly(1, &["health", "haprxy"], &["unknown module with checks `haprxy`", "did you mean `haproxy`?"]);
    // what is written for other machines says the same, without the state
    let targets = desk.well(0, &["health", "targets"]);
    fs::write(desk.path("targets.json"), &targets).unwrap();
    fs::remove_file(desk.path("lambdastack.state.json")).unwrap();
    desk.well(0, &["health", "haproxy", "--targets", "targets.json"]);
    fs::write(desk.path("targets.json"), targets.replace(&port.to_string(), "1")).unwrap();
    let report: Json = serde_json::from_str(&desk.well(1, &["health", "--targets", "targets.json", "-o", "json"])).unwrap();
    assert_eq!((&report["checks"][0]["machine"], &report["checks"][0]["up"]), (&"lb-1".into(), &false.into()));
    assert!(report["checks"][0]["why"].as_str().unwrap().contains("refused"), "{report}");
    fs::write(desk.path("targets.json"), "{}").unwrap();
    desk.badly(1, &["health", "--targets", "targets.json"], &["targets.json: not targets"]);
    desk.badly(2, &["health", "--timeout", "5"], &["expected a time, such as `15s`"]);
}

/// A server that is ended with the test, if it did not end before.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn prometheus_is_served_until_somebody_ends_it() {
    let port = somebody();
    let desk = applied(port);
    let words = ["health", "serve", "--listen", "127.0.0.1:0", "--interval", "100ms", "--timeout", "1s"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_lambdastack"));
    command.args(words).current_dir(desk.path("")).env_remove("LAMBDASTACK_STATE").stderr(Stdio::piped());
    let mut served = Served(command.spawn().unwrap());
    let mut said = String::new();
    BufReader::new(served.0.stderr.take().unwrap()).read_line(&mut said).unwrap();
    let address: SocketAddr = said.trim_end().trim_end_matches('/').rsplit_once("//").unwrap().1.parse().unwrap();
    let get = |path: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    while !get("/healthz").starts_with("HTTP/1.1 200") {
        thread::yield_now();
    }
    assert!(
        get("/metrics")
            .contains("lambdastack_health_up{cluster=\"demo\",module=\"haproxy\",machine=\"lb-1\",check=\"metrics\"} 1\n")
    );
    desk.badly(2, &["health", "serve", "--listen", &address.to_string()], &["in use"]);
    let ended = Command::new("kill").arg(served.0.id().to_string()).status().unwrap();
    assert!(ended.success());
    assert_eq!(served.0.wait().unwrap().code(), Some(0));
}
