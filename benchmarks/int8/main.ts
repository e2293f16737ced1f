import Table from 'cli-table3';
import { writeWhole } from '../../src/onnx/write';
import { describeMachine } from '../machine';
import { machineLines, plain } from '../report';
import { parseOptions } from './options';
import { raceInt8, type Int8Race } from './race';

async function main(): Promise<void> {
  const options = parseOptions(process.argv);
  const machine = describeMachine();
  console.log(machineLines(machine));
  const races: Int8Race[] = [];
  for (const network of options.networks) {
    const race = await raceInt8(network, options);
    races.push(race);
    console.log(`\n${network}, ${options.threads} thread(s), batch ${options.batch}, ${race.rounds} rounds`);
    const times = new Table({ head: ['engine', 'form', 'median ms', 'quartiles', 'best'], ...plain });
    for (const { engine, form, time } of race.entries) {
      const quartiles = `${time.lowerQuartile.toFixed(2)}–${time.upperQuartile.toFixed(2)}`;
      times.push([engine, form, time.median.toFixed(2), quartiles, time.minimum.toFixed(2)]);
    }
    console.log(times.toString());
    const speedups = new Table({ head: ['times as fast', 'of medians', 'median of pairs'], ...plain });
    for (const { of, ratio } of race.speedups)
      speedups.push([of, ratio.ofMedians.toFixed(2), ratio.ofPairs.median.toFixed(2)]);
    console.log(speedups.toString());
  }
  if (options.json !== undefined)
    await writeWhole(options.json, `${JSON.stringify({ machine, options, races }, undefined, 2)}\n`);
}

void main();
