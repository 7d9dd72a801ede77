//! What a registry answers when it does not do what was asked. Spec: "Error Codes".

use serde_json::{Value, json};
use std::fmt;

/// How much of what a client wrote is said back to it.
const MOST_ECHOED: usize = 200;

/// The spec's codes, and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ErrorCode {
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    SizeInvalid,
    Unauthorized,
    Denied,
    Unsupported,
    TooManyRequests,
}

impl ErrorCode {
    /// As it is written: `BLOB_UNKNOWN`.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorCode::BlobUnknown => "BLOB_UNKNOWN",
            ErrorCode::BlobUploadInvalid => "BLOB_UPLOAD_INVALID",
            ErrorCode::BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
            ErrorCode::DigestInvalid => "DIGEST_INVALID",
            ErrorCode::ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
            ErrorCode::ManifestInvalid => "MANIFEST_INVALID",
            ErrorCode::ManifestUnknown => "MANIFEST_UNKNOWN",
            ErrorCode::NameInvalid => "NAME_INVALID",
            ErrorCode::NameUnknown => "NAME_UNKNOWN",
            ErrorCode::SizeInvalid => "SIZE_INVALID",
            ErrorCode::Unauthorized => "UNAUTHORIZED",
            ErrorCode::Denied => "DENIED",
            ErrorCode::Unsupported => "UNSUPPORTED",
            ErrorCode::TooManyRequests => "TOOMANYREQUESTS",
        }
    }

    /// The HTTP status that usually goes with it.
    pub fn status(self) -> u16 {
        match self {
            ErrorCode::BlobUnknown
            | ErrorCode::BlobUploadUnknown
            | ErrorCode::ManifestBlobUnknown
            | ErrorCode::ManifestUnknown
            | ErrorCode::NameUnknown => 404,
            ErrorCode::BlobUploadInvalid
            | ErrorCode::DigestInvalid
            | ErrorCode::ManifestInvalid
            | ErrorCode::NameInvalid
            | ErrorCode::SizeInvalid => 400,
            ErrorCode::Unauthorized => 401,
            ErrorCode::Denied => 403,
            ErrorCode::Unsupported => 405,
            ErrorCode::TooManyRequests => 429,
        }
    }
}

/// An error as a client gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// for programs
    pub code: ErrorCode,
    /// of HTTP
    pub status: u16,
    /// for people
    pub message: String,
    /// what exactly, for programs
    pub detail: Option<Value>,
}

impl ApiError {
    /// An error with the status that its code usually has.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, status: code.status(), message: message.into(), detail: None }
    }

    /// The same under another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same with what exactly it is about.
    #[must_use]
    pub fn about(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.detail = Some(json!({ key: short(&value.to_string()) }));
        self
    }

    /// The body: JSON, of type `application/json`.
    pub fn body(&self) -> Vec<u8> {
        let mut error = json!({"code": self.code.as_str(), "message": self.message});
        if let Some(detail) = &self.detail {
            error["detail"] = detail.clone();
        }
        json!({ "errors": [error] }).to_string().into_bytes()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for ApiError {}

/// The start of what a client wrote.
pub(super) fn short(text: &str) -> String {
    text.chars().take(MOST_ECHOED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_json_whatever_is_in_it() {
        let error = ApiError::new(ErrorCode::NameInvalid, "a \"name\"\n").about("name", "x".repeat(1000));
        let body: Value = serde_json::from_slice(&error.body()).unwrap();
        assert_eq!((error.status, &body["errors"][0]["code"]), (400, &json!("NAME_INVALID")));
        assert_eq!(body["errors"][0]["message"], "a \"name\"\n");
        assert_eq!(body["errors"][0]["detail"]["name"].as_str().map(str::len), Some(MOST_ECHOED));
    }
}
