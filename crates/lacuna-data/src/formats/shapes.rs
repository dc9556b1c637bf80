//! One labelled shape of another tool into a painting; the same for every format.

use super::labels::Meaning;
use super::painting::Painting;
use super::{BoxUse, Format, ImportRequest, rings};
use crate::annotation::{Region, Shape};

/// Who drew a shape, where the file says it, and the format of the file.
pub(crate) type DrawnBy<'a> = (Option<&'a str>, &'a Format);

impl ImportRequest {
    /// A region of this request.
    pub(crate) fn region(&self, shape: Shape, author: Option<&str>, format: &Format) -> Region {
        Region {
            shape,
            author: author.or(self.author.as_deref()).unwrap_or("unknown").to_owned(),
            role: self.box_role,
            origin: format.name.to_owned(),
            score: None,
            model_version: None,
            time: None,
        }
    }

    /// Takes a region if its label says that it is one, or if boxes of classes are; else it is counted.
    pub(crate) fn take_region(
        &self,
        painting: &mut Painting,
        meaning: Meaning,
        region: Region,
    ) -> Result<(), String> {
        let is_region = meaning == Meaning::Region
            || (self.boxes == BoxUse::Regions && matches!(meaning, Meaning::Class(_)));
        if is_region {
            region.check()?;
            painting.regions.push(region);
        } else {
            painting.skip("boxes");
        }
        Ok(())
    }

    /// Takes a box. With the label of a class it is no area of that class: it only encloses it.
    pub(crate) fn take_box(
        &self,
        painting: &mut Painting,
        meaning: Meaning,
        shape: &Shape,
        (author, format): DrawnBy<'_>,
    ) -> Result<(), String> {
        match meaning {
            Meaning::Skip => painting.skip("shapes of skipped labels"),
            Meaning::Class(_) | Meaning::Region => {
                let region = self.region(shape.clone(), author, format);
                self.take_region(painting, meaning, region)?;
            }
            _ => {
                let rings = [shape.corners()];
                rings::check(&rings)?;
                painting.label(meaning, &rings::fill(&rings, painting.size()));
            }
        }
        Ok(())
    }

    /// Takes the area within a closed outline.
    pub(crate) fn take_outline(
        &self,
        painting: &mut Painting,
        meaning: Meaning,
        ring: &[[f64; 2]],
        (author, format): DrawnBy<'_>,
    ) -> Result<(), String> {
        let rings = [ring.to_vec()];
        rings::check(&rings)?;
        match meaning {
            Meaning::Skip => painting.skip("shapes of skipped labels"),
            Meaning::Region => {
                let region = self.region(Shape::Polygon(ring.to_vec()), author, format);
                self.take_region(painting, meaning, region)?;
            }
            _ => painting.label(meaning, &rings::fill(&rings, painting.size())),
        }
        Ok(())
    }
}
