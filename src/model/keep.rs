//! The rules by which dedupe chooses the copy that it keeps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which of the copies in media is kept, where the archive has none. Ties go to the first path by
/// its bytes; a bundle goes by its main file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// The first path by its bytes.
    #[default]
    First,
    /// The one that was modified first.
    Oldest,
    /// The one that was modified last.
    Newest,
    /// The one whose path has the fewest bytes.
    ShortestPath,
    /// The one whose path has the most bytes.
    LongestPath,
}

impl Keep {
    /// All rules.
    pub const ALL: [Keep; 5] = [
        Keep::First,
        Keep::Oldest,
        Keep::Newest,
        Keep::ShortestPath,
        Keep::LongestPath,
    ];

    /// The name of the rule, as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Keep::First => "first",
            Keep::Oldest => "oldest",
            Keep::Newest => "newest",
            Keep::ShortestPath => "shortest-path",
            Keep::LongestPath => "longest-path",
        }
    }

    /// The rule of that name.
    pub fn named(name: &str) -> Option<Keep> {
        Keep::ALL.into_iter().find(|keep| keep.name() == name)
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_in_plans() {
        for keep in Keep::ALL {
            let json = serde_json::to_string(&keep).unwrap();
            assert_eq!(json, format!("\"{keep}\""));
            assert_eq!(Keep::named(keep.name()), Some(keep));
        }
        assert_eq!(Keep::named("best"), None);
    }
}
