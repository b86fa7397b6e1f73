// Numbers and words such as true, in their own colours: to the YAML grammar every plain value is the same.

import { Decoration, syntaxTree, ViewPlugin } from "./codemirror.js";

const KINDS = [
  [/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i, Decoration.mark({ class: "number" })],
  [/^(true|false|null|~)$/i, Decoration.mark({ class: "word" })],
];

function drawn({ state, visibleRanges }) {
  const marks = [];
  const look = (node) => {
    if (node.name !== "Literal" || node.node.parent?.name === "Key") return;
    const value = state.sliceDoc(node.from, node.to);
    const kind = KINDS.find(([pattern]) => pattern.test(value));
    if (kind) marks.push(kind[1].range(node.from, node.to));
  };
  for (const { from, to } of visibleRanges) syntaxTree(state).iterate({ from, to, enter: look });
  return Decoration.set(marks, true);
}

class Scalars {
  constructor(view) {
    this.decorations = drawn(view);
  }

  update({ view, docChanged, viewportChanged, startState, state }) {
    const isRead = syntaxTree(startState) !== syntaxTree(state);
    if (docChanged || viewportChanged || isRead) this.decorations = drawn(view);
  }
}

export const scalars = ViewPlugin.fromClass(Scalars, { decorations: ({ decorations }) => decorations });
