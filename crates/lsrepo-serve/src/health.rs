//! `/healthz` and `/metrics`: for machines that watch.

use crate::{
    answer::{Answer, Content, only_reads, text},
    metrics::Metrics,
    site::Site,
};
use http::{HeaderValue, Method, StatusCode, header, request};
use serde_json::{Map, Value, json};

/// One word for a load balancer; with `Accept: application/json` what there is to know.
pub(crate) fn healthz(site: &Site, head: &request::Parts, metrics: &Metrics) -> Answer {
    if !is_read(head) {
        return only_reads();
    }
    let accept = head.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut answer = text(StatusCode::OK, "ok");
    if accept.contains("application/json") {
        let mut figures = Map::new();
        for gauge in metrics.gauges() {
            let name = match gauge.labels.is_empty() {
                true => gauge.name.to_owned(),
                false => format!("{}{{{}}}", gauge.name, gauge.labels),
            };
            figures.insert(name, json!(gauge.value));
        }
        let body = json!({
            "status": "ok",
            "snapshot_date": site.date,
            "uptime_seconds": metrics.uptime().as_secs(),
            "figures": Value::Object(figures),
        });
        answer.content = Content::Bytes(format!("{body}\n").into());
        answer.set(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    answer.set(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// All counters and figures.
pub(crate) fn metrics(head: &request::Parts, metrics: &Metrics) -> Answer {
    if !is_read(head) {
        return only_reads();
    }
    let mut answer = text(StatusCode::OK, "");
    answer.content = Content::Bytes(metrics.render().into());
    answer.set(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
    answer.set(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn is_read(head: &request::Parts) -> bool {
    matches!(head.method, Method::GET | Method::HEAD)
}
