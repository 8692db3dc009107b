//! VOICE: arguments, messages and exit codes; the one place where phases and the disk meet.

pub mod crawl;
