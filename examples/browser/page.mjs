const worker = new Worker(new URL('worker.mjs', import.meta.url), { type: 'module' });
const [drop, file, share, kept, state, table, agreement, save] = [
  ...['drop', 'file', 'share', 'kept', 'state', 'result', 'agreement', 'save'],
].map((id) => document.getElementById(id));
let model;

function ask() {
  if (!model) return;
  for (const element of [table, save]) element.hidden = true;
  agreement.textContent = '';
  state.textContent = 'Loading the engine';
  worker.postMessage({ bytes: model.bytes, share: share.value / 100 });
}

async function take(chosen) {
  if (!chosen) return;
  model = { name: chosen.name, bytes: new Uint8Array(await chosen.arrayBuffer()) };
  ask();
}

function row(name, { before, after }, text) {
  const line = document.createElement('tr');
  for (const [i, cell] of [name, text(before), text(after), (after / before).toFixed(2)].entries()) {
    const element = line.appendChild(document.createElement(i === 0 ? 'th' : 'td'));
    element.textContent = cell;
  }
  return line;
}

function show({ macs, size, milliseconds, agreeing, images, difference, made }) {
  table.tBodies[0].replaceChildren(
    row('multiply-accumulates', macs, (count) => `${(count / 1e6).toFixed(1)} million`),
    row('file', size, (bytes) => `${(bytes / 1e6).toFixed(2)} MB`),
    row('one run', milliseconds, (time) => `${time.toFixed(2)} ms`),
  );
  table.hidden = false;
  agreement.textContent =
    `For ${images} inputs of noise, the largest output is the same ${agreeing} times, and outputs differ by ` +
    `${(100 * difference).toFixed(1)} % (root mean square). Noise says little of pictures: measure accuracy on data.`;
  URL.revokeObjectURL(save.href);
  save.href = URL.createObjectURL(new Blob([made]));
  save.download = model.name.replace(/(\.onnx)?$/, `-${share.value}.onnx`);
  save.hidden = false;
}

worker.onmessage = ({ data }) => {
  state.textContent = data.error ?? data.state ?? 'Done';
  if (data.result) show(data.result);
};
worker.onerror = ({ message }) => (state.textContent = `The worker failed: ${message}`);
file.onchange = () => take(file.files[0]);
share.oninput = () => (kept.textContent = share.value);
share.onchange = ask;
drop.ondragover = (event) => {
  event.preventDefault();
  drop.classList.add('over');
};
drop.ondragleave = () => drop.classList.remove('over');
drop.ondrop = (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  take(event.dataTransfer.files[0]);
};
