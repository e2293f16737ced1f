import fs from 'node:fs';
import path from 'node:path';

export const root = path.join(__dirname, '../..');

/** How a sample is checked, as the HTML comment in front of it says. */
export type Mark =
  | {
      /** Files that the sample needs: `<!-- runs with: model.onnx, photo.npy -->`, or `<!-- runs -->` where it needs none. */
      readonly files: readonly string[];
      /** Code in front of the sample, in the further lines of the comment. */
      readonly prelude: string;
    }
  | {
      /** `<!-- not run: why -->` */
      readonly reason: string;
    };

/** A fence of code in a document. */
export interface Sample {
  readonly place: string;
  readonly language: string;
  readonly code: string;
  readonly mark?: Mark;
}

/** Paths of the documents for readers, from the root. */
export function documents(): string[] {
  const found = ['.', 'docs', 'benchmarks', 'examples', 'native'].flatMap((folder) =>
    fs
      .readdirSync(path.join(root, folder), { recursive: folder !== '.', encoding: 'utf8' })
      .map((file) => path.join(folder, file)),
  );
  return found.filter((file) => file.endsWith('.md') && file !== 'CHANGELOG.md');
}

export function textOf(document: string): string {
  return fs.readFileSync(path.join(root, document), 'utf8');
}

/** The fences of a document; those that name no language are output and drawings. */
export function samplesOf(document: string): Sample[] {
  const text = textOf(document);
  return [...text.matchAll(/(?:<!--((?:(?!-->)[^])*)-->\n)?^```(\S+)\n([^]*?)^```$/gm)].map((match) => {
    const [, comment, language, code] = match;
    const line = text.slice(0, match.index).split('\n').length + (comment?.split('\n').length ?? 0);
    return {
      place: `${document}:${line}`,
      language: language!,
      code: code!,
      mark: comment === undefined ? undefined : markOf(comment),
    };
  });
}

function markOf(comment: string): Mark | undefined {
  const [, head, prelude] = /^ (.*?)(?:\n([^]*)| )$/.exec(comment) ?? [];
  const reason = /^not run: (.+)/.exec(head ?? '')?.[1];
  if (reason) return { reason };
  const files = /^runs(?: with: (.+))?$/.exec(head ?? '');
  return files ? { files: files[1]?.split(', ') ?? [], prelude: prelude ?? '' } : undefined;
}

/** The commands of a sample for the shell, without what explains them. */
export function commandsOf(code: string): string[] {
  const lines = code.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines.map((line) => line.replace(/\s+#.*$/, '').trim()).filter((line) => line !== '');
}

/** Whole commands in the running text and tables of a document, as `gdws inspect model.onnx`. */
export function inlineCommandsOf(document: string): string[] {
  const prose = textOf(document).replaceAll(/^```[^]*?^```$/gm, '');
  return [...prose.matchAll(/`(?:npx )?(gdws [a-z]+ [\w/.-]+\.onnx\b[^`]*)`/g)].map(([, command]) => `npx ${command}`);
}
