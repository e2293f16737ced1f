import { maxValueElements } from '../../src/operators/value-limit';
import { microsoftOperatorTable, operatorTable, type Operator } from '../../src/operators';
import { allCases } from '../../test/operators/all-cases';

const introduction = `# Operators

What the engine knows of ONNX's operators (domain \`ai.onnx\`). This page is made from the table that the engine itself uses
(\`src/operators/\`), by \`npm run docs\`.

- **In a run**: the engine computes it. It computes in float32: float16, bfloat16 and float64 are widened or narrowed to it, and
  what comes out is converted back. Integers and truth values are held, moved, gathered, compared and cast; arithmetic is done on
  int64 and int32, which wrap as two's complement does: what is divided by 0 gives 0, as quotient and as remainder. Indices that a
  run computes count as the nearest in range; of several updates of one element the last stays, or they are reduced in
  order. NaN is the largest in TopK, and of equals the first comes first.
- **Between programs**: a session cuts the network there and carries the node out on the JavaScript thread, since the elements of its
  inputs decide a shape, or which graph is run. It does so with other operators too, where what must be known before the run is computed
  from data. \`GradientSession\` refuses such networks.
- **Before the run**: where all inputs are known, the result is computed once, exactly in its own type: the arithmetic of
  shapes. Known are constants, shapes, what follows from them, and inputs of the model of at most ${maxValueElements} elements on which shapes, axes or
  scales depend: for each new value of these, the network is compiled anew (programs are kept up to 32 MiB).
- **Operator sets**: those in which tests compare it with onnxruntime-node. Others are understood as ONNX defines them.

The ONNX backend test suite is run on top of that (\`test/conformance\`), with a checked list of what does not pass and why. What is not
in this table, or not within its limits, is refused when a session is made, within branches and behind cuts by the first run, with code \`OPERATOR_UNSUPPORTED\` and the node.
What can be differentiated is in [gradients.md](gradients.md). \`compress\` keeps operators that it does not know.
`;

/** `docs/operators.md`: the table of operators, as the engine knows them. */
export function operatorsDocument(): string {
  const sorted = (table: ReadonlyMap<string, Operator>) => [...table].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = sorted(operatorTable).map(([name, operator]) => row(name, operator));
  const fused = sorted(microsoftOperatorTable).map(([name, { limits = '' }]) => `| ${name} | ${limits} |`);
  return `${introduction}
| operator | in a run | before the run | operator sets | limits |
| --- | :-: | :-: | --- | --- |
${rows.join('\n')}

## Of onnxruntime

Operators of the [domain com.microsoft](https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md), which onnxruntime
writes into models that it has optimized or quantized. They are computed in a run.

| operator | limits |
| --- | --- |
${fused.join('\n')}
`;
}

function row(name: string, { lower, fold, hosted, limits = '' }: Operator): string {
  const sets = new Set(
    allCases.filter(({ domain, opType }) => domain === undefined && opType === name).map(({ opset }) => opset),
  );
  const listed = [...sets].sort((a, b) => a - b).join(', ');
  const page = `https://onnx.ai/onnx/operators/onnx__${name}.html`;
  return `| [${name}](${page}) | ${lower ? 'yes' : hosted ? 'between programs' : ''} | ${fold ? 'yes' : ''} | ${listed} | ${limits} |`;
}
