//! How much memory this process uses.

/// Resident memory, in bytes: what the system gave, free or not.
pub fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux, with /proc");
    let mut numbers = statm.split_whitespace();
    let pages = numbers.nth(1).and_then(|pages| pages.parse::<u64>().ok());
    // SAFETY: asks for a constant of the system.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
    pages.expect("the second number of statm") * page
}

/// Memory that was allocated and not freed, in bytes, over all threads. Resident memory would tell of the allocator's
/// habits too: what it keeps for later, and in how many pieces.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn in_use() -> u64 {
    let mut text: *mut libc::c_char = std::ptr::null_mut();
    let mut length = 0;
    // SAFETY: the stream is closed before its buffer is read, and the buffer is freed once, after that.
    let account = unsafe {
        let stream = libc::open_memstream(&raw mut text, &raw mut length);
        assert!(!stream.is_null());
        assert_eq!(libc::malloc_info(0, stream), 0);
        libc::fclose(stream);
        let account = std::slice::from_raw_parts(text.cast::<u8>(), length).to_vec();
        libc::free(text.cast());
        String::from_utf8(account).expect("XML")
    };
    // The totals over all arenas stand behind the last of them.
    let totals = account.rsplit("</heap>").next().unwrap_or_default();
    let size = |of: &str| -> u64 {
        let line = totals.lines().find(|line| line.contains(of));
        let size = line.and_then(|line| line.split("size=\"").nth(1)?.split('"').next());
        size.and_then(|size| size.parse().ok())
            .expect("an account as glibc writes it")
    };
    size("<system type=\"current\"") + size("type=\"mmap\"")
        - size("type=\"fast\"")
        - size("type=\"rest\"")
}

/// Memory in use where the allocator gives no account of it: what is resident.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn in_use() -> u64 {
    resident()
}
