/** A cache of the most recently used items, by key. */
export class RecentlyUsed<Item> {
  private readonly items = new Map<string, Item>();

  constructor(private readonly most: number) {}

  get(key: string): Item | undefined {
    const item = this.items.get(key);
    if (item !== undefined) this.set(key, item);
    return item;
  }

  set(key: string, item: Item): void {
    this.items.delete(key);
    this.items.set(key, item);
    if (this.items.size > this.most) this.items.delete(this.items.keys().next().value!);
  }

  /** From the one used longest ago. */
  values(): IterableIterator<Item> {
    return this.items.values();
  }

  clear(): void {
    this.items.clear();
  }
}
