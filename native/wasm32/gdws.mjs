// @gdws/wasm32 in browsers.
import { instantiate } from './instantiate.mjs';

/**
 * Loads the addon.
 *
 * @param source where gdws.wasm is, or its bytes; beside this file if it is not given
 */
export async function load(source = new URL('./gdws.wasm', import.meta.url)) {
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return instantiate(source, []);
  const response = await fetch(source);
  if (!response.ok) throw new Error(`${source} could not be loaded: ${response.status} ${response.statusText}`);
  return instantiate(await response.arrayBuffer(), []);
}
