const value = new Float32Array(1);
const bits = new Int32Array(value.buffer);

/**
 * Writes `image` + `delta` as float32, clipped to [0, 1] and rounded towards the image: no pixel of the stored perturbation is
 * larger than that of `delta`, so the stored image keeps the norm bound of `delta`.
 */
export function perturb(image: Float32Array, delta: Float64Array, result: Float32Array): Float32Array {
  for (let index = 0; index < image.length; ++index) {
    const pixel = image[index]!;
    const change = delta[index]!;
    value[0] = Math.min(1, Math.max(0, pixel + change));
    // Neighbours of a positive float32 are the next integers of its bits.
    if (change > 0 && value[0] - pixel > change) --bits[0]!;
    else if (change < 0 && value[0] - pixel < change) ++bits[0]!;
    result[index] = value[0];
  }
  return result;
}

/** `delta` = `perturbed` - `image`. */
export function perturbation(image: Float32Array, perturbed: Float32Array, delta: Float64Array): Float64Array {
  for (let index = 0; index < image.length; ++index) delta[index] = perturbed[index]! - image[index]!;
  return delta;
}
