import { native } from '../../src/addon/native';
import { encodeProgram } from '../../src/program/encode';
import type { UnaryName } from '../../src/program/operation';
import { Program } from '../../src/program/program';
import { ProgramWriter } from '../../src/program/program-writer';
import { unaryFunctions } from '../../src/program/unary-functions';

// Tables of bytes are made by these functions, and must be what the engine would compute.

const numbers = Float32Array.from([
  ...Array.from({ length: 161 }, (_, i) => (i - 80) / 10),
  ...Array.from({ length: 41 }, (_, i) => (i - 20) / 20),
  ...[-300, -100, -30, -1e-6, 1e-6, 30, 100, 300],
]);

function byEngine(name: UnaryName, a: number, b: number, kernel: string): Float32Array {
  const program = new Program();
  const writer = new ProgramWriter(program, { node: 'n', operator: 'Test' });
  const x = writer.input('float32', [numbers.length]);
  program.outputs.push(writer.emit('unary', [x], [numbers.length], { function: name, a, b }));
  const [bytes] = native().createSession(1, kernel, false).compile(encodeProgram(program), []).runSync([numbers]);
  return new Float32Array(bytes!);
}

test.each(Object.keys(unaryFunctions) as UnaryName[])('%s is that of the engine', (name) => {
  for (const [a, b] of [
    [0.5, 1.5],
    [1, 0],
    [1.5, -0.25],
  ] as const) {
    for (const kernel of ['reference', '']) {
      const expected = Array.from(numbers, (x) => Math.fround(unaryFunctions[name](x, a, b)));
      byEngine(name, a, b, kernel).forEach((one, i) => {
        const wanted = expected[i]!;
        if (Object.is(one, wanted) || one === wanted) return;
        const x = numbers[i];
        const off = Math.abs(one - wanted) / Math.max(Math.abs(wanted), 1e-3);
        expect({ x, a, b, kernel, one, wanted, off: off < 1e-5 ? 0 : off }).toMatchObject({ off: 0 });
      });
    }
  }
});
