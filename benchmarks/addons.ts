import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Command } from 'commander';

// Addons built by different compilers, or with different threads, on the same networks: each in a process of its own,
// since a process loads one addon.

interface Options {
  addons: string[];
  threads: string;
  time: string;
  rounds: string;
}

interface Setting {
  readonly threads: number;
  readonly batch: number;
  readonly results: readonly { readonly median: number; readonly lowerQuartile: number }[];
}

const main = path.join(__dirname, '../dist/cli/main.js');

function settingsOf(addon: string, model: string, { threads, time }: Options): Setting[] {
  const words = [main, 'bench', model, '--threads', threads, '--time', time, '--json'];
  const env = { ...process.env, GDWS_ADDON: path.resolve(addon) };
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${addon} on ${model}: ${stderr}`);
  return (JSON.parse(stdout) as { settings: Setting[] }).settings;
}

const command = new Command('npm run bench:addons --')
  .description('Times addons on the same networks, in turn, each in a process of its own. Needs npm run build:ts.')
  .argument('<models...>', 'ONNX files')
  .requiredOption('--addons <files...>', 'addons; the first is what the others are compared with')
  .option('--threads <numbers>', 'numbers of threads', '1,2')
  .option('--time <seconds>', 'of each process and setting', '0.5')
  .option('--rounds <count>', 'processes of each addon and model', '5')
  .action((models: string[], options: Options) => {
    console.log('| model | threads | addon | ms | against the first |\n| --- | ---: | --- | ---: | ---: |');
    for (const model of models) {
      // Of each addon and setting, the lower quartile of the process that was disturbed least.
      const least = options.addons.map(() => new Map<number, number>());
      for (let round = 0; round < Number(options.rounds); ++round) {
        options.addons.forEach((addon, index) => {
          for (const { threads, results } of settingsOf(addon, model, options)) {
            const before = least[index]!.get(threads) ?? Infinity;
            least[index]!.set(threads, Math.min(before, results[0]!.lowerQuartile));
          }
        });
      }
      for (const threads of least[0]!.keys()) {
        options.addons.forEach((addon, index) => {
          const [time, first] = [least[index]!.get(threads)!, least[0]!.get(threads)!];
          const ratio = index === 0 ? '' : (time / first).toFixed(3);
          console.log(`| ${path.basename(model)} | ${threads} | ${addon} | ${time.toFixed(3)} | ${ratio} |`);
        });
      }
    }
  });
command.parse();
