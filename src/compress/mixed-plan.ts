import { allocateAmong } from '../gdws/allocation';
import type { Choice } from '../gdws/choices';
import { frontierAmong, frontierOf, type Frontier, type PricedChoice } from '../gdws/frontier';
import { isAllFloat, latencyCosts, type LatencyModel, type LayerLatency } from '../latency/latency-model';
import { nameOf } from '../onnx/node-place';
import type { RoundedPart } from '../quantize/rounding-losses';
import { budgetLosses, type Plan, type RankedLayer } from './plan';

/** How many steps each layer takes, and which products are in floats. */
export interface MixedPlan extends Plan {
  /** Products of the dense network, by name. */
  readonly inFloats: ReadonlySet<string>;
}

/** What becomes of a layer, and its format. */
interface MixedChoice {
  readonly choice: Choice;
  readonly isFloat: boolean;
}

/** Products that have one format, and the layer that they are, if it may be replaced. */
interface Group {
  readonly layer?: RankedLayer;
  readonly products: string[];
  /** Of rounding them. */
  loss: number;
  /** Whether they stay in integers. */
  isFixed?: boolean;
}

/**
 * How many steps each layer takes, and its format, with the least loss within a time. Losses add up: that of the steps and that of
 * the rounding. So do times: to those of the network in integers comes, for each product in floats, what it takes longer, with the
 * conversion of what it reads and gives. Neighbours in floats are not converted between, so that the network takes at most this time;
 * one that is in floats altogether, which is planned beside that, converts nothing.
 *
 * @param milliseconds that the whole network may take
 * @param parts products that have one format; their losses in the unit of the layers'
 * @returns the plan, or the least time that is possible where this one is not
 */
export function mixedPlan(
  layers: readonly RankedLayer[],
  parts: readonly RoundedPart[],
  model: LatencyModel,
  milliseconds: number,
): MixedPlan | number {
  const groups = groupsOf(layers, parts);
  const rest = restOf(layers, model.layers, model.dense);
  const frontiers = groups.map((group) => choicesOf(group, model));
  const plans = [planned(groups, frontiers, milliseconds, rest)];
  const names = new Set(groups.flatMap(({ products }) => products));
  const { inFloats } = model;
  if (inFloats && isAllFloat(model, names)) {
    // Nothing is converted then.
    const ofFloats = groups.map((group) => floatChoices(group, inFloats.layers));
    plans.push(planned(groups, ofFloats, milliseconds, restOf(layers, inFloats.layers, inFloats.dense)));
  }
  const found = plans.filter((one) => typeof one !== 'number');
  if (found.length === 0) return Math.min(...(plans as number[]));
  return found.reduce((a, b) => (b.allocation!.loss < a.allocation!.loss ? b : a));
}

/** What a network takes besides its layers. */
function restOf(layers: readonly RankedLayer[], times: LatencyModel['layers'], dense: number): number {
  return layers.reduce((left, { layer }) => left - (times[layer.name]?.dense ?? 0), dense);
}

/** @returns the least time where this one is not possible */
function planned(
  groups: readonly Group[],
  frontiers: readonly Frontier<MixedChoice>[],
  milliseconds: number,
  rest: number,
): MixedPlan | number {
  const found = allocateAmong(frontiers, milliseconds * (1 + 1e-12) - rest);
  if (!found) return frontiers.reduce((sum, { costs }) => sum + costs[0]!, rest);
  const inFloats = new Set<string>();
  const chosen: Choice[] = [];
  found.chosen.forEach(({ choice, isFloat }, index) => {
    const { layer, products } = groups[index]!;
    if (layer) chosen.push(choice);
    if (isFloat) for (const name of products) inFloats.add(name);
  });
  return { chosen, allocation: { ...found, chosen }, inFloats };
}

function groupsOf(layers: readonly RankedLayer[], parts: readonly RoundedPart[]): Group[] {
  const ofLayers = layers.map((layer): Group => ({ layer, products: [], loss: 0 }));
  const groupOf = new Map(ofLayers.flatMap((group) => group.layer!.layer.nodes.map((node) => [nameOf(node), group])));
  const others: Group[] = [];
  for (const { products, loss } of parts) {
    const touched = new Set(products.flatMap((name) => groupOf.get(name) ?? []));
    const [own] = touched;
    const group = own ?? { products: [], loss: 0 };
    if (!own) others.push(group);
    group.products.push(...products);
    group.loss += loss;
    // Layers of one format whose steps are chosen apart: in integers.
    if (touched.size > 1) for (const one of touched) one.isFixed = true;
  }
  return [...ofLayers, ...others];
}

/** Costs in milliseconds; those of products alone are beyond what they take in integers. */
function choicesOf(group: Group, model: LatencyModel): Frontier<MixedChoice> {
  const { layer, products, loss, isFixed } = group;
  const { inFloats } = model;
  const ofLayer = new Set(layer?.layer.nodes.map(nameOf));
  const extra = products.reduce(
    (sum, name) => (ofLayer.has(name) ? sum : sum + (inFloats?.products[name] ?? Infinity)),
    0,
  );
  const hasFormats = !isFixed && products.length > 0 && extra < Infinity;
  if (!layer) {
    const integers: PricedChoice<MixedChoice> = { choice: { choice: 'dense', isFloat: false }, cost: 0, loss };
    const floats: PricedChoice<MixedChoice> = { choice: { choice: 'dense', isFloat: true }, cost: extra, loss: 0 };
    return frontierAmong(hasFormats ? [integers, floats] : [integers]);
  }
  const floats = inFloats?.layers[layer.layer.name];
  return frontierAmong([
    ...pricedSteps(layer, model.layers[layer.layer.name], { isFloat: false, cost: 0, loss }),
    // What has no integer form is among the times of the network in integers as it is.
    ...(hasFormats && floats ? pricedSteps(layer, floats, { isFloat: true, cost: extra, loss: 0 }) : []),
  ]);
}

/** Costs in milliseconds in a network that is in floats altogether; those of products alone are none. */
function floatChoices({ layer }: Group, times: LatencyModel['layers']): Frontier<MixedChoice> {
  const none = { isFloat: true, cost: 0, loss: 0 };
  return frontierAmong(
    layer
      ? pricedSteps(layer, times[layer.layer.name], none)
      : [{ choice: { choice: 'dense', isFloat: true }, cost: 0, loss: 0 }],
  );
}

/** The steps of a layer in one format; `beyond` has what that costs and loses besides them. */
function pricedSteps(
  ranked: RankedLayer,
  times: LayerLatency | undefined,
  beyond: { readonly isFloat: boolean; readonly cost: number; readonly loss: number },
): PricedChoice<MixedChoice>[] {
  const { layer, ranking } = ranked;
  const { choices, costs, losses } = frontierOf({
    ...latencyCosts(times, layer.shape.groups, ranking.steps),
    losses: budgetLosses(ranked),
  });
  return choices.map((choice, i) => ({
    choice: { choice, isFloat: beyond.isFloat },
    cost: beyond.cost + costs[i]!,
    loss: beyond.loss + losses[i]!,
  }));
}
