//! An inventory as SPDX 2.3. Spec: <https://spdx.github.io/spdx-spec/v2.3/>

use super::{Artifact, Inventory};
use lsrepo_types::{Digest, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The document. Equal inventories give equal bytes.
pub fn spdx(inventory: &Inventory, name: &str, version: &str) -> Value {
    // Packages state licences in words of their own, which are no identifiers of SPDX.
    let mut licences: BTreeMap<&str, String> = BTreeMap::new();
    for licence in inventory.artifacts.iter().filter_map(|one| one.licence.as_deref()) {
        let next = format!("LicenseRef-stated-{}", licences.len() + 1);
        licences.entry(licence).or_insert(next);
    }
    let packages: Vec<Value> =
        inventory.artifacts.iter().enumerate().map(|(number, one)| package(number, one, &licences)).collect();
    let relations = (0..packages.len()).map(
        |number| json!({"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": id(number)}),
    );
    let relations: Vec<Value> = relations.collect();
    let stated = licences.iter().map(|(words, id)| json!({"licenseId": id, "extractedText": words, "name": words}));
    let stated: Vec<Value> = stated.collect();
    let content = Digest::of(Value::from(packages.clone()).to_string().as_bytes());
    json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": format!("https://lambdastack.io/spdx/lsrepo/{}", content.hex()),
        "creationInfo": {
            "created": inventory.date.unwrap_or(Timestamp(0)).to_string(),
            "creators": [format!("Tool: lsrepo-{version}")],
        },
        "packages": packages,
        "relationships": relations,
        "hasExtractedLicensingInfos": stated,
    })
}

fn id(number: usize) -> String {
    format!("SPDXRef-Package-{number}")
}

fn package(number: usize, artifact: &Artifact, licences: &BTreeMap<&str, String>) -> Value {
    let Artifact { name, version, purl, digest, size, licence, urls, platforms, modules, .. } = artifact;
    let words = |all: Vec<String>| all.join(", ");
    let comment = format!(
        "{size} bytes; wanted by {}; for {}",
        words(modules.iter().map(ToString::to_string).collect()),
        words(platforms.iter().map(ToString::to_string).collect())
    );
    let declared = licence.as_deref().and_then(|licence| licences.get(licence)).map_or("NOASSERTION", String::as_str);
    let web = urls.iter().find(|url| url.starts_with("http"));
    let mut all = json!({
        "SPDXID": id(number),
        "name": name,
        "downloadLocation": web.map_or("NOASSERTION", String::as_str),
        "filesAnalyzed": false,
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest.hex()}],
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": declared,
        "copyrightText": "NOASSERTION",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}],
        "comment": comment,
    });
    if !version.is_empty() {
        all["versionInfo"] = json!(version);
    }
    all
}
