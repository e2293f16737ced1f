/** Two seconds of noise, then two of a hummed vowel, at 16 kHz; made here so that no recording belongs to anybody else. */
export function sound() {
  const rate = 16000;
  const samples = new Float32Array(4 * rate);
  let state = 1;
  for (let i = 0; i < samples.length; i++) {
    state = (state * 48271) % 2147483647;
    samples[i] = 0.01 * (state / 1073741823.5 - 1);
    if (i < 2 * rate) continue;
    const time = i / rate;
    const pitch = 120 + 20 * Math.sin(2 * Math.PI * 3 * time);
    for (let harmonic = 1; harmonic <= 20; harmonic++) {
      const formant =
        Math.exp(-(((harmonic * pitch - 600) / 400) ** 2)) + Math.exp(-(((harmonic * pitch - 1200) / 500) ** 2));
      samples[i] += 0.1 * formant * Math.sin(2 * Math.PI * harmonic * pitch * time);
    }
  }
  return samples;
}
