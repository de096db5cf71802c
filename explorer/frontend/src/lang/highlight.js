/** Class names for the tokens; style/code.css gives them the colours of the editor's theme. */
import { syntaxHighlighting } from "@codemirror/language";
import { tagHighlighter, tags } from "@lezer/highlight";

export const tokens = tagHighlighter([
  { tag: tags.keyword, class: "jx-t-op" },
  { tag: tags.controlKeyword, class: "jx-t-word" },
  { tag: tags.typeName, class: "jx-t-type" },
  { tag: tags.definition(tags.variableName), class: "jx-t-def" },
  { tag: tags.variableName, class: "jx-t-use" },
  { tag: tags.labelName, class: "jx-t-label" },
  { tag: tags.propertyName, class: "jx-t-attr" },
  { tag: tags.number, class: "jx-t-number" },
  { tag: tags.string, class: "jx-t-string" },
  { tag: tags.atom, class: "jx-t-atom" },
  { tag: tags.className, class: "jx-t-atom" },
  { tag: tags.comment, class: "jx-t-meta" },
  { tag: tags.meta, class: "jx-t-meta" },
  { tag: tags.operator, class: "jx-t-mark" },
  { tag: tags.punctuation, class: "jx-t-mark" },
]);

export const highlight = syntaxHighlighting(tokens);
