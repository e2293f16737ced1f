import fs from 'node:fs';

/** Tells of changes in folders, as far as the system does: not on all network file systems, so that somebody must look from time to time. */
export class FolderWatch {
  private readonly watchers = new Map<string, { readonly inode: number; readonly watcher: fs.FSWatcher }>();

  constructor(private readonly changed: () => void) {}

  /** Watches these folders, and no others. */
  watch(folders: readonly string[]): void {
    const wanted = new Set(folders);
    for (const folder of this.watchers.keys()) if (!wanted.has(folder)) this.end(folder);
    for (const folder of wanted) this.begin(folder);
  }

  close(): void {
    this.watch([]);
  }

  private begin(folder: string): void {
    try {
      const { ino: inode } = fs.statSync(folder);
      // Of a folder that was made anew, the watcher hears nothing.
      if (this.watchers.get(folder)?.inode === inode) return;
      this.end(folder);
      const watcher = fs.watch(folder, { persistent: false }, () => this.changed());
      watcher.on('error', () => this.end(folder));
      this.watchers.set(folder, { inode, watcher });
    } catch {
      // It is gone, or the system has no more watches.
      this.end(folder);
    }
  }

  private end(folder: string): void {
    this.watchers.get(folder)?.watcher.close();
    this.watchers.delete(folder);
  }
}
