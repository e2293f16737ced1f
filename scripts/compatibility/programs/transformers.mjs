import { env, pipeline } from '@huggingface/transformers';
import { writePicture } from './picture.mjs';

env.allowRemoteModels = false;
env.localModelPath = './models/';
const classify = await pipeline('image-classification', 'local/classifier', { dtype: 'fp32' });
for (const { label, score } of await classify(await writePicture('page.png'), { top_k: 10 })) {
  console.log(label, score.toFixed(3));
}
