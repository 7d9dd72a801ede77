//! An inventory as CycloneDX 1.6. Spec: <https://cyclonedx.org/docs/1.6/json/>

use super::{Artifact, Inventory, Kind};
use lsrepo_types::{Digest, Timestamp};
use serde_json::{Value, json};

/// The document. Equal inventories give equal bytes: its serial number follows from what it lists.
pub fn cyclonedx(inventory: &Inventory, name: &str, version: &str) -> Value {
    let components: Vec<Value> = inventory.artifacts.iter().enumerate().map(|(number, one)| component(number, one)).collect();
    let serial = serial(&Digest::of(Value::from(components.clone()).to_string().as_bytes()));
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial,
        "version": 1,
        "metadata": {
            "timestamp": inventory.date.unwrap_or(Timestamp(0)).to_string(),
            "tools": {"components": [{"type": "application", "name": "lsrepo", "version": version}]},
            "component": {"type": "platform", "bom-ref": "carried", "name": name},
        },
        "components": components,
    })
}

fn component(number: usize, artifact: &Artifact) -> Value {
    let Artifact { kind, name, version, purl, digest, size, licence, urls, platforms, modules, .. } = artifact;
    let property = |name: &str, value: String| json!({"name": format!("lambdastack:{name}"), "value": value});
    let mut properties: Vec<Value> = modules.iter().map(|module| property("module", module.to_string())).collect();
    properties.extend(platforms.iter().map(|platform| property("platform", platform.to_string())));
    properties.push(property("bytes", size.to_string()));
    let mut all = json!({
        "type": match kind {
            Kind::Deb | Kind::Rpm => "library",
            Kind::File => "file",
            Kind::Image => "container",
        },
        // Two files of one name may be two things.
        "bom-ref": format!("{number}-{}", digest.hex()),
        "name": name,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": digest.hex()}],
        "properties": properties,
    });
    if !version.is_empty() {
        all["version"] = json!(version);
    }
    if let Some(licence) = licence {
        all["licenses"] = json!([{"license": {"name": licence}}]);
    }
    let urls: Vec<Value> = urls.iter().map(|url| json!({"type": "distribution", "url": url})).collect();
    if !urls.is_empty() {
        all["externalReferences"] = Value::from(urls);
    }
    all
}

/// A UUID (version 8, RFC 9562) out of a digest.
fn serial(digest: &Digest) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_bytes()[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
