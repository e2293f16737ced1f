import { parse, type DefaultTreeAdapterMap } from 'parse5';

/** An element of a page. */
export interface Parsed {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of itself and all below it. */
  readonly text: string;
  /** Those below it, in order. */
  readonly elements: readonly Parsed[];
  /** Those of a name below it. */
  all(name: string): Parsed[];
}

type Node = DefaultTreeAdapterMap['node'];

/** An HTML page as a browser reads it, by the algorithm of the standard. */
export function parsed(html: string): Parsed {
  return viewOf(parse(html, { onParseError: undefined }));
}

function viewOf(node: Node): Parsed {
  const children = 'childNodes' in node ? node.childNodes : [];
  const own = children.filter((child) => 'tagName' in child).map(viewOf);
  const elements = own.flatMap((one) => [one, ...one.elements]);
  return {
    name: 'tagName' in node ? node.tagName : node.nodeName,
    attributes: Object.fromEntries('attrs' in node ? node.attrs.map(({ name, value }) => [name, value]) : []),
    text: textOf(node),
    elements,
    all: (name) => elements.filter((one) => one.name === name),
  };
}

function textOf(node: Node): string {
  if ('value' in node) return node.value;
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
}
