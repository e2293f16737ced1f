import path from 'node:path';
import { errorCodes } from '../../src/base/error-codes';
import { thrownMessages } from './thrown-messages';

const introduction = `# Errors

Everything gdws throws is a \`GdwsError\`. Its \`message\` says what went wrong, where, and what would mend it; its fields say the
same to programs: \`code\`, \`summary\`, and as far as they are known \`file\`, \`node\`, \`operator\`, \`tensor\`, \`shape\`, \`remedy\`, \`cause\`.

<!-- runs with: model.onnx -->
\`\`\`js
import { GdwsError, InferenceSession } from 'gdws';

try {
  await InferenceSession.create('model.onnx');
} catch (error) {
  if (error instanceof GdwsError && error.code === 'OPERATOR_UNSUPPORTED') console.log(error.operator, error.node);
  else throw error;
}
\`\`\`

On the command line an error is one line on stderr, \`error[CODE]: message\`, and the exit code 2 for a wrong argument
(\`ARGUMENT_INVALID\`), 3 for \`DROP_EXCEEDED\`, else 1; \`--debug\` adds where in the code. \`errorCodes\` has this table for programs.
`;

/** `docs/errors.md`: every code with cause and cure, and under each the messages that the source has. */
export function errorsDocument(): string {
  const codes = Object.keys(errorCodes);
  const messages = thrownMessages(path.join(__dirname, '../../src'), new Set(codes));
  const table = Object.entries(errorCodes).map(([code, { cause, cure }]) => row([link(code), cause, cure]));
  const sections = codes.map((code) => {
    const rows = messages
      .filter((message) => message.code === code)
      .map(({ summary, remedy }) => row([escape(summary), escape(remedy)]));
    const distinct = [...new Set(rows)].sort();
    return distinct.length ? `### ${code}\n\n| message | cure |\n| --- | --- |\n${distinct.join('\n')}\n` : '';
  });
  return `${introduction}
| code | cause | cure |
| --- | --- | --- |
${table.join('\n')}

## Messages

Before each stands the place as far as it is known: file, operator and node, tensor, shape. … stands for what the case adds;
a cell without a cure means that of the code.

${sections.filter(Boolean).join('\n')}`;
}

function link(code: string): string {
  return `[\`${code}\`](#${code.toLowerCase()})`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Text as a cell of a table shows it. */
function escape(text: string): string {
  return text.replace(/[\\|<>*_[\]`]/g, '\\$&');
}
