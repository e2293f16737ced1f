import { native } from '../../src/addon/native';
import { inferValues } from '../../src/analysis/infer';
import { typesOfInputs } from '../../src/analysis/input-types';
import { GdwsError } from '../../src/base/errors';
import { plan, type RankedLayer } from '../../src/compress/plan';
import { alphaOf, type Alpha } from '../../src/gdws/alpha';
import { denseWeights, gdwsWeights } from '../../src/gdws/cost';
import { findConvolutions, type Layer } from '../../src/gdws/layers';
import { networkCost } from '../../src/gdws/network-cost';
import { rankComponents } from '../../src/gdws/ranking';
import { decompose, energies, type Spectrum } from '../../src/gdws/spectrum';
import { Graph } from '../../src/graph/graph';
import { readModel } from '../../src/onnx/read';

/** A network whose layers are decomposed once, so that many β can be tried. */
export class Decomposed {
  private constructor(
    private readonly layers: readonly { layer: Layer; spectrum: Spectrum }[],
    private readonly total: { macs: number; params: number },
  ) {}

  /** @throws GdwsError SHAPE_UNKNOWN where multiply-accumulates cannot be counted; MODEL_* */
  static async read(file: string): Promise<Decomposed> {
    const graph = new Graph(await readModel(file), file);
    graph.removeDead();
    const values = inferValues(graph, typesOfInputs(graph), { lenient: true });
    const { macs, params } = networkCost(graph, values);
    if (macs === undefined) {
      throw new GdwsError('SHAPE_UNKNOWN', 'its multiply-accumulates cannot be counted.', { file });
    }
    const layers = [];
    for (const layer of findConvolutions(graph, values, {}).layers) {
      const spectrum = await decompose(layer.weights, layer.shape, native().concurrency, { file, node: layer.name });
      layers.push({ layer, spectrum });
    }
    return new Decomposed(layers, { macs, params });
  }

  /**
   * The least β, to a relative 1e-6, at which LEGO in every layer (the paper's algorithm 3) keeps no more than a share of
   * the network's multiply-accumulates; `undefined` where one kernel a layer keeps more.
   *
   * @param alpha weight-error vectors; all 1 without
   */
  betaFor(share: number, alpha: Alpha = new Map()): number | undefined {
    const ranked = this.layers.map(({ layer, spectrum }): RankedLayer => {
      return { layer, ranking: rankComponents(layer.shape, energies(spectrum, alphaOf(layer, alpha))) };
    });
    let most = Math.max(0, ...ranked.map(({ ranking }) => ranking.errors[0]!));
    if (this.shareKept(ranked, most) > share) return undefined;
    let least = most * 1e-12;
    while (most / least > 1 + 1e-6) {
      const middle = Math.sqrt(least * most);
      if (this.shareKept(ranked, middle) > share) least = middle;
      else most = middle;
    }
    return most;
  }

  private shareKept(ranked: readonly RankedLayer[], beta: number): number {
    const { chosen } = plan(ranked, { kind: 'beta', value: beta }, this.total);
    const saved = chosen.map((steps, index) => {
      const { pixels, shape } = ranked[index]!.layer;
      return steps === 'dense' ? 0 : (denseWeights(shape) - gdwsWeights(shape, steps * shape.groups)) * pixels!;
    });
    return 1 - saved.reduce((sum, one) => sum + one, 0) / this.total.macs;
  }
}
