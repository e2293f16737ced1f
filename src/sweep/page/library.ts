import { createRequire } from 'node:module';
import path from 'node:path';
import { folderOf } from '../../base/bundled';
import { GdwsError } from '../../base/errors';

/** What is used of Apache ECharts in Node. */
export interface ChartLibrary {
  init(
    element: null,
    theme: object,
    options: { renderer: 'svg'; ssr: true; width: number; height: number },
  ): { setOption(option: object): void; renderToSVGString(): string; dispose(): void };
}

/**
 * The file of the library that draws charts: beside this one in the package, without a build that of the development dependency.
 *
 * @throws GdwsError INTERNAL where the package lacks it
 */
export function chartLibrary(): { file: string; load: () => ChartLibrary } {
  const beside = path.join(
    folderOf(() => __dirname),
    'echarts.min.js',
  );
  const require = createRequire(beside);
  for (const name of ['./echarts.min.js', 'echarts/dist/echarts.min.js']) {
    try {
      const file = require.resolve(name);
      return { file, load: () => require(file) as ChartLibrary };
    } catch {
      // The next one may be there.
    }
  }
  throw new GdwsError('INTERNAL', 'the library that draws charts is missing.', {
    file: beside,
    remedy:
      'Install gdws anew; where a bundler has put gdws into a file, copy echarts.min.js of dist/sweep/page beside it.',
  });
}
