import { variables } from './palette';

/** What the style sheets of all pages begin with: colours, headings, sections, tables; light and dark, on screens and paper. */
export const style = `${variables}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1200px; padding: 24px; font: 15px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--ground); }
h1 { font-size: 24px; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0; }
p { margin: 4px 0; color: var(--faint); }
a { color: var(--blue); }
main { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; margin-top: 16px; }
section { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 16px; min-width: 0; }
section.wide { grid-column: 1 / -1; }
header { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: baseline; justify-content: space-between; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 4px 8px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th.number, td.number { text-align: right; }
@media (max-width: 800px) { body { padding: 12px; } main { grid-template-columns: minmax(0, 1fr); } }
@media print {
  /* As wide as a screen, so that charts and tables fit. */
  body { max-width: none; padding: 0; zoom: 0.58; }
  section { border: 0; padding: 8px 0; break-inside: avoid; }
  section.long { break-inside: auto; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }
}
`;
