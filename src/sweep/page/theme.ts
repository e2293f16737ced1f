import { palette } from '../../html/palette';

const [ink] = palette.ink;
const [faint] = palette.faint;
const [line] = palette.line;

const axis = {
  nameTextStyle: { color: ink },
  axisLine: { lineStyle: { color: faint } },
  axisTick: { lineStyle: { color: faint } },
  minorTick: { lineStyle: { color: faint } },
  axisLabel: { color: faint },
  splitLine: { lineStyle: { color: line } },
};

/** Lines of which there are many; those of methods have colours of their own. */
const lines = ['teal', 'orange', 'violet', 'green', 'red', 'blue', 'olive', 'pink', 'grey'] as const;

/**
 * ECharts' theme for charts on light ground. All colours are of the palette, so that a style sheet can replace them by those for dark
 * ground.
 */
export const theme = {
  color: lines.map((name) => palette[name][0]),
  textStyle: { color: ink, fontFamily: 'system-ui, sans-serif' },
  valueAxis: axis,
  categoryAxis: axis,
  logAxis: axis,
  legend: {
    textStyle: { color: ink },
    pageTextStyle: { color: ink },
    pageIconColor: ink,
    pageIconInactiveColor: faint,
    inactiveColor: faint,
  },
  // An element of HTML, which knows the variables.
  tooltip: { backgroundColor: 'var(--ground)', borderColor: 'var(--line)', textStyle: { color: 'var(--ink)' } },
  visualMap: { textStyle: { color: ink }, handleStyle: { color: faint, borderColor: faint } },
};
