// Bundles a program for Node as docs/bundlers.md says, and fails where the bundler warns of anything:
//   node bundle.mjs <bundler> <program> <bundle> [a package to leave out]
import path from 'node:path';

const [name, program, bundle, ...external] = process.argv.slice(2);

const bundlers = {
  'esbuild, CommonJS': () => esbuild({ format: 'cjs' }),
  'esbuild, ES modules': () =>
    esbuild({
      format: 'esm',
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    }),
  'webpack, CommonJS': webpack,
  'rollup, ES modules': rollup,
};

async function esbuild(options) {
  const { build } = await import('esbuild');
  const { warnings } = await build({
    entryPoints: [program],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    external,
    logLevel: 'silent',
    ...options,
  });
  return warnings.map(({ text }) => text);
}

async function webpack() {
  const { default: webpack } = await import('webpack');
  const compiler = webpack({
    mode: 'none',
    target: 'node',
    entry: program,
    output: { path: path.dirname(bundle), filename: path.basename(bundle) },
    externals: Object.fromEntries(external.map((name) => [name, `commonjs ${name}`])),
  });
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, stats) => (error ? reject(error) : resolve(stats)));
  });
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  return [...errors, ...warnings].map(({ message }) => message);
}

async function rollup() {
  const { rollup } = await import('rollup');
  const { default: commonjs } = await import('@rollup/plugin-commonjs');
  const { nodeResolve } = await import('@rollup/plugin-node-resolve');
  const warnings = [];
  const made = await rollup({
    input: program,
    external,
    plugins: [nodeResolve({ exportConditions: ['node'], preferBuiltins: true }), commonjs()],
    onwarn({ code, message }) {
      // Harmless where modules that need each other do so in functions only.
      if (code !== 'CIRCULAR_DEPENDENCY') warnings.push(message);
    },
  });
  await made.write({ file: bundle, format: 'es' });
  await made.close();
  return warnings;
}

const warnings = await bundlers[name]();
if (warnings.length > 0) {
  console.error(warnings.join('\n'));
  process.exitCode = 1;
}
