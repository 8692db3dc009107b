//! mediastruct: plan, then apply, for media archives.
//!
//! ```text
//!  files ─scan→ entries ─crawl→ index ─phase→ plan.json ─ you read it ─→ apply → files
//!                                               ▲                          │
//!                                               └──── undo ◄─── journal ◄──┘
//! ```
//!
//! Four folders, and who may know whom:
//!
//! - [`model`]: NOUNS, values without effects. It knows none of the others.
//! - [`phase`]: VERBS, pure functions from a [`model::state::State`] to a [`model::plan::Plan`].
//!   They know the model.
//! - [`disk`]: HANDS, the only code that touches files. It knows the model.
//! - `cli`: VOICE, arguments, messages and exit codes. It knows all, and is where phases and
//!   disk meet.

pub mod cli;
pub mod disk;
pub mod model;
pub mod phase;
