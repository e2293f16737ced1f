/** A colour on a light ground, and the one that stands for it on a dark ground. */
export type ColorPair = readonly [light: string, dark: string];

/** Colours of all pages. `ground` and `panel` are backgrounds, `line` is decoration; all others can be read on both backgrounds. */
export const palette = {
  ground: ['#ffffff', '#16191c'],
  panel: ['#f8f9fa', '#1f2327'],
  line: ['#dee2e6', '#3d444b'],
  ink: ['#212529', '#e9ecef'],
  faint: ['#5c636a', '#a9b1b9'],
  grey: ['#6b7280', '#adb5bd'],
  teal: ['#0b7285', '#3bc9db'],
  violet: ['#7048e8', '#b197fc'],
  orange: ['#c2410c', '#ff922b'],
  blue: ['#1864ab', '#74c0fc'],
  green: ['#2b7a3d', '#69db7c'],
  red: ['#c92a2a', '#ff8787'],
  olive: ['#7a6000', '#ffd43b'],
  pink: ['#a61e4d', '#faa2c1'],
} as const satisfies Readonly<Record<string, ColorPair>>;

export type ColorName = keyof typeof palette;

/** What a page is seen on that asks for dark colours; paper is light. */
const dark = '@media screen and (prefers-color-scheme: dark)';

/** The palette as variables of a style sheet: `var(--ink)`. */
export const variables = `:root { color-scheme: light dark; ${declared(0)} }
${dark} { :root { ${declared(1)} } }
@media print { :root { color-scheme: light; } }`;

function declared(scheme: 0 | 1): string {
  return Object.entries(palette)
    .map(([name, pair]) => `--${name}: ${pair[scheme]};`)
    .join(' ');
}

/** Rules that give an SVG drawn in light colours the dark ones, where a dark ground is preferred. */
export function darkened(selector = ''): string {
  const rules = Object.values(palette).flatMap(([light, other]) =>
    ['fill', 'stroke'].map((property) => `${selector} [${property}="${light}"] { ${property}: ${other}; }`.trim()),
  );
  return `${dark} { ${rules.join(' ')} }`;
}
