import { escaped } from '../../html/escape';
import { palette, darkened } from '../../html/palette';
import type { SweepReport } from '../report';
import { axes, frontOption } from './front';
import { chartLibrary } from './library';
import { ruleOf, titleOf } from './texts';
import { theme } from './theme';

const [width, height] = [900, 420];

/**
 * The first chart of a report's page as an SVG document, with a ground of its own, for light and dark surroundings.
 *
 * @throws GdwsError INTERNAL where the package lacks ECharts
 */
export function svgOf(report: SweepReport): string {
  const chart = chartLibrary().load().init(null, theme, { renderer: 'svg', ssr: true, width, height });
  try {
    const option = frontOption(report, axes[0]);
    chart.setOption({ animation: false, backgroundColor: palette.ground[0], ...option });
    const title = escaped(`${titleOf(report)}. ${ruleOf(report)}`);
    // What is drawn for hovering has no use in a picture.
    const [, begin, content] = /^(<svg [^>]*>)(.*)<\/svg>\s*$/s.exec(
      chart.renderToSVGString().replace(/<style ?>.*?<\/style>/s, ''),
    )!;
    return `${begin!.replace('<svg ', '<svg role="img" ')}\n<title>${title}</title>\n<style>${darkened()}</style>\n${content}</svg>\n`;
  } finally {
    chart.dispose();
  }
}
