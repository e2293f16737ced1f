const columns = 120;

/** The first line of each generated file. */
export const banner = '// Made from src/program/schema.ts by `npm run generate:program`.';

/** `scatterND` as `ScatterND`. */
export function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** `UnaryFunction` as `unaryFunction`. */
export function uncapitalized(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** A documentation comment, wrapped; nothing where there is no text. */
export function documentation(text: string, indent = ''): string {
  const start = `${indent}///`;
  let lines = '';
  let line = start;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line !== start && line.length + 1 + word.length > columns) {
      lines += `${line}\n`;
      line = start;
    }
    line += ` ${word}`;
  }
  return line === start ? '' : `${lines}${line}\n`;
}

/** An enumeration, with how many members it has, and a macro that applies another to each name. */
export function enumeration(
  { name, count, macro }: { name: string; count: string; macro: string },
  members: Readonly<Record<string, string>>,
): string {
  const listed = Object.entries(members).map(([member, what]) => `${documentation(what, '  ')}  ${member},\n`);
  return `enum class ${name} : int32_t {
${listed.join('')}};

inline constexpr int32_t ${count} = ${listed.length};

${applyingMacro(macro, Object.keys(members))}`;
}

function applyingMacro(macro: string, names: readonly string[]): string {
  const lines = [`#define ${macro}(X)`, ...names.map((name) => `  X(${name})`)];
  const longest = Math.max(...lines.slice(0, -1).map((line) => line.length));
  return lines.map((line, i) => (i < lines.length - 1 ? `${line.padEnd(longest)} \\\n` : `${line}\n`)).join('');
}
