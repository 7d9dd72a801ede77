//! zlib and GNU gzip.
