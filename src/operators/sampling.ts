import { intAttribute } from '../onnx/attribute';
import type { ValueType } from '../onnx/value';
import type { NameOf } from '../program/operation';
import { enumerations } from '../program/schema';
import { choiceAttribute, choicesOf, ranked, requireFloat } from './arguments';
import { required } from './emission';
import { inferOne } from './inference';
import type { Lowering } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__GridSample.html

/** By the values of `mode`, of which operator set 20 changed some. */
const interpolations = new Map<string, NameOf<'Interpolation'>>([
  ['nearest', 'nearest'],
  ['linear', 'linear'],
  ['cubic', 'cubic'],
  ['bilinear', 'linear'],
  ['bicubic', 'cubic'],
]);
const paddings = choicesOf(Object.keys(enumerations.OutsideMap) as NameOf<'OutsideMap'>[]);

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

function lowerGridSample(call: OperatorCall, lowering: Lowering): void {
  const { type, dims } = gridSample(call);
  const axes = dims.length - 2;
  if (axes !== 2 && axes !== 3) call.fail('OPERATOR_UNSUPPORTED', `sampling over ${axes} axes is not supported.`);
  requireFloat(call, type);
  requireFloat(call, call.input(1).type);
  const interpolation = choiceAttribute(call, 'mode', interpolations, 'linear');
  if (interpolation === 'cubic' && axes !== 2) {
    call.fail('OPERATOR_UNSUPPORTED', 'ONNX defines cubic sampling over two axes only.');
  }
  const outside = choiceAttribute(call, 'padding_mode', paddings, 'zeros');
  const output = lowering.output(0);
  if (output === undefined) return;
  const [x, grid] = [required(call, lowering, 0), required(call, lowering, 1)];
  const alignCorners = intAttribute(call.node, 'align_corners', 0) !== 0;
  lowering.emit('gridSample', [x, grid], [output], { interpolation, outside, alignCorners });
}

export const samplingOperators: Record<string, Operator> = {
  GridSample: { infer: inferOne(gridSample), lower: lowerGridSample, limits: 'Two or three spatial axes.' },
};
