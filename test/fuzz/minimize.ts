import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { ModelProtoSchema, type ModelProto } from '../../src/onnx/onnx_pb';
import { Exerciser, type Fault } from './exerciser';

/** Tries to minimise for as long as this. */
const mostMilliseconds = 120_000;

/** A smaller model with the same fault: without what can be left out of its messages. */
export async function minimize(bytes: Uint8Array, fault: Fault): Promise<Uint8Array> {
  const end = Date.now() + mostMilliseconds;
  const exerciser = new Exerciser();
  let best = bytes;
  const isFaulty = async (candidate: Uint8Array) => {
    const result = await exerciser.exercise(candidate);
    return 'fault' in result && isSame(result.fault, fault);
  };
  try {
    for (let shrunk = true; shrunk && Date.now() < end;) {
      shrunk = false;
      for (let number = 0; Date.now() < end; number++) {
        const smaller = without(best, number);
        if (!smaller) break;
        if (smaller.length >= best.length || !(await isFaulty(smaller))) continue;
        best = smaller;
        shrunk = true;
        number--;
      }
    }
    return best;
  } finally {
    exerciser.close();
  }
}

function isSame(a: Fault, b: Fault): boolean {
  const head = ({ kind, text }: Fault) =>
    kind === 'error' ? text.split('\n')[0]!.replaceAll(/[\d']+\w*/g, '#') : kind;
  return head(a) === head(b);
}

/** The bytes without the given one of all fields and items of lists; undefined where there are not so many. */
function without(bytes: Uint8Array, number: number): Uint8Array | undefined {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch {
    return undefined;
  }
  let left = number;
  const pending: ReflectMessage[] = [reflect(ModelProtoSchema, model)];
  for (let message = pending.shift(); message; message = pending.shift()) {
    for (const field of message.fields) {
      if (!message.isSet(field)) continue;
      if (field.fieldKind === 'list') {
        const list = message.get(field);
        if (left < list.size) {
          const items = [...list].filter((_, i) => i !== left);
          list.clear();
          for (const item of items) list.add(item);
          return toBinary(ModelProtoSchema, model);
        }
        left -= list.size;
        if (field.listKind === 'message') pending.push(...(list as Iterable<ReflectMessage>));
        continue;
      }
      if (left === 0) {
        message.clear(field);
        return toBinary(ModelProtoSchema, model);
      }
      left--;
      if (field.fieldKind === 'message') pending.push(message.get(field));
    }
  }
  return undefined;
}
