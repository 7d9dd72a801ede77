//! To XML. Sorted, so that equal content gives equal bytes.

use super::{Comps, Environment, Group, Label, MemberKind};
use crate::xml::escaped;
use std::fmt::Write as _;

impl Comps {
    /// The text of a `comps.xml`.
    pub fn render(&self) -> String {
        let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <!DOCTYPE comps PUBLIC \"-//Red Hat, Inc.//DTD Comps info//EN\" \"comps.dtd\">\n<comps>\n"
            .to_owned();
        for group in sorted(&self.groups, |group| &group.label) {
            self::group(&mut text, group);
        }
        for environment in sorted(&self.environments, |environment| &environment.label) {
            self::environment(&mut text, environment);
        }
        for category in sorted(&self.categories, |category| &category.label) {
            text.push_str("  <category>\n");
            label(&mut text, &category.label);
            order(&mut text, &category.label);
            ids(&mut text, "grouplist", category.groups.iter().map(|id| (id, false)));
            text.push_str("  </category>\n");
        }
        if !self.langpacks.is_empty() {
            text.push_str("  <langpacks>\n");
            let mut all: Vec<_> = self.langpacks.iter().collect();
            all.sort();
            for (name, install) in all {
                let _ = writeln!(text, "    <match name=\"{}\" install=\"{}\"/>", escaped(name), escaped(install));
            }
            text.push_str("  </langpacks>\n");
        }
        text + "</comps>\n"
    }
}

fn sorted<T>(all: &[T], label: impl Fn(&T) -> &Label) -> Vec<&T> {
    let mut all: Vec<&T> = all.iter().collect();
    all.sort_by(|a, b| label(a).id.cmp(&label(b).id));
    all
}

fn group(text: &mut String, group: &Group) {
    text.push_str("  <group>\n");
    label(text, &group.label);
    let _ = writeln!(text, "    <default>{}</default>\n    <uservisible>{}</uservisible>", group.default, group.visible);
    order(text, &group.label);
    if let Some(language) = &group.language {
        let _ = writeln!(text, "    <langonly>{}</langonly>", escaped(language));
    }
    text.push_str("    <packagelist>\n");
    let mut members: Vec<_> = group.packages.iter().collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    for member in members {
        let kind = match &member.kind {
            MemberKind::Mandatory => "type=\"mandatory\"".to_owned(),
            MemberKind::Default => "type=\"default\"".to_owned(),
            MemberKind::Optional => "type=\"optional\"".to_owned(),
            MemberKind::Conditional { requires } => format!("type=\"conditional\" requires=\"{}\"", escaped(requires)),
        };
        let arch = member.arch.as_ref().map_or(String::new(), |arch| format!(" arch=\"{}\"", escaped(arch)));
        let _ = writeln!(text, "      <packagereq {kind}{arch}>{}</packagereq>", escaped(&member.name));
    }
    text.push_str("    </packagelist>\n  </group>\n");
}

fn environment(text: &mut String, environment: &Environment) {
    text.push_str("  <environment>\n");
    label(text, &environment.label);
    order(text, &environment.label);
    ids(text, "grouplist", environment.groups.iter().map(|id| (id, false)));
    ids(text, "optionlist", environment.options.iter().map(|(id, default)| (id, *default)));
    text.push_str("  </environment>\n");
}

fn label(text: &mut String, label: &Label) {
    let _ = writeln!(text, "    <id>{}</id>", escaped(&label.id));
    for (element, plain, translated) in
        [("name", &label.name, &label.names), ("description", &label.description, &label.descriptions)]
    {
        match plain.is_empty() {
            true => drop(writeln!(text, "    <{element}/>")),
            false => drop(writeln!(text, "    <{element}>{}</{element}>", escaped(plain))),
        }
        for (language, words) in translated {
            let _ = writeln!(text, "    <{element} xml:lang=\"{}\">{}</{element}>", escaped(language), escaped(words));
        }
    }
}

fn order(text: &mut String, label: &Label) {
    if let Some(order) = label.display_order {
        let _ = writeln!(text, "    <display_order>{order}</display_order>");
    }
}

fn ids<'a>(text: &mut String, list: &str, ids: impl Iterator<Item = (&'a String, bool)>) {
    let _ = writeln!(text, "    <{list}>");
    for (id, default) in ids {
        let default = if default { " default=\"true\"" } else { "" };
        let _ = writeln!(text, "      <groupid{default}>{}</groupid>", escaped(id));
    }
    let _ = writeln!(text, "    </{list}>");
}
