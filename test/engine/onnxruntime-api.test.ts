import path from 'node:path';
import ts from 'typescript';
import * as theirs from 'onnxruntime-node';
import * as ours from '../../src';

test('every value that onnxruntime-node exports is exported', () => {
  expect(Object.keys(ours)).toEqual(expect.arrayContaining(Object.keys(theirs)));
});

test('every type that onnxruntime-node exports is exported, also those of InferenceSession and Tensor', () => {
  const files = [
    path.join(__dirname, '../../src/index.ts'),
    path.join(path.dirname(require.resolve('onnxruntime-node')), 'index.d.ts'),
  ];
  const program = ts.createProgram(files, { moduleResolution: ts.ModuleResolutionKind.Node10, skipLibCheck: true });
  const checker = program.getTypeChecker();
  const [own, other] = files.map((file) => {
    const names = new Set<string>();
    const add = (symbol: ts.Symbol, prefix: string) => {
      for (const one of checker.getExportsOfModule(symbol)) {
        names.add(prefix + one.name);
        const target = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one;
        if (prefix === '' && target.flags & ts.SymbolFlags.Namespace) add(target, `${one.name}.`);
      }
    };
    add(checker.getSymbolAtLocation(program.getSourceFile(file)!)!, '');
    return names;
  });
  expect(other).toContain('InferenceSession.FeedsType');
  expect([...own!]).toEqual(expect.arrayContaining([...other!]));
});

test('the only backend is the CPU, and the environment can be set', () => {
  expect(ours.listSupportedBackends()).toEqual([{ name: 'cpu', bundled: true }]);
  const level = ours.env.logLevel;
  ours.env.logLevel = 'error';
  expect(ours.env.logLevel).toBe('error');
  ours.env.logLevel = level!;
  expect(ours.env.versions.common).toBe(theirs.env.versions.common);
});
