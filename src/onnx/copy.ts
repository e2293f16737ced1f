import type { ModelProto } from './onnx_pb';

/** A copy of a model that can be edited; it shares weights and attributes with the original. */
export function editableCopy(model: ModelProto): ModelProto {
  const copy = shallow(model);
  if (model.graph) {
    copy.graph = shallow(model.graph);
    copy.graph.node = model.graph.node.map(shallow);
  }
  return copy;
}

/** A shallow copy of a message with copies of its lists. */
export function shallow<T extends object>(message: T): T {
  // The prototype of a message has its defaults.
  const copy = Object.create(Object.getPrototypeOf(message) as object) as T;
  for (const [name, value] of Object.entries(message)) {
    (copy as Record<string, unknown>)[name] = Array.isArray(value) ? [...(value as unknown[])] : (value as unknown);
  }
  return copy;
}
