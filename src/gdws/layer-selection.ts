import { boolean, patterns, type OptionTable } from '../base/options';

/** Which convolutions of a network may be replaced. */
export interface LayerSelection {
  /** Only these layers may be replaced: names, in which `*` stands for anything, or expressions that match them. */
  readonly include?: readonly (string | RegExp)[];
  /** These layers stay as they are; each pattern must match a convolution, as those of `include` must. */
  readonly exclude?: readonly (string | RegExp)[];
  /** Whether the network's first convolution may be replaced too (default false, as in the paper). */
  readonly firstLayer?: boolean;
}

export const layerSelectionOptions: OptionTable<LayerSelection> = {
  include: patterns,
  exclude: patterns,
  firstLayer: boolean,
};

/** Whether one of the patterns matches a layer's name: an expression, or a name in which `*` stands for anything. */
export function matches(name: string, patterns: readonly (string | RegExp)[]): boolean {
  return patterns.some((pattern) =>
    typeof pattern === 'string' ? pattern === name || matchesName(name, pattern) : name.search(pattern) >= 0,
  );
}

function matchesName(name: string, pattern: string): boolean {
  if (!pattern.includes('*')) return false;
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}
