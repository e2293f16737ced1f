import type { Built, NetworkBuilder } from './network-builder';

/** Answers a question with one of so many choices, of which 0 is the plainest. */
export type Choose = (count: number) => number;

/**
 * Takes what was built last, and adds itself where it fits; where it does not, it adds nothing. Images stay the first
 * axis, and are never mixed. Only continuous functions: two engines may round to different sides of a step.
 */
export type AddLayer = (builder: NetworkBuilder, choose: Choose) => void;

/** Whether a value is (images, channels, height, width). */
export const isMap = ({ dims }: Built): boolean => dims.length === 4;
