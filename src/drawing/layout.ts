import { optionalPackage } from '../base/optional';

/** The upper left corner of a box, or a corner of a line, in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A line from the lower side of a box to the upper side of a later one. */
export interface Line {
  readonly from: number;
  readonly to: number;
}

export interface Layout extends Size {
  /** Of each box. */
  readonly places: readonly Point[];
  /** Of each line, from end to end. */
  readonly paths: readonly (readonly Point[])[];
}

/** What is used of @dagrejs/dagre. */
interface Dagre {
  readonly Graph: new (options: { multigraph: boolean }) => {
    setGraph(options: object): void;
    setNode(name: string, size: Size): void;
    setEdge(from: string, to: string, label: object, name: string): void;
    graph(): Partial<Size>;
    node(name: string): Point;
    edge(of: { v: string; w: string; name: string }): { readonly points: readonly Point[] };
  };
  readonly layout: (graph: object) => void;
}

/** Space between boxes side by side, and one below the other. */
const [beside, below] = [28, 34];

/** Larger parts take dagre too long: they are one column. */
const mostBoxes = 600;

/**
 * Places boxes, the first ones uppermost, so that lines go down and cross seldom: by dagre, each part of the graph alone that a single
 * line joins to the next.
 *
 * @param lines each from an earlier box to a later one
 * @throws GdwsError DEPENDENCY_MISSING where @dagrejs/dagre is not installed
 */
export async function layOut(boxes: readonly Size[], lines: readonly Line[]): Promise<Layout> {
  const dagre = await optionalPackage<Dagre>('@dagrejs/dagre');
  const parts = partsOf(boxes.length, lines).map(({ begin, end, lines: own }) => {
    const shifted = own.map(({ from, to }) => ({ from: from - begin, to: to - begin }));
    const sizes = boxes.slice(begin, end);
    return { begin, own, layout: sizes.length > mostBoxes ? column(sizes, shifted) : byDagre(dagre, sizes, shifted) };
  });
  const width = parts.reduce((widest, { layout }) => Math.max(widest, layout.width), 0);
  const places: Point[] = [];
  const pathOf = new Map<Line, readonly Point[]>();
  let top = 0;
  for (const { own, layout } of parts) {
    const left = (width - layout.width) / 2;
    const moved = ({ x, y }: Point) => ({ x: x + left, y: y + top });
    for (const place of layout.places) places.push(moved(place));
    own.forEach((line, index) => pathOf.set(line, layout.paths[index]!.map(moved)));
    top += layout.height + below;
  }
  const paths = lines.map((line) => pathOf.get(line) ?? straight(line, places, boxes));
  return { width, height: Math.max(0, top - below), places, paths };
}

/** Some boxes, and the lines between them. */
interface Part {
  readonly begin: number;
  readonly end: number;
  readonly lines: Line[];
}

/** Ranges of boxes between which no line goes, or only one from the last box to the first. */
function partsOf(count: number, lines: readonly Line[]): Part[] {
  /** How many lines go past the place before each box. */
  const crossing = new Int32Array(count + 1);
  /** Whether a line goes from the box before. */
  const isJoined = new Uint8Array(count + 1);
  for (const { from, to } of lines) {
    crossing[from + 1]! += 1;
    crossing[to + 1]! -= 1;
    if (to === from + 1) isJoined[to] = 1;
  }
  const parts: Part[] = [];
  const partOf: Part[] = [];
  let begin = 0;
  let across = 0;
  for (let box = 1; box <= count; ++box) {
    across += crossing[box]!;
    if (across > isJoined[box]! && box < count) continue;
    const part = { begin, end: box, lines: [] };
    parts.push(part);
    for (; begin < box; ++begin) partOf.push(part);
  }
  for (const line of lines) if (partOf[line.from] === partOf[line.to]) partOf[line.from]!.lines.push(line);
  return parts;
}

function byDagre(dagre: Dagre, boxes: readonly Size[], lines: readonly Line[]): Layout {
  const graph = new dagre.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: beside, ranksep: below, edgesep: 12 });
  boxes.forEach(({ width, height }, index) => graph.setNode(String(index), { width, height }));
  lines.forEach(({ from, to }, index) => graph.setEdge(String(from), String(to), {}, String(index)));
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  const places = boxes.map((box, index) => {
    const { x, y } = graph.node(String(index));
    return { x: x - box.width / 2, y: y - box.height / 2 };
  });
  const paths = lines.map(({ from, to }, index) => {
    return graph.edge({ v: String(from), w: String(to), name: String(index) }).points;
  });
  return { width, height, places, paths };
}

/** Boxes one below the other; lines that pass others go beside them. */
function column(boxes: readonly Size[], lines: readonly Line[]): Layout {
  const widest = boxes.reduce((most, { width }) => Math.max(most, width), 0);
  const places: Point[] = [];
  let top = 0;
  for (const { width, height } of boxes) {
    places.push({ x: (widest - width) / 2, y: top });
    top += height + below;
  }
  const lanes = 12;
  const paths = lines.map((line, index) => {
    const path = straight(line, places, boxes);
    if (line.to === line.from + 1) return path;
    const [begin, end] = [path[0]!, path.at(-1)!];
    const x = widest + beside + 6 * (index % lanes);
    const [above, under] = [begin.y + below / 2, end.y - below / 2];
    return [begin, { x, y: above }, { x, y: above + 1 }, { x, y: under - 1 }, { x, y: under }, end];
  });
  return { width: widest + beside + 6 * lanes, height: top - below, places, paths };
}

function straight({ from, to }: Line, places: readonly Point[], boxes: readonly Size[]): Point[] {
  return [
    { x: places[from]!.x + boxes[from]!.width / 2, y: places[from]!.y + boxes[from]!.height },
    { x: places[to]!.x + boxes[to]!.width / 2, y: places[to]!.y },
  ];
}
