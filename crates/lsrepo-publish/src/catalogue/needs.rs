//! The packages of a platform: builds gathered under their names, and their needs resolved among each other.
//!
//! This says who could meet a need here, for people who look at a page. What is installed in the end is for apt and dnf.

use super::{Key, Kind, Need, Package, PackageVersion, Row, Thing};
use lsrepo_deb::dependency::{self, Operator};
use lsrepo_rpm::evr;
use lsrepo_types::{Family, Platform};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap},
};

/// Who meets a need: so many are named.
const MOST_MET: usize = 6;
/// Who needs a package: so many are named.
const MOST_NEEDING: usize = 300;

/// A build of a package, and what it says of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// its name
    pub name: String,
    /// one line
    pub summary: String,
    /// what its page shows, without needs
    pub version: PackageVersion,
    /// what it needs, in its own order
    pub relations: Vec<Relation>,
    /// what it offers besides its name, maybe with a version: virtual packages, sonames, files
    pub offers: Vec<(String, Option<String>)>,
}

/// What a package says of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// `Depends`, `Requires`, `Recommends` …
    pub how: &'static str,
    /// as it is written
    pub text: String,
    /// each of these would do
    pub wants: Vec<Want>,
}

/// A name, and which versions of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// of a package, or of what packages offer
    pub name: String,
    /// none: any
    pub version: Option<(Sign, String)>,
}

/// How versions are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each is the sign of that name
pub enum Sign {
    Less,
    LessEqual,
    Equal,
    GreaterEqual,
    Greater,
}

impl Sign {
    fn admits(self, order: Ordering) -> bool {
        match self {
            Sign::Less => order.is_lt(),
            Sign::LessEqual => order.is_le(),
            Sign::Equal => order.is_eq(),
            Sign::GreaterEqual => order.is_ge(),
            Sign::Greater => order.is_gt(),
        }
    }
}

/// A field of a control paragraph, for an architecture (`amd64`). What cannot be read is shown as it stands, and met by nobody.
pub fn deb_relations(how: &'static str, field: &str, arch: &str) -> Vec<Relation> {
    let want = |one: &dependency::Relation<'_>| Want {
        name: one.name.to_owned(),
        version: one.version.map(|(operator, version)| (sign(operator), version.to_owned())),
    };
    field
        .split(',')
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|text| !text.is_empty())
        .filter_map(|text| match dependency::parse_for(&text, arch) {
            Ok(groups) if groups.is_empty() => None,
            Ok(groups) => {
                let wants = groups.iter().flatten().map(want).collect();
                Some(Relation { how, text, wants })
            }
            Err(_) => Some(Relation { how, text, wants: Vec::new() }),
        })
        .collect()
}

fn sign(operator: Operator) -> Sign {
    match operator {
        Operator::Less => Sign::Less,
        Operator::LessEqual => Sign::LessEqual,
        Operator::Equal => Sign::Equal,
        Operator::GreaterEqual => Sign::GreaterEqual,
        Operator::Greater => Sign::Greater,
    }
}

/// The order of two versions.
fn compare(family: Family, a: &str, b: &str) -> Ordering {
    match family {
        Family::Debian => lsrepo_deb::version::compare(a, b),
        Family::RedHat => {
            let ((a_epoch, a, a_release), (b_epoch, b, b_release)) = (evr::split(a), evr::split(b));
            let release = match (a_release, b_release) {
                (Some(a), Some(b)) => evr::compare(a, b),
                // a requirement without a release takes any
                _ => Ordering::Equal,
            };
            a_epoch.cmp(&b_epoch).then_with(|| evr::compare(a, b)).then(release)
        }
    }
}

/// Who offers a name, in which version.
type Offers<'a> = HashMap<&'a str, Vec<(&'a str, Option<&'a str>)>>;

/// The packages of a platform as things, each name once.
pub fn packages(platform: &Platform, all: &[Facts]) -> Vec<Thing> {
    let family = platform.os.family();
    let mut offers: Offers<'_> = HashMap::new();
    for one in all {
        let own = (one.name.as_str(), Some(one.version.version.as_str()));
        let others = one.offers.iter().map(|(name, version)| (name.as_str(), version.as_deref()));
        for (name, version) in others.chain([own]) {
            offers.entry(name).or_default().push((&one.name, version));
        }
    }
    let mut by_name: BTreeMap<&str, (String, Vec<PackageVersion>)> = BTreeMap::new();
    let mut needed_by: HashMap<String, BTreeSet<&str>> = HashMap::new();
    for one in all {
        let needs: Vec<Need> = one.relations.iter().map(|relation| need(family, one, relation, &offers)).collect();
        for name in needs.iter().filter(|need| is_strong(&need.how)).flat_map(|need| &need.met_by) {
            needed_by.entry(name.clone()).or_default().insert(&one.name);
        }
        let (summary, versions) = by_name.entry(&one.name).or_default();
        if summary.is_empty() {
            summary.clone_from(&one.summary);
        }
        versions.push(PackageVersion { needs, ..one.version.clone() });
    }
    let place = platform.to_string();
    let things = by_name.into_iter().map(|(name, (summary, mut versions))| {
        versions
            .sort_by(|a, b| compare(family, &b.version, &a.version).then_with(|| (&a.arch, a.digest).cmp(&(&b.arch, b.digest))));
        let needing = needed_by.remove(name).unwrap_or_default();
        let identity: Vec<String> = versions.iter().map(|one| format!("{} {} {:?}", one.version, one.arch, one.digest)).collect();
        let package = Package {
            needed_by: needing.iter().take(MOST_NEEDING).map(|name| (*name).to_owned()).collect(),
            needed_by_count: needing.len() as u64,
            versions,
        };
        Thing {
            key: Key { kind: Kind::Package, place: place.clone(), name: name.to_owned() },
            summary,
            bytes: package.versions.iter().map(|one| one.size).fold(0, u64::saturating_add),
            mark: Thing::mark(&identity.join("\n")),
            platforms: [place.clone()].into(),
            row: Row::Package(package),
        }
    });
    things.collect()
}

/// Whether a package does not work without it.
fn is_strong(how: &str) -> bool {
    matches!(how, "Depends" | "Pre-Depends" | "Requires")
}

fn need(family: Family, of: &Facts, relation: &Relation, offers: &Offers<'_>) -> Need {
    let fits = |want: &Want, version: Option<&str>| match (&want.version, version) {
        (None, _) => true,
        (Some((sign, wanted)), Some(version)) => sign.admits(compare(family, version, wanted)),
        // what is offered without a version is, to RPM, there in any
        (Some(_), None) => family == Family::RedHat,
    };
    let mut met_by: Vec<String> = Vec::new();
    for want in &relation.wants {
        for (name, version) in offers.get(want.name.as_str()).into_iter().flatten() {
            if *name != of.name && fits(want, *version) && met_by.len() < MOST_MET && !met_by.iter().any(|known| known == name) {
                met_by.push((*name).to_owned());
            }
        }
    }
    Need { how: relation.how.to_owned(), text: relation.text.clone(), met_by }
}
