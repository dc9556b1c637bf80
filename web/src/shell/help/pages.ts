/** A part of a page below its heading. */
export interface HelpSection {
  /** As links name it. */
  id: string;
  title: string;
  /** Of the heading: 1 is the page's. */
  level: number;
  html: string;
}

export interface HelpPage {
  name: string;
  title: string;
  sections: HelpSection[];
}

/** A page, or a section of one: `app`, `app#paint`. */
export type Place = string;

export function placeOf(page: HelpPage, section: HelpSection): Place {
  return section.level === 1 ? page.name : `${page.name}#${section.id}`;
}

export function sectionAt(pages: readonly HelpPage[], place: Place): { page: HelpPage; section: HelpSection } | null {
  const [name, id] = place.split("#");
  const page = pages.find((each) => each.name === name);
  const section = page?.sections.find((each) => each.id === id) ?? page?.sections[0];
  return page && section ? { page, section } : null;
}
