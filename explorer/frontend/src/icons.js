/** Small pictures for buttons, drawn in the colour of the text. */
import { svg } from "./dom.js";

const PATHS = {
  start: "M4 2.5v11l9.5-5.5z",
  pause: "M4 2.5h3v11H4zM9 2.5h3v11H9z",
  resume: "M3 2.5h2v11H3zM7 2.5v11l7-5.5z",
  step: "M3 2.5v11l7-5.5zM11 2.5h2v11h-2z",
  stop: "M3 3h10v10H3z",
  reset: "M8 2a6 6 0 1 1-5.7 4.1l1.5.5A4.4 4.4 0 1 0 8 3.6v2.3L4.4 3 8 .2z",
  undo: "M6 2 1.8 5.7 6 9.4V6.7h3.2a2.6 2.6 0 0 1 0 5.3H5v1.7h4.2a4.3 4.3 0 0 0 0-8.7H6z",
  open: "M3.5 6 8 10.5 12.5 6l-1-1L8 8.4 4.500 5z",
  close: "M4.200 3 8 6.800 11.800 3 13 4.200 9.200 8l3.800 3.800-1.200 1.200L8 9.200 4.200 13 3 11.800 6.800 8 3 4.200z",
  code: "M5.500 3.500 1 8l4.500 4.500 1.100-1.100L3.200 8l3.400-3.400zM10.500 3.500 9.400 4.600 12.800 8l-3.400 3.400 1.100 1.100L15 8z",
  page: "M3 1h6l4 4v10H3zm1.500 1.500v11h7V6H8V2.500z",
  alarm: "M8 1.200 15.200 14H.8zM7.200 6v4h1.600V6zm0 5v1.600h1.600V11z",
  info: "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zm-.8 6v4.500h1.600V7zm0-2.700v1.600h1.600V4.300z",
  fold: "M2 2h12v12H2zm1.500 1.500v9h9v-9zM5 7.250h6v1.500H5z",
  unfold: "M2 2h12v12H2zm1.500 1.500v9h9v-9zM7.250 5h1.500v2.250H11v1.500H8.750V11h-1.500V8.750H5v-1.500h2.250z",
  wrap: "M2 3h12v1.500H2zm0 4h9.250a2.750 2.750 0 0 1 0 5.500H9V14l-3-2.250L9 9.500V11h2.250a1.250 1.250 0 0 0 0-2.500H2z",
  copy: "M5 1h9v10h-3v4H2V5h3zm1.500 4H11v4.500h1.500v-7h-6zm-3 1.500v7h6v-7z",
  previous: "M8 3.500 14 9.500l-1.100 1.100L8 5.700l-4.900 4.900L2 9.500z",
  next: "M8 12.500 2 6.500l1.100-1.100L8 10.300l4.900-4.900L14 6.500z",
  check: "M6.200 12.500 2 8.300l1.200-1.200 3 3L12.800 3.500 14 4.700z",
};

/** @param {keyof typeof PATHS} name */
export function icon(name) {
  return svg("svg.jx-icon", { viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" }, svg("path", { d: PATHS[name], "fill-rule": "evenodd" }));
}
