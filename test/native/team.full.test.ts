import path from 'node:path';
import { isInstalled, run } from './program';

// Teams of threads (native/base/run_team.h) are tested by a C++ program (team/main.cpp), as OpenMP's and as the engine's own,
// with threads that wait awake for a while and with those that sleep at once. `npm run test:tsan` runs it, too.

const root = path.resolve(__dirname, '../..');
const hasCMake = isInstalled('cmake');
if (!hasCMake) console.warn('The tests of teams are skipped: they are built by CMake, which is not installed.');

(hasCMake ? describe : describe.skip).each([
  ["OpenMP's threads", 'ON'],
  ["the engine's own threads", 'OFF'],
])('teams of %s', (_, openMp) => {
  const folder = path.join(root, 'build', `teams-openmp-${openMp.toLowerCase()}`);
  beforeAll(() => {
    const options = [`-DGDWS_OPENMP=${openMp}`, '-DGDWS_TESTS=ON', '-DCMAKE_COMPILE_WARNING_AS_ERROR=ON'];
    run(['cmake', '-S', root, '-B', folder, ...options]);
    run(['cmake', '--build', folder, '--parallel', '2', '--target', 'team_tests']);
  }, 300_000);

  it.each([{}, { GOMP_SPINCOUNT: '0' }])(
    'call each thread once, and none passes a meeting alone: %j',
    (env) => {
      const words = [path.join(folder, 'team_tests'), '3', '400'];
      expect(run(words, { ...process.env, ...env })).toBe('0 failures\n');
    },
    120_000,
  );
});
