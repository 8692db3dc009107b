//! The boxes that QuickTime, MP4 and HEIF files consist of (ISO/IEC 14496-12, 4.2).

/// A box of `kind` around `parts`, one after the other.
pub(in crate::disk) fn container(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let payload: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = header(kind, payload as u64);
    for part in parts {
        bytes.extend(*part);
    }
    bytes
}

/// A box with a version and flags before its `parts`.
pub(in crate::disk) fn versioned(
    kind: &[u8; 4],
    version: u8,
    flags: u8,
    parts: &[&[u8]],
) -> Vec<u8> {
    let mut with_version: Vec<&[u8]> = Vec::with_capacity(parts.len() + 1);
    let version_and_flags = [version, 0, 0, flags];
    with_version.push(&version_and_flags);
    with_version.extend(parts);
    container(kind, &with_version)
}

/// The header of a box whose payload is `payload` bytes long: 8 bytes, or 16 beyond 4 GiB.
pub(in crate::disk) fn header(kind: &[u8; 4], payload: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16);
    match u32::try_from(payload.saturating_add(8)) {
        Ok(size) => {
            bytes.extend(size.to_be_bytes());
            bytes.extend(kind);
        }
        Err(_) => {
            bytes.extend(1_u32.to_be_bytes());
            bytes.extend(kind);
            bytes.extend(payload.saturating_add(16).to_be_bytes());
        }
    }
    bytes
}
