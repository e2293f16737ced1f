import { compareNaturally } from '../../src/data/natural-order';

test.each([
  [['10', '9', '2', '1', '0']],
  [['img10.png', 'img9.png', 'img1.png', 'im2.png']],
  [['a10b2', 'a10b1', 'a2b30', 'a2']],
  [['cat', 'Dog', 'Ant']],
  [['12345678901234567891', '12345678901234567890']],
  [['1', '01', '001', '0']],
])('%j are in the wrong order', (names) => {
  expect([...names].sort(compareNaturally)).toEqual([...names].reverse());
});
