import { darkened } from '../../html/palette';
import { style as common } from '../../html/style';

/** The style sheet of the page. */
export const style = `${common}
.chart { height: 380px; width: 100%; }
.wide .chart { height: 440px; }
${darkened('.chart')}
tr.chosen td { font-weight: 600; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 12px; margin-top: 8px; }
figure { display: flex; gap: 12px; margin: 0; break-inside: avoid; }
figure img { width: 96px; height: 96px; object-fit: contain; image-rendering: pixelated; border: 1px solid var(--line); }
figcaption { color: var(--faint); font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 8px; margin: 0; color: var(--ink); }
dd { margin: 0; }
dd.right { color: var(--green); }
th button { font: inherit; font-weight: 600; border: 0; padding: 0; background: none; color: inherit; cursor: pointer; }
th[aria-sort=ascending] button::after { content: ' ▲'; }
th[aria-sort=descending] button::after { content: ' ▼'; }
header h2 { margin-right: auto; }
select { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--faint); border-radius: 4px;
  padding: 2px 6px; max-width: 100%; }
`;
