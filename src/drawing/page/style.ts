import { style as common } from '../../html/style';
import { places } from './texts';

const colors = Object.entries(places)
  .map(([where, { color }]) => `.${where} { --place: var(--${color}); }`)
  .join(' ');

/** The style sheet of the page. */
export const style = `${common}
body { max-width: 1600px; }
${colors}
.end { --place: var(--ink); }
.key { display: inline-block; width: 10px; height: 10px; margin-right: 6px; border-radius: 2px; background: var(--place); }
.keys { display: flex; flex-wrap: wrap; gap: 0 18px; }
.graph { display: grid; grid-template-columns: minmax(0, 1fr) 420px; gap: 16px; margin-top: 8px; }
.picture { max-height: 85vh; overflow: auto; background: var(--ground); border: 1px solid var(--line); border-radius: 5px; }
.picture svg { display: block; margin: 0 auto; }
#chosen { max-height: 85vh; overflow: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
svg text.title { font-weight: 600; }
svg text.share { text-anchor: end; }
.box { fill: var(--panel); stroke: var(--faint); }
.place, .bar { fill: var(--place); }
.line { fill: none; stroke: var(--faint); }
marker path { fill: var(--faint); }
svg a:focus-visible .box, svg a.chosen .box { stroke: var(--place); stroke-width: 3; }
.details { display: none; }
.details.chosen { display: block; }
h3 { font-size: 16px; margin: 0; overflow-wrap: anywhere; }
h4 { font-size: 14px; margin: 12px 0 2px; overflow-wrap: anywhere; }
h4 span { font-weight: 400; color: var(--faint); }
.details td { white-space: normal; overflow-wrap: anywhere; vertical-align: top; padding: 2px 8px 2px 0; }
.details td:first-child { white-space: nowrap; }
.meter { display: inline-block; width: 60px; height: 8px; margin-left: 8px; background: var(--line); }
.meter span { display: block; height: 8px; background: var(--teal); }
ul { columns: 3; margin: 4px 0; padding-left: 18px; overflow-wrap: anywhere; }
#operations td:nth-child(-n + 2) { max-width: 320px; overflow: hidden; text-overflow: ellipsis; }
@media (max-width: 1000px) { .graph { grid-template-columns: minmax(0, 1fr); } }
@media print {
  .graph { display: block; }
  .picture { max-height: none; border: 0; }
  .picture svg { max-width: 100%; height: auto; }
  #chosen { display: none; }
}
`;
