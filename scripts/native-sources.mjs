// Prints the C++ sources of the addon for binding.gyp, without the instruction sets' units, which have flags of their own.
import { readdirSync } from 'node:fs';

const units = [
  ...['portable', 'avx2', 'avx512', 'neon'],
  ...[
    'integer_avx2',
    'integer_avxvnni',
    'integer_avx512',
    'integer_avx512vnni',
    'integer_avx512vbmi',
    'integer_amx',
    'integer_dotprod',
  ],
];
const unitsWithFlags = new Set(units.map((unit) => `native/kernels/vector/${unit}.cpp`));

for (const entry of readdirSync('native', { recursive: true, encoding: 'utf8' })) {
  const path = `native/${entry.replaceAll('\\', '/')}`;
  if (path.endsWith('.cpp') && !path.startsWith('native/third_party/') && !unitsWithFlags.has(path)) console.log(path);
}
