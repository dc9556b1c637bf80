import { type Commands, shortcutGroups } from "../editor/input/shortcuts";

export interface KeyGroup {
  title: string;
  /** Not keys, but what a hand does. */
  hands?: boolean;
  keys: { keys: string; does: string }[];
}

/** Only the words are asked for: nothing is ever run. */
const nobody = new Proxy({} as Commands, { get: () => () => {} });

const painting: KeyGroup[] = shortcutGroups(nobody).map(({ title, shortcuts }) => ({
  title,
  keys: shortcuts.filter(({ keys }) => keys !== "?").map(({ keys, does }) => ({ keys, does })),
}));

const pointing: KeyGroup = {
  title: "Mouse and fingers",
  hands: true,
  keys: [
    { keys: "Wheel", does: "Brush size; how much a fill takes" },
    { keys: "Ctrl + wheel, pinch", does: "Zoom where the pointer is" },
    { keys: "Space or middle button, drag", does: "Move the picture" },
    { keys: "Shift + wheel, two fingers", does: "Move the picture" },
    { keys: "Pen", does: "Paints thinner when pressed less; the hand beside it does nothing" },
    { keys: "Shift + drag with the brush", does: "Lasso: fill an outline" },
  ],
};

const shell: KeyGroup[] = [
  {
    title: "Pictures and rails",
    keys: [
      { keys: "J", does: "What to paint next" },
      { keys: "PgUp, PgDn", does: "Picture before, after" },
      { keys: "/", does: "Search the pictures" },
      { keys: "M", does: "Which pictures are shown" },
      { keys: "?", does: "This overview" },
    ],
  },
  {
    title: "While verifying",
    keys: [
      { keys: "Y", does: "Yes, it is" },
      { keys: "N", does: "No, it is not" },
      { keys: "U", does: "Can’t tell" },
      { keys: "←", does: "Back to the last answer" },
      { keys: "+, −", does: "Nearer, farther" },
      { keys: "Esc", does: "Pause and go back to painting" },
    ],
  },
];

export const groups: KeyGroup[] = [...shell, ...painting, pointing];
