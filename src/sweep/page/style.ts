/** The style sheet of the page: light and dark, wide and narrow. */
export const style = `
:root { color-scheme: light dark; --ink: #212529; --faint: #868e96; --ground: #ffffff; --panel: #f8f9fa; --line: #dee2e6; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9ecef; --faint: #868e96; --ground: #16191c; --panel: #1f2327; --line: #343a40; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1200px; padding: 24px; font: 15px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--ground); }
h1 { font-size: 24px; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0; }
p { margin: 4px 0; color: var(--faint); }
main { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; margin-top: 16px; }
section { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 16px; min-width: 0; }
section.wide { grid-column: 1 / -1; }
header { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: baseline; justify-content: space-between; }
.chart { height: 380px; width: 100%; }
.wide .chart { height: 440px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 4px 8px; border-bottom: 1px solid var(--line); white-space: nowrap; }
td.number { text-align: right; }
th button { font: inherit; font-weight: 600; border: 0; padding: 0; background: none; color: inherit; cursor: pointer; }
th[aria-sort=ascending] button::after { content: ' ▲'; }
th[aria-sort=descending] button::after { content: ' ▼'; }
select { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 4px;
  padding: 2px 6px; max-width: 100%; }
@media (max-width: 800px) { body { padding: 12px; } main { grid-template-columns: minmax(0, 1fr); } }
`;
