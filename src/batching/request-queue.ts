import type { Priority } from './batched-model';
import type { PendingRequest } from './pending-request';

/** Runs in a row that may begin with a request of high priority while a normal one waits. */
const mostPassed = 8;

/**
 * Requests that wait, in two lines. The first of the line of high priority is the head of the queue; that of the other line is, where there
 * is none, or where it was passed over {@link mostPassed} times.
 */
export class RequestQueue {
  // Sets keep the order, and give up any element at once.
  private readonly lines: Readonly<Record<Priority, Set<PendingRequest>>> = { high: new Set(), normal: new Set() };
  private readonly rowsByGroup = new Map<string, number>();
  private passed = 0;

  get size(): number {
    return this.lines.high.size + this.lines.normal.size;
  }

  /** Where the next run begins. */
  get head(): PendingRequest | undefined {
    const [high] = this.lines.high;
    const [normal] = this.lines.normal;
    return high && !(normal && this.passed >= mostPassed) ? high : (normal ?? high);
  }

  /** Rows of the requests that wait and may run together. */
  rowsOf(group: string | undefined): number {
    return group === undefined ? 0 : (this.rowsByGroup.get(group) ?? 0);
  }

  add(request: PendingRequest): void {
    this.lines[request.asked.priority].add(request);
    this.count(request, request.asked.rows);
  }

  /** Returns whether it waited. */
  remove(request: PendingRequest): boolean {
    const waited = this.lines[request.asked.priority].delete(request);
    if (waited) this.count(request, -request.asked.rows);
    return waited;
  }

  /** The head and those of its group that follow it, up to a number of rows; they leave the queue. There must be a head. */
  take(mostRows: number): PendingRequest[] {
    const head = this.head!;
    this.passed = head.asked.priority === 'high' && this.lines.normal.size > 0 ? this.passed + 1 : 0;
    const taken = [head];
    this.remove(head);
    const { group } = head.asked;
    let { rows } = head.asked;
    if (group === undefined) return taken;
    for (const line of [this.lines.high, this.lines.normal]) {
      for (const request of line) {
        const { asked } = request;
        if (asked.group !== group) continue;
        // None that came later goes before one that does not fit.
        if (rows + asked.rows > mostRows) break;
        taken.push(request);
        rows += asked.rows;
        this.remove(request);
        if (rows === mostRows) return taken;
      }
    }
    return taken;
  }

  /** All of them; none waits after. */
  clear(): PendingRequest[] {
    const all = [...this.lines.high, ...this.lines.normal];
    for (const request of all) this.remove(request);
    return all;
  }

  private count({ asked: { group } }: PendingRequest, rows: number): void {
    if (group === undefined) return;
    const now = this.rowsOf(group) + rows;
    // Shapes may be many: none is kept that nobody waits with.
    if (now === 0) this.rowsByGroup.delete(group);
    else this.rowsByGroup.set(group, now);
  }
}
