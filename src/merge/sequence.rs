//! Merging lists whose items have names: which stay, and in which order.

use super::Sides;
use std::collections::{BTreeMap, BTreeSet};

/// A list as one.
pub(super) struct MergedList<T> {
    /// The items, in their order.
    pub items: Vec<T>,
    /// Items that one side deleted and the other changed; they are among the items.
    pub survivors: Vec<Sides<T>>,
    /// Whether both sides brought what both have into different orders; then it is ours.
    pub both_ordered: bool,
}

/// Merges three lists by key, items that both sides have by `both`. Keys stand once in each list.
pub(super) fn merge_lists<T: Clone + PartialEq, K: Ord + Clone>(
    base: &[T],
    ours: &[T],
    theirs: &[T],
    key: impl Fn(&T) -> K,
    mut both: impl FnMut(Option<&T>, &T, &T) -> T,
) -> MergedList<T> {
    let keys = |items: &[T]| items.iter().map(&key).collect::<Vec<K>>();
    let by_key = |items: &[T]| items.iter().map(|item| (key(item), item.clone())).collect::<BTreeMap<K, T>>();
    let (base_keys, our_keys, their_keys) = (keys(base), keys(ours), keys(theirs));
    let (base, ours, theirs) = (by_key(base), by_key(ours), by_key(theirs));
    let mut kept: BTreeMap<K, T> = BTreeMap::new();
    let mut survivors = Vec::new();
    for key in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        let (b, o, t) = (base.get(key), ours.get(key), theirs.get(key));
        let item = match (o, t) {
            (Some(o), Some(t)) if o == t => Some(o.clone()),
            (Some(o), Some(t)) => Some(both(b, o, t)),
            (Some(side), None) | (None, Some(side)) if b == Some(side) => None,
            (Some(side), None) | (None, Some(side)) => {
                if b.is_some() {
                    survivors.push(Sides { base: b.cloned(), ours: o.cloned(), theirs: t.cloned() });
                }
                Some(side.clone())
            }
            (None, None) => None,
        };
        kept.extend(item.map(|item| (key.clone(), item)));
    }
    let (order, both_ordered) = order(&base_keys, &our_keys, &their_keys, &|key| kept.contains_key(key));
    let items = order.iter().filter_map(|key| kept.remove(key)).collect();
    MergedList { items, survivors, both_ordered }
}

/// The order of what is kept, and whether both sides ordered it differently.
pub(super) fn order<K: Ord + Clone>(
    base: &[K],
    ours: &[K],
    theirs: &[K],
    is_kept: &dyn Fn(&K) -> bool,
) -> (Vec<K>, bool) {
    let set = |keys: &[K]| keys.iter().cloned().collect::<BTreeSet<K>>();
    let (in_base, in_ours, in_theirs) = (set(base), set(ours), set(theirs));
    let everywhere = |keys: &[K]| {
        let is = |key: &&K| in_base.contains(key) && in_ours.contains(key) && in_theirs.contains(key) && is_kept(key);
        keys.iter().filter(is).cloned().collect::<Vec<K>>()
    };
    let (b, o, t) = (everywhere(base), everywhere(ours), everywhere(theirs));
    let theirs_leads = o == b && t != b;
    let both = o != b && t != b && o != t;
    let (leading, other, in_leading) = if theirs_leads { (theirs, ours, &in_theirs) } else { (ours, theirs, &in_ours) };
    // What only the other side has stands behind what it stands behind there, and behind what is new at that place.
    let mut behind: BTreeMap<Option<&K>, Vec<&K>> = BTreeMap::new();
    let mut last = None;
    for key in other {
        if in_leading.contains(key) {
            last = if is_kept(key) { Some(key) } else { last };
        } else if is_kept(key) {
            behind.entry(last).or_default().push(key);
        }
    }
    let mut order: Vec<K> = Vec::with_capacity(leading.len());
    let mut waiting: Vec<&K> = behind.remove(&None).unwrap_or_default();
    for key in leading.iter().filter(|key| is_kept(key)) {
        if in_base.contains(key) {
            order.extend(waiting.drain(..).cloned());
        }
        order.push(key.clone());
        waiting.extend(behind.remove(&Some(key)).unwrap_or_default());
    }
    order.extend(waiting.into_iter().cloned());
    (order, both)
}
