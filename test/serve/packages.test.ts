import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { serve } from '../../src/serve/server';
import { compiledTree } from '../compiled-tree';
import { MemoryRepository } from './memory-repository';

jest.mock('@grpc/grpc-js', () => {
  const missing = new Error("Cannot find module '@grpc/grpc-js'");
  throw Object.assign(missing, { code: 'MODULE_NOT_FOUND' });
});

test('where a package is missing, the error has the command that installs all of them', async () => {
  const { peerDependencies } = JSON.parse(fs.readFileSync(path.join(__dirname, '../../package.json'), 'utf8')) as {
    peerDependencies: Record<string, string>;
  };
  const error = await serve(new MemoryRepository()).catch(
    (thrown: unknown) => thrown as { code: string; remedy: string },
  );
  expect(error).toMatchObject({
    code: 'DEPENDENCY_MISSING',
    remedy: 'Install it: npm install fastify @fastify/swagger @fastify/under-pressure @grpc/grpc-js prom-client ajv',
  });
  const named = (error as { remedy: string }).remedy.split('npm install ')[1]!.split(' ');
  expect(Object.keys(peerDependencies)).toEqual(expect.arrayContaining(named));
});

test('neither the engine nor the API loads any of them', () => {
  const tree = compiledTree('src');
  try {
    const script = `
      require(${JSON.stringify(path.join(tree, 'src/index.js'))});
      const packages = Object.keys(require.cache).map((file) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1]);
      console.log(JSON.stringify([...new Set(packages.filter(Boolean))].sort()));`;
    const printed = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual(['@bufbuild/protobuf', 'onnxruntime-common']);
  } finally {
    fs.rmSync(tree, { recursive: true });
  }
});
