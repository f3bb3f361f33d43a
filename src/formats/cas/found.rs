//! What was found in files of types, before all of them are known and labels get their names.

use super::told::Told;
use crate::formats::read::{Names, ReadResult};
use crate::model::Name;
use std::collections::{BTreeMap, HashMap};

/// It, with documents that wait as `P`.
pub struct Found<P> {
    /// What needs no names.
    pub result: ReadResult,
    /// In the order of the files.
    pub pending: Vec<P>,
    /// Short names of the types that became labels or link kinds, and whether they are link kinds.
    pub used: BTreeMap<Name, (String, bool)>,
    /// What is said once for all files.
    pub told: Told,
}

impl<P> Default for Found<P> {
    fn default() -> Self {
        let (result, pending) = (ReadResult::default(), Vec::new());
        Self { result, pending, used: BTreeMap::new(), told: Told::default() }
    }
}

impl<P> Found<P> {
    /// Adds what was found in a later file. A type keeps its first short name.
    pub fn join(&mut self, later: Self) {
        let Self { result, pending, used, told } = later;
        self.result.join(result);
        self.pending.extend(pending);
        for (kind, short) in used {
            self.used.entry(kind).or_insert(short);
        }
        self.told.join(told);
    }

    /// Short names of types by full ones, where only one type has the short one.
    pub fn final_names(&self) -> HashMap<Name, Name> {
        let mut count: HashMap<&(String, bool), usize> = HashMap::new();
        self.used.values().for_each(|short| *count.entry(short).or_default() += 1);
        let mut names = Names::default();
        let unique = self.used.iter().filter(|(_, short)| count.get(short) == Some(&1));
        unique.map(|(full, (short, _))| (full.clone(), names.get(short))).collect()
    }
}
