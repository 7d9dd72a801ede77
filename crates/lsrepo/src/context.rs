//! What a command needs from the world, read once: home, clock, terminal.

mod approvers;

use crate::{cli::Cli, progress::Progress, shelves, whole};
use anyhow::{Context as _, Result, bail};
use lsrepo_sign::{Keyring, SecretKey};
use lsrepo_store::{Guard, Store, StoreError};
use lsrepo_types::{Bytes, Timestamp};
use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// The birth date of every key. What is published bears the date of its newest input, and a key must be older than
/// whatever it signs.
const KEY_BORN: Timestamp = Timestamp(1_577_836_800);

/// How long another run in the same store is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The world as one run sees it.
pub(crate) struct Context {
    pub(crate) home: PathBuf,
    pub(crate) now: Timestamp,
    pub(crate) progress: Progress,
    pub(crate) verbose: bool,
}

impl Context {
    pub(crate) fn new(cli: &Cli) -> Result<Self> {
        let home = match &cli.home {
            Some(home) => home.clone(),
            None => default_home()?,
        };
        Ok(Self { home, now: now(), progress: Progress::new(cli), verbose: cli.verbose })
    }

    /// Opens the store, which is made where it is not there yet, with the bundles that are used where they lie.
    pub(crate) fn store(&self) -> Result<Store> {
        let store = self.own_store()?;
        shelves::load(self, &store)?;
        Ok(store)
    }

    /// Opens the store without them.
    pub(crate) fn own_store(&self) -> Result<Store> {
        Ok(Store::open(&self.home)?)
    }

    /// The store for this run alone. Another run that is about to end, or was killed and is not gone yet, is waited for.
    pub(crate) fn alone(&self, store: &Store) -> Result<Guard> {
        self.patiently(|| store.lock_exclusive())
    }

    /// The store as it is, while nobody changes it; waits as [`Context::alone`] does.
    pub(crate) fn undisturbed(&self, store: &Store) -> Result<Guard> {
        self.patiently(|| store.lock_shared())
    }

    /// What cannot lie on the disk is not begun.
    pub(crate) fn refuse_full_disk(&self, store: &Store, needed: u64) -> Result<()> {
        let free = store.free_bytes()?;
        if needed > free {
            bail!(
                "{}: {} are to be downloaded, {} are free\nhint: make room, or name a store on another disk with --home DIR",
                store.root().display(),
                Bytes(needed),
                Bytes(free)
            );
        }
        Ok(())
    }

    fn patiently(&self, lock: impl Fn() -> Result<Guard, StoreError>) -> Result<Guard> {
        let begun = Instant::now();
        let mut said = false;
        loop {
            match lock() {
                Err(StoreError::Busy { .. }) if begun.elapsed() < PATIENCE => {
                    if !said && begun.elapsed() > PATIENCE / 10 {
                        said = true;
                        self.progress.note("waiting for another lsrepo that works in this store");
                    }
                    thread::sleep(Duration::from_millis(50));
                }
                other => return Ok(other?),
            }
        }
    }

    /// Where verified indexes are kept between runs.
    pub(crate) fn index_cache(&self) -> PathBuf {
        self.home.join("indexes")
    }

    fn secret_key_file(&self) -> PathBuf {
        self.home.join("keys/secret.asc")
    }

    fn trusted_dir(&self) -> PathBuf {
        self.home.join("keys/trusted")
    }

    /// This machine's signing key, where it has one.
    pub(crate) fn find_key(&self) -> Result<Option<SecretKey>> {
        let file = self.secret_key_file();
        match fs::read(&file) {
            Ok(bytes) => Ok(Some(load_key(&bytes, &file)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| file.display().to_string()),
        }
    }

    /// This machine's signing key; made at the first use.
    pub(crate) fn key(&self) -> Result<SecretKey> {
        match self.find_key()? {
            Some(key) => Ok(key),
            None => self.generate_key("lsrepo"),
        }
    }

    /// The key for repositories whose clients know no elliptic curves; made at the first use.
    pub(crate) fn rsa_key(&self) -> Result<SecretKey> {
        let own = self.key()?;
        if !own.is_elliptic() {
            return Ok(own);
        }
        let file = self.home.join("keys/secret-rsa.asc");
        match fs::read(&file) {
            Ok(bytes) => load_key(&bytes, &file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.keep_key(&file, SecretKey::generate_rsa(&own.user_id(), KEY_BORN)?)
            }
            Err(error) => Err(error).with_context(|| file.display().to_string()),
        }
    }

    /// Makes the signing key, which must not exist yet.
    pub(crate) fn generate_key(&self, name: &str) -> Result<SecretKey> {
        self.keep_key(&self.secret_key_file(), SecretKey::generate(name, KEY_BORN)?)
    }

    fn keep_key(&self, file: &Path, key: SecretKey) -> Result<SecretKey> {
        let dir = self.home.join("keys");
        fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).with_context(|| dir.display().to_string())?;
        // as a whole or not at all: half a key would lock its owner out
        if !whole::write_new_secret(file, &key.armored())? {
            bail!(
                "{}: there is a key already\nhint: `lsrepo key list` shows it; move the file away to make another",
                file.display()
            )
        }
        self.progress.note(&format!("made a signing key: {}", key.fingerprint()));
        Ok(key)
    }

    /// The keys whose bundles are taken: the trusted ones and this machine's own.
    pub(crate) fn trusted(&self) -> Result<Keyring> {
        let mut keyring = match self.find_key()? {
            Some(key) => key.keyring(),
            None => Keyring::default(),
        };
        for file in files_in(&self.trusted_dir())? {
            keyring.extend(load_keyring(&file)?);
        }
        Ok(keyring)
    }

    /// Trusts the keys in `bytes`; gives their fingerprints.
    pub(crate) fn trust(&self, bytes: &[u8]) -> Result<Vec<String>> {
        keep_public(&self.trusted_dir(), bytes)
    }
}

/// Keeps public keys in a folder; gives their fingerprints.
fn keep_public(dir: &Path, bytes: &[u8]) -> Result<Vec<String>> {
    let fingerprints: Vec<String> = Keyring::parse(bytes)?.fingerprints().iter().map(ToString::to_string).collect();
    let Some(first) = fingerprints.first() else { bail!("there is no key in it") };
    fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    whole::write(&dir.join(format!("{first}.asc")), |out| Ok(out.write_all(bytes)?))?;
    Ok(fingerprints)
}

/// The clock. A run reads it once; only who serves for years reads it again.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_secs().try_into().unwrap_or(i64::MAX))
}

fn default_home() -> Result<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Ok("/var/lib/lsrepo".into());
    }
    let data = env::var_os("XDG_DATA_HOME").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let home = env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    match data.or(home) {
        Some(dir) => Ok(dir.join("lsrepo")),
        None => bail!("no place for the store: HOME is not set\nhint: name one with --home DIR"),
    }
}

/// A secret key from a file's bytes.
pub(crate) fn load_key(bytes: &[u8], file: &Path) -> Result<SecretKey> {
    SecretKey::parse(bytes).with_context(|| file.display().to_string())
}

/// The keys in a file, armoured or binary.
pub(crate) fn load_keyring(file: &Path) -> Result<Keyring> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    Keyring::parse(&bytes).with_context(|| file.display().to_string())
}

/// The plain files of a folder, sorted; none where there is no folder.
pub(crate) fn files_in(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| dir.display().to_string()),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| dir.display().to_string())?.path();
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.is_file() && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
