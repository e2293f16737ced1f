import sharp from 'sharp';
import { pngOf } from '../../src/sweep/png';

test.each([
  ['grey', [1, 3, 2], [0, 0.2, 0.4, 0.6, 0.8, 1], [0, 51, 102, 153, 204, 255]],
  ['of colours', [3, 1, 2], [0, 1, 0.2, 0.4, 0.6, 0.8], [0, 51, 153, 255, 102, 204]],
  ['of two channels, of which the first is shown,', [2, 1, 2], [0.2, 1, 0, 0], [51, 255]],
  ['beyond the range', [1, 1, 2], [-1, 2], [0, 255]],
] as const)('a picture %s is read by another reader', async (_, dims, pixels, bytes) => {
  const { data, info } = await sharp(pngOf(pixels, dims)).raw().toBuffer({ resolveWithObject: true });
  expect([info.height, info.width]).toEqual(dims.slice(1));
  const shown = dims[0] === 3 ? 3 : 1;
  // sharp gives grey pictures one channel or three equal ones.
  expect([...data].filter((_value, at) => at % (info.channels / shown) === 0)).toEqual([...bytes]);
});
