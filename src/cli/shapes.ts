/** An example of --shape, with common sizes where a model leaves dims open: `1x3x224x224`. */
export function exampleShape(declared: readonly (number | string | undefined)[]): string {
  const usual = declared.length === 4 ? [1, 3, 224, 224] : declared.map((_, axis) => (axis === 0 ? 1 : 224));
  const dims =
    declared.length === 0
      ? [1, 3, 224, 224]
      : declared.map((dim, axis) => (typeof dim === 'number' ? dim : usual[axis]));
  return dims.join('x');
}
