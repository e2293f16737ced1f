import { checkInputs } from '../analysis/infer';
import { GdwsError } from '../base/errors';
import type { Graph } from '../graph/graph';
import type { ValueType } from '../onnx/value';

/** Dims of inputs by their names. Inputs whose dims the model fixes may be left out. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;

/**
 * The types of all inputs of a graph, for each of several shapes.
 *
 * @throws GdwsError ARGUMENT_INVALID, INPUT_MISSING, INPUT_UNKNOWN, SHAPE_MISMATCH
 */
export function typesOfAllShapes(graph: Graph, shapes: Iterable<InputShapes>): Map<string, ValueType>[] {
  if (typeof (shapes as Partial<Iterable<unknown>> | undefined | null)?.[Symbol.iterator] !== 'function') {
    throw new GdwsError('ARGUMENT_INVALID', 'shapes are given as a list, with an object for each.', {
      file: graph.file,
      remedy: 'For example [{ input: [1, 3, 224, 224] }].',
    });
  }
  return [...shapes].map((one) => typesOfShapes(graph, one));
}

function typesOfShapes(graph: Graph, shapes: InputShapes): Map<string, ValueType> {
  const { file } = graph;
  const isGiven = typeof shapes === 'object' && shapes !== null && Object.values(shapes).every(Array.isArray);
  if (!isGiven) {
    throw new GdwsError('ARGUMENT_INVALID', 'shapes are given as an object with dims for the name of each input.', {
      file,
      remedy: 'For example [{ input: [1, 3, 224, 224] }].',
    });
  }
  const types = new Map<string, ValueType>();
  for (const { name } of graph.inputs) {
    const { type = 'float32', dims: declared } = graph.declared(name) ?? {};
    const dims = Object.hasOwn(shapes, name) ? shapes[name]! : declared;
    if (!dims?.every((dim) => typeof dim === 'number')) {
      const shape = declared?.map((dim) => dim ?? '?');
      throw new GdwsError('INPUT_MISSING', 'the model leaves dims of this input open.', {
        ...{ file, tensor: name, shape },
        remedy: 'Give its dims, too.',
      });
    }
    types.set(name, { type, dims: [...dims] });
  }
  checkInputs(graph, new Map(Object.entries(shapes).map(([name, dims]) => [name, { type: 'float32', dims }])));
  return types;
}
