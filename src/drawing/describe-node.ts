import { formatShape } from '../base/format';
import type { Graph } from '../graph/graph';
import { nameOf } from '../onnx/node-place';
import { AttributeProto_AttributeType as AttributeType, type AttributeProto, type NodeProto } from '../onnx/onnx_pb';
import { dataTypeOf } from '../onnx/tensor';
import type { KnownValue } from '../onnx/value';
import type { DrawnNode, DrawnTensor } from './drawing';

/** Characters of an attribute that are shown. */
const mostCharacters = 200;

/** What a node is, as text. */
export function describeNode(graph: Graph, node: NodeProto, values: ReadonlyMap<string, KnownValue>): DrawnNode {
  const tensors = (names: readonly string[]) =>
    names.filter((name) => name !== '').map((name) => describeTensor(graph, name, values));
  return {
    name: nameOf(node),
    operator: node.opType,
    domain: node.domain,
    attributes: node.attribute.map((attribute) => [attribute.name, shortened(textOf(attribute))] as const),
    inputs: tensors(node.input),
    outputs: tensors(node.output),
  };
}

export function describeTensor(graph: Graph, name: string, values: ReadonlyMap<string, KnownValue>): DrawnTensor {
  const known = values.get(name);
  const declared = graph.declared(name);
  const dims = known?.dims ?? declared?.dims;
  const type = known?.type ?? declared?.type ?? '';
  const shape = dims && formatShape(dims);
  return {
    name,
    type: [type, shape ?? ''].join(' ').trim(),
    isConstant: graph.isInitializer(name) || known?.constant !== undefined,
  };
}

function textOf(attribute: AttributeProto): string {
  const { type, i, f, s, t, ints, floats, strings, g } = attribute;
  const decoder = new TextDecoder();
  switch (type as AttributeType) {
    case AttributeType.INT:
      return String(i);
    case AttributeType.FLOAT:
      return String(Number(f.toPrecision(7)));
    case AttributeType.STRING:
      return decoder.decode(s.subarray(0, mostCharacters));
    case AttributeType.INTS:
      return listed(ints, String);
    case AttributeType.FLOATS:
      return listed(floats, (one) => String(Number(one.toPrecision(7))));
    case AttributeType.STRINGS:
      return listed(strings, (one) => decoder.decode(one.subarray(0, mostCharacters)));
    case AttributeType.TENSOR:
      return t ? `tensor ${dataTypeOf(t.dataType) ?? ''} ${t.dims.join('×')}`.trim() : 'tensor';
    case AttributeType.GRAPH:
      return `graph of ${g?.node.length ?? 0} nodes`;
    default:
      return AttributeType[type] ?? String(type);
  }
}

/** As many as are shown, since a list may have millions. */
function listed<Value>(values: readonly Value[], text: (value: Value) => string): string {
  const rest = values.length > mostCharacters ? ', …' : '';
  return `[${values.slice(0, mostCharacters).map(text).join(', ')}${rest}]`;
}

function shortened(text: string): string {
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
}
