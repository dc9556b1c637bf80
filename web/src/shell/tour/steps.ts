import type { Rights } from "../../api/rights";
import type { Entry } from "../../api/types";

/** What was done since the tour began, and how things stand. */
export interface Doings {
  /** Said yes about some pixels. */
  readonly painted: boolean;
  /** Said no about some. */
  readonly denied: boolean;
  readonly drew: boolean;
  /** Accepted or rejected what a model suggests. */
  readonly judged: boolean;
  /** Opened another picture. */
  readonly turned: boolean;
  readonly training: boolean;
  /** A model came since. */
  readonly learnt: boolean;
  readonly model: boolean;
  /** Its prediction is on the screen. */
  readonly looking: boolean;
  readonly tab: "learn" | "see" | "verify";
  readonly verifying: boolean;
  readonly helped: boolean;
}

export interface Words {
  /** The first class. */
  readonly subject: string;
  /** It is the only one: there is no "neither". */
  readonly single: boolean;
  /** The pictures are drawn by a program. */
  readonly demo: boolean;
}

export interface Step {
  readonly name: string;
  readonly title: string;
  text(words: Words, doings: Doings): string;
  /** What it points at, by `data-tour`: the first that is on the screen. */
  readonly targets: readonly string[];
  done(doings: Doings): boolean;
  /** What counts only from here on. */
  readonly anew?: Partial<Doings>;
}

const STATES: Step = {
  name: "states",
  title: "Yes, no, unknown",
  text: ({ demo }) =>
    `${demo ? "These pictures are drawn by a program: nothing can break. " : ""}Painting says yes or no about a class. What you leave blank stays unknown, and is never taken for a no.`,
  targets: ["answer", "stage"],
  done: ({ painted, denied }) => painted || denied,
};

const PAINT: Step = {
  name: "paint",
  title: "Paint a little",
  text: ({ subject }) => `Paint a stroke on some ${subject}: a part of it is enough. The class is chosen above the picture; Undo takes a stroke back.`,
  targets: ["stage"],
  done: ({ painted }) => painted,
};

const DENY: Step = {
  name: "no",
  title: "Say where it is not",
  text: ({ subject, single }) =>
    `${single ? `Choose No (X) and paint beside it: that is not ${subject}.` : "Choose neither and paint beside the classes: that is no to all of them."} Or draw a box (R) around everything of interest: outside it, all is no.`,
  targets: ["neither", "tool-box", "answer"],
  done: ({ denied, drew }) => denied || drew,
};

const TRAIN: Step = {
  name: "train",
  title: "Train",
  text: (_, { model }) =>
    model ? "There is a model already. Train it on what is new, or press Next." : "One click trains a model on everything that is painted, also in the other pictures. You can go on painting.",
  targets: ["train", "tab-learn"],
  done: ({ training, learnt }) => training || learnt,
};

const LOOK: Step = {
  name: "look",
  title: "Look at what it suggests",
  text: (_, { model, training }) => {
    if (model) return "Under See, choose Model: classes. Tinted areas show what the model believes.";
    if (training) return "The model is learning. Go on painting; when it is ready, choose Model: classes under See.";
    return "There is no model yet: train first, under Learn. Then choose Model: classes under See.";
  },
  targets: ["grounds", "tab-see"],
  done: ({ looking }) => looking,
};

const JUDGE: Step = {
  name: "judge",
  title: "Accept or correct",
  text: (_, { model }) =>
    model
      ? "Click a tinted area and accept it or say no, or paint over what is wrong (B). What to paint next leads to where that helps most."
      : "Once there is a model, you click a tinted area and accept it or say no, or paint over what is wrong.",
  targets: ["stage"],
  done: ({ judged }) => judged,
  // A region that was proposed, not predicted, is accepted in the same way.
  anew: { judged: false },
};

const VERIFY: Step = {
  name: "verify",
  title: "Verify",
  text: (_, { model }) =>
    `${model ? "Answer yes or no at random points" : "With a model, you answer yes or no at random points"} of pictures that were held back: that tells how good the model is on all pixels.`,
  targets: ["verify", "tab-verify"],
  done: ({ verifying }) => verifying,
};

const FRAME: Step = {
  name: "frame",
  title: "A box says two things",
  text: () => "Everything of interest lies inside it, and outside there is none of it. What is inside stays unknown until somebody paints it.",
  targets: ["tool-box"],
  done: ({ drew }) => drew,
};

const DRAW: Step = {
  name: "draw",
  title: "Draw a box",
  text: () => "Drag from corner to corner around everything of interest. With V you move it or its corners, Del removes it.",
  targets: ["stage"],
  done: ({ drew }) => drew,
};

const NEXT: Step = {
  name: "next",
  title: "On to the next picture",
  text: () => "What to paint next opens the picture where work helps most. All are in this list.",
  targets: ["next", "drawer-pictures"],
  done: ({ turned }) => turned,
};

const PAINTED: Step = {
  name: "painted",
  title: "What people said",
  text: () => "Patterns show what is painted: yes and no of each class. What has none is unknown: nobody said anything.",
  targets: ["stage"],
  done: () => false,
};

const SEE: Step = {
  name: "see",
  title: "What is shown",
  text: () => "Under See you choose what lies over the photo: paint, what training believes, what a model suggests.",
  targets: ["tab-see"],
  done: ({ tab }) => tab === "see",
};

const NUMBERS: Step = {
  name: "numbers",
  title: "How good is the model?",
  text: () => "What experts measured at random points is shown under Verify, with its interval.",
  targets: ["tab-verify"],
  done: ({ tab }) => tab === "verify",
};

const HELP: Step = {
  name: "help",
  title: "When you do not know further",
  text: () => "Help opens the documentation at what you are doing. This tour can be started again there.",
  targets: ["help"],
  done: ({ helped }) => helped,
};

/** By what somebody may do: nobody is shown what they cannot use. */
export function stepsFor({ paint, draw }: Rights): readonly Step[] {
  if (paint) return [STATES, PAINT, DENY, TRAIN, LOOK, JUDGE, VERIFY];
  if (draw) return [FRAME, DRAW, NEXT, HELP];
  return [PAINTED, NEXT, SEE, NUMBERS, HELP];
}

/** What an edit of this person adds to what was done. */
export function doneBy({ ops }: Pick<Entry, "ops">): Partial<Doings> {
  const painted = ops.some((op) => op.op === "paint" && op.value === "positive");
  const denied = ops.some((op) => op.op === "paint" && op.value === "negative");
  const drew = ops.some((op) => op.op === "regions" && op.regions.length > 0);
  const judged = ops.some((op) => op.op === "paint" && op.origin === "accepted");
  return { ...(painted && { painted }), ...(denied && { denied }), ...(drew && { drew }), ...(judged && { judged }) };
}
