import fs from 'node:fs/promises';
import path from 'node:path';
import { PeerProcess } from '../peer-process';

/** What PGD is run on, by gdws and PyTorch alike. */
export interface AttackedImages {
  readonly model: string;
  /** (N x C x H x W), in [0, 1]. */
  readonly images: Float32Array;
  /** (C, H, W) */
  readonly dims: readonly number[];
  readonly labels: Int32Array;
}

export interface AttackSetting {
  readonly threads: number;
  readonly batch: number;
  readonly eps: number;
  readonly stepSize: number;
}

/** PGD in PyTorch, in a process of its own (`pytorch_pgd.py`). */
export class PytorchAttack {
  private constructor(
    private readonly process: PeerProcess,
    readonly version: string,
  ) {}

  /** `python` has the packages torch, onnx and numpy; the images go through files in `folder`. */
  static async create(
    python: string,
    folder: string,
    { model, images, dims, labels }: AttackedImages,
    { threads, batch, eps, stepSize }: AttackSetting,
  ): Promise<PytorchAttack> {
    const [imageFile, labelFile] = ['images', 'labels'].map((name) => path.join(folder, name)) as [string, string];
    await fs.writeFile(imageFile, images);
    await fs.writeFile(labelFile, labels);
    const process = new PeerProcess(python, [
      path.join(__dirname, 'pytorch_pgd.py'),
      ...['--model', model, '--images', imageFile, '--labels', labelFile],
      ...['--dims', ...dims.map(String), '--batch', `${batch}`, '--threads', `${threads}`],
      ...['--eps', `${eps}`, '--step-size', `${stepSize}`],
    ]);
    return new PytorchAttack(process, await process.answer());
  }

  /** Attacks all images; the mean loss that is reached. */
  async run(steps: number): Promise<number> {
    const [, loss] = (await this.process.ask(`${steps}`)).split(' ').map(Number);
    return loss!;
  }

  release(): void {
    this.process.release();
  }
}
