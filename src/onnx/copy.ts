import type { ModelProto } from './onnx_pb';

/** A model that can be edited without a change to the one it was made of; they share weights and attributes. */
export function editableCopy(model: ModelProto): ModelProto {
  const copy = shallow(model);
  if (model.graph) {
    copy.graph = shallow(model.graph);
    copy.graph.node = model.graph.node.map(shallow);
  }
  return copy;
}

/** With lists of its own. */
function shallow<T extends object>(message: T): T {
  // Defaults of a message are its prototype's.
  const copy = Object.create(Object.getPrototypeOf(message) as object) as T;
  for (const [name, value] of Object.entries(message)) {
    (copy as Record<string, unknown>)[name] = Array.isArray(value) ? [...(value as unknown[])] : (value as unknown);
  }
  return copy;
}
