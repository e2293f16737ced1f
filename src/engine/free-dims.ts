import type { GraphProto } from '../onnx/onnx_pb';

/**
 * Gives sizes to free dims of a graph's inputs and outputs, by the names that the model has for them. A name that it does not
 * have causes a warning of the process.
 */
export function setFreeDims({ input, output }: GraphProto, sizes: Readonly<Record<string, number>>): void {
  const unknown = new Set(Object.keys(sizes));
  for (const { type } of [...input, ...output]) {
    if (type?.value.case !== 'tensorType') continue;
    for (const dim of type.value.value.shape?.dim ?? []) {
      if (dim.value.case !== 'dimParam' || !Object.hasOwn(sizes, dim.value.value)) continue;
      const name = dim.value.value;
      dim.value = { case: 'dimValue', value: BigInt(sizes[name]!) };
      unknown.delete(name);
    }
  }
  for (const name of unknown) {
    process.emitWarning(`no input or output has a dim '${name}', to which freeDimensionOverrides gives a size.`, {
      code: 'GDWS_UNKNOWN_DIM',
    });
  }
}
