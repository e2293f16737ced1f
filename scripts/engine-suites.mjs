/** The folders of tests that run networks, which hold on every instruction set and platform. */
export const engineSuites = [
  'test/networks',
  'test/operators',
  'test/program',
  'test/engine',
  'test/gradient',
  'test/conformance',
];
