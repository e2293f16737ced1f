import type { Lowering } from '../engine/lowering';
import type { ValueType } from '../graph/value';
import { intAttribute, stringAttribute } from '../onnx/attribute';
import { ranked, requireFloat } from './arguments';
import { required } from './emission';
import { inferOne } from './inference';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__GridSample.html

// In the order of native/kernels/grid_sample/operation.h.
const samplings = ['nearest', 'linear', 'cubic'];
const paddings = ['zeros', 'border', 'reflection'];

function gridSample(call: OperatorCall): ValueType {
  const { type, dims } = ranked(call, 0, 3);
  const grid = ranked(call, 1, dims.length, dims.length).dims;
  const axes = dims.length - 2;
  if (grid[0] !== dims[0]) call.fail('SHAPE_MISMATCH', `grids of ${grid[0]} images meet ${dims[0]}.`);
  if (grid.at(-1) !== axes) {
    call.fail('SHAPE_MISMATCH', `places of ${grid.at(-1)} numbers meet maps of ${axes} axes.`);
  }
  const result = [...dims.slice(0, 2), ...grid.slice(1, -1)];
  if (dims.slice(2).includes(0) && !result.includes(0)) call.fail('SHAPE_MISMATCH', 'there is nothing to sample.');
  return { type, dims: result };
}

/** Attribute `mode`, whose names operator set 20 changed. */
function samplingOf(call: OperatorCall): string {
  const mode = stringAttribute(call.node, 'mode', 'linear');
  const sampling = mode === 'bilinear' ? 'linear' : mode === 'bicubic' ? 'cubic' : mode;
  if (!samplings.includes(sampling)) {
    call.fail('MODEL_INVALID', `mode '${mode}' is not one of ${samplings.join(', ')}, bilinear, bicubic.`);
  }
  return sampling;
}

function lowerGridSample(call: OperatorCall, lowering: Lowering): void {
  const { type, dims } = gridSample(call);
  const axes = dims.length - 2;
  if (axes !== 2 && axes !== 3) call.fail('OPERATOR_UNSUPPORTED', `sampling over ${axes} axes is not supported.`);
  requireFloat(call, type);
  requireFloat(call, call.input(1).type);
  const sampling = samplingOf(call);
  if (sampling === 'cubic' && axes !== 2) {
    call.fail('OPERATOR_UNSUPPORTED', 'ONNX defines cubic sampling over two axes only.');
  }
  const padding = stringAttribute(call.node, 'padding_mode', 'zeros');
  if (!paddings.includes(padding)) {
    call.fail('MODEL_INVALID', `padding_mode '${padding}' is not one of ${paddings.join(', ')}.`);
  }
  const output = lowering.output(0);
  if (output === undefined) return;
  const [x, grid] = [required(call, lowering, 0), required(call, lowering, 1)];
  const alignsCorners = intAttribute(call.node, 'align_corners', 0) !== 0 ? 1 : 0;
  const ints = [samplings.indexOf(sampling), paddings.indexOf(padding), alignsCorners];
  lowering.emit('gridSample', [x, grid], [output], ints);
}

export const samplingOperators: Record<string, Operator> = {
  GridSample: { infer: inferOne(gridSample), lower: lowerGridSample, limits: 'Two or three spatial axes.' },
};
