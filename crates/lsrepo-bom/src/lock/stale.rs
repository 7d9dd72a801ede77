//! Whether a lock still answers what is asked today.

use super::{Asked, PlatformLock};
use std::collections::BTreeSet;

impl PlatformLock {
    /// Why this lock does not answer `asked`, in words; `None` where it does.
    pub fn stale(&self, asked: &Asked) -> Option<String> {
        let (old, new) = (&self.asked, asked);
        let charts = || differ(&old.charts, &new.charts, |wish| format!("the chart `{}` (module {})", wish.chart, wish.module));
        let files = || differ(&old.files, &new.files, |wish| format!("the file `{}` (module {})", wish.file.name, wish.module));
        let images = || differ(&old.images, &new.images, |wish| format!("the image `{}` (module {})", wish.image, wish.module));
        let packages =
            || differ(&old.requirements, &new.requirements, |wish| format!("`{}` (module {})", wish.package, wish.module));
        let image_policy = || {
            let differs = !new.images.is_empty() && !old.same_image_policy(new);
            differs.then(|| "what is taken of images (all platforms, referrers, foreign layers) differs".to_owned())
        };
        let base = || (old.base != new.base).then(|| format!("its base is `{}`, now `{}`", old.base, new.base));
        let policy =
            || (!old.same_policy(new)).then(|| "its policy (recommends, suggests, exclude, module streams) differs".to_owned());
        charts().or_else(files).or_else(images).or_else(image_policy).or_else(packages).or_else(base).or_else(policy)
    }
}

/// The first wish that is new, or else the first that is gone.
fn differ<T: PartialEq>(old: &[T], new: &[T], name: impl Fn(&T) -> String) -> Option<String> {
    let missing = new.iter().find(|wish| !old.contains(wish)).map(|wish| format!("{} is not in it", name(wish)));
    missing.or_else(|| old.iter().find(|wish| !new.contains(wish)).map(|wish| format!("{} is no longer wanted", name(wish))))
}

impl Asked {
    fn same_image_policy(&self, other: &Self) -> bool {
        (self.all_platforms, self.no_referrers, self.foreign_layers)
            == (other.all_platforms, other.no_referrers, other.foreign_layers)
    }

    fn same_policy(&self, other: &Self) -> bool {
        let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
        (self.recommends, self.suggests, self.any_version) == (other.recommends, other.suggests, other.any_version)
            && set(&self.exclude) == set(&other.exclude)
            && set(&self.streams) == set(&other.streams)
    }
}
