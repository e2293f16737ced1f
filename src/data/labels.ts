import { GdwsError } from '../base/errors';
import { readBytes } from './read-file';

/** Bytes of a file of labels: a thousand for each class of ImageNet's largest set. */
const mostBytes = 22e6;

/**
 * Reads the names of classes: a line each, in the order of the classes. Empty lines at the end do not count.
 *
 * @throws GdwsError DATA_UNREADABLE
 */
export async function readLabels(file: string): Promise<string[]> {
  const bytes = await readBytes(file);
  const unreadable = (summary: string) =>
    new GdwsError('DATA_UNREADABLE', summary, { file, remedy: 'Give a text with the name of a class on each line.' });
  if (bytes.length > mostBytes) throw unreadable(`these are no labels: the file has ${bytes.length} bytes.`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unreadable('these are no labels, but no text in UTF-8.');
  }
  const lines = text.trimEnd().split(/\r?\n/);
  if (lines.length === 1 && lines[0] === '') throw unreadable('the file is empty.');
  return lines.map((line) => line.trim());
}
