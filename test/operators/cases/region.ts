import type { AttributeValue } from '../../../src/onnx/attribute';
import { constantOf } from '../../../src/operators/elements';
import { float, known, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(24);

function roiAlign(): Case {
  const [n, c, height, width] = [random.integer(1, 3), random.integer(1, 3), ...random.dims(2, 1, 12)] as [
    number,
    number,
    number,
    number,
  ];
  const regions = random.integer(1, 5);
  const scale = random.pick([undefined, 0.5, 0.25]);
  const corners = Array.from({ length: regions }, () => {
    const place = (length: number, least: number) => ((least + random.next() * 0.8) * length) / (scale ?? 1);
    // Some begin before the map or end beyond it; some are turned inside out.
    return [place(width, -0.3), place(height, -0.3), place(width, 0.4), place(height, 0.4)];
  });
  const images = random.integers([regions], 0, n - 1);
  // onnxruntime has no kernel for operator set 22, which added a type only.
  const opset = random.pick([10, 16]);
  const attributes: Record<string, AttributeValue> = {
    ...(random.next() < 0.8 ? { output_height: random.integer(1, 4), output_width: random.integer(1, 4) } : {}),
    ...(scale ? { spatial_scale: float(scale) } : {}),
    ...(random.next() < 0.7 ? { sampling_ratio: random.integer(0, 3) } : {}),
    ...(random.next() < 0.7 ? { mode: random.pick(['avg', 'max']) } : {}),
  };
  if (opset >= 16 && random.next() < 0.7) {
    attributes.coordinate_transformation_mode = random.pick(['half_pixel', 'output_half_pixel']);
  }
  return {
    opType: 'RoiAlign',
    opset,
    inputs: [
      random.floats([n, c, height, width]),
      constantOf('float32', [regions, 4], corners.flat()),
      random.next() < 0.5 ? known(images) : images,
    ],
    attributes,
    tolerance: 2e-5,
  };
}

export const regionCases: readonly Case[] = repeat(80, roiAlign);
