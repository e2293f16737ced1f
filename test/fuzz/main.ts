import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { encodeModel } from '../../src/onnx/write';
import { addToCorpus, readCorpus } from './corpus';
import { fuzz, type FuzzReport } from './fuzz';
import { minimize } from './minimize';
import { makeSeeds } from './seeds';

// npm run fuzz:models -- --minutes N --seed S: mutates the models of the corpus; findings go there, minimised.

// Every program has its memory plan checked.
process.env.GDWS_VERIFY_PLANS ??= 'on';
process.env.GDWS_SMALL_TEAMS ??= 'off';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    'write-seeds': { type: 'boolean', default: false },
  },
});

function print({ mutants, outcomes, faults }: FuzzReport): void {
  console.log(`${mutants} mutants, ${faults.length} findings`);
  for (const [outcome, times] of [...outcomes].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`  ${outcome}: ${times}`);
}

async function main(): Promise<void> {
  if (values['write-seeds']) {
    for (const [name, model] of makeSeeds()) addToCorpus(`seed-${name}`, encodeModel(model));
    return;
  }
  const end = Date.now() + 60_000 * Number(values.minutes);
  const known = new Set<string>();
  const report = await fuzz({
    seed: Number(values.seed),
    corpus: [...readCorpus().values()],
    goesOn: () => Date.now() < end,
    onProgress: print,
    onFault: async (fault, mutant, number) => {
      // One finding for each place.
      const place = fault.kind + fault.text.replaceAll(/\d+/g, '#').slice(0, 400);
      if (known.has(place)) return;
      known.add(place);
      console.log(`mutant ${number}, ${fault.kind}: ${fault.text}`);
      const small = await minimize(mutant, fault);
      const name = `finding-${fault.kind}-${createHash('sha256').update(small).digest('hex').slice(0, 8)}`;
      addToCorpus(name, small);
      console.log(`-> ${name}.onnx, ${small.length} bytes`);
    },
  });
  print(report);
  if (report.faults.length > 0) process.exitCode = 1;
}

void main();
