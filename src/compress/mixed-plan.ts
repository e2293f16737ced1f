import { allocateAmong, type Allocation } from '../gdws/allocation';
import type { Choice } from '../gdws/choices';
import { frontierAmong, frontierOf, type Frontier, type PricedChoice } from '../gdws/frontier';
import { latencyCosts, type LatencyModel, type LayerLatency } from '../latency/latency-model';
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
}

/**
 * How many steps each layer takes, and its format, with the least loss within a time. Losses add up: that of the steps and that of
 * the rounding. So do times: to those of the network in integers comes, for each product in floats, what it takes longer, with the
 * conversion of what it reads and gives. Neighbours in floats are not converted between, so that the network takes at most this time.
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
  const frontiers = groups.map((group) => choicesOf(group, model));
  const rest = layers.reduce((left, { layer }) => left - (model.layers[layer.name]?.dense ?? 0), model.dense);
  const found = allocateAmong(frontiers, milliseconds * (1 + 1e-12) - rest);
  if (!found) return frontiers.reduce((sum, { costs }) => sum + costs[0]!, rest);
  const inFloats = new Set<string>();
  const chosen = new Map<RankedLayer, Choice>();
  found.chosen.forEach(({ choice, isFloat }, index) => {
    const { layer, products } = groups[index]!;
    if (layer) chosen.set(layer, choice);
    if (isFloat) for (const name of products) inFloats.add(name);
  });
  const allocation: Allocation = { ...found, chosen: layers.map((layer) => chosen.get(layer)!) };
  return { chosen: allocation.chosen, allocation, inFloats };
}

function groupsOf(layers: readonly RankedLayer[], parts: readonly RoundedPart[]): Group[] {
  const ofLayers = layers.map((layer): Group => ({ layer, products: [], loss: 0 }));
  const groupOf = new Map(ofLayers.flatMap((group) => group.layer!.layer.nodes.map((node) => [nameOf(node), group])));
  const others: Group[] = [];
  for (const { products, loss } of parts) {
    let group = products.map((name) => groupOf.get(name)).find((one) => one !== undefined);
    if (!group) others.push((group = { products: [], loss: 0 }));
    group.products.push(...products);
    group.loss += loss;
  }
  return [...ofLayers, ...others];
}

/** Costs in milliseconds; those of products alone are beyond what they take in integers. */
function choicesOf({ layer, products, loss }: Group, model: LatencyModel): Frontier<MixedChoice> {
  const { inFloats } = model;
  if (!layer) {
    const extra = products.reduce((sum, name) => sum + (inFloats?.products[name] ?? Infinity), 0);
    const integers: PricedChoice<MixedChoice> = { choice: { choice: 'dense', isFloat: false }, cost: 0, loss };
    const floats: PricedChoice<MixedChoice> = { choice: { choice: 'dense', isFloat: true }, cost: extra, loss: 0 };
    return frontierAmong(extra < Infinity ? [integers, floats] : [integers]);
  }
  const { shape, name } = layer.layer;
  const losses = budgetLosses(layer);
  const pricedIn = (times: LayerLatency | undefined, isFloat: boolean, loss: number) => {
    const {
      choices,
      costs,
      losses: own,
    } = frontierOf({ ...latencyCosts(times, shape.groups, layer.ranking.steps), losses });
    return choices.map((choice, i): PricedChoice<MixedChoice> => {
      return { choice: { choice, isFloat }, cost: costs[i]!, loss: loss + own[i]! };
    });
  };
  const floats = inFloats?.layers[name];
  return frontierAmong([
    ...pricedIn(model.layers[name], false, loss),
    // What has no integer form is among the times of the network in integers as it is.
    ...(products.length > 0 && floats ? pricedIn(floats, true, 0) : []),
  ]);
}
