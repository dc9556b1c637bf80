//! Pictures that are unlike each other and unlike those that were painted: k-center greedy, the core set of Sener and
//! Savarese (2018, ICLR), over what the encoder says of each picture.

/// The order in which pictures come: next is always the one whose distance to the nearest picture that was painted or
/// came before is largest; the first of several. `embeddings` are of one length; without any painted picture the first
/// is that nearest to their mean.
pub(super) fn order(embeddings: &[Vec<f32>], is_painted: &[bool]) -> Vec<usize> {
    let mut nearest = vec![f64::INFINITY; embeddings.len()];
    let mut order = Vec::with_capacity(embeddings.len());
    let mut is_open: Vec<bool> = is_painted.iter().map(|painted| !painted).collect();
    for painted in (0..embeddings.len()).filter(|picture| is_painted[*picture]) {
        approach(&mut nearest, embeddings, painted);
    }
    while let Some(next) = farthest(&nearest, &is_open, embeddings) {
        order.push(next);
        is_open[next] = false;
        approach(&mut nearest, embeddings, next);
    }
    order
}

/// Takes a picture into account.
fn approach(nearest: &mut [f64], embeddings: &[Vec<f32>], centre: usize) {
    for (distance, embedding) in nearest.iter_mut().zip(embeddings) {
        *distance = distance.min(squared_distance(embedding, &embeddings[centre]));
    }
}

fn farthest(nearest: &[f64], is_open: &[bool], embeddings: &[Vec<f32>]) -> Option<usize> {
    let open = (0..nearest.len()).filter(|picture| is_open[*picture]);
    if nearest.iter().all(|distance| distance.is_infinite()) {
        let mean = mean(embeddings);
        let to_mean = |picture: &usize| squared_distance(&embeddings[*picture], &mean);
        return open.min_by(|a, b| to_mean(a).total_cmp(&to_mean(b)));
    }
    open.reduce(|best, next| if nearest[next] > nearest[best] { next } else { best })
}

fn mean(embeddings: &[Vec<f32>]) -> Vec<f32> {
    let mut mean = vec![0.0; embeddings.first().map_or(0, Vec::len)];
    for embedding in embeddings {
        for (sum, value) in mean.iter_mut().zip(embedding) {
            *sum += value / embeddings.len() as f32;
        }
    }
    mean
}

fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_farthest_from_all_others_comes_next() {
        let line = [0.0, 1.0, 10.0, 4.0, 11.0].map(|x| vec![x, 0.0]);
        let painted = |which: &[usize]| (0..5).map(|i| which.contains(&i)).collect::<Vec<_>>();
        // from 0: 11 is farthest, then 4 (4 from 0), then 1 and 10 at the same distance
        assert_eq!(order(&line, &painted(&[0])), [4, 3, 1, 2]);
        // the mean is 5.2: 4 is nearest, then 11 is 7 away, then 0
        assert_eq!(order(&line, &painted(&[])), [3, 4, 0, 1, 2]);
        assert_eq!(order(&line, &[true; 5]), [0; 0]);
        assert_eq!(order(&[], &[]), [0; 0]);
    }
}
