/** The kernels of a program as points under a roof: FLOPs per byte against FLOPs per second. */

const TRAFFIC = 2; // bit of `counts`: the rows that move bytes, one for each kernel

/**
 * @typedef {{row: number, line: number, name: string, intensity: number, speed: number, roof: number, measured: boolean, share: number, seconds: number}} Point
 *   speed, roof: FLOPs a second, reached and possible; share: of the time of all kernels
 * @typedef {{peak: number, bandwidth: number}} Roof FLOPs and bytes a second
 */

/** What the device can do at an intensity. @param {Roof} roof @param {number} intensity */
export const under = ({ peak, bandwidth }, intensity) => Math.min(peak, bandwidth * intensity);

/**
 * @param {any} record instructions/<function>
 * @param {Roof} roof
 * @returns {{points: Point[], without: number, untold: number, total: number, measured: boolean}}
 *   without: kernels that do no arithmetic; untold: that the profile does not tell apart
 */
export function pointsOf({ header, buffers }, roof) {
  const { lines, opcode, flops, executed_flops, bytes, measured_us, counts } = buffers;
  const measured = Boolean(header.measured);
  const points = [];
  let [without, untold, total, all] = [0, 0, 0, 0];
  for (let row = 0; row < lines.length; row += 1) {
    if (!(counts[row] & TRAFFIC) || !(bytes[row] > 0)) continue;
    total += 1;
    if (!(flops[row] > 0)) {
      without += 1;
      continue;
    }
    const intensity = flops[row] / bytes[row];
    const most = under(roof, intensity);
    const work = Number.isFinite(executed_flops[row]) ? executed_flops[row] : flops[row];
    const timed = measured_us[row] > 0;
    if (measured && !timed) {
      untold += 1;
      continue;
    }
    const seconds = timed ? measured_us[row] / 1e6 : work / most;
    all += seconds;
    points.push({ row, line: lines[row], name: header.opcodes[opcode[row]], intensity, speed: timed ? work / seconds : most, roof: most, measured: timed, share: 0, seconds });
  }
  for (const point of points) point.share = point.seconds / all;
  points.sort((a, b) => b.share - a.share);
  return { points, without, untold, total, measured };
}
