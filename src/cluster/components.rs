//! Verified matches → clusters in which every member matches the representative.
//!
//! Union–find proposes components; a component may be a chain whose ends have nothing in common, so each is then cut
//! into *stars*: the best member is the representative, whatever matches it stays, the rest starts again. Cost: about
//! 30 ns a match, and one verification a member where no chain is found.

/// Disjoint sets over `0..n`. The root of a set is its smallest id, whatever the order of the unions.
#[derive(Clone, Debug)]
pub struct Components {
    parent: Vec<u32>,
}

impl Components {
    /// `n` sets of one id each.
    pub fn new(n: usize) -> Self {
        Self { parent: (0..n as u32).collect() }
    }

    /// The smallest id of the set that `id` is in.
    pub fn root(&mut self, mut id: u32) -> u32 {
        while self.parent[id as usize] != id {
            let above = self.parent[self.parent[id as usize] as usize];
            self.parent[id as usize] = above;
            id = above;
        }
        id
    }

    /// Whether two ids are in one set already.
    pub fn joined(&mut self, a: u32, b: u32) -> bool {
        self.root(a) == self.root(b)
    }

    /// Puts the sets of two ids together.
    pub fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        // The larger root goes under the smaller: which id is the root never depends on the order of the joins.
        self.parent[a.max(b) as usize] = a.min(b);
    }

    /// The sets of two ids and more, each sorted, in the order of their smallest ids.
    ///
    /// ```
    /// use dechaff::cluster::components::Components;
    /// let mut components = Components::new(5);
    /// components.join(3, 1);
    /// components.join(4, 3);
    /// assert_eq!(components.sets(), [[1, 3, 4]]);
    /// ```
    pub fn sets(&mut self) -> Vec<Vec<u32>> {
        let mut members: Vec<(u32, u32)> = Vec::new();
        for id in 0..self.parent.len() as u32 {
            let root = self.root(id);
            if root != id {
                members.push((root, id));
            }
        }
        members.sort_unstable();
        members
            .chunk_by(|a, b| a.0 == b.0)
            .map(|group| std::iter::once(group[0].0).chain(group.iter().map(|&(_, id)| id)).collect())
            .collect()
    }
}

/// A representative and the members that match it, in the order they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Star<M> {
    /// The member that all others were compared with.
    pub representative: u32,
    /// The others, each with its match.
    pub members: Vec<(u32, M)>,
}

/// Rounds without a single match after which what is left of a component stays apart: each such round costs a
/// verification for every id that is left.
const FRUITLESS_ROUNDS: usize = 32;

/// Cuts a component into stars. `best_first` holds its ids, the preferred representative first; `verify` compares a
/// representative with another id. Ids that match no representative are left out. Every star has members.
pub fn stars<M>(best_first: Vec<u32>, verify: impl FnMut(u32, u32) -> Option<M>) -> Vec<Star<M>> {
    agreeing_stars(best_first, |_| {}, verify, |_, _, _| {})
}

/// [`stars`] whose members must also agree with each other: `settle` moves ids between a star's members and what is
/// left, which goes on to the next star. Before each star `order` puts what is left in order, the preferred
/// representative first.
pub fn agreeing_stars<M>(
    mut best_first: Vec<u32>,
    mut order: impl FnMut(&mut Vec<u32>),
    mut verify: impl FnMut(u32, u32) -> Option<M>,
    mut settle: impl FnMut(u32, &mut Vec<(u32, M)>, &mut Vec<u32>),
) -> Vec<Star<M>> {
    let mut stars = Vec::new();
    let mut fruitless = 0;
    while best_first.len() > 1 && fruitless < FRUITLESS_ROUNDS {
        order(&mut best_first);
        let representative = best_first[0];
        let mut members = Vec::new();
        let mut rest = Vec::new();
        for &id in &best_first[1..] {
            match verify(representative, id) {
                Some(found) => members.push((id, found)),
                None => rest.push(id),
            }
        }
        settle(representative, &mut members, &mut rest);
        fruitless = if members.is_empty() { fruitless + 1 } else { 0 };
        if !members.is_empty() {
            stars.push(Star { representative, members });
        }
        best_first = rest;
    }
    stars
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against a relabelling that is too simple to be wrong.
        #[test]
        fn sets_are_the_connected_components(joins in proptest::collection::vec((0u32..20, 0u32..20), 0..30)) {
            let mut components = Components::new(20);
            let mut label: Vec<u32> = (0..20).collect();
            for &(a, b) in &joins {
                components.join(a, b);
                let (x, y) = (label[a as usize], label[b as usize]);
                for l in &mut label { if *l == x.max(y) { *l = x.min(y); } }
            }
            let mut want: Vec<Vec<u32>> = (0..20)
                .map(|root| (0..20).filter(|&id| label[id as usize] == root).collect::<Vec<u32>>())
                .filter(|set| set.len() > 1)
                .collect();
            want.sort();
            prop_assert_eq!(components.sets(), want);
        }

        /// A chain 0–1–2–… in which only neighbours match is cut into pairs, never kept whole.
        #[test]
        fn chains_are_cut(n in 2u32..30) {
            let found = stars((0..n).collect(), |a, b| (a.abs_diff(b) == 1).then_some(()));
            for star in &found {
                for (member, ()) in &star.members {
                    prop_assert_eq!(star.representative.abs_diff(*member), 1);
                }
            }
            let joined: usize = found.iter().map(|star| star.members.len() + 1).sum();
            prop_assert!(joined + 1 >= n as usize);
        }
    }
}
