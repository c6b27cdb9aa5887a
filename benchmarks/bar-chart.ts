/** One bar of a {@link BarChart}. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** Drawn in the colour of what is measured, not of what it is compared with. */
  readonly ours: boolean;
}

/** Horizontal bars, the range of each as a line. */
export interface BarChart {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 860;
const LEFT = 300;
const RIGHT = 90;
const TOP = 58;
const ROW = 26;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 }
  .unit { fill: #59636e }
  .label { text-anchor: end }
  .ours { fill: #0969da }
  .other { fill: #afb8c1 }
  .range { stroke: #1f2328; stroke-width: 1.5; opacity: .55 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .unit { fill: #9198a1 }
    .ours { fill: #4493f8 }
    .other { fill: #59636e }
    .range { stroke: #f0f6fc }
  }`;

/** The chart as an SVG that needs no fonts, and suits light and dark pages. */
export function barChart({ title, unit, bars }: BarChart): string {
  const height = TOP + bars.length * ROW + 12;
  const longest = Math.max(...bars.map(({ max }) => max));
  const scale = (value: number) => ((WIDTH - LEFT - RIGHT) * value) / longest;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="16" y="26">${escaped(title)}</text>`,
    `<text class="unit" x="16" y="45">${escaped(unit)}: median, and range of the rounds</text>`,
    ...bars.map((bar, index) => row(bar, TOP + index * ROW, scale)),
    '</svg>\n',
  ].join('\n');
}

function row({ label, value, min, max, ours }: Bar, y: number, scale: (value: number) => number): string {
  const middle = y + ROW / 2;
  const [from, to] = [LEFT + scale(min), LEFT + scale(max)].map((x) => x.toFixed(1));
  return [
    `<text class="label" x="${LEFT - 8}" y="${middle + 4}">${escaped(label)}</text>`,
    `<rect class="${ours ? 'ours' : 'other'}" x="${LEFT}" y="${y + 4}" width="${scale(value).toFixed(1)}" height="${ROW - 8}" rx="2"/>`,
    `<line class="range" x1="${from}" x2="${to}" y1="${middle}" y2="${middle}"/>`,
    `<text x="${(LEFT + scale(max) + 8).toFixed(1)}" y="${middle + 4}">${Math.round(value).toLocaleString('en')}</text>`,
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
