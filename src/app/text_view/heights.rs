//! How high everything is: a Fenwick tree (Fenwick 1994) over the heights of blocks, in points as f64.
//!
//! f64, because at a million words a document is two million points high and f32 loses a quarter point there.

/// Heights of blocks with fast prefix sums.
#[derive(Clone, Debug, Default)]
pub struct Heights {
    values: Vec<f32>,
    tree: Vec<f64>,
}

impl Heights {
    /// From the heights of all blocks; O(n).
    pub fn new(values: Vec<f32>) -> Self {
        let mut tree: Vec<f64> = std::iter::once(0.0).chain(values.iter().map(|&v| f64::from(v))).collect();
        for i in 1..tree.len() {
            let parent = i + (i & i.wrapping_neg());
            if parent < tree.len() {
                tree[parent] += tree[i];
            }
        }
        Self { values, tree }
    }

    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Height of a block; 0 for one that is not there.
    pub fn get(&self, block: usize) -> f32 {
        self.values.get(block).copied().unwrap_or(0.0)
    }

    /// Corrects the height of a block; O(log n).
    pub fn set(&mut self, block: usize, height: f32) {
        let Some(value) = self.values.get_mut(block) else { return };
        let difference = f64::from(height) - f64::from(*value);
        *value = height;
        let mut i = block + 1;
        while i < self.tree.len() {
            self.tree[i] += difference;
            i += i & i.wrapping_neg();
        }
    }

    /// Upper edge of a block: the heights of all before it; O(log n).
    pub fn top_of(&self, block: usize) -> f64 {
        let mut i = block.min(self.values.len());
        let mut sum = 0.0;
        while i > 0 {
            sum += self.tree[i];
            i &= i - 1;
        }
        sum
    }

    /// Height of everything.
    pub fn total(&self) -> f64 {
        self.top_of(self.values.len())
    }

    /// The block at height `y`, and how far below its upper edge that is; the last block for what lies below all.
    pub fn find(&self, y: f64) -> (usize, f64) {
        let (mut block, mut left) = (0, y.max(0.0));
        let mut step = self.values.len().next_power_of_two();
        while step > 0 {
            let next = block + step;
            if next <= self.values.len() && self.tree[next] <= left {
                block = next;
                left -= self.tree[next];
            }
            step /= 2;
        }
        if block >= self.values.len() {
            let last = self.values.len().saturating_sub(1);
            return (last, y - self.top_of(last));
        }
        (block, left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sums_and_searches_agree_with_a_naive_walk(
            start in proptest::collection::vec(0u16..500, 1..60),
            sets in proptest::collection::vec((0usize..60, 0u16..500), 0..20),
            y in 0u32..20_000,
        ) {
            let mut values: Vec<f32> = start.into_iter().map(f32::from).collect();
            let mut heights = Heights::new(values.clone());
            for (block, height) in sets {
                heights.set(block, f32::from(height));
                if let Some(value) = values.get_mut(block) {
                    *value = f32::from(height);
                }
            }
            let mut top = 0.0;
            let mut expected = (values.len() - 1, f64::from(y) - heights.top_of(values.len() - 1));
            let mut found = false;
            for (block, height) in values.iter().enumerate() {
                prop_assert_eq!(heights.top_of(block), top);
                if !found && f64::from(y) < top + f64::from(*height) {
                    expected = (block, f64::from(y) - top);
                    found = true;
                }
                top += f64::from(*height);
            }
            prop_assert_eq!(heights.total(), top);
            prop_assert_eq!(heights.find(f64::from(y)), expected);
        }
    }
}
