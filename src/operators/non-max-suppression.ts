import { intAttribute } from '../onnx/attribute';
import type { Constant } from '../onnx/value';
import { ranked, scalar } from './arguments';
import { constantOf, numbersOf } from './elements';
import { hosted } from './hosted';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html

/** The corners of each box in order: least x, least y, largest x, largest y. */
function cornersOf(boxes: ArrayLike<number>, isCentered: boolean): Float32Array {
  const corners = new Float32Array(boxes.length);
  for (let at = 0; at < boxes.length; at += 4) {
    const [a, b, c, d] = [boxes[at]!, boxes[at + 1]!, boxes[at + 2]!, boxes[at + 3]!];
    if (isCentered) {
      const [halfWidth, halfHeight] = [Math.fround(c / 2), Math.fround(d / 2)];
      corners.set([a - halfWidth, b - halfHeight, a + halfWidth, b + halfHeight], at);
    } else {
      corners.set([Math.min(b, d), Math.min(a, c), Math.max(b, d), Math.max(a, c)], at);
    }
  }
  return corners;
}

/** Whether the intersection of two boxes is more than a share of their union, in single precision, as of other runtimes. */
function overlap(corners: Float32Array, one: number, other: number, share: number): boolean {
  const [a, b] = [4 * one, 4 * other];
  const width = Math.fround(Math.min(corners[a + 2]!, corners[b + 2]!) - Math.max(corners[a]!, corners[b]!));
  const height = Math.fround(Math.min(corners[a + 3]!, corners[b + 3]!) - Math.max(corners[a + 1]!, corners[b + 1]!));
  if (!(width > 0) || !(height > 0)) return false;
  const common = Math.fround(width * height);
  const union = Math.fround(Math.fround(area(corners, a) + area(corners, b)) - common);
  return common > 0 && union > 0 && Math.fround(common / union) > share;
}

function area(corners: Float32Array, at: number): number {
  const width = Math.fround(corners[at + 2]! - corners[at]!);
  return Math.fround(width * Math.fround(corners[at + 3]! - corners[at + 1]!));
}

function nonMaxSuppression(call: OperatorCall): Constant {
  const { dims: boxDims } = ranked(call, 0, 3, 3);
  const { dims: scoreDims } = ranked(call, 1, 3, 3);
  const [batch, count, four] = boxDims as [number, number, number];
  const [scoreBatch, classes, scoreCount] = scoreDims as [number, number, number];
  if (four !== 4 || batch !== scoreBatch || count !== scoreCount) {
    call.fail('SHAPE_MISMATCH', 'boxes are (batch, boxes, 4), and scores (batch, classes, boxes).');
  }
  const boxes = numbersOf(call.constant(0));
  const scores = numbersOf(call.constant(1));
  const most = scalar(call, 2, 0);
  const share = scalar(call, 3, 0);
  if (!(share >= 0 && share <= 1)) call.fail('MODEL_INVALID', `iou_threshold ${share} is not from 0 to 1.`);
  const least = call.inputs[4] ? scalar(call, 4) : undefined;
  const corners = cornersOf(boxes, intAttribute(call.node, 'center_point_box', 0) !== 0);
  const selected: number[] = [];
  for (let image = 0; most > 0 && image < batch; image++) {
    for (let one = 0; one < classes; one++) {
      const first = (image * classes + one) * count;
      const candidates: number[] = [];
      for (let i = 0; i < count; i++) if (least === undefined || scores[first + i]! > least) candidates.push(i);
      // Of equal scores the first box comes first.
      candidates.sort((i, j) => scores[first + j]! - scores[first + i]! || i - j);
      const kept: number[] = [];
      for (const box of candidates) {
        if (kept.length >= most) break;
        if (kept.some((other) => overlap(corners, image * count + other, image * count + box, share))) continue;
        kept.push(box);
        selected.push(image, one, box);
      }
    }
  }
  return constantOf('int64', [selected.length / 3, 3], selected);
}

export const nonMaxSuppressionOperators: Record<string, Operator> = {
  NonMaxSuppression: hosted((call) => [nonMaxSuppression(call)]),
};
