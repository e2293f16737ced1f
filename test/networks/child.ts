// Run in a process of its own, because the instruction set is chosen once: sends what the engine makes of a model file.
import { openSession } from '../../benchmarks/engines';
import { seededFeeds } from '../../benchmarks/feeds';
import { native } from '../../src/addon/native';

export interface ChildResult {
  readonly instructionSet: string;
  readonly outputs: Readonly<Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>>;
}

async function main([file, batch]: string[]): Promise<void> {
  const session = await openSession('gdws', file!, { threads: 2 });
  const outputs = Object.entries(await session.run(seededFeeds(session, { batch: Number(batch) })));
  const result: ChildResult = {
    instructionSet: native().instructionSet,
    outputs: Object.fromEntries(
      outputs.map(([name, tensor]) => [name, { dims: tensor.dims, data: tensor.data as Float32Array }]),
    ),
  };
  process.send!(result, () => process.disconnect());
}

void main(process.argv.slice(2));
