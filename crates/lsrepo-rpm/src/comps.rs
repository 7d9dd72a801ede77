//! `comps.xml`: groups of packages, environments and categories of groups, and language packs.
//! Format: as libcomps and yum 3 read it.

mod read;
mod reduce;
mod render;

use crate::xml::Element;

/// What a repository knows of groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comps {
    /// packages that belong together
    pub groups: Vec<Group>,
    /// groups that make a system
    pub environments: Vec<Environment>,
    /// drawers of groups, for people
    pub categories: Vec<Category>,
    /// name of a package, and how the package of a language is called (`aspell-%s`)
    pub langpacks: Vec<(String, String)>,
}

/// What a group, an environment and a category are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// `web-server`
    pub id: String,
    /// `Basic Web Server`
    pub name: String,
    /// a sentence
    pub description: String,
    /// names by language
    pub names: Vec<(String, String)>,
    /// descriptions by language
    pub descriptions: Vec<(String, String)>,
    /// where it stands in lists
    pub display_order: Option<i64>,
}

/// Packages that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// what it is called
    pub label: Label,
    /// whether a plain installation has it
    pub default: bool,
    /// whether lists show it
    pub visible: bool,
    /// only for a system of this language
    pub language: Option<String>,
    /// its packages, as listed
    pub packages: Vec<Member>,
}

/// A package of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// its name
    pub name: String,
    /// when it is installed with its group
    pub kind: MemberKind,
    /// only for these architectures, as written
    pub arch: Option<String>,
}

/// When a package is installed with its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// always
    Mandatory,
    /// unless somebody leaves it out
    Default,
    /// if somebody asks for it
    Optional,
    /// where another package is installed too
    Conditional {
        /// that package
        requires: String,
    },
}

/// Groups that make a system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// what it is called
    pub label: Label,
    /// ids of the groups that belong to it
    pub groups: Vec<String>,
    /// ids of those that can be added, and whether they are unless somebody leaves them out
    pub options: Vec<(String, bool)>,
}

/// A drawer of groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Category {
    /// what it is called
    pub label: Label,
    /// ids
    pub groups: Vec<String>,
}

/// What `@word` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// a group
    Group(&'a Group),
    /// an environment
    Environment(&'a Environment),
}

impl Comps {
    /// The group or environment of that id; else of that name, in whichever case; else of a name in some language.
    pub fn find(&self, word: &str) -> Option<Found<'_>> {
        let folded = word.to_lowercase();
        let by_id = |label: &Label| label.id == word;
        let by_name = |label: &Label| label.id.to_lowercase() == folded || label.name.to_lowercase() == folded;
        let by_language = |label: &Label| label.names.iter().any(|(_, name)| name.to_lowercase() == folded);
        let tests: [&dyn Fn(&Label) -> bool; 3] = [&by_id, &by_name, &by_language];
        tests.into_iter().find_map(|fits| {
            let group = self.groups.iter().find(|group| fits(&group.label)).map(Found::Group);
            group.or_else(|| self.environments.iter().find(|one| fits(&one.label)).map(Found::Environment))
        })
    }

    /// The group of that id.
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.label.id == id)
    }

    /// The packages that installing this brings: mandatory and default ones, and conditional ones with what they wait
    /// for. An environment brings those of its groups and of its default options.
    pub fn members<'a>(&'a self, found: Found<'a>) -> Vec<&'a Member> {
        let groups: Vec<&Group> = match found {
            Found::Group(group) => vec![group],
            Found::Environment(environment) => {
                let options = environment.options.iter().filter(|(_, default)| *default).map(|(id, _)| id);
                environment.groups.iter().chain(options).filter_map(|id| self.group(id)).collect()
            }
        };
        let mut members: Vec<&Member> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for member in groups.into_iter().flat_map(|group| &group.packages) {
            if member.kind != MemberKind::Optional && seen.insert(member.name.as_str()) {
                members.push(member);
            }
        }
        members
    }
}

fn yes(element: Option<&Element>, otherwise: bool) -> bool {
    match element.map(|element| element.text().to_ascii_lowercase()).as_deref() {
        Some("true" | "1" | "yes") => true,
        Some("false" | "0" | "no") => false,
        _ => otherwise,
    }
}

#[cfg(test)]
mod tests;
