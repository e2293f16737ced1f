import { inferGraph } from '../analysis/infer';
import { imageFeeds, type CalibrationImages } from '../calibrate/images';
import { predictionOf, type Prediction } from '../calibrate/prediction';
import { buildProgram } from '../engine/builder';
import { fusedProgram, withNodeErrors } from '../engine/compile';
import { rows } from '../gradient/rows';
import type { Graph } from '../graph/graph';
import { toNativeConstants } from '../program/constant-pool';
import { encodeProgram } from '../program/encode';
import type { StoredEngine } from './stored-network';

/** Runs networks on the same images. */
export class PredictionRuns {
  constructor(
    private readonly images: CalibrationImages,
    private readonly engine: Pick<StoredEngine, 'session' | 'pool'>,
  ) {}

  /** The first output for each image. */
  async outputs(graph: Graph): Promise<Float32Array[]> {
    const { images } = this;
    const outputs: Float32Array[] = [];
    const programs = new Map<number, ReturnType<PredictionRuns['compile']>>();
    for (let begin = 0; begin < images.count; begin += images.batchSize) {
      const count = Math.min(images.batchSize, images.count - begin);
      let program = programs.get(count);
      if (!program) programs.set(count, (program = this.compile(graph, count)));
      const [output] = await program.run([await images.batch(begin)]).done;
      const all = new Float32Array(output!);
      outputs.push(...rows(all, all.length / count));
    }
    return outputs;
  }

  /** What the first output predicts; `undefined` where it is not floats of each image. */
  prediction(graph: Graph): Prediction | undefined {
    const count = Math.min(this.images.batchSize, this.images.count);
    const { program } = buildProgram(graph, this.inferred(graph, count), this.engine.pool);
    const { type, dims } = program.values[program.outputs[0]!]!;
    return type === 'float32' && dims[0] === count ? predictionOf(program, program.outputs[0]!) : undefined;
  }

  private compile(graph: Graph, count: number) {
    const { session, pool } = this.engine;
    const { program, constants } = fusedProgram(graph, this.inferred(graph, count), pool);
    return withNodeErrors(program, () => session.compile(encodeProgram(program), [...toNativeConstants(constants)]));
  }

  private inferred(graph: Graph, count: number) {
    return inferGraph(graph, imageFeeds(graph, count, this.images.dims));
  }
}
