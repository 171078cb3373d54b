//! How time grows with size.

use super::{Figure, Measurement};

/// How much more each further cluster may cost at the larger sizes than at the smaller ones: linear, and
/// what the machine does besides.
const LIMIT: f64 = 1.25;

/// Adds to rows of growing sizes what each further cluster cost, and, from the third on, how many times
/// that is what it cost one size before: 1 is linear growth. What every plan costs, whatever its size,
/// is in neither.
pub fn growth(rows: &mut [(usize, Measurement)]) {
    let points: Vec<(f64, f64)> = rows
        .iter()
        .map(|(clusters, row)| (*clusters as f64, row.median_ms))
        .collect();
    let mut before: Option<f64> = None;
    for (pair, (_, row)) in points.windows(2).zip(rows.iter_mut().skip(1)) {
        let &[(few, quick), (many, slow)] = pair else {
            continue;
        };
        let each = (slow - quick) / (many - few);
        row.figures.push(Figure::new(each, "ms/cluster", None));
        if let Some(before) = before.filter(|before| *before > 0.0) {
            row.figures
                .push(Figure::new(each / before, "× linear", Some(LIMIT)));
        }
        before = Some(each);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(median_ms: f64) -> Measurement {
        Measurement {
            what: "plan".to_owned(),
            runs: 1,
            min_ms: median_ms,
            median_ms,
            max_ms: median_ms,
            peak_memory: None,
            figures: Vec::new(),
            note: None,
        }
    }

    #[test]
    fn growth_is_of_what_is_added() {
        // 50 ms whatever the size, and 2 ms, then 2 ms, then 4 ms for each cluster.
        let mut rows = vec![
            (10, row(70.0)),
            (100, row(250.0)),
            (200, row(450.0)),
            (300, row(850.0)),
        ];
        growth(&mut rows);
        let figures: Vec<Vec<(f64, Option<bool>)>> = rows
            .iter()
            .map(|(_, row)| {
                let figures = row.figures.iter();
                figures
                    .map(|figure| (figure.value, figure.within))
                    .collect()
            })
            .collect();
        assert_eq!(
            figures,
            [
                vec![],
                vec![(2.0, None)],
                vec![(2.0, None), (1.0, Some(true))],
                vec![(4.0, None), (2.0, Some(false))],
            ]
        );
    }
}
