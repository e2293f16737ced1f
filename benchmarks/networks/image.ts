/** The images a network is for: 3 channels, `size` × `size` pixels. */
export interface ImageShape {
  readonly name: 'cifar' | 'imagenet';
  readonly size: number;
  readonly classes: number;
}

export const cifar: ImageShape = { name: 'cifar', size: 32, classes: 10 };
export const imagenet: ImageShape = { name: 'imagenet', size: 224, classes: 1000 };
