// Prints the C++ sources of the addon for binding.gyp, without the instruction sets' units, which have flags of their own.
import { readdirSync } from 'node:fs';

const unitsWithFlags = new Set(['portable', 'avx2', 'avx512', 'neon'].map((isa) => `native/kernels/vector/${isa}.cpp`));

for (const entry of readdirSync('native', { recursive: true, encoding: 'utf8' })) {
  const path = `native/${entry.replaceAll('\\', '/')}`;
  if (path.endsWith('.cpp') && !path.startsWith('native/third_party/') && !unitsWithFlags.has(path)) console.log(path);
}
