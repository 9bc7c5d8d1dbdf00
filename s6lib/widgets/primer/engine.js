// What the primer shows: a curve and its slope, a product, and gears. Pure functions, plain numbers.

/** The factor that is held still at first; also in __init__.py. */
export const HELD = 0.5;
/** How many times as far as the one before it each gear turns; also in __init__.py. */
export const RATIOS = [3, 2];
/** The nudges to choose from. */
export const NUDGES = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01];

/** Half a square, and how steep it is. */
export const height = (x) => x * x / 2;
export const steepness = (x) => x;

/** What a nudge of `x` changes in `f`, and the ratio of the two changes. */
export function nudged(f, x, nudge) {
  const rise = f(x + nudge) - f(x);
  return { rise, ratio: rise / nudge };
}

/** How often each gear has turned when the first has turned `first` times. */
export const turned = (first) => RATIOS.reduce((all, ratio) => [...all, all.at(-1) * ratio], [first]);

/** The outline of a gear around (0, 0): its teeth stand out as far as its rim lies within `radius`. */
export function gear(teeth, radius) {
  const deep = 4, points = [];
  for (let k = 0; k < teeth; k++) {
    for (const [at, out] of [[-0.34, -deep], [-0.16, deep], [0.16, deep], [0.34, -deep]]) {
      const angle = (k + at) / teeth * 2 * Math.PI;
      points.push(
        `${((radius + out) * Math.cos(angle)).toFixed(1)} ${((radius + out) * Math.sin(angle)).toFixed(1)}`,
      );
    }
  }
  return `M${points.join("L")}Z`;
}
