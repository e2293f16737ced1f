import { formatShare, formatTime } from '../../base/format';
import { escaped } from '../../html/escape';
import type { Box, Drawing, DrawnTensor } from '../drawing';
import { layOut, type Point } from '../layout';
import { places, shareOf, titleOf } from './texts';

const width = 284;
const padding = 8;
const lineHeight = 17;
/** Characters that fit a line. */
const mostCharacters = 36;
const margin = 12;

/** One rectangle of the picture. */
interface Drawn {
  readonly lines: readonly string[];
  readonly cssClass: string;
  /** Place of the box; absent for the network's inputs and outputs. */
  readonly box?: number;
  /** Share of the time, from 0 to 1. */
  readonly share?: number;
}

/**
 * The network as SVG: a rectangle for each box, input and output.
 *
 * @throws GdwsError DEPENDENCY_MISSING
 */
export async function pictureOf(drawing: Drawing): Promise<string> {
  const { drawn, lines } = arranged(drawing);
  const sizes = drawn.map((one) => ({ width, height: 2 * padding + lineHeight * one.lines.length }));
  const layout = await layOut(sizes, lines);
  const longest = drawn.reduce((most, { share = 0 }) => Math.max(most, share), 0);
  const timeOf = ({ share }: Drawn) =>
    share === undefined ? '' : `<text class="share" x="${width - 8}" y="${padding + 12}">${formatShare(share)}</text>`;
  const rectangles = drawn.map((one, index) => {
    const { x, y } = layout.places[index]!;
    const { height } = sizes[index]!;
    const texts = one.lines.map((text, line) => {
      const baseline = padding + lineHeight * line + 12;
      return `<text x="12" y="${baseline}"${line === 0 ? ' class="title"' : ''}>${escaped(shortened(text, line === 0 && one.share !== undefined ? mostCharacters - 8 : mostCharacters))}</text>`;
    });
    const bar =
      one.share === undefined || longest === 0
        ? ''
        : `<rect class="bar" y="${height - 4}" width="${number((width * one.share) / longest)}" height="4"/>`;
    const inside =
      `<title>${escaped(one.lines.join('\n'))}</title><rect class="box" width="${width}" height="${height}" rx="5"/>` +
      `<rect class="place" width="5" height="${height}" rx="2"/>${bar}${texts.join('')}${timeOf(one)}`;
    const at = `transform="translate(${number(x)} ${number(y)})" class="${one.cssClass}"`;
    return one.box === undefined
      ? `<g ${at}>${inside}</g>`
      : `<a ${at} id="box-${one.box}" href="#box-${one.box}">${inside}</a>`;
  });
  const paths = layout.paths.map((points) => `<path class="line" d="${smooth(points)}" marker-end="url(#arrow)"/>`);
  const [wide, high] = [Math.ceil(layout.width) + 2 * margin, Math.ceil(layout.height) + 2 * margin];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}" viewBox="${-margin} ${-margin} ${wide} ${high}">` +
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">' +
    `<path d="M0 0L8 4L0 8Z"/></marker></defs>${paths.join('')}${rectangles.join('')}</svg>`
  );
}

/** Rectangles in an order in which lines go to later ones, with inputs before their first and outputs behind their last. */
function arranged(drawing: Drawing): { drawn: Drawn[]; lines: { from: number; to: number }[] } {
  const { boxes, inputs, outputs } = drawing;
  const sources = new Map(
    inputs.map(({ name, type }): [string, Drawn] => [name, { lines: [name, type], cssClass: 'end' }]),
  );
  const drawn: Drawn[] = [];
  const lines: { from: number; to: number }[] = [];
  const placeOf = new Map<number | string, number>();
  const place = (one: Drawn) => drawn.push(one) - 1;
  const placeOfSource = (source: number | string) => {
    if (!placeOf.has(source)) {
      placeOf.set(source, place(sources.get(source as string) ?? { lines: [String(source)], cssClass: 'end' }));
    }
    return placeOf.get(source)!;
  };
  const outputsFrom = new Map<number | string | undefined, Drawing['outputs'][number][]>();
  for (const output of outputs) {
    const same = outputsFrom.get(output.from);
    if (same) same.push(output);
    else outputsFrom.set(output.from, [output]);
  }
  const placeOutputs = (from: number | string | undefined) => {
    for (const output of outputsFrom.get(from) ?? []) {
      const source = from === undefined ? undefined : placeOfSource(from);
      const to = place({ lines: [output.name, output.type], cssClass: 'end' });
      if (source !== undefined) lines.push({ from: source, to });
    }
  };
  boxes.forEach((box, index) => {
    const from = box.reads.map(placeOfSource);
    const to = place({
      lines: linesOf(box),
      cssClass: box.where,
      box: index,
      share: box.operations.length > 0 ? shareOf(drawing, box.milliseconds) : undefined,
    });
    placeOf.set(index, to);
    for (const source of from) lines.push({ from: source, to });
    placeOutputs(index);
  });
  for (const { name } of inputs) {
    placeOfSource(name);
    placeOutputs(name);
  }
  placeOutputs(undefined);
  return { drawn, lines };
}

function linesOf(box: Box): string[] {
  const { nodes, operations, milliseconds, where, params } = box;
  const last = nodes.at(-1)!;
  const isMatrix = ({ isConstant, type }: DrawnTensor) => isConstant && type.includes('×');
  const weights = params > 0 ? nodes.flatMap(({ inputs }) => inputs.slice(1)).find(isMatrix) : undefined;
  const shapes = [weights?.type.split(' ')[1], last.outputs[0]?.type].filter(Boolean).join(' → ');
  const kernels = [...new Set(operations.map(({ kernel }) => kernel))].join(', ');
  const time = milliseconds !== undefined && operations.length > 0 ? ` · ${formatTime(milliseconds)}` : '';
  return [titleOf(box), last.name, shapes || 'shape unknown', `${kernels || places[where].name}${time}`];
}

function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}

/** A line that begins and ends as the points do, and bends between them. */
function smooth(points: readonly Point[]): string {
  const text = ({ x, y }: Point) => `${number(x)} ${number(y)}`;
  const [first, ...rest] = points;
  const end = rest.pop()!;
  const bends = rest.map((point, index) => {
    const next = rest[index + 1];
    return `Q${text(point)} ${text(next ? { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 } : end)}`;
  });
  return `M${text(first!)}${bends.join('')}${rest.length === 0 ? `L${text(end)}` : ''}`;
}

function number(value: number): number {
  return Math.round(10 * value) / 10;
}
