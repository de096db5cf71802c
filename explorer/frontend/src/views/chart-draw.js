/** Draws the curves onto uPlot's canvas: raw and smoothed lines, marks of runs, what is not finite, live changes. */
import { markPath } from "./chart-styles.js";
import { broken, smooth, thin } from "./chart-thin.js";

const MARKS = 7; // along one curve
const DOTS = 60; // up to so many points each is shown as a dot
const LABELS = 8; // of live changes and of values that are not finite; more would cover the curve

/**
 * @param {any} plot uPlot
 * @param {import("./chart-curves.js").Curve[]} curves
 * @param {Array<{step: number, text: string, colour: string}>} events
 * @param {{smoothing: number, logarithmic: boolean, ink: string, faint: string, ground: string, alarm: string, font: string}} look
 */
export function paint(plot, curves, events, look) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio || 1;
  const { min, max } = plot.scales.x;
  const perColumn = Math.max((max - min) / (bbox.width / ratio), 1e-9);
  const x = (step) => plot.valToPos(step, "x", true);
  const y = (value) => plot.valToPos(value, "y", true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineJoin = "round";
  ctx.textAlign = "left";
  paintEvents(ctx, bbox, ratio, events.filter(({ step }) => step >= min && step <= max), x, look);
  for (const curve of curves) if (curve.band) paintBand(ctx, curve, min, max, perColumn, x, y, look.logarithmic);
  for (const curve of curves) {
    const { series } = curve;
    const from = Math.max(0, series.indexOf(min) - 1);
    const to = Math.min(series.length, series.indexOf(max) + 2);
    const kept = thin(series, from, to, min, perColumn);
    const raw = line(series.steps, series.values, kept, x, y, look.logarithmic);
    ctx.setLineDash(curve.dashed ? [6 * ratio, 4 * ratio] : []);
    ctx.strokeStyle = ctx.fillStyle = curve.colour;
    ctx.globalAlpha = look.smoothing ? 0.38 : 1;
    ctx.lineWidth = (look.smoothing ? 1 : 1.75) * ratio;
    ctx.stroke(raw);
    let values = series.values;
    if (look.smoothing) {
      ctx.globalAlpha = 1;
      ctx.lineWidth = 2.25 * ratio;
      values = smooth(series, look.smoothing);
      ctx.stroke(line(series.steps, values, thin({ steps: series.steps, values }, from, to, min, perColumn), x, y, look.logarithmic));
    }
    ctx.setLineDash([]);
    const points = kept.filter((index) => index >= 0);
    if (points.length <= DOTS) for (const index of points) ctx.fill(new Path2D(markPath("circle", x(series.steps[index]), y(series.values[index]), 2.4 * ratio)));
    if (curve.mark) paintMarks(ctx, curve.mark, points, series.steps, values, x, y, ratio, look.ground);
  }
  for (const curve of curves) paintBroken(ctx, bbox, ratio, curve, min, max, x, look);
  ctx.restore();
}

function line(steps, values, kept, x, y, logarithmic) {
  const path = new Path2D();
  let pen = false;
  for (const index of kept) {
    // nothing at or below zero lies on a logarithmic axis
    if (index < 0 || (logarithmic && values[index] <= 0)) pen = false;
    else if (pen) path.lineTo(x(steps[index]), y(values[index]));
    else path.moveTo(x(steps[index]), y(values[index])), (pen = true);
  }
  return path;
}

/** The area from the least to the greatest of several runs. */
function paintBand(ctx, { band, colour }, min, max, perColumn, x, y, logarithmic) {
  const edge = (series) => {
    const kept = thin(series, Math.max(0, series.indexOf(min) - 1), Math.min(series.length, series.indexOf(max) + 2), min, perColumn);
    return kept.filter((index) => index >= 0 && Number.isFinite(series.values[index]) && (!logarithmic || series.values[index] > 0)).map((index) => [x(series.steps[index]), y(series.values[index])]);
  };
  const [low, high] = [edge(band.low), edge(band.high)];
  if (!low.length || !high.length) return;
  const path = new Path2D();
  [...high, ...low.reverse()].forEach(([left, top], i) => (i ? path.lineTo(left, top) : path.moveTo(left, top)));
  path.closePath();
  ctx.globalAlpha = 0.18;
  ctx.fillStyle = colour;
  ctx.fill(path);
  ctx.globalAlpha = 1;
}

function paintMarks(ctx, mark, points, steps, values, x, y, ratio, ground) {
  const count = Math.min(MARKS, points.length);
  ctx.strokeStyle = ground;
  ctx.lineWidth = 1.5 * ratio;
  for (let i = 0; i < count; i++) {
    const index = points[Math.round(((i + 0.5) * (points.length - 1)) / count)];
    const path = new Path2D(markPath(mark, x(steps[index]), y(values[index]), 4.5 * ratio));
    ctx.stroke(path);
    ctx.fill(path);
  }
}

/** A line at the step and a label: "NaN", "∞". Only the first of a stretch is labelled. */
function paintBroken(ctx, bbox, ratio, { series }, min, max, x, { alarm, font, ground }) {
  const points = broken(series, series.indexOf(min), Math.min(series.length, series.indexOf(max + 1)));
  let last = -Infinity;
  points.slice(0, 200).forEach(({ step, value }) => {
    const at = x(step);
    if (at - last < 3 * ratio) return;
    ctx.strokeStyle = alarm;
    ctx.lineWidth = 1.5 * ratio;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.stroke(new Path2D(`M${at} ${bbox.top + 20 * ratio}V${bbox.top + bbox.height}`));
    ctx.setLineDash([]);
    const top = bbox.top + 12 * ratio;
    const r = 4 * ratio;
    ctx.lineWidth = 2 * ratio;
    ctx.stroke(new Path2D(`M${at - r} ${top - r}L${at + r} ${top + r}M${at + r} ${top - r}L${at - r} ${top + r}`));
    if (at - last > 50 * ratio) label(ctx, Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞", at, top, bbox, ratio, alarm, font, ground);
    last = at;
  });
}

function paintEvents(ctx, bbox, ratio, events, x, { ink, faint, font, ground }) {
  let free = -Infinity;
  events.forEach(({ step, text }) => {
    const at = x(step);
    ctx.strokeStyle = faint;
    ctx.lineWidth = ratio;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.stroke(new Path2D(`M${at} ${bbox.top}V${bbox.top + bbox.height}`));
    ctx.setLineDash([]);
    ctx.fillStyle = faint;
    ctx.fill(new Path2D(`M${at - 4 * ratio} ${bbox.top}h${8 * ratio}l${-4 * ratio} ${7 * ratio}z`));
    ctx.font = font;
    const width = ctx.measureText(text).width + 12 * ratio;
    if (at < free || events.length > LABELS) return;
    label(ctx, text, at, bbox.top + 30 * ratio, bbox, ratio, ink, font, ground);
    free = at + width;
  });
}

/** Beside the line, on the side where there is room, on a ground of its own. */
function label(ctx, text, at, middle, bbox, ratio, colour, font, ground) {
  ctx.font = font;
  ctx.textBaseline = "middle";
  const width = ctx.measureText(text).width;
  const left = at + 9 * ratio + width > bbox.left + bbox.width ? at - 9 * ratio - width : at + 9 * ratio;
  ctx.globalAlpha = 0.85;
  ctx.fillStyle = ground;
  ctx.fillRect(left - 2 * ratio, middle - 8 * ratio, width + 4 * ratio, 16 * ratio);
  ctx.globalAlpha = 1;
  ctx.fillStyle = colour;
  ctx.fillText(text, left, middle);
}
