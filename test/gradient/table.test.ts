import fs from 'node:fs';
import path from 'node:path';
import { rules } from '../../src/gradient/rules';
import { operations } from '../../src/program/schema';

test('docs/gradients.md names the operations that have a rule, and no others', () => {
  const text = fs.readFileSync(path.join(__dirname, '../../docs/gradients.md'), 'utf8');
  const named = [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(named).toEqual(Object.keys(rules));
});

test('only what gives indices, truth values or sums of bytes, takes places as values, goes through time, or is a gradient itself, has no rule', () => {
  const without = Object.keys(operations).filter((name) => !(name in rules));
  expect(without.sort()).toEqual([
    'argReduce',
    'compare',
    'dynamicQuantize',
    'gridSample',
    'integerAveragePool',
    'integerBinary',
    'integerConvolution',
    'integerGdws',
    'integerMatmul',
    'maxPoolGradient',
    'maxPoolIndices',
    'maxUnpool',
    'recurrent',
    'roiAlign',
    'table',
  ]);
});
