import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

/** Styles of text for `stream`: none where it is no terminal, or where NO_COLOR is set (https://no-color.org). */
export function stylesOf(stream: WriteStream) {
  const colored = stream.isTTY && stream.hasColors();
  const style = (name: 'red' | 'yellow' | 'bold' | 'dim') => (text: string) => (colored ? styleText(name, text) : text);
  return { red: style('red'), yellow: style('yellow'), bold: style('bold'), dim: style('dim') };
}
