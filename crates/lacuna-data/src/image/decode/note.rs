//! What had to be done to a picture to read it, for people.

/// One thing done to a picture while reading it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DecodeNote {
    /// 16 bits a channel were rounded to 8.
    SixteenBit,
    /// Some pixels were transparent; their stored colour was taken and the alpha channel dropped.
    AlphaDropped,
    /// The picture was CMYK, for printing.
    Cmyk {
        /// Whether an embedded profile gave the colours; else the plain formula.
        with_profile: bool,
    },
    /// Colours were converted to sRGB from the embedded profile of this description.
    ProfileConverted(String),
    /// The embedded colour profile could not be used; colours are as stored.
    ProfileIgnored(String),
    /// The picture was turned upright by its EXIF orientation, 2 to 8.
    Oriented(u8),
    /// Only the first of so many pages was read.
    FirstPageOf(usize),
    /// Values became 8 bits through a window.
    Windowed(WindowSource),
    /// Some of the channels of a TIFF file were chosen.
    ChannelsOf {
        /// The channels shown as red, green and blue.
        chosen: String,
        /// How many there are.
        of: usize,
    },
    /// Resolutions that programs write without having measured anything; no spacing was taken from them.
    SpacingIgnored,
    /// Only the pixels of a DICOM file were taken.
    WithoutDicomHeader,
    /// A DICOM file says that text is burnt into its pixels.
    BurntIn,
    /// A DICOM file has a lookup table in place of a slope or a window.
    TableIgnored,
}

/// Where a window comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WindowSource {
    /// The user.
    Stated,
    /// The file.
    File,
    /// The smallest and the largest value that occur.
    Range,
}

impl std::fmt::Display for DecodeNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SixteenBit => write!(f, "16 bits a channel rounded to 8"),
            Self::AlphaDropped => {
                write!(f, "transparent pixels: their stored colour is used, transparency dropped")
            }
            Self::Cmyk { with_profile: true } => write!(f, "CMYK converted by its colour profile"),
            Self::Cmyk { with_profile: false } => {
                write!(f, "CMYK without a usable colour profile: colours are approximate")
            }
            Self::ProfileConverted(name) => write!(f, "colours converted from {name} to sRGB"),
            Self::ProfileIgnored(reason) => {
                write!(f, "embedded colour profile ignored ({reason}): colours may be off")
            }
            Self::Oriented(code) => write!(f, "turned upright (EXIF orientation {code})"),
            Self::FirstPageOf(pages) => write!(f, "only the first of {pages} pages read"),
            Self::Windowed(source) => write!(f, "values shown in 8 bits through {source}"),
            Self::ChannelsOf { chosen, of } => write!(f, "channels {chosen} of {of} shown"),
            Self::SpacingIgnored => {
                write!(f, "resolution looks like a program's default: no spacing taken from it")
            }
            Self::WithoutDicomHeader => write!(
                f,
                "kept as PNG made from the pixels of a DICOM file: names, dates and numbers in it are not copied"
            ),
            Self::BurntIn => write!(f, "the DICOM file says that text is burnt into the pixels"),
            Self::TableIgnored => {
                write!(f, "lookup table of the DICOM file ignored: shades may be off")
            }
        }
    }
}

impl std::fmt::Display for WindowSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Stated => "the window that was asked for",
            Self::File => "the display window of the file",
            Self::Range => "a window from the smallest to the largest value",
        })
    }
}
