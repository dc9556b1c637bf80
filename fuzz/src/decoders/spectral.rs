//! Spectral TIFF files in the layout of ODSI-DB.

use std::io::Cursor;

use lacuna_data::Size;
use tiff::decoder::Decoder;
use tiff::encoder::{TiffEncoder, colortype};
use tiff::tags::Tag;

/// Wavelengths of the bands, in nanometres.
const WAVELENGTHS: Tag = Tag::Unknown(65_000);
/// Pictures of more pixels take too long for a fuzzer.
const MAX_AREA: u64 = 1 << 20;

/// A file of one page a band.
pub(crate) fn picture(size: Size, wavelengths: [f32; 3]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).expect("a file in memory");
    for (band, _) in (1..).zip(wavelengths) {
        let values: Vec<u16> = (0..size.area()).map(|i| (i * 40 * band) as u16).collect();
        let (width, height) = (size.width as u32, size.height as u32);
        let mut page = encoder.new_image::<colortype::Gray16>(width, height).expect("a page");
        page.encoder().write_tag(WAVELENGTHS, &wavelengths[..]).expect("a tag");
        page.write_data(&values).expect("the page's pixels");
    }
    bytes.into_inner()
}

/// Whether a file's first page is larger than a fuzzer has time for.
pub(crate) fn is_large(bytes: &[u8]) -> bool {
    let size = std::panic::catch_unwind(|| Decoder::new(Cursor::new(bytes))?.dimensions());
    size.is_ok_and(|size| size.is_ok_and(|(w, h)| u64::from(w) * u64::from(h) > MAX_AREA))
}
