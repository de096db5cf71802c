/** The files of the source pane: the person's as tabs, a library's to be opened from a list. */
import { fill, h } from "../dom.js";

import { shortNames } from "./panes-place.js";

/** @typedef {{file: string, title: string, owner: "user" | "library", text: string | null}} SourceFile */

/** @param {(file: number) => void} onpick */
export function fileTabs(onpick) {
  const element = h("div.jx-files");

  return {
    element,
    /** @param {SourceFile[]} files @param {number} chosen */
    draw(files, chosen) {
      const names = shortNames(files);
      const own = files.flatMap((file, i) => (file.owner === "user" || i === chosen ? [i] : []));
      const library = files.flatMap((file, i) => (file.owner === "library" && file.text !== null && i !== chosen ? [i] : []));
      element.hidden = own.length < 2 && !library.length;
      fill(element,
        h("div.jx-file-tabs", { role: "tablist", "aria-label": "Files" }, own.map((i) =>
          h("button.jx-file", { type: "button", role: "tab", "aria-selected": String(i === chosen), title: files[i].file, onclick: () => onpick(i) },
            names[i], files[i].owner === "library" ? h("small", {}, "library") : null))),
        library.length ? h("select.jx-file-list", {
          "aria-label": "Open a library's file",
          onchange: ({ target }) => target.value && onpick(Number(target.value)),
        }, h("option", { value: "" }, "library files ..."), library.map((i) => h("option", { value: i }, files[i].title))) : null,
      );
    },
  };
}
