//! From XML.

use super::{Category, Comps, Environment, Group, Label, Member, MemberKind, yes};
use crate::{
    metadata_error::MetadataError,
    xml::{Document, Element},
};
use std::io::BufRead;

impl Comps {
    /// Reads a `comps.xml`. Elements without an id, and what is not known, are passed over.
    pub fn parse(source: impl BufRead) -> Result<Self, MetadataError> {
        let mut document = Document::open(source, "comps", "comps")?;
        let mut comps = Self::default();
        while let Some(element) = document.element()? {
            match element.name.as_str() {
                "group" => comps.groups.extend(group(&element)),
                "environment" => comps.environments.extend(environment(&element)),
                "category" => comps.categories.extend(category(&element)),
                "langpacks" => comps.langpacks.extend(
                    element
                        .all("match")
                        .filter_map(|found| Some((found.attribute("name")?.to_owned(), found.attribute("install")?.to_owned()))),
                ),
                _ => {}
            }
        }
        Ok(comps)
    }
}

fn label(element: &Element) -> Option<Label> {
    // Sources of translations are written with an underscore.
    let plain = |name: &str| {
        let mut all = element.children.iter().filter(|child| child.name.trim_start_matches('_') == name);
        all.find(|child| child.attribute("xml:lang").is_none()).map_or("", Element::text).to_owned()
    };
    let translated = |name: &str| {
        let all = element.children.iter().filter(|child| child.name == name);
        all.filter_map(|child| Some((child.attribute("xml:lang")?.to_owned(), child.text().to_owned()))).collect()
    };
    Some(Label {
        id: element.text_of("id")?.to_owned(),
        name: plain("name"),
        description: plain("description"),
        names: translated("name"),
        descriptions: translated("description"),
        display_order: element.text_of("display_order").and_then(|text| text.parse().ok()),
    })
}

fn group(element: &Element) -> Option<Group> {
    Some(Group {
        label: label(element)?,
        default: yes(element.child("default"), false),
        visible: yes(element.child("uservisible"), true),
        language: element.text_of("langonly").map(str::to_owned),
        packages: element.all("packagelist").flat_map(|list| list.all("packagereq")).filter_map(member).collect(),
    })
}

fn member(element: &Element) -> Option<Member> {
    let kind = match element.attribute("type") {
        Some("default") => MemberKind::Default,
        Some("optional") => MemberKind::Optional,
        Some("conditional") => MemberKind::Conditional { requires: element.attribute("requires").unwrap_or("").to_owned() },
        _ => MemberKind::Mandatory,
    };
    let arch = element.attribute("arch").map(str::to_owned);
    Some(Member { name: element.text().to_owned(), kind, arch }).filter(|member| !member.name.is_empty())
}

fn environment(element: &Element) -> Option<Environment> {
    let options = element.all("optionlist").flat_map(|list| list.all("groupid"));
    let option = |id: &Element| (id.text().to_owned(), id.attribute("default") == Some("true"));
    Some(Environment { label: label(element)?, groups: group_ids(element), options: options.map(option).collect() })
}

fn category(element: &Element) -> Option<Category> {
    Some(Category { label: label(element)?, groups: group_ids(element) })
}

fn group_ids(element: &Element) -> Vec<String> {
    let ids = element.all("grouplist").flat_map(|list| list.all("groupid"));
    ids.map(|id| id.text().to_owned()).filter(|id| !id.is_empty()).collect()
}
