//! Which program this is.

/// The name of its file; nothing where the system does not tell.
pub(crate) fn name() -> Option<String> {
    let path = std::env::current_exe().ok()?;
    Some(path.file_name()?.to_string_lossy().into_owned())
}
