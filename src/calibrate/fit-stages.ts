import { native } from '../addon/native';
import { GdwsError, type ErrorCode } from '../base/errors';
import type { Layer } from '../gdws/layers';
import { taps } from '../gdws/shape';
import { blockErrors, type Stages } from '../gdws/stages';
import { fromFloat32, toFloat32 } from '../onnx/floats';
import type { LayerRegression } from './layer-regression';

export interface FitOptions {
  /** How often each channel's kernels are fitted to the residual of the other channels; 0 keeps the kernels. */
  readonly sweeps: number;
  /** Share of the patches' mean square that is added to each of their elements. */
  readonly ridge: number;
  readonly threads: number;
}

/**
 * Both stages of a layer, fitted to the moments with the same total number of kernels: channel after channel, a reduced-rank
 * regression of the residual of the others, its error weighted by the Fisher information; then least squares for the
 * pointwise stage. The numbers of kernels of single channels may change. Off the JavaScript thread.
 *
 * @param fisher (groups, M / groups, M / groups); the identity if absent
 * @throws GdwsError ARGUMENT_INVALID where a moment is not finite or clearly indefinite; OUT_OF_MEMORY
 */
export async function fitStages(
  layer: Layer,
  { counts, kernels }: Pick<Stages, 'counts' | 'kernels'>,
  { patches, cross }: LayerRegression,
  fisher: Float64Array | undefined,
  { sweeps, ridge, threads }: FitOptions,
): Promise<Stages> {
  const { shape } = layer;
  const { groups } = shape;
  const size = taps(shape);
  const outputs = shape.outputChannels / groups;
  const total = kernels.length / size / groups;
  const fitted = { counts: new Int32Array(counts.length), kernels: new Float32Array(kernels.length) };
  const pointwise = new Float32Array(shape.outputChannels * total);
  const ofGroup = <T extends Float64Array | Float32Array | Int32Array>(all: T, group: number) =>
    all.subarray((group * all.length) / groups, ((group + 1) * all.length) / groups) as T;
  for (let group = 0; group < groups; ++group) {
    try {
      const own = await native().fitStages(
        ofGroup(patches, group),
        ofGroup(cross, group),
        fisher && ofGroup(fisher, group),
        ofGroup(counts, group),
        ofGroup(kernels, group),
        { outputs, taps: size, sweeps, ridge },
        threads,
      );
      ofGroup(fitted.counts, group).set(own.counts);
      ofGroup(fitted.kernels, group).set(own.kernels);
      ofGroup(pointwise, group).set(own.pointwise);
    } catch (cause) {
      const { code = 'INTERNAL', message } = cause as { code?: ErrorCode; message: string };
      throw new GdwsError(code, `${message}.`, { node: layer.name, operator: 'Conv', cause });
    }
  }
  const stored = toFloat32(fromFloat32(layer.type, [], fitted.kernels));
  const stages = { counts: fitted.counts, kernels: stored, pointwise };
  return { ...stages, errors: blockErrors(layer.weights, shape, stages) };
}
