//! Orders of axes.

use lacuna_kernels::layout::{self, LayoutShape};

use crate::support::{numbers, on_every_path};

#[test]
fn channels_move_there_and_back() {
    for [batch, channels, pixels] in
        [[1, 1, 1], [2, 3, 35], [1, 2, 1500], [3, 17, 5], [2, 64, 64], [1, 700, 3]]
    {
        let shape = LayoutShape { batch, channels, pixels };
        let first = numbers(shape.value_count().unwrap(), 1);
        let mut last = vec![0.0; first.len()];
        for (index, value) in first.iter().enumerate() {
            let (image, channel, pixel) =
                (index / (channels * pixels), index / pixels % channels, index % pixels);
            last[(image * pixels + pixel) * channels + channel] = *value;
        }
        let runs = on_every_path("layout", |place| {
            let mut to = place.output(first.len());
            layout::to_channels_last(&shape, &place.put(&first), &mut to).unwrap();
            assert_eq!(*to, *last, "{shape:?}");
            layout::to_channels_first(&shape, &place.put(&last), &mut to).unwrap();
            to.to_vec()
        });
        for (_, found) in runs {
            assert_eq!(found, first, "{shape:?}");
        }
    }
}
