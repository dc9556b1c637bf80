//! Why a detector cannot be built or run.

/// What is wrong with a detector's settings or what it was given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DetectionError {
    /// A setting makes no sense.
    #[error("detector setting {name} is {value}, must be {range}")]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        range: &'static str,
    },
    /// The anchors of the levels differ in number, or one has no size.
    #[error("every level needs the same number of anchors, with sizes and aspect ratios above 0")]
    Anchors,
    /// There are not as many lists of anchor sizes as levels.
    #[error("{found} levels of anchor sizes for a pyramid of {levels} levels")]
    AnchorLevels {
        /// Levels of the pyramid.
        levels: usize,
        /// Lists of sizes.
        found: usize,
    },
    /// The images have a size that the pyramid cannot halve.
    #[error("images of {height} × {width} pixels: height and width must be multiples of {divisor}")]
    ImageSize {
        /// Their height.
        height: usize,
        /// Their width.
        width: usize,
        /// What both must be multiples of.
        divisor: usize,
    },
    /// There is not one entry per image.
    #[error("{found} {what} for {images} images")]
    Count {
        /// The list.
        what: &'static str,
        /// Its length.
        found: usize,
        /// Number of images.
        images: usize,
    },
    /// A true box without area, or with a corner that is no number.
    #[error("box {index} of image {image} is {corners:?}: width and height must be above 0")]
    DegenerateBox {
        /// Index of the image in the batch.
        image: usize,
        /// Index of the box.
        index: usize,
        /// x1, y1, x2, y2.
        corners: [f32; 4],
    },
    /// There is not one label per box.
    #[error("{found} labels for {boxes} boxes in image {image}")]
    Labels {
        /// Index of the image in the batch.
        image: usize,
        /// Number of labels.
        found: usize,
        /// Number of boxes.
        boxes: usize,
    },
    /// A label that is not one of the classes.
    #[error("label {label} in image {image}: labels are 1 to {most}, 0 is the background")]
    Label {
        /// Index of the image in the batch.
        image: usize,
        /// The label.
        label: usize,
        /// The largest label.
        most: usize,
    },
    /// The device failed.
    #[error("cannot read results from the device: {0}")]
    Device(String),
}
