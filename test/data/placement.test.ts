import { placementBack, placementOf } from '../../src/data/placement';

/** Size of the whole scaled picture, and how much of it is cut off before the tensor. */
const scaled = (picture: [number, number], ...rest: [[number, number], ('cover' | 'contain' | 'fill')?, number?]) => {
  const { y, x } = placementOf(picture, ...rest);
  return {
    size: [picture[0] / y.scale, picture[1] / x.scale].map((side) => Math.round(side)),
    cut: [y.start / y.scale, x.start / x.scale].map((side) => Math.round(side) + 0),
  };
};

test.each([
  // Resize(256) of 375×500 is 256×341, as int(256 · 500 / 375); CenterCrop's round(58.5) is 58.
  { picture: [375, 500], size: [224, 224], fit: 'cover', crop: 0.875, expected: { size: [256, 341], cut: [16, 58] } },
  { picture: [500, 375], size: [224, 224], fit: 'cover', crop: 0.875, expected: { size: [341, 256], cut: [58, 16] } },
  { picture: [100, 100], size: [299, 299], fit: 'cover', crop: 0.875, expected: { size: [341, 341], cut: [21, 21] } },
  { picture: [100, 300], size: [50, 60], fit: 'cover', crop: 1, expected: { size: [50, 150], cut: [0, 45] } },
  { picture: [300, 100], size: [50, 60], fit: 'cover', crop: 1, expected: { size: [180, 60], cut: [65, 0] } },
  { picture: [100, 300], size: [60, 60], fit: 'contain', crop: 1, expected: { size: [20, 60], cut: [-20, 0] } },
  { picture: [300, 100], size: [60, 60], fit: 'contain', crop: 1, expected: { size: [60, 20], cut: [0, -20] } },
  { picture: [300, 1], size: [60, 60], fit: 'contain', crop: 1, expected: { size: [60, 1], cut: [0, -30] } },
  { picture: [300, 100], size: [60, 50], fit: 'fill', crop: 0.5, expected: { size: [60, 50], cut: [0, 0] } },
] as const)('$picture to $size, $fit $crop', ({ picture, size, fit, crop, expected }) => {
  expect(scaled([...picture], [...size], fit, crop)).toEqual(expected);
});

test.each(['cover', 'contain', 'fill'] as const)('%s and back', (fit) => {
  const [picture, size, map] = [
    [90, 140],
    [64, 32],
    [16, 8],
  ] as const;
  const forth = placementOf(picture, size, fit, 0.5);
  const back = placementBack(forth, picture, map);
  for (const axis of ['y', 'x'] as const) {
    const side = axis === 'y' ? 0 : 1;
    expect(back[axis].count).toBe(picture[side]);
    // The middle of pixel 3 of the map, in the picture, lies at the middle of pixel 3 of the map.
    const inTensor = (3.5 * size[side]) / map[side];
    const inPicture = forth[axis].start + inTensor * forth[axis].scale;
    expect(back[axis].start + inPicture * back[axis].scale).toBeCloseTo(3.5, 9);
  }
});
