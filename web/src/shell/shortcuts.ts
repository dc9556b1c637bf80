import { type Commands, shortcutGroups } from "../editor/input/shortcuts";

export interface KeyGroup {
  title: string;
  keys: { keys: string; does: string }[];
}

/** Only the words are asked for: nothing is ever run. */
const nobody = new Proxy({} as Commands, { get: () => () => {} });

const painting: KeyGroup[] = shortcutGroups(nobody).map(({ title, shortcuts }) => ({
  title,
  keys: shortcuts.filter(({ keys }) => keys !== "?").map(({ keys, does }) => ({ keys, does })),
}));

const shell: KeyGroup[] = [
  {
    title: "Pictures and rails",
    keys: [
      { keys: "J", does: "What to paint next" },
      { keys: "PgUp, PgDn", does: "Picture before, after" },
      { keys: "/", does: "Search the pictures" },
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

export const groups: KeyGroup[] = [...shell, ...painting];
