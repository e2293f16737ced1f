import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'native/', 'coverage/', 'docs/api/', 'src/**/*_pb.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['src/{engine,operators,program}/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'CallExpression[callee.object.name=/^(Float|Int|Uint|BigInt|BigUint)[0-9]+(Clamped)?Array$/]' +
            '[callee.property.name="from"][arguments.length=2][arguments.0.type!="ObjectExpression"]',
          message:
            'With a function, this lists all elements on the heap of JavaScript, and ends the process where there are very many.',
        },
      ],
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { globals: { __dirname: 'readonly', __filename: 'readonly' } },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', 'examples/ocr/onnxruntime-node/index.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'require', 'module', 'setTimeout', 'AbortController', 'WebAssembly', 'URL'].map(
          (name) => [name, 'readonly'],
        ),
      ),
    },
  },
  {
    files: ['examples/browser/{page,worker}.mjs', 'scripts/browser/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [...['document', 'Worker', 'Blob', 'TextEncoder', 'performance', 'postMessage', 'globalThis']].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
  },
  {
    files: ['examples/browser/worker.mjs'],
    languageOptions: { globals: { onmessage: 'writable' } },
  },
);
