//! The tags that are read, as numbers. Spec: <https://rpm-software-management.github.io/rpm/manual/tags.html>

/// Opens a signature header: what the region covers.
pub(crate) const REGION_SIGNATURES: u32 = 62;
/// Opens a main header.
pub(crate) const REGION_IMMUTABLE: u32 = 63;

/// Of the signature header.
pub(crate) mod signature {
    pub(crate) const DSA_HEADER: u32 = 267;
    pub(crate) const RSA_HEADER: u32 = 268;
    pub(crate) const SHA1_HEADER: u32 = 269;
    pub(crate) const LONG_SIZE: u32 = 270;
    pub(crate) const LONG_ARCHIVE_SIZE: u32 = 271;
    pub(crate) const SHA256_HEADER: u32 = 273;
    pub(crate) const OPENPGP: u32 = 278;
    pub(crate) const SIZE: u32 = 1000;
    pub(crate) const PGP: u32 = 1002;
    pub(crate) const GPG: u32 = 1005;
    pub(crate) const ARCHIVE_SIZE: u32 = 1007;
}

pub(crate) const NAME: u32 = 1000;
pub(crate) const VERSION: u32 = 1001;
pub(crate) const RELEASE: u32 = 1002;
pub(crate) const EPOCH: u32 = 1003;
pub(crate) const SUMMARY: u32 = 1004;
pub(crate) const DESCRIPTION: u32 = 1005;
pub(crate) const BUILD_TIME: u32 = 1006;
pub(crate) const BUILD_HOST: u32 = 1007;
pub(crate) const SIZE: u32 = 1009;
pub(crate) const VENDOR: u32 = 1011;
pub(crate) const LICENSE: u32 = 1014;
pub(crate) const PACKAGER: u32 = 1015;
pub(crate) const GROUP: u32 = 1016;
pub(crate) const URL: u32 = 1020;
pub(crate) const ARCH: u32 = 1022;
pub(crate) const OLD_FILE_NAMES: u32 = 1027;
pub(crate) const FILE_MODES: u32 = 1030;
pub(crate) const FILE_DIGESTS: u32 = 1035;
pub(crate) const FILE_FLAGS: u32 = 1037;
pub(crate) const SOURCE_RPM: u32 = 1044;
pub(crate) const ARCHIVE_SIZE: u32 = 1046;
pub(crate) const CHANGELOG_TIME: u32 = 1080;
pub(crate) const CHANGELOG_NAME: u32 = 1081;
pub(crate) const CHANGELOG_TEXT: u32 = 1082;
pub(crate) const SOURCE_PACKAGE: u32 = 1106;
pub(crate) const DIR_INDEXES: u32 = 1116;
pub(crate) const BASE_NAMES: u32 = 1117;
pub(crate) const DIR_NAMES: u32 = 1118;
pub(crate) const LONG_SIZE: u32 = 5009;
pub(crate) const PAYLOAD_DIGEST: u32 = 5092;
pub(crate) const PAYLOAD_DIGEST_ALGORITHM: u32 = 5093;
pub(crate) const MODULARITY_LABEL: u32 = 5096;
pub(crate) const PAYLOAD_SHA512: u32 = 5121;

/// Names, flags and versions of one kind of relation.
#[derive(Clone, Copy)]
pub(crate) struct RelationTags {
    pub(crate) name: u32,
    pub(crate) flags: u32,
    pub(crate) version: u32,
}

const fn relation(name: u32, flags: u32, version: u32) -> RelationTags {
    RelationTags { name, flags, version }
}

pub(crate) const PROVIDES: RelationTags = relation(1047, 1112, 1113);
pub(crate) const REQUIRES: RelationTags = relation(1049, 1048, 1050);
pub(crate) const CONFLICTS: RelationTags = relation(1054, 1053, 1055);
pub(crate) const OBSOLETES: RelationTags = relation(1090, 1114, 1115);
pub(crate) const RECOMMENDS: RelationTags = relation(5046, 5048, 5047);
pub(crate) const SUGGESTS: RelationTags = relation(5049, 5051, 5050);
pub(crate) const SUPPLEMENTS: RelationTags = relation(5052, 5054, 5053);
pub(crate) const ENHANCES: RelationTags = relation(5055, 5057, 5056);
/// Of before rpm 4.12, when a flag told suggestions from recommendations.
pub(crate) const OLD_SUGGESTS: RelationTags = relation(1156, 1158, 1157);
pub(crate) const OLD_ENHANCES: RelationTags = relation(1159, 1161, 1160);
