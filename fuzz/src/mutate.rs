//! Damaged copies, the same in every run and on every platform.

/// `count` damaged copies of a seed: bits flipped, bytes changed, pieces removed, doubled and cut off.
pub fn mutations(seed: &[u8], count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ seed.len() as u64);
    (0..count).map(move |_| {
        let mut copy = seed.to_vec();
        for _ in 0..=random.below(3) {
            damage(&mut copy, &mut random);
        }
        copy
    })
}

/// Bytes that mean something to the parsers here.
const MEANINGFUL: &[u8] = b"\0\n\r\t\x1b \"'#$%&*,-./0129:<=>?@AZ[\\]_`az{|}~\x7f\x80\xc3\xe2\xff";

fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + 1 + random.below(12)).min(bytes.len());
    match random.below(7) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        1 if at < bytes.len() => bytes[at] = MEANINGFUL[random.below(MEANINGFUL.len())],
        2 => bytes.insert(at, MEANINGFUL[random.below(MEANINGFUL.len())]),
        3 if at < end => drop(bytes.drain(at..end)),
        4 if at < end => {
            let piece = bytes[at..end].to_vec();
            let to = random.below(bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
        5 => bytes.truncate(at),
        _ => bytes.push(MEANINGFUL[random.below(MEANINGFUL.len())]),
    }
}

/// A linear congruential generator with the constants of Knuth's MMIX.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // The upper bits are the random ones.
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit.max(1)
    }
}
