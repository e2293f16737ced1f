import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** What the schema's comments say of its enumerations, by name. */
export function enumerationComments(): ReadonlyMap<string, string> {
  const file = path.join(__dirname, '../../src/program/schema.ts');
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const comments = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === 'enumerations') {
      for (const property of propertiesOf(node.initializer)) {
        const documentation = ts.getJSDocCommentsAndTags(property).find(ts.isJSDoc);
        const text = ts.getTextOfJSDocComment(documentation?.comment) ?? '';
        comments.set(property.name!.getText(), text.replace(/\s+/g, ' '));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return comments;
}

/** Those of an object literal, which `as const` may follow. */
function propertiesOf(literal: ts.Expression | undefined): readonly ts.ObjectLiteralElementLike[] {
  if (literal && ts.isAsExpression(literal)) return propertiesOf(literal.expression);
  return literal && ts.isObjectLiteralExpression(literal) ? literal.properties : [];
}
