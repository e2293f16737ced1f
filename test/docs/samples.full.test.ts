import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { transformSync } from 'esbuild';
import { Reader } from './reader-folder';
import { commandsOf, documents, inlineCommandsOf, root, samplesOf, textOf } from './samples';

// Every sample of the documents says in a comment in front of it which files it needs, or why it is not run; those that
// are run must end without an error, as a reader would run them: where gdws is installed, with files of these names.

const samples = documents().flatMap(samplesOf);

test('every sample says what it needs, or why it is not run', () => {
  expect(samples.length).toBeGreaterThan(20);
  expect(samples.filter(({ mark }) => !mark).map(({ place }) => place)).toEqual([]);
});

/** Commands of the samples so far: what several documents say is run once. */
const known = new Set<string>();
const isNew = (command: string) => known.size < known.add(command).size;
const runnable = samples.flatMap(({ mark, ...sample }) => {
  const isRun =
    mark && 'files' in mark && (sample.language !== 'sh' || commandsOf(sample.code).filter(isNew).length > 0);
  return isRun ? [{ ...sample, ...mark }] : [];
});
const commands = documents()
  .map((document) => ({ document, lines: inlineCommandsOf(document).filter(isNew) }))
  .filter(({ lines }) => lines.length > 0);

/** Goals that depend on the machine or on the images, and how a command ends that does not reach one. */
const beyond: readonly [RegExp, string][] = [
  [/--(latency|fps)\b/, 'error[BUDGET_OUT_OF_RANGE]'],
  [/--max-drop\b/, 'error[DROP_EXCEEDED]'],
  // Images without a budget: the fastest within one point.
  [/\bcompress\b.* --(calib|data)\b/, 'error[DROP_EXCEEDED]'],
  [/\bcompress\b.* --(calib|data)\b/, 'error[BUDGET_OUT_OF_RANGE]: model.onnx: only the dense network'],
];

// The shell of Windows is another one.
(process.platform === 'win32' ? describe.skip : describe)('samples that are run', () => {
  let reader: Reader;
  beforeAll(() => void (reader = new Reader()));
  afterAll(() => reader.remove());

  function run(words: readonly [string, ...string[]], cwd: string): void {
    const [program, ...args] = words;
    const { status, signal, stdout, stderr } = spawnSync(program, args, {
      cwd,
      env: reader.environment,
      encoding: 'utf8',
    });
    // What is within reach of this machine, or of the few images here, is no matter of the documents.
    const isOutOfReach = args.some((word) =>
      beyond.some(([option, code]) => option.test(word) && stderr.includes(code)),
    );
    if (status !== 0 && !isOutOfReach) throw new Error(`it ended with ${status ?? signal}:\n${stderr}${stdout}`);
  }

  test.each(runnable)(
    '$place',
    async ({ language, code, files, prelude }) => {
      const folder = await reader.folder(files);
      if (language === 'sh') {
        for (const command of commandsOf(code)) run(['sh', '-ec', prelude + command], folder);
        return;
      }
      const { code: script } = transformSync(prelude + code, { loader: language === 'ts' ? 'ts' : 'js' });
      fs.writeFileSync(path.join(folder, 'sample.mjs'), script);
      run([process.execPath, 'sample.mjs'], folder);
    },
    300_000,
  );

  test.each(commands)(
    'the commands in the text of $document',
    async ({ lines }) => {
      const folder = await reader.folder(['examples']);
      for (const line of lines) {
        for (const [file] of line.matchAll(/(?<!(?:-o|--output) )\b[\w/-]+\.(onnx|bin|npy|jpg)\b/g)) {
          if (!fs.existsSync(path.join(folder, file))) await reader.put(path.join(folder, file));
        }
        run(['sh', '-ec', line], folder);
      }
    },
    300_000,
  );
});

describe.each(documents())('%s', (document) => {
  const text = textOf(document);

  test('names scripts of the package only', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/\bnpm run ([a-z0-9:-]+)/g)].map(([, script]) => script!);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  test('links to files that are there', () => {
    const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, file]) => file!);
    const folder = path.join(root, path.dirname(document));
    expect(linked.filter((file) => !fs.existsSync(path.join(folder, file)))).toEqual([]);
  });

  // What is of others has files of its own.
  const isOurs = !document.startsWith('native');
  (isOurs ? test : test.skip)('names files of the repository that are there', () => {
    const named = [...text.matchAll(/`((?:src|test|benchmarks|scripts|docs|examples|cmake)\/[\w./-]+)`/g)];
    const missing = named.map(([, file]) => file!).filter((file) => !fs.existsSync(path.join(root, file)));
    expect(missing).toEqual([]);
  });
});
