import { globals } from './node-modules.mjs';

export const { process, setImmediate, Buffer } = globals;
