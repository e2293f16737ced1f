import { floatAttribute, intAttribute } from '../onnx/attribute';
import type { ValueType } from '../onnx/value';
import type { NameOf } from '../program/operation';
import { choiceAttribute, commonType, ranked, requireFloat } from './arguments';
import { isInteger, numbersOf } from './elements';
import { required } from './emission';
import { inferOne } from './inference';
import type { Lowering } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__RoiAlign.html

const modes = new Map<string, NameOf<'BinPooling'>>([
  ['avg', 'mean'],
  ['max', 'largest'],
]);
/** Whether regions are moved by half an element. */
const transformations = new Map([
  ['output_half_pixel', false],
  ['half_pixel', true],
]);
/** Limit of the samples of a bin along an axis; with more, the model is surely wrong. */
const maxSamples = 32;

function roiAlign(call: OperatorCall): ValueType {
  const type = commonType(call, [0, 1]);
  const { dims } = ranked(call, 0, 4, 4);
  const regions = ranked(call, 1, 2, 2).dims;
  const images = ranked(call, 2, 1, 1);
  if (regions[1] !== 4 || images.dims[0] !== regions[0]) {
    call.fail('SHAPE_MISMATCH', 'every region must have four numbers and an image.');
  }
  if (!isInteger(images.type)) call.fail('TYPE_MISMATCH', `images must be integers, not ${images.type}.`);
  const [height, width] = ['output_height', 'output_width'].map((name) => intAttribute(call.node, name, 1)) as [
    number,
    number,
  ];
  if (height < 1 || width < 1) call.fail('MODEL_INVALID', `bins of ${height} × ${width} must be positive.`);
  return { type, dims: [regions[0]!, dims[1]!, height, width] };
}

function lowerRoiAlign(call: OperatorCall, lowering: Lowering): void {
  requireFloat(call, roiAlign(call).type);
  const pooling = choiceAttribute(call, 'mode', modes, 'avg');
  // Before operator set 16 regions were not moved by half an element.
  const fallback = call.opset < 16 ? 'output_half_pixel' : 'half_pixel';
  const halfPixel = choiceAttribute(call, 'coordinate_transformation_mode', transformations, fallback);
  const samples = intAttribute(call.node, 'sampling_ratio', 0);
  if (samples < 0 || samples > maxSamples) {
    call.fail('OPERATOR_UNSUPPORTED', `sampling_ratio ${samples} is not between 0 and ${maxSamples}.`);
  }
  const { dims: images, constant, type: imageType } = call.input(2);
  if (imageType !== 'int64' && imageType !== 'int32') {
    call.fail('OPERATOR_UNSUPPORTED', `images of type ${imageType} are not supported at run time.`);
  }
  const count = call.input(0).dims[0]!;
  if (images[0] !== 0 && count === 0) call.fail('SHAPE_MISMATCH', 'there are regions of no images.');
  const wrong = constant && Array.from(numbersOf(constant)).find((image) => image < 0 || image >= count);
  if (wrong !== undefined) call.fail('MODEL_INVALID', `image ${wrong} is not one of ${count}.`);
  const output = lowering.output(0);
  if (output === undefined) return;
  const inputs = [0, 1, 2].map((index) => required(call, lowering, index));
  const scale = floatAttribute(call.node, 'spatial_scale', 1);
  lowering.emit('roiAlign', inputs, [output], { pooling, samples, halfPixel, scale });
}

export const regionOperators: Record<string, Operator> = {
  RoiAlign: { infer: inferOne(roiAlign), lower: lowerRoiAlign, limits: `sampling_ratio up to ${maxSamples}.` },
};
