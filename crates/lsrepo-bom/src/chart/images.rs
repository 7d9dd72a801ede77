//! Which images a chart uses, as far as that can be seen without rendering it: what its values name, and what its templates name
//! by values that have a default.

use crate::{download::image_reference, error::from_yaml};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// What of a chart is looked at. A chart within a chart is one of its own.
#[derive(Clone, Debug, Default)]
pub struct ChartFiles {
    /// `Chart.yaml`
    pub chart: String,
    /// `values.yaml`
    pub values: String,
    /// what lies in `templates/`
    pub templates: Vec<String>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundImages {
    /// names with a tag or a digest
    pub images: BTreeSet<String>,
    /// places of templates that name an image in a way that only rendering tells
    pub unread: BTreeSet<String>,
}

#[derive(Default, Deserialize)]
struct Chart {
    #[serde(default, rename = "appVersion")]
    app_version: Option<String>,
}

/// Looks for images in one chart.
pub fn find_images(files: &ChartFiles) -> FoundImages {
    let chart: Chart = from_yaml(&files.chart, "Chart.yaml").unwrap_or_default();
    let app_version = chart.app_version.unwrap_or_default();
    let values: Value = from_yaml(&files.values, "values.yaml").unwrap_or(Value::Null);
    let mut found = FoundImages::default();
    walk(&values, &app_version, &mut found.images);
    for line in files.templates.iter().flat_map(|template| template.lines()) {
        let Some(text) = line.trim_start().trim_start_matches("- ").strip_prefix("image:") else { continue };
        match fill(text.trim(), &values, &app_version) {
            // One that is none by itself is named by values, where it was seen.
            Some(image) => found.images.extend(tagged(&image, None)),
            None => drop(found.unread.insert(text.trim().to_owned())),
        }
    }
    found
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `image: name:tag`, `image: {registry, repository, tag}`, `image: name` beside `imageTag: tag`.
fn walk(value: &Value, app_version: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(repository) = text(map.get("repository")).filter(|text| !text.contains("://")) {
                let registry = text(map.get("registry")).map_or(String::new(), |registry| format!("{registry}/"));
                let given = text(map.get("digest")).or_else(|| text(map.get("tag"))).or_else(|| text(map.get("version")));
                let has_tag = map.contains_key("tag") || map.contains_key("digest");
                let tag = given.or_else(|| has_tag.then(|| app_version.to_owned()));
                found.extend(tag.and_then(|tag| tagged(&format!("{registry}{repository}"), Some(tag))));
            }
            for (key, inner) in map {
                if let (true, Value::String(name)) = (key.to_ascii_lowercase().ends_with("image"), inner) {
                    found.extend(match name.rsplit('/').next().unwrap_or(name).contains([':', '@']) {
                        true => tagged(name, None),
                        false => tagged(name, text(map.get("imageTag")).or_else(|| text(map.get("tag")))),
                    });
                }
                walk(inner, app_version, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| walk(inner, app_version, found)),
        _ => {}
    }
}

/// A name with its tag or digest, where that is an image.
fn tagged(name: &str, tag: Option<String>) -> Option<String> {
    let whole = match tag.filter(|tag| !tag.is_empty()) {
        Some(digest) if digest.starts_with("sha256:") => format!("{name}@{digest}"),
        Some(tag) => format!("{name}:{tag}"),
        None => name.to_owned(),
    };
    image_reference(&whole).is_ok().then_some(whole)
}

/// A template's value with its simple expressions filled in; none where one of them is not simple.
fn fill(template: &str, values: &Value, app_version: &str) -> Option<String> {
    let mut done = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (expression, tail) = after.split_once("}}")?;
        done.push_str(before);
        done.push_str(&evaluate(expression.trim_matches(['-', ' ']), values, app_version)?);
        rest = tail;
    }
    done.push_str(rest);
    // A comment of YAML ends it.
    let plain = done.split(" #").next().unwrap_or(&done).trim().trim_matches(['"', '\'']).to_owned();
    Some(plain)
}

/// `.Values.image.tag | default .Chart.AppVersion | quote`
fn evaluate(expression: &str, values: &Value, app_version: &str) -> Option<String> {
    let mut steps = expression.split('|').map(str::trim);
    let first: Vec<&str> = steps.next()?.split_whitespace().collect();
    let mut value = match first[..] {
        [term] => operand(term, values, app_version)?,
        ["default", fallback, term] => match operand(term, values, app_version)? {
            empty if empty.is_empty() => operand(fallback, values, app_version)?,
            given => given,
        },
        ["quote" | "toString" | "trim", term] => operand(term, values, app_version)?,
        _ => return None,
    };
    for step in steps {
        match step.split_whitespace().collect::<Vec<_>>()[..] {
            ["quote" | "squote" | "toString" | "trim"] => {}
            ["default", fallback] if value.is_empty() => value = operand(fallback, values, app_version)?,
            ["default", _] => {}
            _ => return None,
        }
    }
    Some(value)
}

/// The empty text where nothing is said.
fn operand(term: &str, values: &Value, app_version: &str) -> Option<String> {
    let term = term.trim_start_matches('$').trim_matches(['(', ')']);
    if let Some(quoted) = term.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Some(quoted.to_owned());
    }
    if term == ".Chart.AppVersion" {
        return Some(app_version.to_owned());
    }
    let path = term.strip_prefix(".Values.")?;
    let value = path.split('.').try_fold(values, |value, key| value.get(key));
    match value {
        None | Some(Value::Null) => Some(String::new()),
        some => text(some).or_else(|| matches!(some, Some(Value::String(_))).then(String::new)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn images_are_found_where_charts_name_them() {
        let files = ChartFiles {
            chart: "name: web\nversion: 1.0.0\nappVersion: \"2.4\"\n".into(),
            values: "image: {registry: quay.io, repository: org/web, tag: \"\"}\n\
                     sidecar: {image: 'busybox:1.32'}\nbeats: {image: docker.example/beats/filebeat, imageTag: 7.12.1}\n\
                     tool: {name: org/tool, version: 3}\nchart: {repository: 'https://a.example', version: 1}\n"
                .into(),
            templates: vec![
                "        image: \"{{ .Values.tool.name }}:{{ .Values.tool.version }}\"\n        - image: rook/ceph:v1.8.8 # fixed\n".into(),
                "image: {{ .Values.none | default \"redis:6\" | quote }}\nimage: {{ include \"web.image\" . }}\n".into(),
            ],
        };
        let found = find_images(&files);
        let names: Vec<&str> = found.images.iter().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "busybox:1.32",
                "docker.example/beats/filebeat:7.12.1",
                "org/tool:3",
                "quay.io/org/web:2.4",
                "redis:6",
                "rook/ceph:v1.8.8"
            ]
        );
        assert_eq!(found.unread.into_iter().collect::<Vec<_>>(), ["{{ include \"web.image\" . }}"]);
    }

    proptest! {
        #[test]
        fn any_text_is_looked_at(values in ".{0,200}", template in "(image: )?[{}|.\" a-zA-Z]{0,60}") {
            let _ = find_images(&ChartFiles { chart: values.clone(), values, templates: vec![template] });
        }
    }
}
