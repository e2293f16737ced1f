import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** One place in the source where an error begins. */
export interface ThrownMessage {
  readonly code: string;
  /** The summary, with … for what is known only when it happens. */
  readonly summary: string;
  /** The remedy, likewise; empty where the code's own cure is all. */
  readonly remedy: string;
}

/**
 * Every message that the source makes a GdwsError of, by `new GdwsError(code, summary, { remedy })`, by the `super` of a
 * class that extends it, or by the `fail(code, summary, remedy)` of an operator, wherever the code is written out.
 */
export function thrownMessages(folder: string, codes: ReadonlySet<string>): ThrownMessage[] {
  const found: ThrownMessage[] = [];
  for (const entry of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!entry.endsWith('.ts')) continue;
    const file = path.join(folder, entry);
    const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      const args = errorArguments(node);
      if (args) found.push(...messagesOf(args, codes));
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

function errorArguments(node: ts.Node): readonly ts.Expression[] | undefined {
  if (ts.isNewExpression(node) && node.expression.getText() === 'GdwsError') return node.arguments;
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword) return node.arguments;
  const isFail =
    ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === 'fail';
  return isFail ? node.arguments : undefined;
}

function messagesOf([code, summary, place]: readonly ts.Expression[], codes: ReadonlySet<string>): ThrownMessage[] {
  if (!code || !summary) return [];
  const remedy = place && remedyIn(place);
  return literalsIn(code)
    .filter((text) => codes.has(text))
    .flatMap((one) =>
      callsGiving(summary).flatMap((call) => {
        const remedies = remedy ? textsOf(remedy, call).filter(hasWords) : [];
        return textsOf(summary, call)
          .filter(hasWords)
          .map((text) => ({ code: one, summary: text, remedy: remedies.join(' / ') }));
      }),
    );
}

function hasWords(text: string): boolean {
  return /\w/.test(text);
}

function literalsIn(node: ts.Expression): string[] {
  if (ts.isStringLiteral(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [...literalsIn(node.whenTrue), ...literalsIn(node.whenFalse)];
  const initializer = meaningOf(node)?.initializer;
  return initializer ? literalsIn(initializer) : [];
}

function remedyIn(place: ts.Expression): ts.Expression | undefined {
  if (!ts.isObjectLiteralExpression(place)) return place;
  for (const property of place.properties) {
    if (property.name?.getText() !== 'remedy') continue;
    if (ts.isPropertyAssignment(property)) return property.initializer;
    if (ts.isShorthandPropertyAssignment(property)) return property.name;
  }
  return undefined;
}

/**
 * What an expression of text may look like, as far as it is written out; where it is a parameter of the function around it,
 * what `call` gives for it; where it is a call of a function of this file, what that returns.
 */
function textsOf(node: ts.Expression, call: ts.CallExpression | undefined): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) {
    return [node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')];
  }
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue, call), ...textsOf(node.whenFalse, call)];
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    return textsOf(node.left, call).flatMap((left) => textsOf(node.right, call).map((right) => left + right));
  }
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression, call);
  if (ts.isCallExpression(node)) {
    const returned = returnedBy(node);
    return returned.length ? returned.flatMap((one) => textsOf(one, undefined)) : ['…'];
  }
  const meaning = meaningOf(node);
  if (meaning?.initializer) return textsOf(meaning.initializer, call);
  if (!meaning?.parameter || !call) return ['…'];
  const argument = call.arguments[meaning.parameter.place];
  return argument ? textsOf(argument, undefined) : [];
}

/** What the function that is called may return, where it is one of this file. */
function returnedBy({ expression }: ts.CallExpression): ts.Expression[] {
  const called = expression
    .getSourceFile()
    .statements.find((one) => ts.isFunctionDeclaration(one) && one.name?.text === expression.getText());
  const returned: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && node !== called) return;
    if (ts.isReturnStatement(node) && node.expression) returned.push(node.expression);
    ts.forEachChild(node, visit);
  };
  if (called) visit(called);
  return returned;
}

/** The calls, in this file, of the function whose parameter the expression is; one unknown call where it is none. */
function callsGiving(node: ts.Expression): (ts.CallExpression | undefined)[] {
  const parameter = meaningOf(node)?.parameter;
  return parameter ? callsOf(parameter.of, node.getSourceFile()) : [undefined];
}

interface Meaning {
  /** Of a constant. */
  readonly initializer?: ts.Expression;
  readonly parameter?: { readonly place: number; readonly of: string | undefined };
}

/** The declaration of a name in the functions around it. */
function meaningOf(name: ts.Expression): Meaning | undefined {
  if (!ts.isIdentifier(name)) return undefined;
  for (let scope: ts.Node = name.parent; scope; scope = scope.parent) {
    if (ts.isFunctionLike(scope)) {
      const place = scope.parameters.findIndex((parameter) => parameter.name.getText() === name.text);
      if (place >= 0) return { parameter: { place, of: nameOf(scope) } };
    }
    if (!ts.isBlock(scope) && !ts.isSourceFile(scope) && !ts.isCaseClause(scope)) continue;
    for (const statement of scope.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      const declaration = statement.declarationList.declarations.find((one) => one.name.getText() === name.text);
      if (declaration) return { initializer: declaration.initializer };
    }
  }
  return undefined;
}

function nameOf(definition: ts.SignatureDeclaration): string | undefined {
  const named = definition.name ?? (ts.isVariableDeclaration(definition.parent) ? definition.parent.name : undefined);
  return named?.getText();
}

function callsOf(called: string | undefined, file: ts.SourceFile): ts.CallExpression[] {
  const calls: ts.CallExpression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const { expression } = node;
      const name = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
      if (name.getText() === called) calls.push(node);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return calls;
}
