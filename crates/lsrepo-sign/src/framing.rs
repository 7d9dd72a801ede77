//! The frame of a clear-signed text. A reader that looks for the signed part somewhere in a file can be shown
//! two different files at once, so the frame has to be all there is.

use crate::SignatureError;

const BEGIN: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const BEGIN_SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
const END_SIGNATURE: &str = "-----END PGP SIGNATURE-----";

/// The message without white space around it; refuses everything else outside.
pub(crate) fn inline(bytes: &[u8]) -> Result<&str, SignatureError> {
    let text = str::from_utf8(bytes).map_err(|_| match contains(bytes, BEGIN) {
        true => SignatureError::Malformed("it is not UTF-8".to_owned()),
        false => SignatureError::NotSigned,
    })?;
    let whole = text.trim_matches([' ', '\t', '\r', '\n']);
    let lines = |wanted: &str| whole.lines().filter(|line| line.trim_end() == wanted).count();
    match (lines(BEGIN), lines(BEGIN_SIGNATURE), lines(END_SIGNATURE)) {
        (0, _, _) => Err(SignatureError::NotSigned),
        (1, 1, 1) if whole.starts_with(BEGIN) && whole.ends_with(END_SIGNATURE) => Ok(whole),
        (1, 1, 1) => Err(SignatureError::OutsideText),
        (1, 0, _) | (1, _, 0) => Err(SignatureError::Malformed("it ends too early".to_owned())),
        _ => Err(SignatureError::OutsideText),
    }
}

/// Whether the bytes are one armoured signature and nothing else.
pub(crate) fn is_armored_signature(bytes: &[u8]) -> Result<bool, SignatureError> {
    if !contains(bytes, BEGIN_SIGNATURE) {
        return Ok(false);
    }
    let text = str::from_utf8(bytes).map_err(|_| SignatureError::OutsideText)?;
    let whole = text.trim_matches([' ', '\t', '\r', '\n']);
    let once = whole.matches(BEGIN_SIGNATURE).count() == 1;
    match once && whole.starts_with(BEGIN_SIGNATURE) && whole.ends_with(END_SIGNATURE) {
        true => Ok(true),
        false => Err(SignatureError::OutsideText),
    }
}

fn contains(bytes: &[u8], wanted: &str) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted.as_bytes())
}
