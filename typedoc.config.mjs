// The API reference (`npm run docs:api`): what gdws and gdws/client export. A warning is an error, and so is an export without docstring.
import { Comment, Converter, OptionDefaults, ReferenceType } from 'typedoc';

/** Documents each code of `errorCodes` by its own cause and cure. */
function describeErrorCodes({ converter }) {
  converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    const gdws = project.children.find(({ name }) => name === 'gdws');
    const description = gdws.getChildByName('ErrorDescription');
    for (const code of gdws.getChildByName('errorCodes').type.declaration.children) {
      const given = code.type.declaration;
      const texts = ['cause', 'cure'].map((name) => given.getChildByName([name]).type.value);
      code.comment = new Comment([{ kind: 'text', text: texts.join(' ') }]);
      code.type = ReferenceType.createResolvedReference(description.name, description, project);
      project.removeReflection(given);
    }
  });
}

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'gdws',
  entryPoints: ['src/index.ts', 'src/client/index.ts'],
  tsconfig: 'tsconfig.build.json',
  out: 'docs/api',
  readme: 'none',
  plugin: [describeErrorCodes],
  excludeInternal: true,
  excludePrivate: true,
  // Links to lines would need a repository at hand, and change with each commit.
  disableSources: true,
  // Of the generated types of protobuf messages.
  blockTags: [...OptionDefaults.blockTags, '@generated'],
  excludeTags: [...OptionDefaults.excludeTags, '@generated'],
  treatWarningsAsErrors: true,
  validation: { invalidLink: true, invalidPath: true, notDocumented: true, notExported: true, rewrittenLink: true },
  intentionallyNotExported: ['src/onnx/onnx_pb.ts:ModelProto', 'src/compress/options.ts:goals'],
  // Inherited through a mapped type; it is documented where it is declared, in CompressOptions.
  intentionallyNotDocumented: ['gdws.WithinDropOptions.onProgress', 'gdws.SweepOptions.onProgress'],
};
