//! The classes of a data set and what is declared about them: exclusion and part-of.

use serde::{Deserialize, Serialize};

/// One structure that may be segmented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Name, unique in its data set; also the stem of its mask files.
    pub name: String,
    /// sRGB display colour.
    pub color: [u8; 3],
}

/// Something wrong with a set of classes.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClassError {
    /// No class at all.
    #[error("a data set needs at least one class")]
    Empty,
    /// More classes than evidence and file formats hold.
    #[error("{count} classes; at most {} are supported", ClassSet::MAX_CLASSES)]
    TooMany {
        /// Classes given.
        count: usize,
    },
    /// A name that cannot be a file name.
    #[error("class name `{name}` is not usable as a file name: use letters, digits, `-` and `_`")]
    BadName {
        /// The name.
        name: String,
    },
    /// The same name twice.
    #[error("class `{name}` is listed twice")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// A relation names a class that is not in the set.
    #[error("class `{name}` is not one of the classes ({known})")]
    Unknown {
        /// The unknown name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// An exclusive group with fewer than two classes.
    #[error("an exclusive group needs at least two classes, `{group}` has fewer")]
    SmallGroup {
        /// The group as written.
        group: String,
    },
    /// `part_of` leads back to itself.
    #[error("class `{name}` is part of itself")]
    Cycle {
        /// A class on the cycle.
        name: String,
    },
    /// A part that excludes its whole can never be painted.
    #[error("class `{part}` is part of `{whole}` and cannot exclude it")]
    PartExcludesWhole {
        /// The part.
        part: String,
        /// The whole.
        whole: String,
    },
}

/// Classes in order, with the declared relations between them, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassSet {
    classes: Vec<Class>,
    exclusive: Vec<Vec<usize>>,
    part_of: Vec<(usize, usize)>,
}

impl ClassSet {
    /// The largest number of classes supported.
    pub const MAX_CLASSES: usize = 64;

    /// Checks names and relations. `exclusive` lists groups of mutually exclusive class names,
    /// `part_of` pairs of (part, whole).
    pub fn new(
        classes: Vec<Class>,
        exclusive: &[Vec<String>],
        part_of: &[(String, String)],
    ) -> Result<Self, ClassError> {
        check_names(&classes)?;
        let mut set = Self { classes, exclusive: Vec::new(), part_of: Vec::new() };
        for group in exclusive {
            let members = set.indices(group)?;
            if members.len() < 2 {
                return Err(ClassError::SmallGroup { group: group.join(",") });
            }
            set.exclusive.push(members);
        }
        for (part, whole) in part_of {
            set.part_of.push((set.index(part)?, set.index(whole)?));
        }
        set.check_part_of()?;
        Ok(set)
    }

    /// These classes and one more, at the end, with the same relations.
    pub fn with_class(&self, class: Class) -> Result<Self, ClassError> {
        let mut set = self.clone();
        set.classes.push(class);
        check_names(&set.classes)?;
        Ok(set)
    }

    /// These classes, one of them in another colour.
    ///
    /// # Errors
    /// If there is no such class.
    pub fn with_color(&self, name: &str, color: [u8; 3]) -> Result<Self, ClassError> {
        let mut set = self.clone();
        let index = set.index(name)?;
        set.classes[index].color = color;
        Ok(set)
    }

    /// These classes with other groups of mutually exclusive ones.
    pub fn with_exclusive(&self, groups: &[Vec<String>]) -> Result<Self, ClassError> {
        let name = |class: usize| self.classes[class].name.clone();
        let parts: Vec<_> =
            self.part_of.iter().map(|&(part, whole)| (name(part), name(whole))).collect();
        Self::new(self.classes.clone(), groups, &parts)
    }

    /// The classes in order.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Never true: a set has at least one class.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The class names in order.
    pub fn names(&self) -> Vec<String> {
        self.classes.iter().map(|class| class.name.clone()).collect()
    }

    /// Groups of mutually exclusive classes, as sorted indices.
    pub fn exclusive(&self) -> &[Vec<usize>] {
        &self.exclusive
    }

    /// Pairs (part, whole) of class indices.
    pub fn part_of(&self) -> &[(usize, usize)] {
        &self.part_of
    }

    /// The index of a class by name.
    pub fn index(&self, name: &str) -> Result<usize, ClassError> {
        self.classes.iter().position(|class| class.name == name).ok_or_else(|| {
            ClassError::Unknown { name: name.to_owned(), known: self.names().join(", ") }
        })
    }

    /// Whether two different classes are declared mutually exclusive.
    pub fn are_exclusive(&self, a: usize, b: usize) -> bool {
        a != b && self.exclusive.iter().any(|group| group.contains(&a) && group.contains(&b))
    }

    /// Every class that `class` is a part of, directly or through others, nearest first.
    pub fn wholes_of(&self, class: usize) -> Vec<usize> {
        let mut wholes = Vec::new();
        let mut frontier = vec![class];
        while let Some(part) = frontier.pop() {
            for &(_, whole) in self.part_of.iter().filter(|(p, _)| *p == part) {
                if !wholes.contains(&whole) {
                    wholes.push(whole);
                    frontier.push(whole);
                }
            }
        }
        wholes
    }

    fn indices(&self, names: &[String]) -> Result<Vec<usize>, ClassError> {
        let mut members =
            names.iter().map(|name| self.index(name)).collect::<Result<Vec<_>, _>>()?;
        members.sort_unstable();
        members.dedup();
        Ok(members)
    }

    fn check_part_of(&self) -> Result<(), ClassError> {
        for part in 0..self.len() {
            for whole in self.wholes_of(part) {
                if whole == part {
                    return Err(ClassError::Cycle { name: self.classes[part].name.clone() });
                }
                if self.are_exclusive(part, whole) {
                    return Err(ClassError::PartExcludesWhole {
                        part: self.classes[part].name.clone(),
                        whole: self.classes[whole].name.clone(),
                    });
                }
            }
        }
        Ok(())
    }
}

/// A colour for the class at `index` when the user names none: well apart, also for most
/// colour-blind readers (Okabe and Ito).
pub fn default_color(index: usize) -> [u8; 3] {
    const PALETTE: [[u8; 3]; 8] = [
        [213, 94, 0],
        [0, 158, 115],
        [0, 114, 178],
        [230, 159, 0],
        [204, 121, 167],
        [86, 180, 233],
        [240, 228, 66],
        [120, 120, 120],
    ];
    PALETTE[index % PALETTE.len()]
}

fn check_names(classes: &[Class]) -> Result<(), ClassError> {
    if classes.is_empty() {
        return Err(ClassError::Empty);
    }
    if classes.len() > ClassSet::MAX_CLASSES {
        return Err(ClassError::TooMany { count: classes.len() });
    }
    for (i, class) in classes.iter().enumerate() {
        let usable = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        if class.name.is_empty() || !class.name.chars().all(usable) {
            return Err(ClassError::BadName { name: class.name.clone() });
        }
        if classes[..i].iter().any(|other| other.name == class.name) {
            return Err(ClassError::Duplicate { name: class.name.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str) -> Class {
        Class { name: name.to_owned(), color: [0; 3] }
    }

    fn pair(a: &str, b: &str) -> (String, String) {
        (a.to_owned(), b.to_owned())
    }

    #[test]
    fn relations_are_checked() {
        let names = || vec![class("gum"), class("teeth"), class("caries")];
        let group = |g: &[&str]| vec![g.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()];
        // a class that does not exist
        assert!(matches!(
            ClassSet::new(names(), &group(&["gum", "tooth"]), &[]),
            Err(ClassError::Unknown { .. })
        ));
        // one class excluding itself
        assert!(matches!(
            ClassSet::new(names(), &group(&["gum", "gum"]), &[]),
            Err(ClassError::SmallGroup { .. })
        ));
        // a cycle of parts
        let cycle = [pair("caries", "teeth"), pair("teeth", "caries")];
        assert!(matches!(ClassSet::new(names(), &[], &cycle), Err(ClassError::Cycle { .. })));
        // a part that excludes its whole
        assert!(matches!(
            ClassSet::new(names(), &group(&["caries", "teeth"]), &[pair("caries", "teeth")]),
            Err(ClassError::PartExcludesWhole { .. })
        ));
        // a name that would leave its folder
        assert!(matches!(
            ClassSet::new(vec![class("../gum")], &[], &[]),
            Err(ClassError::BadName { .. })
        ));
    }

    #[test]
    fn changed_sets_are_checked_like_new_ones() {
        let group = |g: &[&str]| vec![g.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()];
        let names = vec![class("gum"), class("teeth")];
        let set = ClassSet::new(names, &group(&["gum", "teeth"]), &[]).unwrap();
        let more = set.with_class(class("caries")).unwrap();
        assert_eq!((more.len(), more.exclusive()), (3, set.exclusive()));
        assert!(matches!(set.with_class(class("gum")), Err(ClassError::Duplicate { .. })));
        assert!(matches!(set.with_class(class("a.b")), Err(ClassError::BadName { .. })));
        let other = more.with_exclusive(&group(&["caries", "gum"])).unwrap();
        assert_eq!(other.exclusive(), [[0, 2]]);
        assert!(matches!(
            set.with_exclusive(&group(&["gum", "x"])),
            Err(ClassError::Unknown { .. })
        ));
        let parts = [pair("caries", "teeth")];
        let set = ClassSet::new(more.classes().to_vec(), &[], &parts).unwrap();
        let wrong = set.with_exclusive(&group(&["caries", "teeth"]));
        assert!(matches!(wrong, Err(ClassError::PartExcludesWhole { .. })));
    }

    #[test]
    fn wholes_follow_the_chain() {
        let classes = vec![class("spot"), class("caries"), class("teeth")];
        let parts = [pair("spot", "caries"), pair("caries", "teeth")];
        let set = ClassSet::new(classes, &[], &parts).unwrap();
        assert_eq!(set.wholes_of(0), vec![1, 2]);
        assert_eq!(set.wholes_of(2), Vec::<usize>::new());
    }
}
