import { GdwsError } from '../errors';
import type { Graph } from './graph';
import type { ValueType } from './value';

/**
 * Types of the inputs whose shapes are given, for {@link inferValues}.
 *
 * @throws GdwsError INPUT_UNKNOWN
 */
export function typesOfInputs(
  graph: Graph,
  shapes: Readonly<Record<string, readonly number[]>> = {},
): Map<string, ValueType> {
  const names = graph.inputs.map(({ name }) => name);
  return new Map(
    Object.entries(shapes).map(([name, dims]) => {
      if (names.includes(name)) return [name, { type: graph.declared(name)?.type ?? 'float32', dims }];
      throw new GdwsError('INPUT_UNKNOWN', 'the model has no input of this name.', {
        file: graph.file,
        tensor: name,
        remedy: `Its inputs are: ${names.join(', ')}.`,
      });
    }),
  );
}
