/** The order of the axes of pictures and maps: channels before rows and columns, or after them. */
export type Layout = 'nchw' | 'nhwc';

export const layouts: readonly Layout[] = ['nchw', 'nhwc'];
