import { darkened, palette } from '../../src/html/palette';
import { bytesOf, contrast } from './contrast';

test('the contrast is that of WCAG: black on white, and its example of a grey that just fails', () => {
  expect(contrast(bytesOf('#000000'), bytesOf('rgb(255, 255, 255)'))).toBeCloseTo(21, 10);
  expect(contrast(bytesOf('#777777'), bytesOf('#ffffff'))).toBeCloseTo(4.478, 3);
});

const { ground, panel, line, ...read } = palette;

test.each([
  ['light', 0],
  ['dark', 1],
] as const)('what is read has a contrast of 4.5 at least on both backgrounds that are %s', (_, scheme) => {
  const ratios = Object.entries(read).flatMap(([name, pair]) =>
    [ground, panel].map((below) => [name, contrast(bytesOf(pair[scheme]), bytesOf(below[scheme]))] as const),
  );
  expect(ratios.filter(([, ratio]) => ratio < 4.5)).toEqual([]);
  expect(ratios.length).toBeGreaterThan(20);
});

test('a light colour stands for one dark colour', () => {
  const light = Object.values(palette).map(([color]) => color);
  expect(new Set(light).size).toBe(light.length);
  expect(darkened('.chart')).toContain(`.chart [stroke="${line[0]}"] { stroke: ${line[1]}; }`);
});
